"""Whatever somebody pasted, as one line: without what consoles, mails and JSON do to a text."""

from __future__ import annotations

import html
import re

#: So much of a text is looked at, in characters: a console's of a whole day.
LONGEST = 16_000_000

_ESCAPES = re.compile(r"\x1b\[[0-9;]{0,20}[A-Za-z]|[\u200b\u2060\ufeff]")
_QUOTED = re.compile(r"\n[ \t]{0,20}[>|][ \t]?")
_SPACE = re.compile(r"\s+")
_QUOTES = str.maketrans(
    {
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{LEFT DOUBLE QUOTATION MARK}": '"',
        "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
    }
)


def without_colours(text: str) -> str:
    """A text without a terminal's escape sequences and without characters that have no width."""
    return _ESCAPES.sub("", text)


def one_line(text: str) -> str:
    """A text on one line, without colours, marks of quoting, and escapes of JSON and HTML."""
    text = without_colours(text[:LONGEST]).translate(_QUOTES)
    text = _QUOTED.sub(" ", html.unescape(text))
    text = text.replace('\\"', '"').replace("\\'", "'").replace("\\n", " ")
    return _SPACE.sub(" ", text).strip()

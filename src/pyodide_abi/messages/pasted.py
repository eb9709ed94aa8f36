"""Whatever somebody pasted, as one line: without what consoles, logs of CI, mails and JSON do to a text."""

from __future__ import annotations

import html
import re

#: So much of a text is looked at, in characters: a console's of a whole day.
LONGEST = 16_000_000

#: A terminal's colours, also where what begins them was made visible, and characters without a width.
_ESCAPES = re.compile(r"(?:\x1b|\^\[|\u241b)\[[0-9;]{0,20}[A-Za-z]|[\u200b\u2060\ufeff]")
#: What a CI's log and a container's build write before each line: time and mark, number and seconds.
_CLOCK = (
    r"(?:(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z|#\d{1,4} \d{1,6}\.\d{1,4})[ \t])?"
    r"(?:##\[\w{1,12}\])?"
)
_CLOCKS = re.compile(f"^{_CLOCK}", re.MULTILINE)
#: That, marks of quoting, and frames.
_AROUND = re.compile(
    r"[ \t]\u2502(?=[ \t]{0,5}(?:\n|$))"
    rf"|(?:^|\n)[ \t]{{0,20}}(?:[>|\u2502][ \t]{{0,20}})?{_CLOCK}(?:[ \t]{{0,20}}[>|\u2502]){{0,3}}[ \t]?"
)
#: A text of so many characters is read without what it repeats, and a line with its neighbours so many times.
_LONG, _TIMES = 200_000, 100
#: Lines that count, or name addresses, are alike but for these.
_NUMBERS = str.maketrans("123456789abcdef", "000000000000000")
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


def without_clocks(text: str) -> str:
    """A text without what a CI's log writes before each line."""
    return _CLOCKS.sub("", text)


def one_line(text: str) -> str:
    """A text on one line, without colours, what stands around each line, and escapes of JSON and HTML.

    Of a long text the lines are left out that stood between the same ones, but for numbers, a hundred times
    before.
    """
    text = without_colours(_without_repeats(text[:LONGEST])).translate(_QUOTES)
    text = _AROUND.sub(" ", html.unescape(text).replace("\\n", "\n"))
    text = text.replace('\\"', '"').replace("\\'", "'")
    return " ".join(text.split())


def _without_repeats(text: str) -> str:
    if len(text) < _LONG:
        return text
    lines = text.split("\n")
    alike = text.translate(_NUMBERS).split("\n")
    seen: dict[tuple[str, str, str], int] = {}
    kept = []
    places = zip(["", *alike], alike, [*alike[1:], ""], strict=False)
    for line, place in zip(lines, places, strict=True):
        times = seen.get(place, 0)
        if times < _TIMES:
            seen[place] = times + 1
            kept.append(line)
    return "\n".join(kept)

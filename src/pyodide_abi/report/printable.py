"""Names from strangers, made harmless before anybody sees them.

A symbol or a file can be called anything. Control characters move a terminal's cursor or set its title,
directional overrides make a name read as another, and a line break forges a line of ours. All of them are
written as the escapes that Python and JSON use, so that a name can still be told from any other.
"""

from __future__ import annotations

import re
import unicodedata

#: Categories of characters that are obeyed or hidden instead of shown: control characters, formatting ones
#: (directional overrides, zero-width joiners), surrogates, private ones, line and paragraph separators.
_OBEYED = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_SUSPECT = re.compile(r"[^\x20-\x7e]")


def printable(text: str) -> str:
    """The text as one line without characters that do anything but show themselves."""
    return text if text.isascii() and text.isprintable() else _SUSPECT.sub(_escape, text)


def printable_json(text: str) -> str:
    """JSON with such characters as escapes; line breaks, which stand between values only, stay."""
    return "\n".join(_SUSPECT.sub(_json_escape, line) for line in text.split("\n"))


def _escape(match: re.Match[str]) -> str:
    letter = match.group()
    if unicodedata.category(letter) not in _OBEYED:
        return letter
    return letter.encode("unicode_escape").decode()


def _json_escape(match: re.Match[str]) -> str:
    letter = match.group()
    if unicodedata.category(letter) not in _OBEYED:
        return letter
    units = letter.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))

"""Names from strangers, made harmless before anybody sees them.

A symbol or a file can be called anything. Control characters move a terminal's cursor or set its title,
directional overrides make a name read as another, a line break forges a line of ours, and runners of CI obey
lines of a certain form. All of them are written as the escapes that Python and JSON use, so that a name can
still be told from any other.

Whoever writes a name of somebody else's passes it through :func:`printable`, which leaves it one line.
Whatever leaves the program passes the :class:`Gate` besides, which knows lines, not names.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: Categories of characters that are obeyed or hidden instead of shown: control characters, formatting ones
#: (directional overrides, zero-width joiners), surrogates, private ones, line and paragraph separators.
_OBEYED = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_LAST = 0xFFFE
_SUSPECT = re.compile(r"[^\x20-\x7e]")
#: As above, but for line breaks; and the sequences by which a terminal gets colours.
_IN_LINES = re.compile(r"[^\x20-\x7e\n]")
_IN_COLOURED_LINES = re.compile(r"[^\x20-\x7e\n\x1b]|\x1b(?!\[[0-9;]*m)")
#: What runners of CI obey: GitHub Actions (``::error::``, ``##[error]``), Azure Pipelines, TeamCity.
_COMMAND = re.compile(r"^(\s*):(?=:)|#(?=#(?:\[|vso\[|teamcity\[))", re.MULTILINE)
#: Of these, what is obeyed within a line, too.
_COMMAND_WITHIN = re.compile(r"#(?=#(?:\[|vso\[|teamcity\[))")

#: Encodings that have every character.
_UNIVERSAL = frozenset({"utf-8", "utf8", "utf-16", "utf-32"})


def with_slashes(path: str) -> str:
    """A path as it was given, with the separators that addresses, patterns and other systems have."""
    return path.replace(os.sep, "/")


def printable(text: str) -> str:
    """The text as one line without characters that do anything but show themselves."""
    return text if text.isascii() and text.isprintable() else _SUSPECT.sub(_escape, text)


def to_json(data: object) -> str:
    """Data as JSON for a stream or a file, with such characters as escapes and a line break at the end."""
    import json  # noqa: PLC0415 - most commands write none

    return _harmless(json.dumps(data, indent=2, ensure_ascii=False, default=str))


def to_json_line(data: object) -> str:
    """Data as JSON on one line, likewise."""
    import json  # noqa: PLC0415 - as above

    return _harmless(json.dumps(data, ensure_ascii=False, default=str))


def _harmless(text: str) -> str:
    # Line breaks stand between values only.
    text = _IN_LINES.sub(_json_escape, text)
    return _COMMAND.sub(r"\1\\u0023", text) + "\n"


class Gate:
    """A stream that obeys nobody's characters: the last thing that text passes on its way out.

    It is the stream otherwise. Colours pass where the stream is a terminal.
    """

    def __init__(self, stream: TextIO, *, coloured: bool = False) -> None:
        self._stream = stream
        self._suspect = _IN_COLOURED_LINES if coloured or stream.isatty() else _IN_LINES
        self._encoding = (getattr(stream, "encoding", None) or "utf-8").lower()

    def write(self, text: str) -> int:
        """Write lines that show themselves and do nothing else."""
        self._put(_COMMAND.sub(_escape_command, self._suspect.sub(_escape, text)))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each of them."""
        for line in lines:
            self.write(line)

    def write_commands(self, lines: Iterable[str]) -> None:
        """Write lines of ours that a runner of CI is meant to obey."""
        for line in lines:
            self._put(_COMMAND_WITHIN.sub(r"\\x23", self._suspect.sub(_escape, line)))

    def _put(self, text: str) -> None:
        """Write what the stream's encoding has, and the rest as escapes."""
        if not text.isascii() and self._encoding not in _UNIVERSAL:
            text = text.encode(self._encoding, "backslashreplace").decode(self._encoding)
        self._stream.write(text)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the stream has
        return getattr(self._stream, name)


def gated(stream: TextIO, *, coloured: bool = False) -> TextIO:
    """The stream behind a gate, which lets colours pass where they are wanted or the stream is a terminal."""
    return stream if isinstance(stream, Gate) else cast("TextIO", Gate(stream, coloured=coloured))


def forces_colours(environ: Mapping[str, str]) -> bool:
    """Whether ``FORCE_COLOR`` asks for colours where there is no terminal; ``NO_COLOR`` is above it."""
    return environ.get("FORCE_COLOR", "") not in {"", "0"} and "NO_COLOR" not in environ


def _escape_command(match: re.Match[str]) -> str:
    return f"{match.group(1) or ''}\\x{ord(match.group()[-1]):02x}"


def _shows_itself(letter: str) -> bool:
    import unicodedata  # noqa: PLC0415 - most output is plain

    # The last two of each plane are no characters, and XML has none for them.
    return unicodedata.category(letter) not in _OBEYED and ord(letter) & _LAST != _LAST


def _escape(match: re.Match[str]) -> str:
    letter = match.group()
    if _shows_itself(letter):
        return letter
    return letter.encode("unicode_escape").decode()


def _json_escape(match: re.Match[str]) -> str:
    letter = match.group()
    if _shows_itself(letter):
        return letter
    units = letter.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))

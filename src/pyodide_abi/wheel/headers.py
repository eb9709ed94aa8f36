"""Headers, as ``METADATA`` and ``WHEEL`` have them: lines of a name, a colon and a value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LINE = re.compile(r"([!-9;-~]+):(.*)")


class Headers:
    """Names and values in order; names count without their case, and may come again."""

    def __init__(self, fields: Sequence[tuple[str, str]]) -> None:
        self._fields = fields

    def get(self, name: str, default: str = "") -> str:
        """The first value of a name."""
        return next(iter(self.get_all(name)), default)

    def get_all(self, name: str) -> list[str]:
        """All values of a name."""
        wanted = name.lower()
        return [value for key, value in self._fields if key.lower() == wanted]

    def items(self) -> Iterator[tuple[str, str]]:
        """Names and values."""
        return iter(self._fields)


def read_headers(text: str) -> Headers:
    """Read what stands in front of the first empty line.

    Plain headers need no library, whose import takes a thirteenth of a small audit's time; others get it.
    """
    head = text.partition("\n\n")[0]
    matches = [_LINE.fullmatch(line) for line in head.split("\n") if line]
    if "\r" not in head and text[:1] != "\n" and all(matches):
        return Headers([(match[1], match[2].lstrip(" \t")) for match in matches if match])
    from email.parser import HeaderParser  # noqa: PLC0415 - as said

    return Headers([(key, str(value)) for key, value in HeaderParser().parsestr(text).items()])

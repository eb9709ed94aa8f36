"""A bound on how much of a wheel's Python is parsed: Python's parser takes a second for a megabyte."""

from __future__ import annotations

#: In bytes of source: parsed of any wheel, some second; and more for each byte of the wheel.
_PARSED, _PARSED_FOR_A_BYTE = 800_000, 0.2


class Parsing:
    """How much Python may still be parsed: all that looks at the Python of one wheel shares this."""

    def __init__(self, size: int) -> None:
        """Begin, with the size of the wheel in bytes."""
        self._left = _PARSED + int(_PARSED_FOR_A_BYTE * size)

    def covers(self, text: bytes) -> bool:
        """Pay for a file that is parsed; false where too little is left, and nothing is paid."""
        if len(text) > self._left:
            return False
        self._left -= len(text)
        return True

"""Reading bytes in order, within bounds, with the place of every fault.

Integers are LEB128 with the length limits of the core specification (section 5.2.2): a value may be padded
up to the longest encoding of its width and no further, and the bits that do not fit must be a proper
extension.
"""

from __future__ import annotations

from typing import TypeAlias

from pyodide_abi.errors import ExcessError, WasmError

Bytes: TypeAlias = bytes | bytearray | memoryview

#: More items than this in one vector no engine accepts (WebAssembly JavaScript interface, section
#: "Implementation-defined Limits"), so no reader has to hold more.
MAX_ITEMS = 1_000_000

_CONTINUES = 0x80
_PAYLOAD = 0x7F


class Cursor:
    """A position in a stretch of bytes; no read goes past the stretch's end.

    Attributes:
        data: the bytes, of which the stretch may be a part.
        position: The index into ``data`` where the next read begins.
        end: The index into ``data`` where the stretch ends.
        base: the offset of ``data[0]`` in the file, for messages.
        within: what is being read, for messages.
    """

    __slots__ = ("base", "data", "end", "position", "within")

    def __init__(
        self, data: Bytes, *, start: int = 0, end: int | None = None, base: int = 0, within: str = "module"
    ) -> None:
        self.data = data
        self.position = start
        self.end = len(data) if end is None else end
        self.base = base
        self.within = within

    @property
    def offset(self) -> int:
        """The position as an offset in the file."""
        return self.base + self.position

    @property
    def remaining(self) -> int:
        """Bytes left in the stretch."""
        return self.end - self.position

    def fault(self, reason: str, *, offset: int | None = None) -> WasmError:
        """An error at ``offset`` in the file (default: here) that says what was being read."""
        return WasmError(f"{self.within}: {reason}", offset=self.offset if offset is None else offset)

    def u8(self) -> int:
        """One byte.

        Raises:
            WasmError: nothing is left.
        """
        position = self.position
        if position >= self.end:
            raise self.fault("ends in the middle of something")
        self.position = position + 1
        return self.data[position]

    def u32(self) -> int:
        """An unsigned 32-bit integer, at most 5 bytes.

        Raises:
            WasmError: it is cut off, too long or too large.
        """
        position, end, data = self.position, self.end, self.data
        if position < end and (byte := data[position]) < _CONTINUES:
            self.position = position + 1
            return byte
        # Indices and sizes mostly have two or three bytes; this is read most often of all.
        if position + 1 < end and (second := data[position + 1]) < _CONTINUES:
            self.position = position + 2
            return byte & _PAYLOAD | second << 7
        if position + 2 < end and (third := data[position + 2]) < _CONTINUES:
            self.position = position + 3
            return byte & _PAYLOAD | (second & _PAYLOAD) << 7 | third << 14
        return self._unsigned(32)

    def u64(self) -> int:
        """An unsigned 64-bit integer, at most 10 bytes.

        Raises:
            WasmError: it is cut off, too long or too large.
        """
        return self._unsigned(64)

    def s32(self) -> int:
        """A signed 32-bit integer.

        Raises:
            WasmError: it is cut off, too long or out of range.
        """
        return self._signed(32)

    def s33(self) -> int:
        """A signed 33-bit integer, as block types and heap types use.

        Raises:
            WasmError: it is cut off, too long or out of range.
        """
        return self._signed(33)

    def s64(self) -> int:
        """A signed 64-bit integer.

        Raises:
            WasmError: it is cut off, too long or out of range.
        """
        return self._signed(64)

    def take(self, count: int) -> bytes:
        """The next ``count`` bytes, copied.

        Raises:
            WasmError: fewer are left.
        """
        start = self.position
        self.skip(count)
        return bytes(self.data[start : self.position])

    def skip(self, count: int) -> None:
        """Go over ``count`` bytes.

        Raises:
            WasmError: fewer are left.
        """
        if count > self.remaining:
            raise self.fault(f"wants {count} more bytes where {self.remaining} are left")
        self.position += count

    def rest(self) -> bytes:
        """All that is left, copied."""
        return self.take(self.remaining)

    def name(self) -> str:
        """A length and that many bytes of UTF-8.

        Raises:
            WasmError: it is cut off, or not UTF-8.
        """
        length = self.u32()
        start = self.position
        end = start + length
        if end > self.end:
            self.skip(length)
        self.position = end
        try:
            return str(self.data[start:end], "utf-8")
        except UnicodeDecodeError as error:
            raise self.fault("a name is not UTF-8", offset=self.base + start + error.start) from None

    def count(self, *, smallest: int = 1, limit: int = MAX_ITEMS, size: str = "") -> int:
        """The length of a vector, checked against what is left before anybody allocates for it.

        Args:
            smallest: the least number of bytes that an item takes.
            limit: the greatest number that engines accept.
            size: what the items are, where engines have a bound of their own for them (``wasm/sizes.py``).

        Raises:
            ExcessError: there are more than engines accept, of something that has a name here.
            WasmError: so many items cannot fit, or are more than engines accept.
        """
        start = self.offset
        number = self.u32()
        if number > limit and size:
            raise ExcessError(self.within, size=size, number=number, limit=limit, offset=start)
        if number > limit:
            raise self.fault(f"claims {number} items where engines accept {limit}", offset=start)
        if number * smallest > self.remaining:
            raise self.fault(f"claims {number} items in {self.remaining} bytes", offset=start)
        return number

    def part(self, size: int, within: str) -> Cursor:
        """A cursor over the next ``size`` bytes, which this one goes over.

        Raises:
            WasmError: fewer are left.
        """
        start = self.position
        self.skip(size)
        return Cursor(self.data, start=start, end=self.position, base=self.base, within=within)

    def finish(self) -> None:
        """Nothing may be left.

        Raises:
            WasmError: something is.
        """
        if self.remaining:
            raise self.fault(f"has {self.remaining} bytes after its last item")

    def _unsigned(self, width: int) -> int:
        start = self.offset
        result = 0
        for shift in range(0, width, 7):
            byte = self.u8()
            result |= (byte & _PAYLOAD) << shift
            if byte < _CONTINUES:
                if result >> width:
                    break
                return result
        raise self.fault(f"an integer of more than {width} bits", offset=start)

    def _signed(self, width: int) -> int:
        start = self.offset
        result = 0
        for shift in range(0, width, 7):
            byte = self.u8()
            result |= (byte & _PAYLOAD) << shift
            if byte < _CONTINUES:
                if byte & 0x40:
                    result -= 1 << (shift + 7)
                if not -(1 << (width - 1)) <= result < 1 << (width - 1):
                    break
                return result
        raise self.fault(f"an integer of more than {width} bits", offset=start)

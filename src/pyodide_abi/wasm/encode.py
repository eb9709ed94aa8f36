"""Values to bytes: the counterparts of :mod:`pyodide_abi.wasm.cursor`'s readers, in the shortest encoding."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_CONTINUES = 0x80
_PAYLOAD = 0x7F
_SIGN = 0x40


def unsigned(value: int, *, length: int = 1) -> bytes:
    """An unsigned LEB128 integer.

    Args:
        value: not negative.
        length: pad to at least so many bytes.
    """
    out = bytearray()
    while value > _PAYLOAD or len(out) + 1 < length:
        out.append(value & _PAYLOAD | _CONTINUES)
        value >>= 7
    out.append(value)
    return bytes(out)


def signed(value: int, *, length: int = 1) -> bytes:
    """A signed LEB128 integer, padded to at least ``length`` bytes."""
    out = bytearray()
    while not -_SIGN <= value < _SIGN or len(out) + 1 < length:
        out.append(value & _PAYLOAD | _CONTINUES)
        value >>= 7
    out.append(value & _PAYLOAD)
    return bytes(out)


def sized(payload: bytes) -> bytes:
    """Bytes with their length in front."""
    return unsigned(len(payload)) + payload


def name(text: str) -> bytes:
    """A name: UTF-8 with its length in front."""
    return sized(text.encode())


def vector(items: Iterable[bytes]) -> bytes:
    """Encoded items with their number in front."""
    encoded = list(items)
    return unsigned(len(encoded)) + b"".join(encoded)

"""``target_features``: what the compiler was told it may use (tool-conventions, Linking.md)."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from pyodide_abi.values import value
from pyodide_abi.wasm import encode as enc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyodide_abi.wasm.cursor import Cursor

NAME = "target_features"


class Prefix(enum.StrEnum):
    """What is said of a feature."""

    USED = "+"
    DISALLOWED = "-"
    REQUIRED = "="


@value
class TargetFeature:
    """A feature, by its name in LLVM, and what is said of it."""

    prefix: Prefix
    name: str


def decode(cursor: Cursor) -> tuple[TargetFeature, ...]:
    """Read the section's contents.

    Raises:
        WasmError: they are not what the name says.
    """
    found = tuple(_read(cursor) for _ in range(cursor.count(smallest=2)))
    cursor.finish()
    return found


def encode(features: Sequence[TargetFeature]) -> bytes:
    """The counterpart of :func:`decode`."""
    return enc.vector(feature.prefix.encode() + enc.name(feature.name) for feature in features)


def _read(cursor: Cursor) -> TargetFeature:
    start = cursor.offset
    code = chr(cursor.u8())
    if code not in set(Prefix):
        raise cursor.fault(f"unknown prefix {code!r} of a feature", offset=start)
    return TargetFeature(prefix=Prefix(code), name=cursor.name())

"""Archive to objects and back: file names, tags, members, RECORD."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.wheel.archive import ExtensionModule, Member, Wheel, open_wheel
from pyodide_abi.wheel.filename import WheelName, parse_wheel_name
from pyodide_abi.wheel.metadata import WheelMetadata

if TYPE_CHECKING:
    from pyodide_abi.wheel.write import KeptMember, NewMember, members_of, retag, write_wheel

__all__ = [
    "ExtensionModule",
    "KeptMember",
    "Member",
    "NewMember",
    "Wheel",
    "WheelMetadata",
    "WheelName",
    "members_of",
    "open_wheel",
    "parse_wheel_name",
    "retag",
    "write_wheel",
]


def __getattr__(name: str) -> object:
    """What writes; an audit only reads, and is a short process."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pyodide_abi.wheel import write  # noqa: PLC0415 - as said

    return getattr(write, name)

"""Archive to objects and back: file names, tags, members, RECORD."""

from __future__ import annotations

from pyodide_abi.wheel.archive import ExtensionModule, Member, Wheel, open_wheel
from pyodide_abi.wheel.filename import WheelName, parse_wheel_name
from pyodide_abi.wheel.metadata import WheelMetadata
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

"""Unpack wheels into a folder that becomes the runtime's ``site-packages``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.wheel import open_wheel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

#: What ``importlib.metadata`` gives as the installer (PEP 376).
INSTALLER = "pyodide-abi"


def unpack(wheels: Sequence[Path], site: Path) -> None:
    """Install wheels by unpacking them, each with its ``.dist-info``.

    No dependency is looked at and nothing is compiled or pre-loaded. A wheel's scripts, headers and data
    files have no place in ``site-packages`` and are left out.

    Raises:
        WheelError: a file that is not a wheel, or not safe to unpack.
    """
    for path in wheels:
        _unpack(path, site)


def _unpack(path: Path, site: Path) -> None:
    with open_wheel(path) as wheel:
        for member in wheel.members:
            place = wheel.installed_path(member.name)
            if place is None and member.name.startswith(f"{wheel.dist_info}/"):
                place = member.name
            if place is not None:
                target = site / place
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(wheel.read(member.name))
        (site / wheel.dist_info / "INSTALLER").write_text(f"{INSTALLER}\n", "utf-8")
        with (site / wheel.dist_info / "RECORD").open("a", encoding="utf-8") as record:
            record.write(f"{wheel.dist_info}/INSTALLER,,\n")

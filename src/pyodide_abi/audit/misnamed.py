"""A wheel under the tags of another platform than the one its contents are for, and what its user does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.errors import WheelError
from pyodide_abi.platforms import platform_of_tag

if TYPE_CHECKING:
    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.wheel import Wheel


def retag_advice(wheel: Wheel, best: Platform) -> str:
    """How a wheel gets the tag of the platform that its contents fit: its old name, if ``WHEEL`` has it."""
    old = written_name(wheel, best)
    if old is None:
        return f"tag it {best.tag} ('pyodide-abi repair --tag {best.tag}' does)"
    return f"rename it back to {old}, whose tags its WHEEL file has"


def written_name(wheel: Wheel, best: Platform) -> str | None:
    """The file's name with the tags of its ``WHEEL`` file, if these are others and of a platform."""
    try:
        written = wheel.metadata.tags
    except WheelError:
        return None
    if len(written) != 1 or set(written) == set(wheel.name.tags):
        return None
    python, abi, platform = written[0].split("-")
    if platform_of_tag(platform) != best:
        return None
    return str(wheel.name.with_tags(python=python, abi=abi, platform=platform))

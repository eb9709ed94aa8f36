"""Requirements as METADATA writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.requirements import Requirement


def read_requirement(text: str) -> Requirement:
    """Read a requirement.

    Raises:
        ValueError: it is none, or has a number of thousands of digits, which only a comparison finds out.
    """
    # Slow to import, and many wheels require nothing.
    from packaging.requirements import Requirement  # noqa: PLC0415 - as said

    requirement = Requirement(text)
    requirement.specifier.contains("0")
    return requirement

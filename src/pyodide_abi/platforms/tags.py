"""Wheel tags: whose they are, and who takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.platforms.known import load_tagged
from pyodide_abi.values import value

if TYPE_CHECKING:
    from pyodide_abi.platforms.model import Platform, Tag


@value
class Acceptance:
    """Who takes a wheel with one tag.

    Attributes:
        index: Whether a package index accepts an upload, by index.
        micropip: Whether the installer of a release's own lock file accepts it, by runtime release.
        packaging: Whether the ``packaging`` library of a release's lock file lists it, by runtime release.
    """

    index: dict[str, bool]
    micropip: dict[str, bool]
    packaging: dict[str, bool]


def platform_of_tag(tag: str) -> Platform | None:
    """The version that a wheel's platform tag belongs to, None where it belongs to no version.

    Unlike :func:`~pyodide_abi.platforms.names.load_platform` this takes only what a wheel may carry, spelled
    exactly: one of the tags of the data.
    """
    return load_tagged(tag)


def acceptance(platform: Platform, tag: Tag, *, indexes: tuple[str, ...] = ("pypi",)) -> Acceptance:
    """One row of the acceptance matrix."""
    releases = [release.version for release in platform.releases]
    return Acceptance(
        index={name: name in tag.indexes for name in indexes},
        micropip={version: version in tag.releases for version in releases},
        packaging={version: version in tag.packaging for version in releases},
    )

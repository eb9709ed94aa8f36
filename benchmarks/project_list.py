"""The list of projects that are built, as projects.toml has it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Project:
    """One line of the list.

    Attributes:
        name: as on the index.
        kind: how it is built, for people.
        version: pinned, or empty for the newest.
        settings: of the build backend.
        library: what it takes from a prefix, which is there as ``prefix/<library>/<platform>`` in the folder.
        libraries: recipes that it would do without, and is given.
        exports: what its modules export, where it is not what they do by default.
        platforms: whom it is built for.
        official: its authors publish wheels for the platform.
        tests: how its own tests are run; empty if they are not.
        untested: why they are not.
        note: for people.
        needed: what a build that fails would need, for people.
    """

    name: str
    kind: str
    version: str = ""
    settings: tuple[str, ...] = ()
    library: str = ""
    libraries: tuple[str, ...] = ()
    exports: str = ""
    platforms: tuple[str, ...] = ()
    official: bool = False
    tests: dict[str, Any] = field(default_factory=dict)
    untested: str = ""
    note: str = ""
    needed: str = ""


def read_projects() -> list[Project]:
    """The list."""
    document = tomllib.loads((Path(__file__).with_name("projects.toml")).read_text("utf-8"))
    default = document["defaults"]["platforms"]
    return [
        Project(
            name=one["name"],
            kind=one["kind"],
            version=one.get("version", ""),
            settings=tuple(one.get("settings", ())),
            library=one.get("library", ""),
            libraries=tuple(one.get("libraries", ())),
            exports=one.get("exports", ""),
            platforms=tuple(one.get("platforms", default)),
            official=one.get("official", False),
            tests=one.get("tests", {}),
            untested=one.get("untested", ""),
            note=one.get("note", one.get("reason", "")),
            needed=one.get("needed", ""),
        )
        for one in document["project"]
    ]

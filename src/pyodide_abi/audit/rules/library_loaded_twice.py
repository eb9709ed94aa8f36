"""One library is loaded twice, because its users write its path in different ways.

## What it checks

The paths under which the loader of 2025_0 finds each library of the wheel: folder by folder as the run paths
of its users spell them, and the path by which an installer loads it ahead.

## Why it breaks

The loader knows a library by its path, and the one of 2025_0 does not simplify paths: to it,
`pkg/sub/../lib.so` and `pkg/lib.so` are two libraries. Each has its own data, its constructors run twice, and
objects of the one are strangers to the other: `CommandLine Error: Option '…' registered more than once!`.

## Example

`$ORIGIN/../pkg.libs` as the run path, which wheel repair tools write: the installer has loaded
`pkg.libs/liba.so` already, and each folder of modules has another path for it.

## How to fix

Put the library beside all modules that need it, with the run path `$ORIGIN`. Or link it statically. From
314_0 on the loader simplifies paths.

## References

- loader.md, section 5
- <https://github.com/pyodide/pyodide/issues/6121>
- <https://github.com/emscripten-core/emscripten/issues/24234>
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import EditKind, Input, Rule
from pyodide_abi.linker.search import folders_of, searched_folders, site_packages
from pyodide_abi.platforms.loaders import loader_of
from pyodide_abi.wording import listed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding
    from pyodide_abi.audit.subject import Binary
    from pyodide_abi.platforms.model import Platform

#: What installers load ahead.
_LOADED_AHEAD = re.compile(r"\.so(\.\d+)*$")


def check(case: Case) -> Iterator[Finding]:
    """One finding for each library."""
    platform = case.platform
    if not platform.search.run_path or loader_of(platform).normalises_needed:
        return
    places = {f"{site_packages(platform)}/{binary.path}": binary for binary in case.binaries}
    homes = folders_of(places)
    paths: dict[str, dict[str, str]] = {}
    for binary in case.binaries:
        for path in _found(binary, platform, places.keys(), homes):
            paths.setdefault(posixpath.normpath(path), {}).setdefault(path, binary.member)
    for place, users in paths.items():
        library = places[place]
        if case.subject.wheel is not None and _LOADED_AHEAD.search(place):
            users.setdefault(place, "the installer, which loads it ahead")
        if len(users) > 1:
            root = f"{site_packages(platform)}/"
            ways = [f"{path.removeprefix(root)} ({user})" for path, user in users.items()]
            yield RULE.finding(
                f"it is loaded {len(users)} times, as the loader does not simplify paths: "
                f"{listed(ways, separator='; ')}",
                fix="put it beside the modules that need it, with the run path $ORIGIN",
                path=library.member,
                releases=case.releases,
            )


def _found(
    binary: Binary, platform: Platform, places: Collection[str], homes: frozenset[str]
) -> Iterator[str]:
    """The paths, as the loader writes them, of the libraries that a module needs."""
    dylink = binary.library.dylink
    requirer = f"{site_packages(platform)}/{binary.path}"
    folders = searched_folders(platform, dylink.run_paths, requirer, homes)
    for name in dylink.needed_last:
        if "/" in name:
            # An absolute path is taken as it is, and a relative one is not found.
            continue
        candidates = (f"{folder}/{name}" for folder in folders)
        path = next((path for path in candidates if posixpath.normpath(path) in places), None)
        if path is not None:
            yield path


RULE = Rule(
    code="ABI305",
    name="library-loaded-twice",
    since="0.1",
    severity=Severity.WARNING,
    documentation=__doc__,
    check=check,
    needs=frozenset({Input.PLATFORM}),
    answered_by=frozenset({EditKind.MOVE_FILE, EditKind.DROP_FILE}),
    promised=True,
)

"""The wheels of a distribution judged together, as they are installed together.

What one wheel does to another is not seen in either: a library of which each brings its own version, symbols
that the first library loaded defines for all, a file that both install.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from typing import TYPE_CHECKING

from pyodide_abi.atomic import temporary
from pyodide_abi.audit import audit_file
from pyodide_abi.distribution.work import told
from pyodide_abi.runtime.site import unpack
from pyodide_abi.wheel import open_wheel
from pyodide_abi.wording import listed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from pyodide_abi.platforms.model import Platform

#: Names of shared libraries; the version behind them, or in them, does not count.
_LIBRARY = re.compile(r"(lib[\w+]+?)(?:-[\d.]+)?(?:-[0-9a-f]{8})?\.so(?:\.\d+)*")
#: So many files that two wheels install are named.
_NAMED = 3


def judge_together(
    wheels: Sequence[Path],
    platform: Platform,
    *,
    known: Collection[tuple[str, str, str]],
    ignore: Sequence[str] = (),
) -> tuple[tuple[str, str, str], ...]:
    """What is wrong with the wheels as a set: severity, code and message of each finding.

    Args:
        wheels: The files.
        platform: what they are for.
        known: what was found in each by itself, which is not told again.
        ignore: The rules of the audit that are left out.

    Raises:
        WheelError: a file that is no wheel.
    """
    found = [*_clashes(wheels)]
    compiled = [wheel for wheel in wheels if not wheel.stem.endswith("-any")]
    found += _libraries_of_several(compiled)
    if compiled:
        with temporary() as site:
            unpack(compiled, site)
            report = audit_file(site, platform=platform, ignore=ignore)
        found += [one for one in map(told, report.findings) if one not in known]
    return tuple(found)


def _clashes(wheels: Sequence[Path]) -> Iterator[tuple[str, str, str]]:
    """Files that two wheels install with different contents: the one installed last counts."""
    owners: dict[str, tuple[Path, str]] = {}
    pairs: dict[tuple[str, str], list[str]] = {}
    for path in wheels:
        with open_wheel(path) as wheel:
            for member in wheel.members:
                place = wheel.installed_path(member.name)
                if place is None or member.name.startswith(f"{wheel.dist_info}/"):
                    continue
                if place in owners:
                    first, name = owners[place]
                    with open_wheel(first) as other:
                        differs = other.read(name) != wheel.read(member.name)
                    if differs:
                        pairs.setdefault((first.name, path.name), []).append(place)
                else:
                    owners[place] = (path, member.name)
    for (first_name, second), places in pairs.items():
        yield (
            "warning",
            "",
            f"{first_name} and {second} both install {listed(places, _NAMED)}, and differently",
        )


def _libraries_of_several(wheels: Sequence[Path]) -> Iterator[tuple[str, str, str]]:
    """Shared libraries that several wheels bring: each is loaded for itself, with data of its own."""
    found: dict[str, dict[str, str]] = {}
    for path in wheels:
        with open_wheel(path) as wheel:
            for member in wheel.members:
                if match := _LIBRARY.fullmatch(posixpath.basename(member.name)):
                    digest = hashlib.sha256(wheel.read(member.name)).hexdigest()
                    found.setdefault(match[1], {})[path.name] = digest
    for name, owners in found.items():
        if len(owners) > 1:
            other = len(set(owners.values())) > 1
            are = "which are not the same" if other else "which are the same"
            yield ("warning" if other else "note", "", f"{listed(owners)} each bring {name}, {are}")

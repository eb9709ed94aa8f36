"""The lock file of a distribution: what ``loadPackage`` and micropip install from.

It is written here and not with the package ``pyodide-lock``: its 0.1.2, which pip gives to Python 3.11,
cannot read today's lock files, and its 0.2.1 refuses the wheel tags that they carry. The form is that of the
releases' own lock files, whose ``info`` is taken from the release; the audit's rules for lock files hold it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from pyodide_abi.wheel import open_wheel

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from pyodide_abi.distribution.resolution import ResolvedPackage
    from pyodide_abi.distribution.work import Made
    from pyodide_abi.wheel import Wheel

#: The name under which every release looks for one.
NAME = "pyodide-lock.json"
_MODULE = re.compile(r"([^\W\d]\w*)(?:\.py|\.(?:[\w-]+\.)*so)?", re.ASCII)


def lock_text(
    packages: Iterable[ResolvedPackage], made: Mapping[str, Made], outdir: Path, release: Path
) -> str:
    """The text of a lock file for wheels that lie beside it.

    Args:
        packages: The distribution; those without a good wheel are left out, and so is what needs them.
        made: what became of each, by name.
        outdir: The folder of the wheels.
        release: the folder of the release whose ``info`` it gets.
    """
    own = json.loads((release / NAME).read_text("utf-8"))
    there = {name for name, one in made.items() if one.status.good}
    entries = {
        package.name: _entry(package, made[package.name], outdir, there)
        for package in packages
        if package.name in there
    }
    return json.dumps({"info": own["info"], "packages": dict(sorted(entries.items()))}, indent=1) + "\n"


def _entry(package: ResolvedPackage, made: Made, outdir: Path, there: set[str]) -> dict[str, Any]:
    with open_wheel(outdir / made.file) as wheel:
        imports = imports_of(wheel)
    return {
        "depends": [need for need in package.needs if need in there],
        "file_name": made.file,
        "imports": imports,
        "install_dir": "site",
        "name": package.name,
        "package_type": "package",
        "sha256": made.sha256,
        "unvendored_tests": False,
        "version": package.version,
    }


def imports_of(wheel: Wheel) -> list[str]:
    """The names of the modules and packages that a wheel puts on the top level, sorted.

    ``loadPackagesFromImports`` and ``micropip`` find a package by them. A folder counts if anything in it can
    be imported.
    """
    found = set()
    for member in wheel.members:
        place = wheel.installed_path(member.name)
        if place is None or not place.endswith((".py", ".so")):
            continue
        top, _, _ = place.partition("/")
        if match := _MODULE.fullmatch(top):
            found.add(match[1])
    return sorted(found)

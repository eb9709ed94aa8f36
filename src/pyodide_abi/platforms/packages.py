"""Compiled packages that a runtime release brings along, with the one version that it has of each.

An installer in the runtime takes these before it looks at an index, and never tries another version once it
has taken one. The facts are in ``data/packages.txt``, made by ``tools/regenerate_packages.py`` from the
``pyodide-lock.json`` of every release; packages of pure Python are left out, since an index has those in
every version. Its form: lines that begin with ``#`` say what it is; every other line is a package's
normalised name, a version, and the first and the last release of a run of them that have it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.errors import PlatformDataError
from pyodide_abi.platforms.documents import read_data
from pyodide_abi.platforms.learned import fresh_entries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FILE = "packages.txt"
_TITLE = "# Written by tools/regenerate_packages.py: compiled packages of the runtime releases."


def load_packages(releases: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
    """By release, the versions of the packages that it brings, by their normalised names.

    Args:
        releases: all of the platforms', in their order.

    Raises:
        PlatformDataError: the file is missing or damaged, or names another release.
    """
    try:
        text = read_data(FILE).decode()
    except OSError as error:
        raise PlatformDataError(
            f"{FILE}: is missing", hint="tools/regenerate_packages.py makes it"
        ) from error
    learned = {entry.version: entry.packages for entry in fresh_entries()}
    described = decode_packages(text, [release for release in releases if release not in learned])
    return {release: described.get(release) or learned[release] for release in releases}


def decode_packages(text: str, releases: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
    """Read the data file.

    Raises:
        PlatformDataError: it is damaged, or names another release.
    """
    places = {release: place for place, release in enumerate(releases)}
    found: dict[str, dict[str, str]] = {release: {} for release in releases}
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("#"):
            continue
        try:
            name, version, first, last = line.split()
            run = releases[places[first] : places[last] + 1]
        except (KeyError, ValueError) as error:
            raise PlatformDataError(f"{FILE}: line {number} is not 'NAME VERSION FIRST LAST'") from error
        for release in run:
            found[release][name] = version
    return found


def encode_packages(packages: Mapping[str, Mapping[str, str]]) -> str:
    """The counterpart of :func:`decode_packages`; releases in the order of the mapping."""
    releases = list(packages)
    lines = []
    for name in sorted({name for versions in packages.values() for name in versions}):
        runs: list[tuple[str, str, str]] = []
        previous = None
        for release in releases:
            version = packages[release].get(name)
            if version is not None and version == previous:
                runs[-1] = (version, runs[-1][1], release)
            elif version is not None:
                runs.append((version, release, release))
            previous = version
        lines += [f"{name} {version} {first} {last}" for version, first, last in runs]
    return "\n".join([_TITLE, *lines]) + "\n"

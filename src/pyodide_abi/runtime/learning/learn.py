"""From a release that is there to an entry of the user's data: ``pyodide-abi runtime learn``."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from pyodide_abi.errors import FailedError, MissingError, PlatformDataError, UsageError
from pyodide_abi.platforms.known import load_platforms, renew
from pyodide_abi.platforms.learned import FACTS, FILES, FOLDER, SYMBOLS, entry_data, read_entry
from pyodide_abi.platforms.surface import REFERENCE_ENGINE
from pyodide_abi.platforms.surface_encoding import encode_surface
from pyodide_abi.runtime.learning.describing import INSTALLERS, Findings, describe, views_of
from pyodide_abi.runtime.learning.reading import ENGINES, read_release
from pyodide_abi.runtime.learning.recognising import recognise
from pyodide_abi.runtime.node import find_node
from pyodide_abi.runtime.package_index import Sources
from pyodide_abi.runtime.room import is_lockable
from pyodide_abi.store import Store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyodide_abi.host import Host
    from pyodide_abi.platforms.learned import LearnedRelease
    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.runtime.learning.sources import Obtained

_LOCK = "pyodide-lock.json"
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]{0,40}")


def learn(obtained: Obtained, data: Path, host: Host, *, name: str | None = None) -> LearnedRelease:
    """Read a release and keep what was read.

    Args:
        obtained: the release.
        data: the folder of the user's data.
        host: the machine; its network is asked for the wheels of the release's installers.
        name: A name for a build of somebody's own: the version becomes ``<version>+<name>``.

    Returns:
        what is kept.

    Raises:
        UsageError: a release of this version is known already, or the name has not the form of one.
        FailedError: it does not boot, or it is not what it calls itself.
        UnreadableInputError: its lock file is none.
    """
    version = _named(obtained.version, name)
    known = {release.version for platform in load_platforms() for release in platform.releases}
    if version in known:
        raise UsageError(
            f"the release {version} is known already",
            hint=f"--name NAME learns the one from {obtained.origin} beside it, as {obtained.version}+NAME;\n"
            f"'pyodide-abi runtime forget {version}' forgets one that was learned",
        )
    return keep(read(obtained, version, host), data)


def read(obtained: Obtained, version: str, host: Host) -> Findings:
    """Boot a release in every engine that is here, and find out all about it.

    One that npm does not have is booted where it can be locked away, and nowhere else.

    Args:
        obtained: the release.
        version: what it is called.
        host: the machine; its network is asked for the wheels of the release's installers.

    Raises:
        FailedError: it does not boot, or its lock file is none.
        MissingError: the reference engine is not here.
    """
    with host.progress.task(f"reading the release {version}", len(ENGINES) + 1) as task:
        recognised = recognise(obtained.folder, host)
        task.advance()
        lock = locked_packages(obtained.folder)
        wheels, unasked = _installer_wheels(obtained.folder, version, lock, host)
        readings = {}
        for engine, node in ENGINES.items():
            task.describe(f"reading the release {version} as {engine} has it")
            try:
                found = find_node(host, node)
            except MissingError:
                if engine == REFERENCE_ENGINE:
                    raise
                continue
            if obtained.files and not is_lockable(found):
                continue  # Nobody knows whose code it is.
            tags = [tag.tag for platform in load_platforms() for tag in platform.tags]
            wanted = wheels if engine == REFERENCE_ENGINE else ()
            readings[engine] = read_release(obtained.folder, found, host, tags=tags, wheels=wanted)
            task.advance()
    return Findings(
        obtained=obtained,
        version=version,
        lock=lock,
        recognised=recognised,
        readings=readings,
        unasked=unasked,
    )


def forget(version: str, data: Path, host: Host) -> bool:
    """Remove what was learned of a release, and its files in the cache.

    Returns:
        whether there was something.
    """
    removed = Store(data).remove(f"{FOLDER}/{version}")
    if removed:
        host.store.remove(f"runtimes/{version}")
        for key in host.store.keys("snapshots"):
            if key.startswith(f"snapshots/{version}+"):
                host.store.remove(key)
        renew()
    return removed


def _named(version: str, name: str | None) -> str:
    if name is None:
        return version
    if not _NAME.fullmatch(name):
        raise UsageError(f"'{name}' is no name for a build: letters, digits, '.' and '-', 41 at most")
    return f"{version.partition('+')[0]}+{name}"


def locked_packages(folder: Path) -> dict[str, Any]:
    """The packages of a release's lock file, by normalised name.

    Raises:
        FailedError: it cannot be read.
    """
    try:
        packages = json.loads((folder / _LOCK).read_bytes())["packages"]
        return {canonicalize_name(str(entry["name"])): entry for entry in packages.values()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise FailedError(f"{_LOCK} of the release cannot be read: {error!r}") from error


def _installer_wheels(
    folder: Path, version: str, lock: Mapping[str, Any], host: Host
) -> tuple[list[Path], str]:
    """The wheels of the release's own installers; none, and the reason, where they cannot be had."""
    missing = [name for name in INSTALLERS if name not in lock]
    if missing:
        return [], f"its lock file has no {missing[0]}"
    sources = Sources(wheel=None, folders=(folder,), releases={version: folder}, index=None, host=host)
    try:
        return [sources.locked_file(version, str(lock[name]["file_name"])) for name in INSTALLERS], ""
    except (MissingError, KeyError, TypeError) as error:
        return [], str(error)


def surface_of(found: Findings, platform: Platform | None = None) -> bytes:
    """The surface file of a release.

    Args:
        found: The findings of the release.
        platform: The platform that it belongs to; None for the one that the release says.
    """
    return encode_surface(
        platform=platform.name if platform else found.abi,
        releases=(found.version,),
        engines=tuple(ENGINES),
        tables={(found.version, engine): table for engine, table in views_of(found).items()},
    )


def keep(found: Findings, data: Path, platform: Platform | None = None) -> LearnedRelease:
    """Write an entry, and see that the platforms' data are right with it.

    Args:
        found: The findings of the release.
        data: the folder of the user's data.
        platform: The platform that it is to belong to; None for the one that the release says.

    Raises:
        FailedError: it is not of that platform.
    """
    entry = describe(found, platform)

    def fill(partial: Path, _place: Path) -> None:
        (partial / SYMBOLS).write_bytes(surface_of(found, platform))
        (partial / FACTS).write_text(json.dumps(entry_data(entry), indent=1) + "\n", "utf-8")
        if entry.learned.files:
            (partial / FILES).mkdir()
            for name, _ in entry.learned.files:
                shutil.copyfile(found.obtained.folder / name, partial / FILES / name)

    store = Store(data)
    key = f"{FOLDER}/{found.version}"
    place = store.obtain(key, fill)
    try:
        renew()
        load_platforms()
    except PlatformDataError as error:
        store.remove(key)
        renew()
        raise FailedError(
            f"the release is not of platform {entry.platform}, as it says: {error.message}",
            hint="'pyodide-abi runtime check' tells what it breaks",
        ) from error
    return read_entry(place)

"""Install runtime releases: the npm package ``pyodide`` of a version, proved by its pinned digest."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pyodide_abi.errors import DigestError, MissingError, OfflineError
from pyodide_abi.platforms.learned import FILES, fresh_entries
from pyodide_abi.runtime.npm_archive import NpmPackage, fetch_archive, unpack_archive

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pyodide_abi.host import Host
    from pyodide_abi.platforms.model import Release, Runtime

#: What the cache calls the installed releases.
KEY = "runtimes"
#: And the memories of their interpreters, once started.
SNAPSHOTS = "snapshots"
#: The file of a release that JavaScript imports; a release without it is not one.
ENTRY_POINT = "pyodide.mjs"


def newest(runtimes: Sequence[Runtime]) -> Runtime:
    """The last of one or more releases in their order; an alpha only where there is nothing else."""
    stable = [runtime for runtime in runtimes if not runtime.release.prerelease]
    return (stable or runtimes)[-1]


def installed_folder(release: Release, host: Host) -> Path | None:
    """The release's folder, or None while it is not installed."""
    return host.store.find(f"{KEY}/{release.version}")


def npm_package(release: Release) -> NpmPackage:
    """What npm calls a release."""
    return NpmPackage(name="pyodide", version=release.version, integrity=release.integrity)


def prove_release(release: Release, host: Host) -> bool:
    """Compare all digests of a release and its snapshots, as after a failure; what is damaged is removed.

    Returns:
        whether it is what was fetched; otherwise another attempt fetches it again.
    """
    own = f"{SNAPSHOTS}/{release.version}+"
    keys = [f"{KEY}/{release.version}", *(key for key in host.store.keys(SNAPSHOTS) if key.startswith(own))]
    damaged = [key for key in keys if not host.store.prove(key)]
    return not damaged


def install_release(release: Release, host: Host) -> Path:
    """The folder of a runtime release (the one with ``pyodide.mjs``), fetched first if it is not cached.

    Safe when interrupted and when several processes ask at once: see :meth:`Store.obtain`.

    Raises:
        OfflineError: it is not cached and the network is off limits.
        MissingError: npm is missing or cannot fetch it.
        DigestError: what npm fetched is not what our platform data promises, or what was learned.
    """

    def fill(partial: Path, _place: Path) -> None:
        if kept:
            _copy(release, partial)
        else:
            package = npm_package(release)
            unpack_archive(fetch_archive(package, partial, host), partial, package)
            if not (partial / ENTRY_POINT).is_file():
                raise MissingError(f"{package} holds no {ENTRY_POINT}")

    found = installed_folder(release, host)
    if found is not None:
        return found
    kept = release.learned.files if release.learned else ()
    if host.offline and not kept:
        raise OfflineError(
            f"the runtime release {release.version} is not in the cache ({host.store.root})",
            hint="run the same command once without --offline: it fetches 5 MB",
        )
    with host.progress.task(f"fetching the runtime release {release.version}"):
        return host.store.obtain(f"{KEY}/{release.version}", fill)


def _copy(release: Release, folder: Path) -> None:
    """Take the files of a release that was learned from where they are kept.

    Raises:
        DigestError: one of them is not what was learned.
        MissingError: one of them is gone.
    """
    again = f"'pyodide-abi runtime forget {release.version}', and learn it again"
    entry = next((one for one in fresh_entries() if one.version == release.version), None)
    assert release.learned is not None
    for name, digest in release.learned.files:
        try:
            data = (entry.folder / FILES / name).read_bytes() if entry else b""
        except OSError as error:
            raise MissingError(f"{error.filename}: {error.strerror}", hint=again) from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise DigestError(
                f"{name} of the learned release {release.version} is not what was learned", hint=again
            )
        (folder / name).write_bytes(data)

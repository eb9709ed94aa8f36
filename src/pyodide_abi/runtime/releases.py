"""Install runtime releases: the npm package ``pyodide`` of a version, proved by its pinned digest.

The npm client fetches it from whatever registry it is configured for; that the bytes are the right ones is
decided here, by the digest in our platform data, not by the registry.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import tarfile
import time
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pyodide_abi.errors import DigestError, MissingError, OfflineError
from pyodide_abi.platforms.learned import FILES, fresh_entries
from pyodide_abi.runtime.node import find_npm

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pyodide_abi.host import Host
    from pyodide_abi.platforms.model import Release, Runtime
    from pyodide_abi.process import Completed

#: What the cache calls the installed releases.
KEY = "runtimes"
#: And the memories of their interpreters, once started.
SNAPSHOTS = "snapshots"
#: The file of a release that JavaScript imports; a release without it is not one.
ENTRY_POINT = "pyodide.mjs"
_PAUSES = (1.0, 5.0)
_SECONDS = 600.0
#: npm's words for an answer that will not change by asking again.
_FINAL = re.compile(r"\b(E404|ETARGET|E401|E403|EUSAGE)\b")


def newest(runtimes: Sequence[Runtime]) -> Runtime:
    """The last of one or more releases in their order; an alpha only where there is nothing else."""
    stable = [runtime for runtime in runtimes if not runtime.release.prerelease]
    return (stable or runtimes)[-1]


def installed_folder(release: Release, host: Host) -> Path | None:
    """The release's folder, or None while it is not installed."""
    return host.store.find(f"{KEY}/{release.version}")


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
            _unpack(_fetch(release, partial, host), partial, release)

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


def _fetch(release: Release, folder: Path, host: Host) -> bytes:
    """The package's archive, its digest checked.

    npm runs in the cache's folder, so that a ``package.json`` or ``.npmrc`` of the project at hand has no
    part in it; the user's and the machine's configuration hold.
    """
    done = _ask_npm(release, folder, host)
    archives = list(folder.glob("*.tgz"))
    if len(archives) != 1:
        raise MissingError(f"'{done.command}' succeeded and left {len(archives)} archives instead of one")
    data = archives[0].read_bytes()
    archives[0].unlink()
    check_integrity(data, release)
    return data


def _ask_npm(release: Release, folder: Path, host: Host) -> Completed:
    package = f"pyodide@{release.version}"
    words = [*find_npm(host), "pack", package, "--ignore-scripts", "--loglevel=error"]
    # npm reads its settings from the environment too; this one keeps it from asking after its own updates.
    environ = {**host.environ, "npm_config_update_notifier": "false"}
    pauses = iter(_PAUSES)
    while True:
        done = host.runner.run(words, environ=environ, cwd=folder, timeout=_SECONDS)
        if done.returncode == 0:
            return done
        pause = next(pauses, None)
        if pause is None or _FINAL.search(done.stderr):
            raise MissingError(
                f"npm could not fetch {package}:",
                details=done.stderr.strip()[-2000:].splitlines(),
                hint="'npm config get registry' says whom it asks; "
                f"'npm view {package} version' has to answer",
            )
        host.progress.say(f"npm could not fetch {package}; trying again in {pause:.0f} s")
        time.sleep(pause)


def check_integrity(data: bytes, release: Release) -> None:
    """Compare an archive with the release's pinned digest (``sha512-<base64>``, W3C's SRI form).

    Raises:
        DigestError: it differs.
    """
    digest = base64.b64encode(hashlib.sha512(data).digest()).decode()
    if f"sha512-{digest}" != release.integrity:
        raise DigestError(
            f"pyodide@{release.version} from npm is not the published release: "
            f"expected {release.integrity}, got sha512-{digest}",
            hint="a mirror or proxy changed it; 'npm config get registry' says which registry was asked",
        )


def _unpack(data: bytes, folder: Path, release: Release) -> None:
    """Write the archive's files, without their common top folder.

    The digest has proved the archive, so a strange member is our own mistake; it is refused all the same.

    Raises:
        MissingError: a member that is no regular file, that points outside, or no entry point.
    """
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        for member in archive:
            if member.isdir():
                continue
            parts = PurePosixPath(member.name).parts
            content = archive.extractfile(member) if member.isreg() else None
            if content is None or len(parts) < 2 or ".." in parts or parts[0] == "/":  # noqa: PLR2004 - top/name
                raise MissingError(f"pyodide@{release.version} holds the unsafe member {member.name!r}")
            target = folder.joinpath(*parts[1:])
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.read())
    if not (folder / ENTRY_POINT).is_file():
        raise MissingError(f"pyodide@{release.version} holds no {ENTRY_POINT}")

"""Fetch an npm package whose digest is known, and unpack it.

The npm client fetches it from whatever registry it is configured for; that the bytes are the right ones is
decided here, by the digest in our data, not by the registry.
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

from pyodide_abi.errors import DigestError, MissingError
from pyodide_abi.runtime.node import find_npm
from pyodide_abi.values import value

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.host import Host
    from pyodide_abi.process import Completed

_PAUSES = (1.0, 5.0)
_SECONDS = 600.0
#: npm's words for an answer that will not change by asking again.
_FINAL = re.compile(r"\b(E404|ETARGET|E401|E403|EUSAGE)\b")
_OWNER_EXECUTES = 0o100


@value
class NpmPackage:
    """A package of npm.

    Attributes:
        name: such as ``pyodide``.
        version: the version.
        integrity: ``sha512-<base64>``, the form of W3C's Subresource Integrity.
    """

    name: str
    version: str
    integrity: str

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


def fetch_archive(package: NpmPackage, folder: Path, host: Host) -> bytes:
    """The package's archive, its digest checked.

    npm runs in an empty folder, so that a ``package.json`` or ``.npmrc`` of the project at hand has no part
    in it; the user's and the machine's configuration hold.

    Args:
        package: which.
        folder: an empty folder.
        host: the machine.

    Raises:
        MissingError: npm is missing or cannot fetch it.
        DigestError: what npm fetched is not what was promised.
    """
    done = _ask_npm(package, folder, host)
    archives = list(folder.glob("*.tgz"))
    if len(archives) != 1:
        raise MissingError(f"'{done.command}' succeeded and left {len(archives)} archives instead of one")
    data = archives[0].read_bytes()
    archives[0].unlink()
    check_integrity(data, package)
    return data


def check_integrity(data: bytes, package: NpmPackage) -> None:
    """Compare an archive with the package's pinned digest.

    Raises:
        DigestError: it differs.
    """
    digest = base64.b64encode(hashlib.sha512(data).digest()).decode()
    if f"sha512-{digest}" != package.integrity:
        raise DigestError(
            f"{package} from npm is not the published release: "
            f"expected {package.integrity}, got sha512-{digest}",
            hint="a mirror or proxy changed it; 'npm config get registry' says which registry was asked",
        )


def unpack_archive(data: bytes, folder: Path, package: NpmPackage) -> None:
    """Write the archive's files, without their common top folder.

    The digest has proved the archive, so a strange member is our own mistake; it is refused all the same.

    Raises:
        MissingError: a member is no regular file, or points outside.
    """
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        for member in archive:
            if member.isdir():
                continue
            parts = PurePosixPath(member.name).parts
            content = archive.extractfile(member) if member.isreg() else None
            if content is None or len(parts) < 2 or ".." in parts or parts[0] == "/":  # noqa: PLR2004 - top/name
                raise MissingError(f"{package} holds the unsafe member {member.name!r}")
            target = folder.joinpath(*parts[1:])
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.read())
            if member.mode & _OWNER_EXECUTES:
                target.chmod(0o755)


def _ask_npm(package: NpmPackage, folder: Path, host: Host) -> Completed:
    words = [*find_npm(host), "pack", str(package), "--ignore-scripts", "--loglevel=error"]
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

"""A project's sdist from the package index: uv finds it, with all of the user's settings for indexes.

``pip download`` would run the project's build backend, on the host, only to learn the name that we have. uv
writes a lock file (PEP 751) in which the sdist's address and digest stand.
"""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from pyodide_abi.build.environment import find_installer
from pyodide_abi.errors import MissingError, OfflineError, UsageError
from pyodide_abi.http import download
from pyodide_abi.toml import parse_toml

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.host import Host
    from pyodide_abi.toolchain.model import HostPython

#: A project's name (the name specification of the packaging user guide), alone or with one version.
_NAMED = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?:==[A-Za-z0-9][A-Za-z0-9.!+_-]*)?")
_ARCHIVES = (".tar.gz", ".tgz", ".zip", ".whl", ".tar.bz2", ".tar.xz")

#: A project has one file for each platform and version.
_LARGEST_LOCK = 16 << 20


def is_named(text: str) -> bool:
    """It reads like ``NAME`` or ``NAME==VERSION``, not like a path."""
    return bool(_NAMED.fullmatch(text)) and not text.endswith(_ARCHIVES)


def fetch_sdist(requirement: str, python: HostPython, host: Host) -> Path:
    """The sdist of a project, newest or of the version given; cached.

    Args:
        requirement: see :func:`is_named`.
        python: an interpreter of the platform's minor version: what supports another Python is passed over.
        host: the machine.

    Raises:
        UsageError: the index has no such project or version, or wheels only.
        OfflineError: it is not in the cache and the network is off limits.
        MissingError: there is no uv, or the index cannot be reached.
        DigestError: what came is not what the index announced.
    """
    with host.progress.task(f"looking for the sources of {requirement}"):
        package = _locked(requirement, python, host)
    sdist = package.get("sdist")
    name = f"{package['name']} {package.get('version', '')}".rstrip()
    if not isinstance(sdist, dict):
        raise UsageError(f"the index has no sdist of {name}, only wheels", hint="name its sources' folder")
    digest = str(sdist.get("hashes", {}).get("sha256", ""))
    if "path" in sdist:
        return type(python.executable)(sdist["path"])
    url = str(sdist.get("url", ""))
    if not digest:
        raise MissingError(f"the index gives no SHA-256 digest of the sdist of {name}", hint=url)

    def fill(folder: Path, _place: Path) -> None:
        shutil.copyfile(download(url, digest, host), folder / _file_name(url))

    entry = host.store.obtain(f"sdists/{digest}", fill)
    return entry / _file_name(url)


def _file_name(url: str) -> str:
    return unquote(urlsplit(url).path.rpartition("/")[2])


def _packages(lock: str) -> list[dict[str, object]]:
    """The packages in a lock file (PEP 751) that uv has written, from what an index says.

    Raises:
        MissingError: it is not one.
    """
    try:
        packages = parse_toml(lock, largest=_LARGEST_LOCK).get("packages", [])
    except ValueError as error:
        raise MissingError(f"uv's answer cannot be read: {error}") from error
    return packages if isinstance(packages, list) else []


def _locked(requirement: str, python: HostPython, host: Host) -> dict[str, object]:
    argv: list[str | Path] = [
        find_installer(host),
        *("pip", "compile", "--quiet", "--no-deps", "--no-header", "--format", "pylock.toml"),
        *("--python", python.executable),
        *(["--offline"] if host.offline else []),
        "-",
    ]
    done = host.runner.run(argv, environ=host.environ, stdin=requirement.encode())
    if done.returncode == 0:
        packages = _packages(done.stdout)
        if len(packages) == 1:
            found: dict[str, object] = packages[0]
            return found
    said = done.stderr.strip() or "no such project"
    if host.offline:
        raise OfflineError(
            f"{requirement} is not in uv's cache, and --offline forbids looking it up", hint=said
        )
    if "Failed to fetch" in said or "error sending request" in said:
        raise MissingError(f"the package index cannot be asked for {requirement}", hint=said)
    raise UsageError(
        f"{requirement} is no folder and no sdist here, and the package index has none of that name",
        hint=said,
    )

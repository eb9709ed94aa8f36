"""Where wheels come from when one is installed as users install: folders, the index, a release's lockfile."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import Version

from pyodide_abi.errors import MissingError
from pyodide_abi.files import sha256_of
from pyodide_abi.http import NotThereError, download, get_json
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pyodide_abi.host import Host

#: The index that micropip and pip ask when nobody tells them otherwise.
PYPI = "https://pypi.org/simple"
#: Where the releases themselves get the packages of their lockfiles (``setCdnUrl`` in ``pyodide.mjs``).
_CDN = "https://cdn.jsdelivr.net/pyodide/v{version}/full/{file}"
_LISTING = "application/vnd.pypi.simple.v1+json"
#: Variables that name the index for pip and for uv, in the order in which we look.
_INDEX_VARIABLES = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL")
_PURE = "-none-any.whl"
#: Names of wheels (PEP 427), which become names of files here, and digests.
_WHEEL = re.compile(r"[A-Za-z0-9_.+!-]{1,250}\.whl")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@value
class Listed:
    """A wheel that an index offers.

    Attributes:
        name: The name of the file.
        sha256: The digest of the file, in hexadecimal.
        place: a file of this machine, or an address.
        more: what else the index says of it (PEP 691).
    """

    name: str
    sha256: str
    place: Path | str
    more: Mapping[str, Any] = {}


@dataclass(frozen=True, kw_only=True)
class Sources:
    """What can be installed.

    Attributes:
        wheel: the wheel in question, the only one of its project that is offered; None for none.
        folders: Folders of wheels, for what it depends on.
        releases: the folders of runtime releases, by version.
        index: the address of a simple index; None for the one that the environment names, else PyPI.
        host: the machine; offline, there is no index and no lockfile's package that is not cached.
        lacking: what was asked for and could not be had, with the reason; filled in use.
        stand_ins: files of the index that stood in for a lockfile's; filled in use.
    """

    wheel: Path | None
    folders: Sequence[Path]
    releases: Mapping[str, Path]
    index: str | None
    host: Host
    lacking: dict[str, str] = field(default_factory=dict)
    stand_ins: set[str] = field(default_factory=set)

    def project(self, name: str) -> list[Listed]:
        """Every wheel of a project, from the folders and the index.

        Raises:
            MissingError: the index does not answer as one.
        """
        name = canonicalize_name(name)
        found = [listed for listed in self._local if _project(listed.name) == name]
        if self.wheel and name == _project(self.wheel.name):
            return found
        if self.host.offline:
            if not found:
                self.lacking[name] = "no folder has a wheel of it, and the network is off limits"
            return found
        names = {listed.name for listed in found}
        try:
            offered = self._from_index(name)
        except MissingError as error:
            self.lacking[name] = str(error)
            raise
        return found + [listed for listed in offered if listed.name not in names]

    def locked_project(self, version: str, name: str) -> list[Listed]:
        """The wheel of a project in a release's lockfile, as the index of ``pyodide venv`` has it.

        It is fetched here, because an index gives digests, and a stand-in has another.
        """
        packages = self._lockfile(version)
        entry = packages.get(canonicalize_name(name))
        if entry is None or not entry["file_name"].endswith(".whl"):
            return []
        try:
            path = self.locked_file(version, entry["file_name"])
        except MissingError:
            # Nobody has asked for it yet. Whoever does is told.
            self.lacking.pop(entry["file_name"], None)
            return [self._locked(version, entry)]
        return [Listed(name=entry["file_name"], sha256=sha256_of(path), place=path)]

    def locked_entry(self, version: str, name: str) -> Mapping[str, Any] | None:
        """What a release's lockfile says of a project's package; None if it has none."""
        return self._lockfile(version).get(canonicalize_name(name))

    def locked_needs(self, version: str, name: str) -> list[str]:
        """The names of all packages of a release that one of them needs, directly or not; without itself."""
        packages = self._lockfile(version)
        found: dict[str, None] = {}
        waiting = [name]
        while waiting:
            entry = packages.get(canonicalize_name(waiting.pop()), {})
            new = [need for need in entry.get("depends", ()) if need not in found and need != name]
            found.update(dict.fromkeys(new))
            waiting += new
        return list(found)

    def locked_file(self, version: str, file: str) -> Path:
        """A file of a release's lockfile.

        Raises:
            MissingError: no such entry, or it cannot be had; the latter is noted in ``lacking``.
        """
        entry = next((item for item in self._lockfile(version).values() if item["file_name"] == file), None)
        if entry is None:
            raise MissingError(f"the release {version} has no {file}")
        try:
            return self.file(self._locked(version, entry))
        except MissingError:
            stand_in = self._stand_in(entry)
            if stand_in is None:
                raise
            del self.lacking[file]
            self.stand_ins.add(stand_in.name)
            return self.file(stand_in)

    def file(self, listed: Listed) -> Path:
        """The wheel on this machine, fetched first if need be.

        Raises:
            MissingError: it cannot be had.
            DigestError: what came is something else.
        """
        if not isinstance(listed.place, str):
            return listed.place
        try:
            return self._fetched(listed, listed.place)
        except MissingError as error:
            self.lacking[listed.name] = str(error)
            raise

    def _fetched(self, listed: Listed, address: str) -> Path:
        key = f"wheels/{listed.sha256}"

        def fill(partial: Path, _place: Path) -> None:
            download(address, listed.sha256, self.host).replace(partial / listed.name)

        return next(self.host.store.obtain(key, fill).iterdir())

    @cached_property
    def _local(self) -> list[Listed]:
        there = [path for folder in self.folders for path in sorted(folder.glob("*.whl"))]
        own = _project(self.wheel.name) if self.wheel else None
        others = [path for path in there if own is None or _project(path.name) != own]
        files = [self.wheel, *others] if self.wheel else others
        return [Listed(name=path.name, sha256=sha256_of(path), place=path) for path in files]

    def _locked(self, version: str, entry: Mapping[str, Any]) -> Listed:
        file = str(entry["file_name"])
        if "/" in file or "\\" in file or file in {"", ".", ".."}:
            raise MissingError(f"the lock file of {version} names {file!r}, which is no file beside it")
        local = next((listed for listed in self._local if listed.name == file), None)
        address = _CDN.format(version=published(version), file=file)
        return local or Listed(name=file, sha256=str(entry["sha256"]), place=address)

    def _stand_in(self, entry: Mapping[str, Any]) -> Listed | None:
        """The index's file for a pure package of the lockfile, which the lockfile's own was built from."""
        if not str(entry["file_name"]).endswith(_PURE):
            return None
        try:
            offered = self.project(str(entry["name"]))
        except MissingError:
            return None
        wanted = f"-{entry['version']}-"
        return next((item for item in offered if wanted in item.name and item.name.endswith(_PURE)), None)

    def _lockfile(self, version: str) -> dict[str, dict[str, Any]]:
        return _packages_in(self.releases[version] / "pyodide-lock.json")

    def _from_index(self, name: str) -> list[Listed]:
        chosen = (self.host.environ.get(variable) for variable in _INDEX_VARIABLES)
        index = self.index or next((address for address in chosen if address), PYPI)
        address = f"{index.rstrip('/')}/{name}/"
        try:
            return _listed(get_json(address, self.host, accept=_LISTING), address)
        except NotThereError:
            return []


@lru_cache(maxsize=8)
def _packages_in(lockfile: Path) -> dict[str, dict[str, Any]]:
    packages = json.loads(lockfile.read_text("utf-8"))["packages"]
    return {canonicalize_name(name): entry for name, entry in packages.items()}


def published(version: str) -> str:
    """A release's version as its own server has it: ``315.0.0a2``, where npm says ``315.0.0-alpha.2``."""
    return str(Version(version))


def _listed(page: Any, address: str) -> list[Listed]:  # noqa: ANN401 - JSON, from anybody
    """The wheels on an index's page (PEP 691).

    Raises:
        MissingError: it is not such a page.
    """
    try:
        return [
            Listed(
                name=file["filename"],
                sha256=file["hashes"]["sha256"],
                place=urljoin(address, file["url"]),
                more={key: file[key] for key in ("requires-python", "yanked") if key in file},
            )
            for file in page["files"]
            if _WHEEL.fullmatch(file["filename"]) and _SHA256.fullmatch(file["hashes"].get("sha256", ""))
        ]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise MissingError(f"{address} does not answer as a simple index in JSON (PEP 691)") from error


def _project(file: str) -> str:
    try:
        return parse_wheel_filename(file)[0]
    except InvalidWheelFilename:
        return ""  # Not a wheel that anybody could install.

"""Which packages a list of requirements comes to on a platform: uv resolves, for the target's markers.

uv locks a project of ours that requires what the user asked for and supports one environment only: the
platform's. Its lock file has every package with its exact version, what it depends on there, its sdist and
all of its wheels with their digests, whichever index or folder they come from.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from packaging.markers import Marker

from pyodide_abi.atomic import temporary
from pyodide_abi.build.environment import find_installer
from pyodide_abi.errors import FailedError, MissingError, OfflineError, UsageError
from pyodide_abi.runtime.requirements import markers_of
from pyodide_abi.toml import parse_toml, read_toml
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pyodide_abi.host import Host
    from pyodide_abi.platforms.model import Runtime
    from pyodide_abi.toolchain.model import HostPython

#: The name of the project that requires everything; no package of an index has such a one.
_ROOT = "pyodide-abi-distribution-0"
#: What tells the target from all other environments; a list of uv's own, ``environments``.
_TELLING = ("implementation_name", "os_name", "platform_machine", "platform_system", "sys_platform")
#: What uv advises about that setting of ours, which the user cannot change.
_OURS = "`tool.uv.environments`"
#: Bytes of the largest lock file of uv's that is read: that of a thousand packages has five million.
_LARGEST_LOCK = 256 << 20
#: Lines of a requirements file that name constraints.
_CONSTRAINTS = re.compile(r"\s*(?:-c|--constraint)\b")
_PYPROJECT = """\
[project]
name = {name}
version = "0"
requires-python = "=={python}.*"
dependencies = {dependencies}

[tool.uv]
environments = [{environment}]
constraint-dependencies = {constraints}
"""


@value
class Asked:
    """What a distribution is made of.

    Attributes:
        requirements: as PEP 508 has them.
        files: requirements files of pip's, or lists with a requirement on each line.
        constraints: files of the same form; they bound versions and add no package.
        folders: with wheels and sdists that count like those of the index.
        index: whether an index is asked at all.
    """

    requirements: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    constraints: tuple[Path, ...] = ()
    folders: tuple[Path, ...] = ()
    index: bool = True


@value
class File:
    """An sdist or wheel of a package.

    Attributes:
        name: The name of the file; that of a folder for a project on this machine.
        place: an address, or the path of a file or folder of this machine.
        sha256: The digest of the file, in hexadecimal; empty where nobody has said one.
    """

    name: str
    place: str
    sha256: str = ""


@value
class ResolvedPackage:
    """A package of the distribution.

    Attributes:
        name: The normalised name (PEP 503).
        version: The version that was chosen.
        needs: The names of packages that it needs on the platform, with the extras that were asked for.
        sdist: The sources; None where there are none.
        wheels: all of them, for whatever platform.
        asked: Whether the user named it.
    """

    name: str
    version: str
    needs: tuple[str, ...]
    sdist: File | None
    wheels: tuple[File, ...]
    asked: bool = False


def read_project(file: Path) -> tuple[str, ...]:
    """The dependencies in a ``pyproject.toml``.

    Raises:
        UsageError: the file is none, or its build backend alone knows them.
    """
    try:
        project = read_toml(file).get("project")
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from error
    found = project.get("dependencies", []) if isinstance(project, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise UsageError(f"{file}: project.dependencies has to be a list of requirements")
    if isinstance(project, dict) and "dependencies" in project.get("dynamic", ()):
        raise UsageError(
            f"{file} leaves its dependencies to its build backend (project.dynamic)",
            hint="name a requirements file instead",
        )
    return tuple(found)


def resolve(asked: Asked, runtime: Runtime, python: HostPython, host: Host) -> tuple[ResolvedPackage, ...]:
    """The packages, sorted by name.

    Args:
        asked: what the user wants.
        runtime: The runtime whose markers count.
        python: an interpreter of its minor version, in which uv asks sdists for what they need.
        host: the machine.

    Raises:
        UsageError: a requirement is none, a file has constraints in it, or nothing is asked for.
        FailedError: nothing meets all requirements.
        OfflineError: uv's cache lacks what it would have to look up.
        MissingError: there is no uv, or no index answers.
    """
    with temporary() as folder:
        project = _Project(folder=folder, python=python, host=host)
        constraints: tuple[str, ...] = ()
        if asked.constraints:
            project.write(runtime, (), ())
            constraints = project.read_files(asked.constraints)
        project.write(runtime, asked.requirements, constraints)
        if asked.files:
            project.read_files(asked.files)
        lock = project.lock(asked)
    packages = packages_of(lock, markers_of(runtime), folder)
    if not packages:
        raise UsageError(f"nothing that was asked for is for {runtime.platform.name}")
    return packages


@value
class _Project:
    folder: Path
    python: HostPython
    host: Host

    def write(self, runtime: Runtime, requirements: Sequence[str], constraints: Sequence[str]) -> None:
        markers = markers_of(runtime)
        text = _PYPROJECT.format(
            name=json.dumps(_ROOT),
            python=runtime.platform.python.version,
            dependencies=json.dumps(requirements),
            environment=json.dumps(" and ".join(f"{name} == '{markers[name]}'" for name in _TELLING)),
            constraints=json.dumps(constraints),
        )
        (self.folder / "pyproject.toml").write_text(text, "utf-8")

    def read_files(self, files: Iterable[Path]) -> tuple[str, ...]:
        """Add what requirements files say, as uv reads them; all requirements of the project."""
        for file in files:
            try:
                lines = file.read_text("utf-8").splitlines()
            except UnicodeDecodeError as error:
                raise UsageError(
                    f"{file} is no text, and so no list of requirements",
                    hint="name a wheel as a requirement, NAME==VERSION, with its folder as --find-links",
                ) from error
            except OSError as error:
                raise UsageError(f"{file} cannot be read: {error.strerror}") from error
            if any(_CONSTRAINTS.match(line) for line in lines):
                raise UsageError(f"{file} names constraints", hint="give them with --constraint FILE")
        words = [word for file in files for word in ("-r", str(file))]
        self._uv("add", "--raw", "--frozen", *words)
        found = read_toml(self.folder / "pyproject.toml")["project"]
        assert isinstance(found, dict)
        return tuple(found["dependencies"])

    def lock(self, asked: Asked) -> Mapping[str, Any]:
        words = [word for folder in asked.folders for word in ("--find-links", str(folder))]
        with self.host.progress.task("resolving the requirements"):
            self._uv("lock", *words, *([] if asked.index else ["--no-index"]))
        return parse_toml((self.folder / "uv.lock").read_text("utf-8"), largest=_LARGEST_LOCK)

    def _uv(self, *words: str) -> None:
        offline = ["--offline"] if self.host.offline else []
        argv: list[str | Path] = [find_installer(self.host), *words, "--quiet", *offline]
        argv += ["--python", self.python.executable]
        done = self.host.runner.run(argv, environ=self.host.environ, cwd=self.folder)
        if done.returncode == 0:
            return
        lines = [line for line in done.stderr.splitlines() if line.strip() and _OURS not in line]
        said = [line.replace(_ROOT, "your list") for line in lines]
        if self.host.offline:
            raise OfflineError(
                "the requirements cannot be resolved from uv's cache, and --offline forbids looking them up",
                details=said,
            )
        if any("Failed to fetch" in line or "error sending request" in line for line in said):
            raise MissingError("the package index cannot be asked", details=said)
        if words[0] == "add":
            raise UsageError("the requirements cannot be read", details=said)
        raise FailedError("the requirements cannot be met together", details=said)


def packages_of(
    lock: Mapping[str, Any], markers: Mapping[str, str], folder: Path
) -> tuple[ResolvedPackage, ...]:
    """What a lock file of uv's comes to in one environment.

    Args:
        lock: the file, read.
        markers: The environment of PEP 508's markers.
        folder: the one that the lock file's relative paths begin at.

    Raises:
        FailedError: it is of a form that is not known here.
    """
    if lock.get("version") != 1:
        raise FailedError(f"uv's lock file has the version {lock.get('version')}, not 1")
    return _Graph(entries=lock.get("package", []), markers=markers, folder=folder).packages()


@value
class _Graph:
    entries: Sequence[Mapping[str, Any]]
    markers: Mapping[str, str]
    folder: Path

    def packages(self) -> tuple[ResolvedPackage, ...]:
        root = next(entry for entry in self.entries if entry["name"] == _ROOT)
        asked = [self._entry(edge)["name"] for edge in self._edges(root, "")]
        needs: dict[str, dict[str, None]] = {}
        found: dict[str, Mapping[str, Any]] = {}
        seen: set[tuple[str, str]] = set()
        waiting = [(root, "")]
        while waiting:
            entry, extra = waiting.pop()
            own = needs.setdefault(entry["name"], {})
            for edge in self._edges(entry, extra):
                target = self._entry(edge)
                name = target["name"]
                found[name] = target
                if name != entry["name"]:
                    own[name] = None
                for wanted in ("", *edge.get("extra", ())):
                    if (name, wanted) not in seen:
                        seen.add((name, wanted))
                        waiting.append((target, wanted))
        return tuple(
            self._package(found[name], tuple(sorted(needs.get(name, ()))), asked=name in asked)
            for name in sorted(found)
        )

    def _edges(self, entry: Mapping[str, Any], extra: str) -> list[Mapping[str, Any]]:
        edges = (
            entry.get("optional-dependencies", {}).get(extra, ()) if extra else entry.get("dependencies", ())
        )
        return [edge for edge in edges if self._holds(edge.get("marker"))]

    def _holds(self, marker: str | None) -> bool:
        return not marker or Marker(marker).evaluate({**self.markers, "extra": ""})

    def _entry(self, edge: Mapping[str, Any]) -> Mapping[str, Any]:
        """The entry that a dependency names; its version stands there where there are several."""
        fitting = [
            entry
            for entry in self.entries
            if entry["name"] == edge["name"] and edge.get("version") in (None, entry.get("version"))
        ]
        return fitting[0]

    def _package(self, entry: Mapping[str, Any], needs: tuple[str, ...], *, asked: bool) -> ResolvedPackage:
        source = entry["source"]
        place = source.get("registry", "")
        sdist = entry.get("sdist")
        own = next((source[key] for key in ("directory", "editable") if key in source), None)
        sources = self._file(sdist, place, source) if sdist else None
        if own is not None:
            sources = File(name=Path(own).name, place=str((self.folder / own).resolve()))
        return ResolvedPackage(
            name=entry["name"],
            version=entry.get("version", ""),
            needs=needs,
            sdist=sources,
            wheels=tuple(self._file(wheel, place, source) for wheel in entry.get("wheels", ())),
            asked=asked,
        )

    def _file(self, given: Mapping[str, Any], place: str, source: Mapping[str, Any]) -> File:
        address = given.get("url") or source.get("url") or source.get("path") or given.get("path") or ""
        if "path" in given:
            address = str(Path(place, given["path"]))
        name = given.get("filename") or unquote(urlsplit(address).path).rpartition("/")[2]
        if address.startswith("file:"):
            address = unquote(urlsplit(address).path)
        if "://" not in address:
            address = str((self.folder / address).resolve())
        digest = str(given.get("hash", "")).partition("sha256:")[2]
        return File(name=name, place=address, sha256=digest)

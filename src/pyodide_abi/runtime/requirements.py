"""Choose what to install: what was named, and what that depends on.

Wheels come from folders of wheels, then from the packages that the release itself has (its lock file), then
from the package index. As pip does it, without backtracking: the newest version that fits the first
requirement is taken, and a later requirement that it does not fit is an error that says so.
"""

from __future__ import annotations

from collections import deque
from email.parser import HeaderParser
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import compatible_tags, cpython_tags
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import Version

from pyodide_abi.errors import MissingError, UsageError, WheelError
from pyodide_abi.values import value
from pyodide_abi.wheel import open_wheel
from pyodide_abi.wheel.requirement import read_requirement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from packaging.requirements import Requirement
    from packaging.tags import Tag
    from packaging.utils import NormalizedName

    from pyodide_abi.platforms.model import Platform, Runtime
    from pyodide_abi.runtime.package_index import Listed, Sources


def tags_of(platform: Platform) -> tuple[Tag, ...]:
    """The wheel tags that fit a platform, the best first; every spelling of its name counts."""
    python = platform.python
    major, minor = map(int, python.version.split("."))
    platforms = [tag.tag for tag in platform.tags]
    own = cpython_tags((major, minor), [python.tag], platforms)
    return (*own, *compatible_tags((major, minor), python.tag, platforms))


def markers_of(runtime: Runtime) -> dict[str, str]:
    """The environment of PEP 508's markers, as a runtime has it."""
    return {
        "implementation_name": "cpython",
        "implementation_version": runtime.release.python,
        "os_name": "posix",
        "platform_machine": "wasm32",
        "platform_python_implementation": "CPython",
        "platform_release": runtime.platform.emscripten,
        "platform_system": "Emscripten",
        "platform_version": "#1",
        "python_full_version": runtime.release.python,
        "python_version": runtime.platform.python.version,
        "sys_platform": "emscripten",
    }


@value
class _Candidate:
    path: Path
    name: NormalizedName
    version: Version
    tags: frozenset[Tag]

    @property
    def label(self) -> str:
        return self.path.name

    def requirements(self) -> tuple[Requirement, ...]:
        with open_wheel(self.path) as wheel:
            where = f"{wheel.dist_info}/METADATA"
            lines = HeaderParser().parsestr(wheel.read_text(where)).get_all("Requires-Dist", [])
        try:
            return tuple(read_requirement(line) for line in lines)
        except ValueError as error:
            raise WheelError(f"{self.path.name}: {where}: {error}") from error


def _candidate(path: Path) -> _Candidate:
    try:
        name, version, _, tags = parse_wheel_filename(path.name)
    except InvalidWheelFilename as error:
        raise WheelError(f"{path.name}: not the name of a wheel ({error})") from error
    return _Candidate(path=path, name=name, version=version, tags=tags)


@value
class _Locked:
    """A package of the release, by its name in the lock file, which knows what it needs."""

    key: str
    version: Version

    @property
    def label(self) -> str:
        return f"{self.key} {self.version} of the release"

    def requirements(self) -> tuple[Requirement, ...]:
        return ()


@value
class Chosen:
    """What to install.

    Attributes:
        wheels: Files to be unpacked, each project once.
        packages: Packages of the release to be loaded, with all that they need, as its lock file names them.
    """

    wheels: tuple[Path, ...]
    packages: tuple[str, ...] = ()


def choose_wheels(
    named: Sequence[str | Path],
    folders: Sequence[Path],
    *,
    runtime: Runtime,
    dependencies: bool = True,
    sources: Sources | None = None,
) -> Chosen:
    """What to install.

    Args:
        named: wheel files, or requirements (``pytest``, ``attrs>=23``).
        folders: The folders with wheels.
        runtime: The runtime that they have to be fit for.
        dependencies: follow what they depend on.
        sources: The release's lock file and the index; None for ``folders`` alone.

    Raises:
        UsageError: a named wheel does not fit the runtime, or two requirements contradict each other.
        MissingError: nothing meets a requirement, or what does cannot be fetched.
        WheelError: a file that is not a wheel.
    """
    return _Choice(folders=folders, runtime=runtime, dependencies=dependencies, sources=sources).of(named)


@value
class _Choice:
    folders: Sequence[Path]
    runtime: Runtime
    dependencies: bool
    sources: Sources | None

    def of(self, named: Sequence[str | Path]) -> Chosen:
        chosen: dict[NormalizedName, _Candidate | _Locked] = {}
        waiting: deque[tuple[Requirement, str]] = deque()
        for item in named:
            if isinstance(item, str):
                waiting.append((_requirement(item), "the command line"))
                continue
            candidate = self._fitting(_candidate(item))
            chosen[candidate.name] = candidate
            waiting.extend(self._needs(candidate, frozenset()))
        seen: set[tuple[NormalizedName, frozenset[str]]] = set()
        while waiting:
            requirement, needed_by = waiting.popleft()
            name = canonicalize_name(requirement.name)
            found = chosen.get(name) or self._best(requirement, needed_by)
            if not requirement.specifier.contains(found.version, prereleases=True):
                raise UsageError(
                    f"{needed_by} needs '{requirement}', but {found.label} was chosen already",
                    hint="name the version that all of them take with --wheel; there is no backtracking here",
                )
            chosen[name] = found
            if isinstance(found, _Locked):
                self._bring_along(found, chosen)
            asked = (name, frozenset(requirement.extras))
            if asked not in seen:
                seen.add(asked)
                waiting.extend(self._needs(found, asked[1]))
        return Chosen(
            wheels=tuple(one.path for one in chosen.values() if isinstance(one, _Candidate)),
            packages=tuple(one.key for one in chosen.values() if isinstance(one, _Locked)),
        )

    def _needs(
        self, candidate: _Candidate | _Locked, extras: frozenset[str]
    ) -> Iterator[tuple[Requirement, str]]:
        if not self.dependencies:
            return
        markers = markers_of(self.runtime)
        for requirement in candidate.requirements():
            marker = requirement.marker
            if not marker or any(marker.evaluate({**markers, "extra": extra}) for extra in ("", *extras)):
                yield requirement, candidate.label

    def _bring_along(self, found: _Locked, chosen: dict[NormalizedName, _Candidate | _Locked]) -> None:
        """Choose what a package of the release needs, which the release loads with it.

        Raises:
            UsageError: a wheel of the same project was named.
        """
        assert self.sources is not None
        for key in self.sources.locked_needs(self.runtime.version, found.key):
            entry = self._locked(canonicalize_name(key))
            if entry is None:
                continue
            there = chosen.setdefault(canonicalize_name(key), entry)
            if isinstance(there, _Candidate):
                raise UsageError(
                    f"{found.label} loads {entry.label}, but {there.label} was chosen already",
                    hint="leave that wheel out, or have a wheel of the other as well",
                )

    def _best(self, requirement: Requirement, needed_by: str) -> _Candidate | _Locked:
        """What meets a requirement: from the folders, else from the release, else from the index."""
        name = canonicalize_name(requirement.name)
        offered = [candidate for candidate in self._offered if candidate.name == name]
        if fitting := self._accepted(requirement, offered):
            return max(fitting, key=lambda candidate: (candidate.version, -self._rank(candidate)))
        locked = self._locked(name)
        if locked and requirement.specifier.contains(locked.version, prereleases=True):
            return locked
        return self._from_index(requirement) or self._missing(requirement, needed_by, offered, locked)

    def _accepted(self, requirement: Requirement, offered: Sequence[_Candidate]) -> list[_Candidate]:
        usable = [candidate for candidate in offered if candidate.tags & self._ranks.keys()]
        # `filter` takes a pre-release where it is asked for, or where there is nothing else (PEP 440).
        accepted = set(requirement.specifier.filter(candidate.version for candidate in usable))
        return [candidate for candidate in usable if candidate.version in accepted]

    def _locked(self, name: NormalizedName) -> _Locked | None:
        entry = self.sources.locked_entry(self.runtime.version, name) if self.sources else None
        return _Locked(key=str(entry["name"]), version=Version(entry["version"])) if entry else None

    def _from_index(self, requirement: Requirement) -> _Candidate | None:
        if self.sources is None or self.sources.host.offline:
            return None
        listed = {one.name: one for one in self.sources.project(requirement.name) if self._takes(one)}
        offered = [_candidate(Path(name)) for name in listed]
        if not (fitting := self._accepted(requirement, offered)):
            return None
        best = max(fitting, key=lambda candidate: (candidate.version, -self._rank(candidate)))
        return _candidate(self.sources.file(listed[best.path.name]))

    def _takes(self, listed: Listed) -> bool:
        """Whether nothing that the index says of a wheel keeps installers of the runtime from it."""
        if listed.more.get("yanked"):
            return False
        try:
            _candidate(Path(listed.name))
            wanted = SpecifierSet(listed.more.get("requires-python") or "")
        except (InvalidSpecifier, WheelError):
            return False
        return wanted.contains(self.runtime.release.python, prereleases=True)

    def _missing(
        self,
        requirement: Requirement,
        needed_by: str,
        offered: Sequence[_Candidate],
        locked: _Locked | None,
    ) -> NoReturn:
        places = [str(folder) for folder in self.folders]
        if offered:
            places.append(f"there: {', '.join(candidate.path.name for candidate in offered)}")
        places.append(f"there is {locked.label}" if locked else "the release has no package of it")
        if self.sources is not None:
            offline = self.sources.host.offline
            places.append("the network is off limits" if offline else "the index has none that fits")
        raise MissingError(
            f"{needed_by} needs '{requirement}', and no wheel for the runtime {self.runtime.version} "
            f"meets that ({'; '.join(places)})",
            hint="build one and name its folder with --find-links, try another release with --runtime,\n"
            "or go without: --no-deps",
        )

    def _fitting(self, candidate: _Candidate) -> _Candidate:
        if candidate.tags & self._ranks.keys():
            return candidate
        tags = ", ".join(sorted(map(str, candidate.tags)))
        raise UsageError(
            f"{candidate.path.name} ({tags}) is not for the runtime {self.runtime.version}, "
            f"which takes {self.runtime.platform.python.tag}-*-{self.runtime.platform.tag}",
            hint="choose a runtime of its platform with --runtime or --platform; "
            "'pyodide-abi verify --runtime V' shows what the loader makes of it elsewhere",
        )

    def _rank(self, candidate: _Candidate) -> int:
        return min(self._ranks[tag] for tag in candidate.tags if tag in self._ranks)

    @cached_property
    def _ranks(self) -> dict[Tag, int]:
        return {tag: rank for rank, tag in reversed(list(enumerate(tags_of(self.runtime.platform))))}

    @cached_property
    def _offered(self) -> tuple[_Candidate, ...]:
        files = [path for folder in self.folders for path in sorted(folder.glob("*.whl"))]
        return tuple(_candidate(path) for path in files)


def _requirement(text: str) -> Requirement:
    try:
        return read_requirement(text)
    except ValueError as error:
        raise UsageError(
            f"'{text}' is neither a wheel nor a requirement: {error}",
            hint="give the path of a .whl file, or a name such as pytest or 'attrs>=23'",
        ) from error

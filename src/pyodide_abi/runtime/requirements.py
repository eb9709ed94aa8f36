"""Choose wheels: those that were named, and what they depend on, from folders of wheels.

As pip with ``--no-index --find-links``, without its backtracking: the newest version that fits the first
requirement is taken, and a later requirement that it does not fit is an error that says so.
"""

from __future__ import annotations

from collections import deque
from email.parser import HeaderParser
from functools import cached_property
from typing import TYPE_CHECKING

from packaging.tags import compatible_tags, cpython_tags
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from pyodide_abi.errors import MissingError, UsageError, WheelError
from pyodide_abi.values import value
from pyodide_abi.wheel import open_wheel
from pyodide_abi.wheel.requirement import read_requirement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from packaging.requirements import Requirement
    from packaging.tags import Tag
    from packaging.utils import NormalizedName
    from packaging.version import Version

    from pyodide_abi.platforms.model import Platform, Runtime


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


def choose_wheels(
    named: Sequence[str | Path], folders: Sequence[Path], *, runtime: Runtime, dependencies: bool = True
) -> tuple[Path, ...]:
    """The wheels to install.

    Args:
        named: wheel files, or requirements (``pytest``, ``attrs>=23``) to be met from ``folders``.
        folders: where wheels lie.
        runtime: where they have to be fit to be installed.
        dependencies: follow what they depend on.

    Returns:
        the files, each project once.

    Raises:
        UsageError: a named wheel does not fit the runtime, or two requirements contradict each other.
        MissingError: nothing in ``folders`` meets a requirement.
        WheelError: a file that is not a wheel.
    """
    return _Choice(folders=folders, runtime=runtime, dependencies=dependencies).of(named)


@value
class _Choice:
    folders: Sequence[Path]
    runtime: Runtime
    dependencies: bool

    def of(self, named: Sequence[str | Path]) -> tuple[Path, ...]:
        chosen: dict[NormalizedName, _Candidate] = {}
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
                    f"{needed_by} needs '{requirement}', but {found.path.name} was chosen already",
                    hint="name the version that all of them take with --wheel; there is no backtracking here",
                )
            chosen[name] = found
            asked = (name, frozenset(requirement.extras))
            if asked not in seen:
                seen.add(asked)
                waiting.extend(self._needs(found, asked[1]))
        return tuple(candidate.path for candidate in chosen.values())

    def _needs(self, candidate: _Candidate, extras: frozenset[str]) -> Iterator[tuple[Requirement, str]]:
        if not self.dependencies:
            return
        markers = markers_of(self.runtime)
        for requirement in candidate.requirements():
            marker = requirement.marker
            if not marker or any(marker.evaluate({**markers, "extra": extra}) for extra in ("", *extras)):
                yield requirement, candidate.path.name

    def _best(self, requirement: Requirement, needed_by: str) -> _Candidate:
        name = canonicalize_name(requirement.name)
        offered = [candidate for candidate in self._offered if candidate.name == name]
        usable = [candidate for candidate in offered if candidate.tags & self._ranks.keys()]
        # `filter` takes a pre-release where it is asked for, or where there is nothing else (PEP 440).
        accepted = set(requirement.specifier.filter(candidate.version for candidate in usable))
        fitting = [candidate for candidate in usable if candidate.version in accepted]
        if not fitting:
            where = ", ".join(map(str, self.folders)) or "no folder was given"
            there = f"; there: {', '.join(candidate.path.name for candidate in offered)}" if offered else ""
            raise MissingError(
                f"{needed_by} needs '{requirement}', and no wheel for the runtime "
                f"{self.runtime.version} meets that ({where}{there})",
                hint=f"'pip download --no-deps --dest DIR {requirement.name}' gets a pure one;\n"
                "name its folder with --find-links, or go without: --no-deps",
            )
        return max(fitting, key=lambda candidate: (candidate.version, -self._rank(candidate)))

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
            hint="give the path of a .whl file, or a name such as 'pytest' with --find-links",
        ) from error

"""What was read of a release, as an entry of the user's data, with what could not be read said."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyodide_abi.errors import FailedError
from pyodide_abi.platforms.known import load_platforms, load_surface
from pyodide_abi.platforms.learned import LearnedRelease
from pyodide_abi.platforms.model import Learned
from pyodide_abi.platforms.surface import REFERENCE_ENGINE
from pyodide_abi.runtime.learning.new_platform import nearest_platform, new_document
from pyodide_abi.runtime.learning.reading import ENGINES
from pyodide_abi.values import replace, value
from pyodide_abi.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.runtime.learning.reading import Reading, Symbols
    from pyodide_abi.runtime.learning.recognising import Recognition
    from pyodide_abi.runtime.learning.sources import Obtained

#: The packages of a lock file that decide which tags are taken.
INSTALLERS = ("micropip", "packaging")


@value
class Findings:
    """Everything that was found out about a release.

    Attributes:
        obtained: The release's files, and where they are from.
        version: what it is called from now on.
        lock: the packages of its lock file, by normalised name.
        recognised: The release's loader and its installer.
        readings: what it offers and says, by engine; the reference engine's is there.
        unasked: why its installers were not asked which tags they take; empty where they were.
    """

    obtained: Obtained
    version: str
    lock: Mapping[str, Any]
    recognised: Recognition
    readings: Mapping[str, Reading]
    unasked: str

    @property
    def reading(self) -> Reading:
        """As the reference engine has it."""
        return self.readings[REFERENCE_ENGINE]

    def called(self, version: str) -> Findings:
        """The same under another name."""
        return replace(self, version=version)

    @property
    def abi(self) -> str:
        """The version of the ABI that it says; empty where it says none."""
        return self.reading.said("PYODIDE_ABI_VERSION") or ""


def describe(found: Findings, platform: Platform | None = None) -> LearnedRelease:
    """The entry of a release.

    Args:
        found: The findings of the release.
        platform: The platform that it is to belong to; None for the one that it says.

    Raises:
        FailedError: it does not say of which platform it is, and nothing else tells it.
    """
    platform = platform or platform_of(found.reading)
    if platform is None and not found.abi:
        raise FailedError("the release does not say its version of the ABI, and is of none that is known")
    reading, lock = found.reading, found.lock
    accepted, accepted_caveats = _accepted(found, platform)
    release: dict[str, Any] = {
        "version": found.version,
        "integrity": found.obtained.integrity,
        "python": reading.python,
        "suffixes": list(reading.suffixes),
        "abi_version": found.abi or (platform.name if platform else None),
        "pyemscripten_platform_version": reading.said("PYEMSCRIPTEN_PLATFORM_VERSION"),
        "pyemscripten_abi_version": reading.said("PYEMSCRIPTEN_ABI_VERSION"),
        **{name: lock[name]["version"] if name in lock else None for name in INSTALLERS},
    }
    return LearnedRelease(
        folder=Path(found.version),
        platform=platform.name if platform else found.abi,
        release={key: content for key, content in release.items() if content is not None},
        micropip=accepted["micropip"],
        packaging=accepted["packaging"],
        packages=compiled_packages(lock),
        learned=Learned(
            origin=found.obtained.origin,
            digest=found.obtained.integrity,
            files=tuple(found.obtained.files.items()),
            loader=found.recognised.generation,
            installer=_installer(found),
            caveats=(*_caveats(found, platform), *accepted_caveats),
        ),
        document=None if platform else new_document(found.abi, reading, found.recognised, found.version),
    )


def platform_of(reading: Reading) -> Platform | None:
    """The platform that a release says it is of; where it says none, that of its compiler and interpreter."""
    abi = reading.said("PYODIDE_ABI_VERSION")
    minor = reading.python.rpartition(".")[0]
    for platform in load_platforms():
        if abi in (platform.name, *platform.names):
            return platform
        if not abi and (platform.emscripten, platform.python.version) == (reading.emscripten, minor):
            return platform
    return None


def views_of(found: Findings) -> dict[str, Symbols]:
    """What the release offers, engine by engine.

    Where there was no program for an engine, its view is the reference engine's, with the differences that
    the newest release of the platform has between the two.
    """
    platform = platform_of(found.reading) or nearest_platform(found.reading)
    views = {engine: reading.symbols for engine, reading in found.readings.items()}
    seen = found.reading.symbols
    for engine in ENGINES:
        if engine in views:
            continue
        surface, release = load_surface(platform), platform.releases[-1].version
        theirs, ours = surface.symbols(release, engine), surface.symbols(release)
        view = dict(seen)
        for name in theirs.keys() | ours.keys():
            there, here = theirs.get(name), ours.get(name)
            if there == here or seen.get(name) != (here and (here.kind, here.type)):
                continue
            if there is None:
                del view[name]
            else:
                view[name] = (there.kind, there.type)
        views[engine] = view
    return {engine: views[engine] for engine in ENGINES}


def compiled_packages(lock: Mapping[str, Any]) -> dict[str, str]:
    """The versions of the packages of a lock file that are wheels of a platform, by normalised name."""
    return {
        name: str(entry["version"])
        for name, entry in lock.items()
        if str(entry["file_name"]).endswith(".whl") and not str(entry["file_name"]).endswith("none-any.whl")
    }


def _installer(found: Findings) -> str | None:
    """The first release with the same installer, unless the version tells the same."""
    installers = found.recognised.installers
    return installers[-1] if installers else None


def _accepted(found: Findings, platform: Platform | None) -> tuple[Mapping[str, tuple[str, ...]], list[str]]:
    """The tags that each installer takes, and what is to be said of that."""
    asked = found.reading.accepted
    if asked is not None:
        return asked, []
    versions = {name: found.lock[name]["version"] for name in INSTALLERS if name in found.lock}
    reason = f"which tags its installers take was not asked: {found.unasked}"
    for release in reversed(platform.releases if platform else ()):
        same = {name: getattr(release, name) for name in INSTALLERS} == versions
        if (
            same
            and release.pyemscripten_platform_version
            == (found.reading.sysconfig["PYEMSCRIPTEN_PLATFORM_VERSION"])
        ):
            assert platform is not None
            taken = {
                "micropip": tuple([tag.tag for tag in platform.tags if release.version in tag.releases]),
                "packaging": tuple([tag.tag for tag in platform.tags if release.version in tag.packaging]),
            }
            return taken, [
                f"{reason}; {release.version} has the same versions of them, and its answer is taken"
            ]
    return dict.fromkeys(INSTALLERS, ()), [f"{reason}; no tag counts as taken"]


def _caveats(found: Findings, platform: Platform | None) -> Iterator[str]:
    reading, recognised = found.reading, found.recognised
    like = platform or nearest_platform(reading)
    if recognised.generation is None:
        taken = platform.loader if platform else recognised.nearest
        yield (
            f"its loader is none that is known ({listed(recognised.changed, most=6)} differ from those of "
            f"{recognised.seen}): what is predicted for it is what generation {taken} does"
        )
    elif platform and recognised.generation != platform.loader:
        yield (
            f"its loader is of generation {recognised.generation} and not of its platform's, "
            f"{platform.loader}, by which it is predicted"
        )
    if not recognised.installers:
        yield (
            "what loads a wheel's libraries as it is installed is none that is known: "
            "that of the newest release is taken"
        )
    if platform is None:
        yield (
            f"its platform {found.abi} is not known: what a release does not say of it (flags of compilers, "
            f"Rust, features of engines, hollow functions) is that of {like.name}"
        )
    else:
        if reading.emscripten != platform.emscripten:
            yield (
                f"it is made with Emscripten {reading.emscripten}, "
                f"and its platform's releases with {platform.emscripten}"
            )
        if reading.library_path != platform.search.library_path:
            yield (
                f"it looks for libraries in {':'.join(reading.library_path)}, "
                f"and its platform's releases in {':'.join(platform.search.library_path)}"
            )
    unseen = [engine for engine in ENGINES if engine not in found.readings]
    if unseen:
        yield (
            f"what it offers in {listed(unseen)} was not looked at, for want of that Node or a way to lock "
            f"the release away in it: differences from {REFERENCE_ENGINE} are those of "
            f"{like.releases[-1].version}"
        )

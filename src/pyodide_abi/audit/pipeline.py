"""The audit, from a file to its findings: read, predict in every release, install, judge.

:func:`audit_file` is all of it, :func:`open_subject` what comes before the rules, which :func:`audit` asks.
"""

from __future__ import annotations

import enum
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.audit.disk_files import file_with_needed, read_tree
from pyodide_abi.audit.elsewhere import refused_elsewhere, sought_elsewhere
from pyodide_abi.audit.locked import lock_subject
from pyodide_abi.audit.predicting import AfterInstallation, Predictor
from pyodide_abi.audit.run_rules import audit
from pyodide_abi.audit.subject import Binary, Subject
from pyodide_abi.audit.wheel_files import extension_paths, extension_paths_on_disk, files_of_wheel, loadable
from pyodide_abi.errors import UnreadableInputError
from pyodide_abi.linker import Installed, read_library
from pyodide_abi.linker.budget import Budget
from pyodide_abi.linker.elide.fast_reading import read_files
from pyodide_abi.platforms import load_platform, platform_of_tag
from pyodide_abi.platforms.engine_documents import DEFAULT_ENGINE
from pyodide_abi.platforms.engines import find_engine
from pyodide_abi.platforms.installers import installer_of
from pyodide_abi.values import value
from pyodide_abi.wheel import open_wheel

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from pyodide_abi.audit.predicting import Alone
    from pyodide_abi.audit.run_rules import Report
    from pyodide_abi.linker import Library
    from pyodide_abi.linker.native_file import NativeFile
    from pyodide_abi.linker.plain_reading import ReadFiles
    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.platforms.surface import Surface
    from pyodide_abi.wheel import Wheel


#: How names of sdists end, today's and yesterday's.
_SDISTS = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip")


class Pass(enum.Enum):
    """A pass over the native files, by the names of the modules that it works with."""

    NAMES_OUTLINED = "those that matter outside of their module"
    NAMES_WHOLE = "all of them"


def audit_file(
    file: Path | str,
    *,
    platform: str | Platform | None = None,
    engine: str | None = None,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
) -> Report:
    """Read a wheel, a module or a folder of modules and judge it.

    :func:`open_subject` says what can be given, :func:`audit` how rules are chosen.
    """
    with open_subject(file, platform=platform, engine=engine) as subject:
        return audit(subject, select=select, ignore=ignore)


@contextmanager
def open_subject(
    file: Path | str,
    *,
    platform: str | Platform | None = None,
    usual: str | Platform | None = None,
    engine: str | None = None,
    read: ReadFiles = read_files,
    beside: Sequence[Path] = (),
) -> Iterator[Subject]:
    """Read a wheel, a module or a folder of modules, and predict what becomes of it.

    Args:
        file: A wheel if its name ends in ``.whl``; a lock file if in ``.json``; a folder of installed files,
            which are judged together; otherwise a module, judged with the libraries that its run paths
            lead to.
        platform: The platform to hold it against, whatever its tag.
        usual: The platform of what carries no tag; None for the only one that its contents fit.
        engine: The JavaScript engine that predictions are for; None for the default one, with what the other
            current engines refuse.
        read: How native files are read.
        beside: Files that form a set with a module.

    Raises:
        UsageError: a module or folder that carries no tag and fits no platform, or more than one.
        UnreadableInputError: there is no such file, or it is a wheel that cannot be opened.
    """
    file = Path(file)
    chosen, usual = _loaded(platform), _loaded(usual)
    if file.is_dir():
        tree = read_tree(file)
        contents = _Contents(file=file, files=tree.files, owners=tree.owners)
        tagged = tree.platforms[0] if len(tree.platforms) == 1 else None
        yield _subject(contents, *_choose(contents, chosen, tagged, usual), engine, read)
    elif not file.exists():
        raise UnreadableInputError(f"there is no file {file}")
    elif file.name.lower().endswith(_SDISTS):
        raise UnreadableInputError(
            f"{file.name} is an sdist: it has sources, and no modules yet",
            hint=f"'pyodide-abi build {file}' makes a wheel of it",
        )
    elif file.suffix == ".whl":
        with open_wheel(file) as wheel:
            contents = _Contents(file=file, files=tuple(files_of_wheel(wheel)), wheel=wheel)
            tagged = platform_of_wheel(wheel)
            yield _subject(contents, chosen or tagged, "asked" if chosen else "tag", engine, read)
    elif file.suffix == ".json":
        yield lock_subject(file, chosen, usual, engine or DEFAULT_ENGINE)
    else:
        files = file_with_needed(file, beside)
        contents = _Contents(file=file, files=files, given=files[0].path)
        yield _subject(contents, *_choose(contents, chosen, None, usual, beside), engine, read)


@value
class _Contents:
    """What was given, opened.

    Attributes:
        file: What was given.
        files: Its native files.
        wheel: It, if it is one.
        given: The path of the module, if it is one.
        owners: In a folder, the distribution that a path belongs to.
    """

    file: Path
    files: tuple[NativeFile, ...]
    wheel: Wheel | None = None
    given: str | None = None
    owners: Mapping[str, str] = {}

    def extensions(self, libraries: Mapping[str, Library], platform: Platform | None) -> frozenset[str]:
        """The paths of the libraries that ``import`` takes for extension modules."""
        if self.wheel is not None:
            return extension_paths(self.wheel, libraries, platform)
        return extension_paths_on_disk(libraries, platform, given=self.given)

    @property
    def size(self) -> int:
        """The bytes that were given: those of the wheel, otherwise of all native files."""
        return self.file.stat().st_size if self.wheel else sum([one.size for one in self.files])

    def wheel_libs(self, path: str) -> str | None:
        """The folder that installers of the first generation search for the needs of a file."""
        owner = self.wheel.name.distribution if self.wheel else self.owners.get(path)
        return f"{owner}.libs" if owner else None


def _choose(
    contents: _Contents,
    asked: Platform | None,
    tagged: Platform | None,
    usual: Platform | None,
    beside: Sequence[Path] = (),
) -> tuple[Platform, str]:
    """The platform of what is no wheel, and what names it."""
    named = {"asked": asked, "tag": tagged, "usual": usual}
    known = next(((platform, why) for why, platform in named.items() if platform), None)
    if known:
        return known
    from pyodide_abi.audit.untagged import fitting_platform  # noqa: PLC0415 - seldom needed

    return fitting_platform(contents.file, contents.files, beside)


def _subject(
    contents: _Contents,
    platform: Platform | None,
    platform_from: str,
    chosen: str | None,
    read: ReadFiles,
) -> Subject:
    """Everything that the rules ask about."""
    wheel = contents.wheel
    files = {one.path: one for one in contents.files}
    surface = _load_surface(platform) if platform and files else None
    engine = chosen or DEFAULT_ENGINE
    sought = find_engine(engine).sought
    if platform and not chosen:
        sought |= sought_elsewhere(platform)
    budget = Budget(contents.file.name, size=contents.size)
    read_contents = read(
        list(files.values()),
        known=lambda: surface.mangled_names if surface else frozenset(),
        sought=sought,
        budget=budget,
    )

    def predict(pass_: Pass) -> _Predicted:
        if pass_ is Pass.NAMES_OUTLINED:
            every = {path: content.library for path, content in read_contents.items()}
        else:
            every = {path: read_library(path, one.read(), sought=sought) for path, one in files.items()}
        libraries = every if contents.given is not None else loadable(every)
        extensions = contents.extensions(libraries, platform)
        predictors: dict[str | None, Predictor] = {}
        for wheel_libs in dict.fromkeys(map(contents.wheel_libs, libraries or [""])):
            installed = Installed(libraries=libraries, wheel_libs=wheel_libs)
            predictors[wheel_libs] = Predictor(installed, platform, surface, engine, budget=budget)
        alone = {
            path: predictors[contents.wheel_libs(path)].alone(path, extension=path in extensions)
            for path in libraries
        }
        predictor = next(iter(predictors.values()))
        return _Predicted(libraries=libraries, extensions=extensions, predictor=predictor, alone=alone)

    found = predict(Pass.NAMES_OUTLINED)
    by_itself = len(files) == 1 and contents.given is not None
    if not by_itself and platform is not None and _turns_on_all_names(found.alone.values(), platform):
        found = predict(Pass.NAMES_WHOLE)
    # Only a wheel is installed here; what a folder holds has been, one by one, in an order that nobody knows.
    installation = found.predictor.install(found.alone, found.extensions) if wheel else AfterInstallation()
    return Subject(
        file=contents.file,
        wheel=wheel,
        platform=platform,
        engine=engine,
        platform_from=platform_from,
        binaries=tuple(
            Binary(
                member=files[path].member,
                path=path,
                library=library,
                anatomy=read_contents[path].anatomy,
                extension=path in found.extensions,
                imported=found.alone[path].imported,
                preloaded=found.alone[path].preloaded,
                installed=installation.loads.get(path, {}),
                stops=installation.stops.get(path, {}),
                recovered=read_contents[path].recovered,
                refused=refused_elsewhere(
                    library.facts.features | read_contents[path].anatomy.coded, platform, engine
                )
                if library.facts and platform and not chosen
                else {},
            )
            for path, library in found.libraries.items()
        ),
        offers=found.predictor.offers,
    )


@value
class _Predicted:
    """What one pass over the native files found.

    Attributes:
        libraries: What the linker sees of the files, by path.
        extensions: Paths of those that are extension modules.
        predictor: Predicts what their loads do.
        alone: What becomes of each by itself.
    """

    libraries: Mapping[str, Library]
    extensions: frozenset[str]
    predictor: Predictor
    alone: Mapping[str, Alone]


def _loaded(platform: str | Platform | None) -> Platform | None:
    return load_platform(platform) if isinstance(platform, str) else platform


def _load_surface(platform: Platform) -> Surface:
    """What the platform's releases offer; a pure wheel has no use for it."""
    from pyodide_abi.platforms.known import load_surface  # noqa: PLC0415 - as said

    return load_surface(platform)


def platform_of_wheel(wheel: Wheel) -> Platform | None:
    """The platform that a wheel's tag names."""
    found = (platform_of_tag(tag) for tag in wheel.name.platforms)
    return next((platform for platform in found if platform), None)


def _turns_on_all_names(alone: Collection[Alone], platform: Platform) -> bool:
    """Whether what modules do depends on names that are their own business, too.

    A load that fails leaves its names in the loader's tables, where later ones meet them. And some installers
    give the names of one library to all others.
    """
    every = [prediction for loads in alone for prediction in loads.imported.values()]
    if any(prediction.problems for prediction in every):
        return True
    installers = {installer_of(release.version) for release in platform.releases}
    shared = any(installer.needed_first or installer.mode.needed_rtld_global for installer in installers)
    return shared and len(alone) > 1 and any(prediction.undefined_calls for prediction in every)

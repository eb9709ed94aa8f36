"""The audit, from a file to its findings: read, predict in every release, install, judge.

:func:`audit_file` is all of it, :func:`open_subject` what comes before the rules, which :func:`audit` asks.
"""

from __future__ import annotations

import enum
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pyodide_abi.audit.elsewhere import refused_elsewhere, sought_elsewhere
from pyodide_abi.audit.predicting import AfterInstallation, Predictor
from pyodide_abi.audit.run_rules import audit
from pyodide_abi.audit.subject import Binary, Subject
from pyodide_abi.audit.wheel_files import extension_paths, file_by_itself, files_of_wheel, loadable
from pyodide_abi.errors import UnreadableInputError, UsageError
from pyodide_abi.linker import Installed, read_library
from pyodide_abi.linker.elide.fast_reading import mangled_names, read_files
from pyodide_abi.platforms import load_platform, platform_of_tag
from pyodide_abi.platforms.engines import DEFAULT_ENGINE, find_engine
from pyodide_abi.platforms.installers import installer_of
from pyodide_abi.values import value
from pyodide_abi.wheel import open_wheel

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from pyodide_abi.audit.predicting import Alone
    from pyodide_abi.audit.run_rules import Report
    from pyodide_abi.linker import Library
    from pyodide_abi.linker.plain_reading import ReadFiles
    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.platforms.surface import Surface
    from pyodide_abi.wheel import Wheel


class Pass(enum.Enum):
    """A pass over the native files, by the names of the modules that it works with."""

    NAMES_OUTLINED = "those that matter outside of their module"
    NAMES_WHOLE = "all of them"


def audit_file(
    file: Path,
    *,
    platform: str | Platform | None = None,
    engine: str | None = None,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
) -> Report:
    """Read a wheel or a module and judge it; see :func:`open_subject` and :func:`audit`."""
    with open_subject(file, platform=platform, engine=engine) as subject:
        return audit(subject, select=select, ignore=ignore)


@contextmanager
def open_subject(
    file: Path,
    *,
    platform: str | Platform | None = None,
    engine: str | None = None,
    read: ReadFiles = read_files,
) -> Iterator[Subject]:
    """Read a wheel or a module, and predict what becomes of it.

    Args:
        file: A wheel if its name ends in ``.whl``, otherwise a module.
        platform: The platform to hold it against; needed for a module, for a wheel the one of its tag.
        engine: The JavaScript engine that predictions are for; None for the default one, with what the other
            current engines refuse.
        read: How native files are read.

    Raises:
        UsageError: a module without a platform.
        UnreadableInputError: there is no such file, or it is a wheel that cannot be opened.
    """
    chosen = load_platform(platform) if isinstance(platform, str) else platform
    if not file.is_file():
        raise UnreadableInputError(f"{file} is a folder" if file.is_dir() else f"there is no file {file}")
    if file.suffix == ".whl":
        with open_wheel(file) as wheel:
            yield _subject(file, wheel, chosen or _platform_of(wheel), engine, read)
    elif chosen is not None:
        yield _subject(file, None, chosen, engine, read)
    else:
        raise UsageError(
            f"{file.name} is no wheel, so nothing says which platform it is for",
            hint="name one with --platform; 'pyodide-abi platforms' lists them",
        )


def _subject(
    file: Path, wheel: Wheel | None, platform: Platform | None, chosen: str | None, read: ReadFiles
) -> Subject:
    """Everything that the rules ask about."""
    found_files = [file_by_itself(file)] if wheel is None else files_of_wheel(wheel)
    files = {one.path: one for one in found_files}
    surface = _load_surface(platform) if platform and files else None
    engine = chosen or DEFAULT_ENGINE
    sought = find_engine(engine).sought
    if platform and not chosen:
        sought |= sought_elsewhere(platform)
    known = mangled_names(surface.names if surface else ())
    contents = read(list(files.values()), known=known, sought=sought)

    def predict(pass_: Pass) -> _Predicted:
        if pass_ is Pass.NAMES_OUTLINED:
            every = {path: content.library for path, content in contents.items()}
        else:
            every = {path: read_library(path, one.read(), sought=sought) for path, one in files.items()}
        libraries = every if wheel is None else loadable(every)
        extensions = extension_paths(wheel, libraries, platform)
        wheel_libs = None if wheel is None else f"{wheel.name.distribution}.libs"
        installed = Installed(libraries=libraries, wheel_libs=wheel_libs)
        predictor = Predictor(installed, platform, surface, engine, file.name)
        alone = {path: predictor.alone(path, extension=path in extensions) for path in libraries}
        return _Predicted(libraries=libraries, extensions=extensions, predictor=predictor, alone=alone)

    found = predict(Pass.NAMES_OUTLINED)
    if wheel is not None and platform is not None and _turns_on_all_names(found.alone.values(), platform):
        found = predict(Pass.NAMES_WHOLE)
    # A module by itself is not installed.
    installation = found.predictor.install(found.alone, found.extensions) if wheel else AfterInstallation()
    return Subject(
        file=file,
        wheel=wheel,
        platform=platform,
        engine=engine,
        binaries=tuple(
            Binary(
                member=files[path].member,
                path=path,
                library=library,
                anatomy=contents[path].anatomy,
                extension=path in found.extensions,
                imported=found.alone[path].imported,
                preloaded=found.alone[path].preloaded,
                installed=installation.loads.get(path, {}),
                stops=installation.stops.get(path, {}),
                recovered=contents[path].recovered,
                refused=refused_elsewhere(
                    library.facts.features | contents[path].anatomy.coded, platform, engine
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


def _load_surface(platform: Platform) -> Surface:
    """What the platform's releases offer; a pure wheel has no use for it."""
    from pyodide_abi.platforms.surface import load_surface  # noqa: PLC0415 - as said

    return load_surface(platform)


def _platform_of(wheel: Wheel) -> Platform | None:
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

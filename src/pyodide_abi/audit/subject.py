"""What is audited: a wheel, or a module by itself, with everything that the rules ask about.

Rules read a subject and nothing else. What costs time (the symbols of the releases, the predictions) is
done here, once.
"""

from __future__ import annotations

import re
import zlib
from contextlib import contextmanager
from functools import cached_property, partial
from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import INIT_PREFIXES, init_functions
from pyodide_abi.audit.predicting import Predictor
from pyodide_abi.audit.reading import NativeFile, Reader
from pyodide_abi.audit.undefined import find_gaps
from pyodide_abi.errors import UnreadableInputError, UsageError
from pyodide_abi.linker import Head, Installed
from pyodide_abi.platforms import load_platform, platform_of_tag
from pyodide_abi.platforms.engines import DEFAULT_ENGINE
from pyodide_abi.platforms.installers import installer_of
from pyodide_abi.values import value
from pyodide_abi.wheel import open_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from pyodide_abi.audit.predicting import Binary
    from pyodide_abi.audit.undefined import Gap
    from pyodide_abi.linker import Library, Prediction
    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.platforms.surface import Symbol
    from pyodide_abi.wheel import Wheel

#: How native modules are called anywhere: ``.so`` with versions, and what other systems have instead. A
#: ``.wasm`` is only one if it is a side module: wheels also carry modules for other runtimes.
NATIVE_NAME = re.compile(r"\.(so(\.\d+)*|pyd|dylib|dll|wasm)$")
_MAYBE_OTHER = ".wasm"
_BARE = ".so"


@value
class Subject:
    """A wheel or a module, read.

    Attributes:
        file: what was given.
        wheel: open while the rules run; None for a bare module.
        platform: that it is held against; None for a wheel whose tag names none.
        engine: that the predictions are for.
        binaries: its native files, in the order of the archive.
        offers: by release, what the runtime offers of the names that the binaries import or export.
    """

    file: Path
    wheel: Wheel | None
    platform: Platform | None
    engine: str
    binaries: tuple[Binary, ...]
    offers: Mapping[str, Mapping[str, Symbol]]

    @property
    def releases(self) -> tuple[str, ...]:
        """The releases of the platform, as on npm."""
        return tuple(release.version for release in self.platform.releases) if self.platform else ()

    def predictions(self) -> Iterator[tuple[Binary, str, Prediction]]:
        """Every load that a user of the subject would see: binary, release, prediction.

        A library that extension modules load is judged in their company, where it finds more symbols than
        alone; it is left out by itself.
        """
        within: set[str] = set()
        for binary in self.binaries:
            if binary.extension:
                for release in self.releases:
                    prediction = binary.judged(release)
                    within.update(prediction.libraries)
                    yield binary, release, prediction
        for binary in self.binaries:
            if not binary.extension and binary.path not in within:
                for release in self.releases:
                    yield binary, release, binary.judged(release)

    def member_of(self, path: str) -> str:
        """The member that is installed at ``path``."""
        return self._members.get(path, path)

    @cached_property
    def gaps(self) -> Mapping[tuple[str, str], Gap]:
        """Symbols without a provider, for all rules: see :func:`~pyodide_abi.audit.undefined.find_gaps`."""
        return find_gaps(self)

    @cached_property
    def _members(self) -> Mapping[str, str]:
        return {binary.path: binary.member for binary in self.binaries}


@contextmanager
def open_subject(
    file: Path, *, platform: str | Platform | None = None, engine: str = DEFAULT_ENGINE
) -> Iterator[Subject]:
    """Read a wheel or a module.

    Args:
        file: a wheel if its name ends in ``.whl``, otherwise a module.
        platform: to hold it against; needed for a module, for a wheel the one of its tag.
        engine: that predictions are for.

    Raises:
        UsageError: a module without a platform.
        UnreadableInputError: there is no such file, or it is a wheel that cannot be opened.
    """
    chosen = load_platform(platform) if isinstance(platform, str) else platform
    if not file.is_file():
        raise UnreadableInputError(f"{file} is a folder" if file.is_dir() else f"there is no file {file}")
    if file.suffix == ".whl":
        with open_wheel(file) as wheel:
            yield _of_wheel(file, wheel, chosen or _platform_of(wheel), engine)
    else:
        if chosen is None:
            raise UsageError(
                f"{file.name} is no wheel, so nothing says which platform it is for",
                hint="name one with --platform; 'pyodide-abi platforms' lists them",
            )
        yield _of_module(file, chosen, engine)


def _platform_of(wheel: Wheel) -> Platform | None:
    found = (platform_of_tag(tag) for tag in wheel.name.platforms)
    return next((platform for platform in found if platform), None)


def _of_module(file: Path, platform: Platform, engine: str) -> Subject:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise UnreadableInputError(f"{file}: {error.strerror or error}") from error
    native = NativeFile(
        path=file.name,
        member=file.name,
        size=len(data),
        checksum=zlib.crc32(data),
        pieces=lambda: iter([data]),
        again=lambda: iter([data]),
        read=lambda: data,
    )
    reader = Reader([native], platform=platform, engine=engine)
    library = reader.libraries[file.name]
    extension = not file.name.startswith("lib") or _initialises(library)
    installed = Installed(libraries={file.name: library})
    predictor = Predictor(reader, installed, file.name)
    binary = predictor.binary(native, extension=extension)
    return Subject(
        file=file, wheel=None, platform=platform, engine=engine, binaries=(binary,), offers=predictor.offers
    )


def _of_wheel(file: Path, wheel: Wheel, platform: Platform | None, engine: str) -> Subject:
    reader = Reader(list(_native_files(wheel)), platform=platform, engine=engine)
    predictor, binaries = _predict(wheel, reader, reader.libraries)
    if platform is not None and _is_matter_of_all_names(binaries, platform):
        predictor, binaries = _predict(wheel, reader, reader.whole_libraries())
    return Subject(
        file=file,
        wheel=wheel,
        platform=platform,
        engine=engine,
        binaries=predictor.install(binaries),
        offers=predictor.offers,
    )


def _native_files(wheel: Wheel) -> Iterator[NativeFile]:
    for member in wheel.members:
        path = wheel.installed_path(member.name)
        if path is not None and NATIVE_NAME.search(path):
            yield NativeFile(
                path=path,
                member=member.name,
                size=member.size,
                checksum=wheel.checksum(member.name),
                pieces=partial(wheel.pieces, member.name),
                again=partial(wheel.unproved, member.name),
                read=partial(wheel.read, member.name),
            )


def _predict(
    wheel: Wheel, reader: Reader, found: Mapping[str, Library]
) -> tuple[Predictor, tuple[Binary, ...]]:
    libraries = {
        path: library
        for path, library in found.items()
        if not path.endswith(_MAYBE_OTHER) or library.head is Head.DYLINK
    }

    def initialises(path: str, name: str) -> bool:
        library = libraries.get(path)
        exports = library.facts.exports if library and library.facts else {}
        return any(function in exports for function in init_functions(name))

    installed = Installed(libraries=libraries, wheel_libs=f"{wheel.name.distribution}.libs")
    extensions = {
        extension.path
        for extension in wheel.extension_modules(suffixes_of(reader.platform), initialises=initialises)
        # A bare .so may be anything that ctypes or another library loads: it has to show what it is.
        if extension.suffix != _BARE or _initialises(libraries[extension.path])
    }
    predictor = Predictor(reader, installed, wheel.path.name)
    binaries = tuple(predictor.binary(reader.files[path], extension=path in extensions) for path in libraries)
    return predictor, binaries


def suffixes_of(platform: Platform | None) -> tuple[str, ...]:
    """The suffixes of extension modules, longest first, so that the bare ``.so`` is tried last."""
    if platform is None:
        return (_BARE,)
    found = {suffix for release in platform.releases for suffix in release.suffixes}
    return tuple(sorted(found | set(platform.python.suffixes), key=lambda suffix: (-len(suffix), suffix)))


def _is_matter_of_all_names(binaries: Sequence[Binary], platform: Platform) -> bool:
    """What modules do depends on names that are their own business, too.

    A load that fails leaves its names in the loader's tables, where later ones meet them. And some installers
    give the names of one library to all others.
    """
    every = [prediction for binary in binaries for prediction in binary.imported.values()]
    if any(prediction.problems for prediction in every):
        return True
    installers = {installer_of(release.version) for release in platform.releases}
    shared = any(installer.needed_first or installer.mode.needed_rtld_global for installer in installers)
    return shared and len(binaries) > 1 and any(prediction.undefined_calls for prediction in every)


def _initialises(library: Library) -> bool:
    """It has an init function, or cannot be asked."""
    return library.facts is None or any(name.startswith(INIT_PREFIXES) for name in library.facts.exports)

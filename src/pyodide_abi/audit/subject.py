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

from pyodide_abi.audit.gaps import find_gaps
from pyodide_abi.audit.reading import NativeFile, Reader
from pyodide_abi.errors import UnreadableInputError, UsageError
from pyodide_abi.linker import (
    DEFAULT_ENGINE,
    Arrival,
    Cause,
    Head,
    Installed,
    Resolver,
    find_engine,
)
from pyodide_abi.linker.installing import installer_of, loaded_ahead
from pyodide_abi.linker.patience import Patience
from pyodide_abi.linker.search import site_packages
from pyodide_abi.platforms import load_platform, platform_of_tag
from pyodide_abi.values import replace, value
from pyodide_abi.wheel import open_wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pyodide_abi.audit.anatomy import Anatomy
    from pyodide_abi.audit.gaps import Gap
    from pyodide_abi.linker import Library, Prediction
    from pyodide_abi.linker.installing import Installer
    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.platforms.surface import Symbol
    from pyodide_abi.wheel import Wheel

#: How native modules are called anywhere: ``.so`` with versions, and what other systems have instead. A
#: ``.wasm`` is only one if it is a side module: wheels also carry modules for other runtimes.
NATIVE_NAME = re.compile(r"\.(so(\.\d+)*|pyd|dylib|dll|wasm)$")
_MAYBE_OTHER = ".wasm"
_BARE = ".so"


@value
class Binary:
    """A native file of the subject.

    Attributes:
        member: its name in the wheel, or the file's own.
        path: where it is installed, below ``site-packages``.
        library: what the linker sees of it.
        anatomy: what it is made of beside that.
        extension: ``import`` takes it for an extension module.
        imported: by release, what a plain import of it does (for another library: a plain load).
        preloaded: by release, what an installer that loads ahead does; empty unless the platform has such a
            rule and a plain import does not find what the binary needs.
        installed: by release, what an import of it does after the release's own installer has loaded the
            whole wheel ahead; empty where that cannot make a difference.
        stops: by release, the installer's words where its work ends at this file.
    """

    member: str
    path: str
    library: Library
    anatomy: Anatomy
    extension: bool
    imported: Mapping[str, Prediction]
    preloaded: Mapping[str, Prediction]
    installed: Mapping[str, Prediction] = {}
    stops: Mapping[str, str] = {}

    def judged(self, release: str) -> Prediction:
        """The prediction that counts: installers do what their platform prescribes."""
        return self.preloaded.get(release) or self.imported[release]


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
        """Symbols without a provider, for all rules: see :func:`~pyodide_abi.audit.gaps.find_gaps`."""
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
    predictor = _Predictor(reader, installed, file.name)
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
) -> tuple[_Predictor, tuple[Binary, ...]]:
    libraries = {
        path: library
        for path, library in found.items()
        if not path.endswith(_MAYBE_OTHER) or library.head is Head.DYLINK
    }

    def initialises(path: str, name: str) -> bool:
        library = libraries.get(path)
        exports = library.facts.exports if library and library.facts else {}
        return f"PyInit_{name}" in exports or f"PyModExport_{name}" in exports

    installed = Installed(libraries=libraries, wheel_libs=f"{wheel.name.distribution}.libs")
    extensions = {
        extension.path
        for extension in wheel.extension_modules(suffixes_of(reader.platform), initialises=initialises)
        # A bare .so may be anything that ctypes or another library loads: it has to show what it is.
        if extension.suffix != _BARE or _initialises(libraries[extension.path])
    }
    predictor = _Predictor(reader, installed, wheel.path.name)
    binaries = tuple(predictor.binary(reader.files[path], extension=path in extensions) for path in libraries)
    return predictor, binaries


def suffixes_of(platform: Platform | None) -> tuple[str, ...]:
    """The suffixes of extension modules, longest first, so that the bare ``.so`` is tried last."""
    if platform is None:
        return (_BARE,)
    found = {suffix for release in platform.releases for suffix in release.suffixes}
    return tuple(sorted(found | set(platform.python.suffixes), key=lambda suffix: (-len(suffix), suffix)))


def _is_sound(binary: Binary) -> bool:
    return not any(prediction.problems or prediction.latent for prediction in binary.imported.values())


def _is_matter_of_all_names(binaries: Sequence[Binary], platform: Platform) -> bool:
    """What modules do depends on names that are their own business, too.

    A load that fails leaves its names in the loader's tables, where later ones meet them. And some installers
    give the names of one library to all others.
    """
    every = [prediction for binary in binaries for prediction in binary.imported.values()]
    if any(prediction.problems for prediction in every):
        return True
    installers = {installer_of(platform, release.version) for release in platform.releases}
    shared = any(installer.needed_first or installer.mode.needed_everywhere for installer in installers)
    return shared and len(binaries) > 1 and any(prediction.latent for prediction in every)


def _initialises(library: Library) -> bool:
    """It has an init function, or cannot be asked."""
    return library.facts is None or any(
        name.startswith(("PyInit_", "PyInitU_", "PyModExport_")) for name in library.facts.exports
    )


class _Predictor:
    """Predicts loads in all releases of a platform.

    Releases that offer the same to these libraries are one: what holds in one of them holds in all.
    """

    def __init__(self, reader: Reader, installed: Installed, name: str) -> None:
        self._reader = reader
        self._patience = Patience(name)
        self._platform = reader.platform
        self._installed = installed
        self.offers: dict[str, Mapping[str, Symbol]] = {}

    def binary(self, file: NativeFile, *, extension: bool) -> Binary:
        """A native file with its predictions."""
        imported = self._predict(file.path, extension=extension, arrival=Arrival.IMPORT)
        preloaded: Mapping[str, Prediction] = {}
        missing = (problem.cause for plain in imported.values() for problem in plain.problems)
        if self._platform and self._platform.search.wheel_libs and Cause.NEEDED_MISSING in missing:
            preloaded = self._predict(file.path, extension=extension, arrival=Arrival.PRELOAD)
        return Binary(
            member=file.member,
            path=file.path,
            library=self._installed.libraries[file.path],
            anatomy=self._reader.anatomies[file.path],
            extension=extension,
            imported=imported,
            preloaded=preloaded,
        )

    def install(self, binaries: tuple[Binary, ...]) -> tuple[Binary, ...]:
        """The same with what becomes of each after the installation of all, where it can matter.

        Loads that succeed by themselves and lack nothing succeed in any company: what a library leaves in the
        loader only adds to what the next one finds.
        """
        if self._platform is None:
            return binaries
        order = [
            binary.path for binary in binaries if loaded_ahead(binary.path, self._platform.python.suffixes)
        ]
        if not order or all(_is_sound(binary) for binary in binaries):
            return binaries
        stops = {release: resolver.stopped(order) for release, resolver in self._resolvers.items()}
        root = f"{site_packages(self._platform)}/"
        return tuple(
            replace(
                binary,
                installed=self._predict_installed(binary, order),
                stops={
                    release: stop.text
                    for release, stop in stops.items()
                    if stop and stop.key == root + binary.path
                },
            )
            for binary in binaries
        )

    def _predict_installed(self, binary: Binary, order: Sequence[str]) -> Mapping[str, Prediction]:
        return self._in_releases(
            lambda resolver: resolver.resolve_installed(binary.path, order, extension=binary.extension)
        )

    def _predict(self, path: str, *, extension: bool, arrival: Arrival) -> Mapping[str, Prediction]:
        return self._in_releases(
            lambda resolver: resolver.resolve(path, extension=extension, arrival=arrival)
        )

    def _in_releases(self, predict: Callable[[Resolver], Prediction]) -> Mapping[str, Prediction]:
        found: dict[Resolver, Prediction] = {}
        for resolver in self._resolvers.values():
            if resolver not in found:
                found[resolver] = predict(resolver)
        return {release: found[resolver] for release, resolver in self._resolvers.items()}

    @cached_property
    def _resolvers(self) -> Mapping[str, Resolver]:
        """By release; read when the first prediction is asked for, as a pure wheel needs no symbols."""
        platform, surface, engine = self._platform, self._reader.surface, self._reader.engine
        if platform is None or surface is None:
            return {}
        known_as = find_engine(engine).known_as
        views = surface.views(sorted(self._names() & surface.names), known_as)
        different: dict[tuple[Installer, int], Resolver] = {}
        resolvers: dict[str, Resolver] = {}
        for release in platform.releases:
            view = self.offers[release.version] = views[release.version]
            alike = installer_of(platform, release.version), id(view)
            if alike not in different:
                different[alike] = Resolver(
                    self._installed,
                    platform=platform,
                    symbols=surface.symbols(release.version, known_as),
                    engine=engine,
                    installer=alike[0],
                    patience=self._patience,
                )
            resolvers[release.version] = different[alike]
        return resolvers

    def _names(self) -> set[str]:
        """Every name that a prediction can depend on."""
        names: set[str] = set()
        for library in self._installed.libraries.values():
            if library.facts is not None:
                names.update(entry.name for entry in library.facts.imports)
                names.update(library.facts.exports)
        return names

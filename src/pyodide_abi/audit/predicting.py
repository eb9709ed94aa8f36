"""Predictions about a wheel's native files, in every release of its platform."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pyodide_abi.linker import Arrival, Cause, Resolver
from pyodide_abi.linker.budget import Budget
from pyodide_abi.linker.installing import loaded_ahead
from pyodide_abi.linker.search import site_packages
from pyodide_abi.platforms.engines import find_engine
from pyodide_abi.platforms.installers import installer_of
from pyodide_abi.values import replace, value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pyodide_abi.audit.module_facts import Anatomy
    from pyodide_abi.audit.reading import NativeFile, Reader
    from pyodide_abi.linker import Installed, Library, Prediction
    from pyodide_abi.platforms.installers import Installer
    from pyodide_abi.platforms.surface import Symbol


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


class Predictor:
    """Predicts loads in all releases of a platform.

    Releases that offer the same to these libraries are one: what holds in one of them holds in all.
    """

    def __init__(self, reader: Reader, installed: Installed, name: str) -> None:
        self._reader = reader
        self._budget = Budget(name)
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
        seen_by = find_engine(engine).surface
        views = surface.views(sorted(self._names() & surface.names), seen_by)
        different: dict[tuple[Installer, int], Resolver] = {}
        resolvers: dict[str, Resolver] = {}
        for release in platform.releases:
            view = self.offers[release.version] = views[release.version]
            alike = installer_of(release.version), id(view)
            if alike not in different:
                different[alike] = Resolver(
                    self._installed,
                    platform=platform,
                    symbols=surface.symbols(release.version, seen_by),
                    engine=engine,
                    installer=alike[0],
                    budget=self._budget,
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


def _is_sound(binary: Binary) -> bool:
    return not any(
        prediction.problems or prediction.undefined_calls for prediction in binary.imported.values()
    )

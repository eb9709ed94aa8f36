"""Predictions about a wheel's native files, in every release of its platform."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pyodide_abi.linker import Arrival, Cause, Resolver
from pyodide_abi.linker.installing import loaded_ahead
from pyodide_abi.linker.search import site_packages
from pyodide_abi.platforms.engines import find_engine
from pyodide_abi.platforms.installers import installer_of
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from pyodide_abi.linker import Installed, Prediction
    from pyodide_abi.linker.budget import Budget
    from pyodide_abi.platforms.installers import Installer
    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.platforms.surface import Surface, Symbol


@value
class Alone:
    """What becomes of a native file by itself, with nothing of its wheel loaded before.

    Attributes:
        imported: By release, what a plain import of it does (for another library: a plain load).
        preloaded: By release, what an installer that loads ahead does; empty unless the platform has such a
            rule and a plain import does not find what the file needs.
    """

    imported: Mapping[str, Prediction]
    preloaded: Mapping[str, Prediction]

    @property
    def sound(self) -> bool:
        """Whether it loads everywhere and lacks nothing."""
        return not any(
            prediction.problems or prediction.undefined_calls for prediction in self.imported.values()
        )


@value
class AfterInstallation:
    """What becomes of native files after the release's own installer has loaded their wheel ahead.

    Attributes:
        loads: By path and release, what an import does then; empty where it makes no difference.
        stops: By path and release, the installer's words where its work ends at that file.
    """

    loads: Mapping[str, Mapping[str, Prediction]] = {}
    stops: Mapping[str, Mapping[str, str]] = {}


class Predictor:
    """Predicts loads in all releases of a platform.

    Releases that offer the same to these libraries are one: what holds in one of them holds in all.
    """

    def __init__(
        self,
        installed: Installed,
        platform: Platform | None,
        surface: Surface | None,
        engine: str,
        *,
        budget: Budget,
    ) -> None:
        """Prepare.

        Args:
            installed: The libraries that can be loaded together.
            platform: The platform whose releases count; None for no predictions.
            surface: What its releases offer; None where there is nothing to load.
            engine: The JavaScript engine that predictions are for.
            budget: The work that may be done.
        """
        self._budget = budget
        self._platform = platform
        self._surface = surface
        self._engine = engine
        self._installed = installed
        self.offers: dict[str, Mapping[str, Symbol]] = {}

    def alone(self, path: str, *, extension: bool) -> Alone:
        """What becomes of a native file by itself."""
        imported = self._predict(path, extension=extension, arrival=Arrival.IMPORT)
        preloaded: Mapping[str, Prediction] = {}
        missing = (problem.cause for plain in imported.values() for problem in plain.problems)
        if self._platform and self._platform.search.wheel_libs and Cause.NEEDED_MISSING in missing:
            preloaded = self._predict(path, extension=extension, arrival=Arrival.PRELOAD)
        return Alone(imported=imported, preloaded=preloaded)

    def install(self, alone: Mapping[str, Alone], extensions: Collection[str]) -> AfterInstallation:
        """What becomes of the files after the installation of all, where it can matter.

        Loads that succeed by themselves and lack nothing succeed in any company: what a library leaves in the
        loader only adds to what the next one finds.

        Args:
            alone: What becomes of each file by itself, by path, in the order of the archive.
            extensions: Paths of those that are extension modules.
        """
        if self._platform is None:
            return AfterInstallation()
        order = [path for path in alone if loaded_ahead(path, self._platform.python.suffixes)]
        if not order or all(loads.sound for loads in alone.values()):
            return AfterInstallation()
        root = f"{site_packages(self._platform)}/"
        stops: dict[str, dict[str, str]] = {}
        for release, resolver in self._resolvers.items():
            stop = resolver.stopped(order)
            if stop is not None:
                stops.setdefault(stop.key.removeprefix(root), {})[release] = stop.text
        return AfterInstallation(
            loads={
                path: self._predict_installed(path, order, extension=path in extensions) for path in alone
            },
            stops=stops,
        )

    def _predict_installed(
        self, path: str, order: Sequence[str], *, extension: bool
    ) -> Mapping[str, Prediction]:
        return self._in_releases(
            lambda resolver: resolver.resolve_installed(path, order, extension=extension)
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
        """By release."""
        platform, surface, engine = self._platform, self._surface, self._engine
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

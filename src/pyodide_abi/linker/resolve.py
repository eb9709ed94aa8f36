"""Predict what the loader of one release does with a library: the outcome, its text, its undefined calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.linker.budget import Budget
from pyodide_abi.linker.checks.init import check_init, init_names, no_init
from pyodide_abi.linker.facts import Head
from pyodide_abi.linker.installing import install
from pyodide_abi.linker.interpreter import Interpreter
from pyodide_abi.linker.main_module import MainModule
from pyodide_abi.linker.offers import Offers
from pyodide_abi.linker.prediction import Prediction
from pyodide_abi.linker.search import Arrival, Search, site_packages
from pyodide_abi.platforms.engine_documents import DEFAULT_ENGINE
from pyodide_abi.platforms.engines import find_engine
from pyodide_abi.platforms.installers import installer_of
from pyodide_abi.platforms.loaders import loader_of
from pyodide_abi.values import replace, value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyodide_abi.linker.facts import Library
    from pyodide_abi.linker.installing import Stop
    from pyodide_abi.linker.prediction import Problem
    from pyodide_abi.platforms.installers import Installer
    from pyodide_abi.platforms.loaders import Loader
    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.platforms.surface import Symbol


@value
class Installed:
    """The libraries of a wheel as they lie in ``site-packages``.

    Attributes:
        libraries: The libraries, by path below ``site-packages``.
        wheel_libs: the folder ``<wheel name>.libs``, likewise; None for no wheel.
    """

    libraries: Mapping[str, Library]
    wheel_libs: str | None = None


class Resolver:
    """Predicts loads in one release; what it has found out about a library serves all that need it."""

    def __init__(
        self,
        installed: Installed,
        *,
        platform: Platform,
        symbols: Mapping[str, Symbol],
        engine: str = DEFAULT_ENGINE,
        installer: Installer | None = None,
        budget: Budget | None = None,
    ) -> None:
        """Prepare.

        Args:
            installed: all libraries that could be loaded or found.
            platform: The platform, with its loader and search rule.
            symbols: what the release offers.
            engine: the JavaScript engine that the texts are for.
            installer: The installer of the release; None for that of the platform's newest.
            budget: The budget, shared with other releases; None for one of its own.
        """
        self._installed = installed
        self._installer = installer or installer_of(platform.releases[-1].version)
        self._searches: dict[Arrival, Search] = {}
        self._ahead: dict[tuple[str, ...], tuple[Interpreter, Stop | None]] = {}
        self._platform = platform
        self._root = site_packages(platform)
        self._files = {f"{self._root}/{place}": library for place, library in installed.libraries.items()}
        self._main_module = MainModule(
            offers=Offers(symbols),
            loader=loader_of(platform),
            engine=find_engine(engine),
            budget=budget or Budget(),
        )

    def resolve(self, path: str, *, extension: bool, arrival: Arrival = Arrival.IMPORT) -> Prediction:
        """Predict the load of one library by a fresh interpreter.

        Args:
            path: The library's path below ``site-packages``.
            extension: Whether it is imported, which takes an init function; otherwise it is only loaded.
            arrival: The way that it gets loaded: by a plain import, or by an installer that loads ahead.
        """
        loader = self._main_module.loader
        interpreter = self._start(arrival)
        place = f"{self._root}/{path}"
        problems = list(interpreter.load(place))
        library = self._files[place]
        error = _load_error(problems[0], place, loader, arrival) if problems else None
        if extension and library.facts is not None and library.head in {Head.DYLINK, Head.LEGACY}:
            inits = list(check_init(library, loader, self._main_module.engine))
            if inits and not problems:
                error = inits[0].text
            problems += inits
        return self._prediction(problems, error, interpreter, interpreter.loaded)

    def resolve_in_order(self, paths: Sequence[str]) -> tuple[Prediction, ...]:
        """Predict plain imports one after another by one interpreter, which remembers what earlier ones left.

        A module that failed is taken for loaded the next time; an address that one module wanted in vain
        makes every later load fail until a module defines it; what earlier modules export answers addresses.

        Args:
            paths: The paths of extension modules, below ``site-packages``; one may come again.

        Returns:
            for each import what it does, with the problem that stops it and no further ones. What stands
            behind one that kills the interpreter has no meaning.
        """
        return self._import_all(paths, self._start(Arrival.IMPORT))

    def resolve_installed(self, path: str, order: Sequence[str], *, extension: bool) -> Prediction:
        """Predict the load of one library after its wheel was installed by the release's own installer.

        Args:
            path: The library's path below ``site-packages``.
            order: The order of all libraries that the installer loads ahead, as in the archive.
            extension: as for :meth:`resolve`.

        Returns:
            The prediction, without undefined calls where the load fails: a plain import lists them, and after
            an installation that has failed there are thousands.
        """
        state, stop = self._install(tuple(order))
        place = f"{self._root}/{path}"
        closure = state.needed_closure(place) if place in state.places else []
        if stop is not None and (stop.key == place or (stop.rejected and stop.key in closure)):
            return self._prediction([stop.problem], stop.text, state, closure, calls=False)
        # What is loaded already is not loaded again, so that nothing changes.
        interpreter = state if place in state.places else state.fork()
        if extension:
            problem, error = self._import(place, interpreter)
        elif place in interpreter.places:
            problem, error = None, None
        else:
            problem, error = self._load(place, interpreter)
        loaded = interpreter.needed_closure(place) if place in interpreter.places else []
        problems = [problem] if problem else []
        return self._prediction(problems, error, interpreter, loaded, calls=problem is None)

    def stopped(self, order: Sequence[str]) -> Stop | None:
        """What the installer stops at; ``order`` as for :meth:`resolve_installed`."""
        return self._install(tuple(order))[1]

    def install_and_import(
        self, order: Sequence[str], paths: Sequence[str]
    ) -> tuple[Stop | None, tuple[Prediction, ...]]:
        """Predict what the installer complains of, and plain imports one after another after that.

        Args:
            order: as for :meth:`resolve_installed`.
            paths: as for :meth:`resolve_in_order`.

        Returns:
            What stops the installer, and for each import what it does; the undefined calls of the first
            are also those of all libraries that were loaded ahead.
        """
        state, stop = self._install(tuple(order))
        interpreter = state.fork()
        first, *others = self._import_all(paths, interpreter)
        calls = tuple(interpreter.undefined_calls(state.loaded))
        return stop, (replace(first, undefined_calls=(*calls, *first.undefined_calls)), *others)

    def _install(self, order: tuple[str, ...]) -> tuple[Interpreter, Stop | None]:
        known = self._ahead.get(order)
        if known is None:
            interpreter = self._start(Arrival.PRELOAD)
            stop = install(interpreter, [f"{self._root}/{path}" for path in order], self._installer)
            interpreter.search = self._search(Arrival.IMPORT)
            known = self._ahead[order] = (interpreter, stop)
        return known

    def _import_all(self, paths: Sequence[str], interpreter: Interpreter) -> tuple[Prediction, ...]:
        predictions = []
        imported: set[str] = set()
        for path in paths:
            place = f"{self._root}/{path}"
            before = len(interpreter.loaded)
            problem, error = None, None
            if place not in imported:
                problem, error = self._import(place, interpreter)
                if problem is None:
                    imported.add(place)
            problems = [] if problem is None else [problem]
            predictions.append(self._prediction(problems, error, interpreter, interpreter.loaded[before:]))
        return tuple(predictions)

    def _import(self, place: str, interpreter: Interpreter) -> tuple[Problem | None, str | None]:
        """What stops an import, and the text that the program sees."""
        library, loader = self._files[place], self._main_module.loader
        if place not in interpreter.places:
            problem, error = self._load(place, interpreter)
            if problem is not None:
                return problem, error
        if place in interpreter.unfinished:
            problem = no_init(library, init_names(loader, library.path))
        else:
            problem = next(check_init(library, loader, self._main_module.engine), None)
        return problem, None if problem is None else problem.text

    def _load(self, place: str, interpreter: Interpreter) -> tuple[Problem | None, str | None]:
        interpreter.begin()
        problem = next(interpreter.load(place), None)
        if problem is None:
            return None, None
        return problem, _load_error(problem, place, self._main_module.loader, Arrival.IMPORT)

    def _start(self, arrival: Arrival) -> Interpreter:
        return Interpreter(main_module=self._main_module, search=self._search(arrival), files=self._files)

    def _search(self, arrival: Arrival) -> Search:
        """The search, which remembers what it has found."""
        known = self._searches.get(arrival)
        if known is None:
            libs = self._installed.wheel_libs
            known = self._searches[arrival] = Search(
                platform=self._platform,
                loader=self._main_module.loader,
                files=self._files.keys(),
                wheel_libs=None if libs is None else f"{self._root}/{libs}",
                arrival=arrival,
                subfolders=self._installer.subfolders,
            )
        return known

    def _prediction(
        self,
        problems: Sequence[Problem],
        error: str | None,
        interpreter: Interpreter,
        loaded: Sequence[str],
        *,
        calls: bool = True,
    ) -> Prediction:
        return Prediction(
            problems=tuple(problems),
            error=error,
            undefined_calls=tuple(interpreter.undefined_calls(loaded)) if calls else (),
            libraries=tuple([interpreter.places[key].removeprefix(f"{self._root}/") for key in loaded]),
        )


def resolve(
    path: str,
    installed: Installed,
    *,
    platform: Platform,
    symbols: Mapping[str, Symbol],
    extension: bool,
    engine: str = DEFAULT_ENGINE,
    arrival: Arrival = Arrival.IMPORT,
) -> Prediction:
    """Predict one load; see :class:`Resolver`, which is quicker for several."""
    resolver = Resolver(installed, platform=platform, symbols=symbols, engine=engine)
    return resolver.resolve(path, extension=extension, arrival=arrival)


def _load_error(problem: Problem, place: str, loader: Loader, arrival: Arrival) -> str:
    """What the importing program sees (loader.md, section 4)."""
    if arrival is Arrival.PRELOAD:
        return problem.text
    return f"{loader.load_failed.format(path=place)}\n{problem.text}"

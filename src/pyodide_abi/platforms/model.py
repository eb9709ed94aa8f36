"""What an ABI version promises, as frozen values. The facts themselves are in ``data/<name>.toml``."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from pyodide_abi.values import value

if TYPE_CHECKING:
    import datetime as dt


class Status(enum.StrEnum):
    """Where a platform version is in its life."""

    STABLE = "stable"
    DEVELOPMENT = "development"


class Unwinding(enum.StrEnum):
    """How C++ exceptions, or setjmp/longjmp, unwind the stack."""

    JAVASCRIPT = "javascript"
    WEBASSEMBLY = "webassembly"


class Language(enum.StrEnum):
    """The languages that a rule about flags can be meant for."""

    C = "c"
    CXX = "c++"
    RUST = "rust"


class Stage(enum.StrEnum):
    """When a flag is passed."""

    COMPILE = "compile"
    LINK = "link"


class Need(enum.StrEnum):
    """What the ABI says of a flag."""

    REQUIRED = "required"
    FORBIDDEN = "forbidden"


@value
class Basis:
    """Why a fact is as it is, and where that can be read.

    Attributes:
        fact: the table of the data file that holds the fact, such as ``emscripten``.
    """

    fact: str
    reason: str
    source: str


@value
class Flag:
    """One flag, whom it is for, and why.

    Attributes:
        flag: one argument of ``emcc``, written as ``-sNAME=VALUE`` where it is a setting. A required setting
            without a value (``-sWASM_BIGINT``) means the value 1. A forbidden setting without a value is
            forbidden with every value but 0; a forbidden ``-fname=`` with every value.
    """

    flag: str
    need: Need
    languages: tuple[Language, ...]
    stages: tuple[Stage, ...]
    reason: str
    source: str


@value
class CPython:
    """The interpreter's side of the ABI.

    Attributes:
        version: ``major.minor``.
        tag: the wheel's Python tag, such as ``cp314``.
        suffixes: Suffixes of extension modules that every release takes, in the order of the interpreter's
            search. A release may take more: :attr:`Release.suffixes`.
    """

    version: str
    tag: str
    suffixes: tuple[str, ...]


@value
class RustNightly:
    """The nightly toolchains that follow the ABI.

    Attributes:
        since: the first one, None where the data knows no lower bound.
        before: the first one that no longer does, None while there is none.
        flags: what ``rustc`` has to be given with them.
        build_std: the standard library has to be built with these flags too.
    """

    since: dt.date | None
    before: dt.date | None
    flags: tuple[str, ...]
    build_std: bool


@value
class RustBuilt:
    """The stable toolchains that follow the ABI if they are told to and get a standard library of their own.

    Attributes:
        since: the first version.
        flags: what ``rustc`` has to be given, for the standard library too.
    """

    since: str
    flags: tuple[str, ...]
    reason: str
    source: str


@value
class RustArgument:
    """An argument of ``rustc`` for the platform.

    Attributes:
        argument: as one word after another, such as ``-C link-arg=-sSIDE_MODULE=2``.
        before: the Rust version from which on it is not needed; None: always needed.
    """

    argument: str
    before: str | None
    reason: str
    source: str


@value
class Rust:
    """Which Rust toolchains follow the ABI, and what they have to be told.

    Attributes:
        target: the target triple.
        stable: the first stable version; None where no stable version is known to follow it by itself.
        built: the stable ones that follow it with flags; None where none is known to.
        nightly: the nightly ones; None where none is known to.
        arguments: what ``rustc`` gets.
    """

    target: str
    stable: str | None
    built: RustBuilt | None
    nightly: RustNightly | None
    arguments: tuple[RustArgument, ...]
    reason: str
    source: str


@value
class StaticLibrary:
    """A library linked into the main module, whose symbols every side module may use.

    Attributes:
        version: None for Emscripten's JavaScript libraries, which are of the compiler's own version.
    """

    name: str
    version: str | None
    reason: str
    source: str


@value
class SearchRule:
    """How needed libraries are found.

    Attributes:
        run_path: the loader reads the run path recorded in ``dylink.0``.
        library_path: ``LD_LIBRARY_PATH`` of the runtime, in order. A loader without a run path does not read
            it at a plain import, only where an installer pre-loads.
        wheel_libs: installers pre-load from ``<site-packages>/<wheel name>.libs``.
    """

    run_path: bool
    library_path: tuple[str, ...]
    wheel_libs: bool
    reason: str
    source: str


@value
class Feature:
    """A WebAssembly feature and whether modules of the platform may use it.

    Attributes:
        name: as in the ``target_features`` section or, where that has none, the proposal's usual name.
        allowed: every engine that the platform's releases support takes it, and the runtime too.
        refused_by: engines that refuse a module that uses it, such as ``node20``.
    """

    name: str
    allowed: bool
    refused_by: tuple[str, ...]
    reason: str
    source: str


@value
class Learned:
    """How a release became known that the package's own data do not have.

    Attributes:
        origin: The origin of what was read: ``npm``, the address of an archive, or a folder.
        digest: The digest of what was read there, ``sha512-<base64>``.
        files: the name and the SHA-256 of each file that is kept; empty where npm has the release.
        loader: the generation of the dynamic loader that its JavaScript was recognised as; None for none.
        installer: the first release with the same installer; None where that was not recognised.
        caveats: what could not be read, and what is taken for it; each a sentence that stands by itself.
    """

    origin: str
    digest: str
    files: tuple[tuple[str, str], ...]
    loader: int | None
    installer: str | None
    caveats: tuple[str, ...]


@value
class Release:
    """A release of the runtime: the npm package ``pyodide`` of this version, or a build of somebody's own.

    Attributes:
        version: as on npm.
        integrity: npm's digest of the package, ``sha512-<base64>``.
        python: the full version of its CPython.
        suffixes: Suffixes of extension modules, as its import system has them.
        prerelease: an alpha, or a build of somebody's own.
        abi_version: what ``sysconfig.get_config_var("PYODIDE_ABI_VERSION")`` says in it.
        pyemscripten_platform_version: The same for ``PYEMSCRIPTEN_PLATFORM_VERSION``; None where it has none.
        pyemscripten_abi_version: The same for ``PYEMSCRIPTEN_ABI_VERSION``.
        micropip: the version of micropip in its lock file; None where it has none.
        packaging: the version of packaging in its lock file; None where it has none.
        learned: how it became known; None where the package's own data have it.
    """

    version: str
    integrity: str
    python: str
    suffixes: tuple[str, ...]
    prerelease: bool
    abi_version: str
    pyemscripten_platform_version: str | None
    pyemscripten_abi_version: str | None
    micropip: str | None
    packaging: str | None
    learned: Learned | None = None


@value
class Tag:
    """One spelling of the platform's wheel tag, and who takes it.

    Attributes:
        tag: such as ``pyodide_2025_0_wasm32``.
        indexes: package indexes that accept an upload with it (``pypi``).
        releases: runtime releases whose own installer, the micropip of their lock file, accepts it.
        packaging: runtime releases where the ``packaging`` library of their lock file lists it, which is
            what other installers go by.
    """

    tag: str
    indexes: tuple[str, ...]
    releases: tuple[str, ...]
    packaging: tuple[str, ...]
    reason: str
    source: str


@value
class Platform:
    """A version of the ABI.

    Attributes:
        name: how we write it, such as ``314_0``.
        names: every other name (``pyodide_314_0``, ``pyemscripten_2026_0``…), the preferred one first.
        tag: the wheel tag that builds get unless asked otherwise.
        emscripten: the compiler's exact version.
        exceptions: how C++ exceptions unwind.
        longjmp: how longjmp unwinds.
        exception_encoding: ``legacy``, or None where the binary holds none.
        bigint_flag: ``-sWASM_BIGINT`` has to be given at link.
        loader: the generation of the dynamic loader, counted from 1.
        engines: the current JavaScript engines, for all of which a module is meant.
        reasons: Reasons of the facts above that have none of their own, and of the rest by their table.
    """

    name: str
    names: tuple[str, ...]
    tag: str
    status: Status
    python: CPython
    emscripten: str
    exceptions: Unwinding
    longjmp: Unwinding
    exception_encoding: str | None
    bigint_flag: bool
    loader: int
    rust: Rust
    flags: tuple[Flag, ...]
    libraries: tuple[StaticLibrary, ...]
    search: SearchRule
    features: tuple[Feature, ...]
    engines: tuple[str, ...]
    releases: tuple[Release, ...]
    tags: tuple[Tag, ...]
    reasons: tuple[Basis, ...]

    @property
    def caveats(self) -> dict[str, tuple[str, ...]]:
        """By release, what could not be read of it when it was learned, where there is something."""
        return {
            release.version: release.learned.caveats
            for release in self.releases
            if release.learned and release.learned.caveats
        }

    @property
    def runtimes(self) -> tuple[Runtime, ...]:
        """Every release with the platform beside it, the oldest first."""
        return tuple(Runtime(platform=self, release=release) for release in self.releases)


@value
class Runtime:
    """A release of the runtime and the platform that it implements: where wheels are tried and run."""

    platform: Platform
    release: Release

    @property
    def version(self) -> str:
        """The release's version, as on npm."""
        return self.release.version

"""A Rust on disk, whoever put it there: what it says of itself, and whether it follows a platform's ABI."""

from __future__ import annotations

import datetime as dt
import enum
import re
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.errors import MissingError
from pyodide_abi.process import find_executable
from pyodide_abi.values import value

if TYPE_CHECKING:
    from pyodide_abi.host import Host
    from pyodide_abi.platforms.model import Platform

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
#: The least stable compiler that takes ``-Z`` flags when this is set (rustc's own bootstrap).
BOOTSTRAP = "RUSTC_BOOTSTRAP"


class RustSource(enum.StrEnum):
    """Where a Rust came from, in the order in which they are tried."""

    PATH = "path"
    DEBIAN = "debian"


@value
class Rust:
    """A compiler with its package manager.

    Attributes:
        source: The place that it came from.
        bin: the folder with ``rustc`` and ``cargo`` themselves, not rustup's stand-ins: those would take
            another toolchain where a project's ``rust-toolchain.toml`` names one.
        sysroot: the compiler's own.
        version: such as ``1.97.1``.
        nightly: the day of a nightly toolchain; None for a stable one.
        identity: everything that ``rustc --version --verbose`` says: two compilers that say the same take
            each other's libraries.
        machine: the host's triple.
    """

    source: RustSource
    bin: Path
    sysroot: Path
    version: str
    nightly: dt.date | None
    identity: str
    machine: str

    @property
    def rustc(self) -> Path:
        """The compiler."""
        return self.bin / "rustc"

    @property
    def cargo(self) -> Path:
        """The package manager."""
        return self.bin / "cargo"

    @property
    def name(self) -> str:
        """For people: ``1.97.1``, ``1.98.0-nightly (2026-08-01)``."""
        return f"{self.version}-nightly ({self.nightly})" if self.nightly else self.version

    def sources(self) -> Path | None:
        """The standard library's sources (``rust-src``), the workspace's folder; None without them."""
        library = self.sysroot / "lib/rustlib/src/rust/library"
        return library if (library / "sysroot/Cargo.toml").is_file() else None

    def has_target(self, target: str) -> bool:
        """A standard library for the target is installed, as by ``rustup target add``."""
        return has_library(self.sysroot, target)


@value
class Fit:
    """How a Rust follows a platform's ABI.

    Attributes:
        flags: what ``rustc`` has to be given.
        own_library: the standard library has to be built with these flags too: an installed one is another.
    """

    flags: tuple[str, ...]
    own_library: bool


@value
class TargetRust:
    """A Rust that compiles for a platform.

    Attributes:
        rust: the compiler.
        flags: what ``rustc`` has to be given for the target, beside what a side module's link needs.
        library: a sysroot with the target's standard library; None for the compiler's own.
    """

    rust: Rust
    flags: tuple[str, ...]
    library: Path | None

    @property
    def bootstrap(self) -> bool:
        """A stable compiler takes these flags only where :data:`BOOTSTRAP` is set."""
        return self.rust.nightly is None and "-Z" in self.flags


def library_folder(sysroot: Path, target: str) -> Path:
    """Where ``rustc`` looks for the target's standard library."""
    return sysroot / "lib/rustlib" / target / "lib"


def has_library(sysroot: Path, target: str) -> bool:
    """A sysroot holds the target's standard library."""
    return any(library_folder(sysroot, target).glob("libstd*.rlib"))


def ask(rustc: Path, source: RustSource, host: Host) -> Rust:
    """What a ``rustc``, or rustup's stand-in for one, says of itself.

    Raises:
        MissingError: it does not run (rustup without a default toolchain), or there is no cargo with it.
    """

    def say(*words: str) -> str:
        done = host.runner.run([rustc, *words], environ=host.environ, timeout=60)
        if done.returncode != 0:
            last = (done.stderr.strip() or "it says nothing").splitlines()[-1]
            raise MissingError(f"{rustc} does not run: {last}")
        return done.stdout.strip()

    identity = say("--version", "--verbose")
    sysroot = Path(say("--print", "sysroot"))
    fields = dict(line.partition(": ")[::2] for line in identity.splitlines())
    version, _, channel = fields.get("release", "").partition("-")
    if not re.fullmatch(r"\d+\.\d+\.\d+", version) or not fields.get("host"):
        raise MissingError(f"{rustc} does not say its version: {identity.partition(chr(10))[0]}")
    folder = sysroot / "bin" if (sysroot / "bin/rustc").is_file() else rustc.parent
    if not (folder / "cargo").is_file():
        raise MissingError(f"there is no cargo beside {folder / 'rustc'}")
    return Rust(
        source=source,
        bin=folder,
        sysroot=sysroot,
        version=version,
        nightly=_day(fields.get("commit-date", "")) if channel.startswith("nightly") else None,
        identity=identity,
        machine=fields["host"],
    )


def on_path(host: Host) -> Rust | None:
    """The Rust of the PATH; None if there is none.

    Raises:
        MissingError: there is one and it does not run.
    """
    try:
        rustc = Path(find_executable("rustc", host.environ))
    except MissingError:
        return None
    return ask(rustc, RustSource.PATH, host)


def fit(rust: Rust, platform: Platform) -> Fit | str:
    """How a Rust follows the platform's ABI, or why it does not."""
    data = platform.rust
    if data.stable and _at_least(rust.version, data.stable):
        return Fit(flags=(), own_library=False)
    if data.built and _at_least(rust.version, data.built.since):
        return Fit(flags=data.built.flags, own_library=True)
    if rust.nightly and data.nightly:
        window = data.nightly
        if window.since and rust.nightly < window.since:
            return f"a nightly Rust for {platform.name} has to be of {window.since} or later"
        if window.before and rust.nightly >= window.before:
            return f"a nightly Rust for {platform.name} has to be from before {window.before}"
        return Fit(flags=window.flags, own_library=window.build_std)
    least = data.stable or (data.built.since if data.built else "")
    needs = f"needs Rust {least} or later" if least else "is not known to take any Rust"
    return f"{platform.name} {needs}"


def _at_least(version: str, least: str) -> bool:
    have, want = ([int(part) for part in text.split(".")] for text in (version, least))
    return have >= want


def _day(text: str) -> dt.date | None:
    """The day of a nightly's commit: the toolchain is named for the day after (rustup's channels)."""
    return dt.date.fromisoformat(text) if _DATE.fullmatch(text) else None

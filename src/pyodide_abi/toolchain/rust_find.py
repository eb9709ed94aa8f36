"""Which Rust, and which standard library of the target: what is at hand first, Debian's archive last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.errors import MissingError, OfflineError, UsageError
from pyodide_abi.toolchain import rust_debian
from pyodide_abi.toolchain.rust import Fit, RustSource, TargetRust, fit, has_library, on_path
from pyodide_abi.toolchain.rust_library import build_library, find_library

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pyodide_abi.host import Host
    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.toolchain.rust import Rust


def find_rust(
    platform: Platform, host: Host, *, library: Path | None = None, source: RustSource | None = None
) -> TargetRust:
    """A Rust that compiles for the platform, its standard library built first if need be.

    The PATH's is taken if it follows the platform's ABI and has a standard library for the target, or the
    sources to build one. Otherwise the cache's, otherwise Debian's.

    Args:
        platform: its data say which versions follow its ABI.
        host: the machine.
        library: a sysroot that holds the target's standard library, made by the PATH's compiler.
        source: nothing but this.

    Raises:
        MissingError: there is none; the message says what is wrong with those at hand.
        OfflineError: one would have to be fetched and the network is off limits.
        UsageError: ``library`` holds none.
        BuildFailedError: the standard library could not be built.
    """
    if library is not None:
        return _chosen(_with_library(platform, host, library), platform, host)
    reasons: list[str] = []
    for rust in _at_hand(host, source, reasons):
        found = _fitted(rust, platform, host, reasons)
        if found is not None:
            return _chosen(found, platform, host)
    if source in {None, RustSource.DEBIAN} and not host.offline:
        try:
            found = _fitted(rust_debian.install(host), platform, host, reasons)
        except MissingError as error:
            reasons.append(f"Debian's archive: {error}")
        else:
            if found is not None:
                return _chosen(found, platform, host)
    raise _nothing(platform, reasons, host)


def install_rust(platform: Platform, host: Host, *, source: RustSource | None = None) -> TargetRust:
    """Fetch what is missing; Debian's archive is asked for what it has now if it is named.

    Raises:
        MissingError: it cannot be had, or what the archive has now does not fit.
    """
    if source is RustSource.DEBIAN and not host.offline:
        reasons: list[str] = []
        found = _fitted(rust_debian.install(host), platform, host, reasons)
        if found is None:
            raise _nothing(platform, reasons, host)
        return _chosen(found, platform, host)
    return find_rust(platform, host, source=source)


def find_present_rust(
    platform: Platform, host: Host, *, source: RustSource | None = None
) -> TargetRust | None:
    """What :func:`find_rust` would take without fetching or building anything; None if there is nothing."""
    for rust in _at_hand(host, source, []):
        fitting = fit(rust, platform)
        if isinstance(fitting, Fit):
            target = platform.rust.target
            if not fitting.own_library and rust.has_target(target):
                return TargetRust(rust=rust, flags=fitting.flags, library=None)
            built = find_library(rust, target, fitting.flags, host)
            if built is not None:
                return TargetRust(rust=rust, flags=fitting.flags, library=built)
    return None


def find_present_rusts(host: Host) -> list[Rust]:
    """Every Rust at hand, whatever it fits. No network."""
    return list(_at_hand(host, None, []))


def _at_hand(host: Host, source: RustSource | None, reasons: list[str]) -> Iterator[Rust]:
    if source in {None, RustSource.PATH}:
        try:
            rust = on_path(host)
        except MissingError as error:
            reasons.append(str(error))
        else:
            if rust is not None:
                yield rust
    if source in {None, RustSource.DEBIAN}:
        yield from rust_debian.present(host)


def _fitted(rust: Rust, platform: Platform, host: Host, reasons: list[str]) -> TargetRust | None:
    """A Rust with a standard library for the platform; None with the reason noted."""
    fitting = fit(rust, platform)
    target = platform.rust.target
    if not isinstance(fitting, Fit):
        reasons.append(f"{_place(rust)}: {fitting}")
        return None
    if not fitting.own_library and rust.has_target(target):
        return TargetRust(rust=rust, flags=fitting.flags, library=None)
    if rust.sources() is None and find_library(rust, target, fitting.flags, host) is None:
        lacks = f"a standard library built with {' '.join(fitting.flags)}" if fitting.own_library else target
        reasons.append(f"{_place(rust)} has neither {lacks} nor the sources to build it from")
        return None
    return TargetRust(
        rust=rust, flags=fitting.flags, library=build_library(rust, target, fitting.flags, host)
    )


def _with_library(platform: Platform, host: Host, library: Path) -> TargetRust:
    """The PATH's compiler with a sysroot of the user's own."""
    target = platform.rust.target
    if not has_library(library, target):
        raise UsageError(
            f"{library} holds no standard library of Rust for {target}",
            hint=f"name the folder in which there is lib/rustlib/{target}/lib/libstd-....rlib",
        )
    rust = on_path(host)
    if rust is None:
        raise MissingError("there is no rustc on the PATH that could use the given standard library")
    fitting = fit(rust, platform)
    if not isinstance(fitting, Fit):
        raise MissingError(f"{_place(rust)} cannot be used: {fitting}")
    return TargetRust(rust=rust, flags=fitting.flags, library=library)


def _chosen(found: TargetRust, platform: Platform, host: Host) -> TargetRust:
    host.progress.say(f"Rust for {platform.name}: {_place(found.rust)}")
    return found


def _place(rust: Rust) -> str:
    whence = "on the PATH" if rust.source is RustSource.PATH else "of Debian's archive"
    return f"Rust {rust.name} {whence} ({rust.sysroot})"


def _nothing(platform: Platform, reasons: list[str], host: Host) -> MissingError:
    target = platform.rust.target
    hints = [*reasons]
    if platform.rust.stable:
        hints.append(f"with rustup: rustup target add {target}, for Rust {platform.rust.stable} or later")
    else:
        hints.append("with rustup: rustup component add rust-src")
    kind = MissingError
    if host.offline:
        hints.append(f"without --offline: pyodide-abi toolchain install rust --platform {platform.name}")
        kind = OfflineError
    return kind(f"there is no Rust for {platform.name}", hint="\n".join(hints))

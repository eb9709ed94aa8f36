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
        platform: The platform, whose data say which versions follow its ABI.
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
    found = (_at_once(rust, platform, host) for rust in _at_hand(host, source, []))
    return next((one for one in found if isinstance(one, TargetRust)), None)


def describe_rust(rust: Rust, platform: Platform, host: Host) -> tuple[bool, str]:
    """Whether a Rust can be used for a platform, and in words why not or where the standard library is."""
    found = _at_once(rust, platform, host)
    if isinstance(found, str):
        return False, found
    if found is None:
        lacking = _lacking(rust, platform)
        return not lacking, lacking or "the first build makes the target's standard library from its sources"
    if found.library is None:
        return True, "the target's standard library is installed with it"
    return True, "the target's standard library is in the cache"


def find_present_rusts(host: Host, reasons: list[str] | None = None) -> list[Rust]:
    """Every Rust at hand, whatever it fits; why one does not run goes to ``reasons``. No network."""
    return list(_at_hand(host, None, [] if reasons is None else reasons))


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
    """A Rust with a standard library for the platform, built if need be; None with the reason noted."""
    found = _at_once(rust, platform, host)
    if isinstance(found, TargetRust):
        return found
    reason = found or _lacking(rust, platform)
    fitting = fit(rust, platform)
    if reason or not isinstance(fitting, Fit):
        reasons.append(f"{_place(rust)}: {reason}")
        return None
    library = build_library(rust, platform.rust.target, fitting.flags, host)
    return TargetRust(rust=rust, flags=fitting.flags, library=library)


def _at_once(rust: Rust, platform: Platform, host: Host) -> TargetRust | str | None:
    """A Rust whose standard library is there; why it does not fit; None if the library is not there."""
    fitting = fit(rust, platform)
    if not isinstance(fitting, Fit):
        return fitting
    target = platform.rust.target
    if not fitting.own_library and rust.has_target(target):
        return TargetRust(rust=rust, flags=fitting.flags, library=None)
    built = find_library(rust, target, fitting.flags, host)
    return None if built is None else TargetRust(rust=rust, flags=fitting.flags, library=built)


def _lacking(rust: Rust, platform: Platform) -> str:
    """Why the standard library of a Rust that fits cannot be built; empty if it can."""
    if rust.sources() is not None:
        return ""
    fitting = fit(rust, platform)
    own = isinstance(fitting, Fit) and fitting.own_library
    lacks = "a standard library that unwinds as the platform does" if own else platform.rust.target
    return f"it has neither {lacks} nor the sources to build it from"


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
        hints.append(f"with the network: pyodide-abi toolchain install rust --platform {platform.name}")
        kind = OfflineError
    return kind(f"there is no Rust for {platform.name}", hint="\n".join(hints))

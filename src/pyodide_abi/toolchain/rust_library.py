"""Rust's standard library for the target, built from its sources and kept in the cache.

It is built as Rust's own releases build it: the workspace of the sources, its profile ``dist``, which embeds
bitcode so that crates can be optimised at link. The result is a sysroot for ``rustc --sysroot``, so that
``cargo``, ``maturin`` and others need no unstable option.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from typing import TYPE_CHECKING

from pyodide_abi.errors import BuildFailedError, OfflineError
from pyodide_abi.toolchain.rust import BOOTSTRAP, library_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pyodide_abi.host import Host
    from pyodide_abi.toolchain.rust import Rust

#: Where entries are in the cache.
PREFIX = "rust-libraries"
_FEATURES = "panic-unwind,backtrace"
#: Raised when the way in which the library is built changes.
_RECIPE = 1


def build_library(rust: Rust, target: str, flags: Sequence[str], host: Host) -> Path:
    """A sysroot with the target's standard library; from the cache if it is there.

    Args:
        rust: The toolchain whose library it is, and which compiles it; it has its sources.
        target: the triple.
        flags: what ``rustc`` is given, such as those that choose how panics unwind.
        host: the machine.

    Raises:
        OfflineError: a crate that it needs is not at hand, and the network is off limits.
        BuildFailedError: it could not be built.
    """
    return host.store.obtain(
        f"{PREFIX}/{_name(rust, target, flags)}",
        lambda folder, _place: _fill(folder, rust, target, flags, host),
    )


def find_library(rust: Rust, target: str, flags: Sequence[str], host: Host) -> Path | None:
    """The sysroot if it is in the cache."""
    return host.store.find(f"{PREFIX}/{_name(rust, target, flags)}")


def _name(rust: Rust, target: str, flags: Sequence[str]) -> str:
    # A library fits the very compiler that made it, and modules that unwind as it does.
    facts = "\n".join([str(_RECIPE), rust.identity, target, *flags])
    return f"{rust.version}-{hashlib.sha256(facts.encode()).hexdigest()[:12]}"


def _fill(folder: Path, rust: Rust, target: str, flags: Sequence[str], host: Host) -> None:
    sources = rust.sources()
    assert sources is not None, "the caller has looked"
    made = folder / "made"
    lines: list[str] = []
    with host.progress.task(f"building Rust's standard library for {target}, once (a minute or two)"):
        done = host.runner.run(
            [rust.cargo, *_words(sources, target, offline=host.offline)],
            environ=_environ(rust, host.environ, made, _flags(rust, sources, flags)),
            cwd=sources / "sysroot",
            on_line=lines.append,
        )
    if done.returncode != 0:
        said = "\n".join(lines[-12:])
        if host.offline and "--offline" in said:
            raise OfflineError(
                "crates that Rust's standard library needs are not in cargo's cache",
                hint=f"build once without --offline; cargo said:\n{said}",
            )
        raise BuildFailedError(
            f"the standard library of Rust {rust.name} could not be built for {target}", hint=said
        )
    place = library_folder(folder, target)
    place.mkdir(parents=True)
    for library in sorted((made / target / "dist/deps").glob("*.rlib")):
        if not library.name.startswith("libsysroot-"):  # The crate that only names the others.
            library.rename(place / library.name)
    (folder / "library.json").write_text(
        json.dumps({"rustc": rust.identity, "target": target, "flags": list(flags)}, indent=1) + "\n", "utf-8"
    )
    shutil.rmtree(made)


def _words(source: Path, target: str, *, offline: bool) -> list[str]:
    """Cargo's command line: no DWARF, and the crates that came with the sources, if any did."""
    words = ["build", "--locked", "--profile", "dist", "--features", _FEATURES, "--target", target]
    words += ["--config", "profile.dist.debug=0"]
    vendor = source / "vendor"
    if vendor.is_dir():
        words += ["--config", 'source.crates-io.replace-with="vendored"']
        words += ["--config", f"source.vendored.directory={json.dumps(str(vendor))}"]
    if vendor.is_dir() or offline:
        words.append("--offline")
    return words


def _flags(rust: Rust, source: Path, flags: Sequence[str]) -> list[str]:
    commit = dict(line.partition(": ")[::2] for line in rust.identity.splitlines()).get("commit-hash")
    # What Rust's releases say, and what rustc understands in a backtrace.
    remapped = f"--remap-path-prefix={source}=/rustc/{commit or rust.version}/library"
    return ["-Zforce-unstable-if-unmarked", remapped, *flags]


def _environ(rust: Rust, environ: Mapping[str, str], made: Path, flags: Sequence[str]) -> dict[str, str]:
    kept = {
        name: value
        for name, value in environ.items()
        if not name.startswith(("RUST", "CARGO_")) or name in {"CARGO_HOME", "RUSTUP_HOME"}
    }
    return kept | {
        BOOTSTRAP: "1",
        "RUSTC": str(rust.rustc),
        "CARGO_TARGET_DIR": str(made),
        # Not split at spaces, as the other variables would be.
        "CARGO_ENCODED_RUSTFLAGS": "\x1f".join(flags),
        "CARGO_TERM_COLOR": "never",
    }

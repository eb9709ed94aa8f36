"""What cargo, and whoever calls it (maturin, setuptools-rust, meson), is told to compile for the target.

All of it is said in variables of the environment. Those that hold flags name the target, so that build
scripts and procedural macros, which are programs of the build machine, are compiled as ever.
"""

from __future__ import annotations

import re
import shlex
import tomllib
from typing import TYPE_CHECKING

from pyodide_abi.errors import MissingError
from pyodide_abi.toolchain.rust import BOOTSTRAP
from pyodide_abi.toolchain.rust_find import find_rust
from pyodide_abi.values import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from pyodide_abi.build.model import Target
    from pyodide_abi.host import Host
    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.toolchain.model import Sysroot
    from pyodide_abi.toolchain.rust import TargetRust

#: Programs that compile for the machine they run on unless they are told otherwise.
COMPILERS = ("cargo", "rustc")
#: Build requirements that compile Rust.
_BACKENDS = frozenset({"maturin", "setuptools-rust", "setuptools_rust"})
_MESON = re.compile(r"^\s*(project|add_languages)\s*\([^)]*'rust'", re.MULTILINE)
#: Cargo takes flags from one place only, and these come before ours; the rest is for another compiler.
LEAKS = frozenset(
    {
        "RUSTFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_BUILD_RUSTFLAGS",
        "CARGO_BUILD_TARGET",
        "RUSTC",
        "CARGO",
        "RUSTUP_TOOLCHAIN",
        "PYO3_PYTHON",
        "PYO3_CONFIG_FILE",
        "PYO3_NO_PYTHON",
    }
)


def uses_rust(project: Path) -> bool:
    """A project's sources say that they are in Rust.

    They do so by their build requirements, by a ``Cargo.toml``, or by the languages of a Meson project.
    """
    if (project / "Cargo.toml").is_file():
        return True
    try:
        if _MESON.search((project / "meson.build").read_text("utf-8")):
            return True
    except (OSError, ValueError):
        pass  # Meson says what is wrong with it.
    try:
        data = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))
    except (OSError, ValueError):
        return False  # The front end says what is wrong with it.
    system = data.get("build-system")
    requires = system.get("requires") if isinstance(system, dict) else None
    words = requires if isinstance(requires, list) else []
    return any(re.split(r"[^\w-]", str(word), maxsplit=1)[0].lower() in _BACKENDS for word in words)


def equip(target: Target, project: Path, host: Host) -> Target:
    """The target with a Rust if the project needs one; it is found, or fetched, only then.

    Raises:
        MissingError: there is none for the platform.
        BuildFailedError: its standard library could not be built.
    """
    if target.rust is not None or not uses_rust(project):
        return target
    return replace(target, rust=find_rust(target.platform, host, library=target.rust_library))


def with_rust(
    environ: Mapping[str, str],
    platform: Platform,
    rust: TargetRust,
    *,
    tools: Mapping[str, Path],
    host_cc: Mapping[str, str],
    headers: Path,
    sysroot: Sysroot,
    prefix_maps: Iterable[tuple[Path, str]],
    offline: bool,
) -> dict[str, str]:
    """The environment of a build in which cargo compiles for the target.

    Args:
        environ: the environment so far.
        platform: whom the build is for.
        rust: what compiles.
        tools: the compiler drivers, by name; ``cc`` links.
        host_cc: compilers of the build machine, by language (``c``, ``cpp``).
        headers: the compiler's own sysroot, with the C library's headers.
        sysroot: the target's Python configuration.
        prefix_maps: folders whose names must not reach the modules, and what stands there instead.
        offline: nothing may be fetched.

    Raises:
        MissingError: this machine has no C compiler, with which Rust links build scripts.
    """
    environ = {name: value for name, value in environ.items() if name not in LEAKS}
    target, compiler = platform.rust.target, rust.rust
    variable = target.upper().replace("-", "_")
    suffix = target.replace("-", "_")
    own = environ.get(f"CARGO_TARGET_{variable}_RUSTFLAGS", "").split()
    flags = [*own, *_flags(platform, rust), *_maps(environ, prefix_maps)]
    variables = {
        "PATH": f"{compiler.bin}:{environ.get('PATH', '/usr/bin:/bin')}",
        "RUSTC": str(compiler.rustc),
        "CARGO": str(compiler.cargo),
        "CARGO_BUILD_TARGET": target,
        "CARGO_INCREMENTAL": "0",
        "CARGO_TERM_COLOR": "never",
        f"CARGO_TARGET_{variable}_LINKER": str(tools["cc"]),
        **_encoded(variable, flags),
        # The crates `cc` and `cmake`: a name with the target, else HOST_…, else the bare name.
        f"CC_{suffix}": str(tools["cc"]),
        f"CXX_{suffix}": str(tools["c++"]),
        f"AR_{suffix}": str(tools["ar"]),
        f"RANLIB_{suffix}": str(tools["ranlib"]),
        **_for_this_machine(compiler.machine, host_cc, environ),
        # The crate `bindgen`: with hidden symbols clang keeps functions back (rust-bindgen, issue 751).
        f"BINDGEN_EXTRA_CLANG_ARGS_{suffix}": shlex.join([f"--sysroot={headers}", "-fvisibility=default"]),
        # PyO3's build script reads the target's _sysconfigdata there.
        "PYO3_CROSS": "1",
        "PYO3_CROSS_LIB_DIR": str(sysroot.sysconfigdata),
        "PYO3_CROSS_PYTHON_VERSION": platform.python.version,
        # What maturin makes the wheel's tag of; ours replaces it, but without these it runs emcc or fails.
        "MATURIN_PYEMSCRIPTEN_PLATFORM_VERSION": _platform_version(platform),
        "MATURIN_EMSCRIPTEN_VERSION": platform.emscripten,
    }
    if rust.bootstrap:
        variables[BOOTSTRAP] = "1"
    if offline:
        variables["CARGO_NET_OFFLINE"] = "true"
    return environ | variables


def rustc_command(platform: Platform, rust: TargetRust) -> tuple[str, ...]:
    """``rustc`` with what it needs for the target, for those that call it themselves, as Meson does."""
    return (str(rust.rust.rustc), "--target", platform.rust.target, *_compiling(rust))


def _flags(platform: Platform, rust: TargetRust) -> list[str]:
    """What cargo has to give ``rustc`` for the target."""
    flags = _compiling(rust)
    for argument in platform.rust.arguments:
        if argument.before is None or _older(rust.rust.version, argument.before):
            flags += argument.argument.split()
    return flags


def _compiling(rust: TargetRust) -> list[str]:
    """What every compilation and link for the target needs, that of a program too."""
    flags = [*rust.flags]
    # emcc has a linker. rustc would insist on one of its own, which distributions leave out.
    flags += ["-C", "link-self-contained=no"]
    if rust.library is not None:
        flags += ["--sysroot", str(rust.library)]
    if rust.bootstrap:
        # Crates that try what the compiler can do are to see a stable one.
        flags += ["-Z", "allow-features="]
    return flags


def _maps(environ: Mapping[str, str], prefix_maps: Iterable[tuple[Path, str]]) -> list[str]:
    """Panics keep the path of their source; rustc takes the last map that fits."""
    home = environ.get("CARGO_HOME") or f"{environ.get('HOME', '/root')}/.cargo"
    maps = [(f"{home}/registry/src", "/cargo"), (f"{home}/git/checkouts", "/cargo")]
    maps += [(str(folder), name) for folder, name in prefix_maps]
    return [f"--remap-path-prefix={folder}={name}" for folder, name in maps]


def _encoded(variable: str, flags: list[str]) -> dict[str, str]:
    """Cargo splits the target's own variable at spaces; the other one reaches only the target as well."""
    if any(" " in flag for flag in flags):
        return {"CARGO_ENCODED_RUSTFLAGS": "\x1f".join(flags)}
    return {f"CARGO_TARGET_{variable}_RUSTFLAGS": " ".join(flags)}


def _for_this_machine(machine: str, host_cc: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Build scripts and procedural macros are compiled and linked with this machine's own compiler."""
    if "c" not in host_cc:
        raise MissingError(
            "Rust links build scripts with a C compiler of this machine, and there is none",
            hint="apt-get install gcc libc6-dev, or what your system calls it",
        )
    variables = {
        f"CARGO_TARGET_{machine.upper().replace('-', '_')}_LINKER": host_cc["c"],
        "HOST_CC": host_cc["c"],
        "HOST_CXX": host_cc.get("cpp", "c++"),
        # The bare names beside these are the target's.
        "HOST_AR": "ar",
        "HOST_RANLIB": "ranlib",
        "HOST_CFLAGS": "",
        "HOST_CXXFLAGS": "",
    }
    return {name: environ.get(name, value) for name, value in variables.items()}


def _platform_version(platform: Platform) -> str:
    """``2026_0`` of 314_0: the number that the tag of PEP 783 has."""
    marker = "pyemscripten_"
    return next(name.removeprefix(marker) for name in platform.names if name.startswith(marker))


def _older(version: str, than: str) -> bool:
    have, want = ([int(part) for part in text.split(".")] for text in (version, than))
    return have < want

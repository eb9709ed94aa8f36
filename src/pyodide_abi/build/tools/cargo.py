"""What cargo, and whoever calls it (maturin, setuptools-rust, meson), is told to compile for the target.

All of it is said in variables of the environment. Those that hold flags name the target, so that build
scripts and procedural macros, which are programs of the build machine, are compiled as ever.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from pyodide_abi.build.tools.tool import Tool
from pyodide_abi.errors import MissingError
from pyodide_abi.toml import read_toml
from pyodide_abi.toolchain.programs import find_program
from pyodide_abi.toolchain.rust import BOOTSTRAP
from pyodide_abi.toolchain.rust_find import find_rust
from pyodide_abi.values import replace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pyodide_abi.build.cross import CrossBuild
    from pyodide_abi.build.model import Target
    from pyodide_abi.host import Host
    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.toolchain.rust import TargetRust

#: Programs that compile for the machine they run on unless they are told otherwise.
_COMPILERS = ("cargo", "rustc")
_REFUSAL = """\
#!/bin/sh
echo "pyodide-abi: error: {name} would compile for this machine; with --rust it compiles for the target" >&2
exit 1
"""
#: Build requirements that compile Rust.
_BACKENDS = frozenset({"maturin", "setuptools-rust", "setuptools_rust"})
_MESON = re.compile(r"^\s*(project|add_languages)\s*\([^)]*'rust'", re.MULTILINE)
#: Cargo takes flags from one place only, and these come before ours; the rest is for another compiler.
_LEAKS = frozenset(
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
        data = read_toml(project / "pyproject.toml")
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


class Cargo(Tool):
    """Cargo and rustc; where nobody needs them, commands in their place that refuse."""

    leaks = _LEAKS

    def files(self, build: CrossBuild) -> Mapping[str, str]:
        """See :meth:`Tool.files`."""
        if build.target.rust is not None:
            return {}
        names = [name for name in _COMPILERS if find_program(name, build.host)]
        return {f"bin/{name}": _REFUSAL.format(name=name) for name in names}

    def path(self, build: CrossBuild) -> Sequence[Path]:
        """See :meth:`Tool.path`."""
        return [build.target.rust.rust.bin] if build.target.rust else []

    def parallel(self, jobs: int, folder: Path) -> Mapping[str, str]:  # noqa: ARG002 - no file is needed
        """See :meth:`Tool.parallel`."""
        return {"CARGO_BUILD_JOBS": str(jobs)}

    def environ(self, build: CrossBuild) -> Mapping[str, str]:
        """See :meth:`Tool.environ`.

        Raises:
            MissingError: this machine has no C compiler, with which Rust links build scripts.
        """
        rust, platform, caller = build.target.rust, build.target.platform, build.host.environ
        if rust is None:
            return {}
        target, compiler = platform.rust.target, rust.rust
        variable = target.upper().replace("-", "_")
        suffix = target.replace("-", "_")
        own = caller.get(f"CARGO_TARGET_{variable}_RUSTFLAGS", "").split()
        variables = {
            "RUSTC": str(compiler.rustc),
            "CARGO": str(compiler.cargo),
            "CARGO_BUILD_TARGET": target,
            "CARGO_INCREMENTAL": "0",
            "CARGO_TERM_COLOR": "never",
            f"CARGO_TARGET_{variable}_LINKER": str(build.drivers["cc"]),
            **_encoded(variable, [*own, *_flags(platform, rust), *_maps(build)]),
            # The crates `cc` and `cmake`: a name with the target, else HOST_…, else the bare name.
            f"CC_{suffix}": str(build.drivers["cc"]),
            f"CXX_{suffix}": str(build.drivers["c++"]),
            f"AR_{suffix}": str(build.drivers["ar"]),
            f"RANLIB_{suffix}": str(build.drivers["ranlib"]),
            **_for_this_machine(compiler.machine, build.host_compilers, caller),
            # The crate `bindgen`: with hidden symbols clang keeps functions back (rust-bindgen, issue 751).
            f"BINDGEN_EXTRA_CLANG_ARGS_{suffix}": shlex.join(
                [f"--sysroot={build.compiler_sysroot}", "-fvisibility=default"]
            ),
            # The crate `pkg-config` asks for leave in a cross build.
            "PKG_CONFIG_ALLOW_CROSS": "1",
            # PyO3's build script reads the target's _sysconfigdata there.
            "PYO3_CROSS": "1",
            "PYO3_CROSS_LIB_DIR": str(build.target.sysroot.sysconfigdata),
            "PYO3_CROSS_PYTHON_VERSION": platform.python.version,
            # What maturin makes the wheel's tag of; ours replaces it. Without these it runs emcc or fails.
            "MATURIN_PYEMSCRIPTEN_PLATFORM_VERSION": _platform_version(platform),
            "MATURIN_EMSCRIPTEN_VERSION": platform.emscripten,
        }
        if rust.bootstrap:
            variables[BOOTSTRAP] = "1"
        if build.host.offline:
            variables["CARGO_NET_OFFLINE"] = "true"
        return variables


def rustc_command(platform: Platform, rust: TargetRust) -> list[str]:
    """``rustc`` with what it needs for the target, for those that call it themselves, as Meson does."""
    return [str(rust.rust.rustc), "--target", platform.rust.target, *_compiling(rust)]


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


def _maps(build: CrossBuild) -> list[str]:
    """Panics keep the path of their source; rustc takes the last map that fits."""
    caller = build.host.environ
    home = caller.get("CARGO_HOME") or f"{caller.get('HOME', '/root')}/.cargo"
    maps = [(f"{home}/registry/src", "/cargo"), (f"{home}/git/checkouts", "/cargo")]
    maps += [(str(build.folder), "/build"), *([(str(build.source), ".")] if build.source else [])]
    return [f"--remap-path-prefix={folder}={name}" for folder, name in maps]


def _encoded(variable: str, flags: list[str]) -> dict[str, str]:
    """Cargo splits the target's own variable at spaces; the other one reaches only the target as well."""
    if any(" " in flag for flag in flags):
        return {"CARGO_ENCODED_RUSTFLAGS": "\x1f".join(flags)}
    return {f"CARGO_TARGET_{variable}_RUSTFLAGS": " ".join(flags)}


def _for_this_machine(
    machine: str, compilers: Mapping[str, str], caller: Mapping[str, str]
) -> dict[str, str]:
    """Build scripts and procedural macros are compiled and linked with this machine's own compiler."""
    if "c" not in compilers:
        raise MissingError(
            "Rust links build scripts with a C compiler of this machine, and there is none",
            hint="apt-get install gcc libc6-dev, or what your system calls it",
        )
    variables = {
        f"CARGO_TARGET_{machine.upper().replace('-', '_')}_LINKER": compilers["c"],
        "HOST_CC": compilers["c"],
        "HOST_CXX": compilers.get("cpp", "c++"),
        # The bare names beside these are the target's.
        "HOST_AR": "ar",
        "HOST_RANLIB": "ranlib",
        "HOST_CFLAGS": "",
        "HOST_CXXFLAGS": "",
    }
    return {name: caller.get(name, value) for name, value in variables.items()}


def _platform_version(platform: Platform) -> str:
    """``2026_0`` of 314_0: the number that the tag of PEP 783 has."""
    marker = "pyemscripten_"
    return next(name.removeprefix(marker) for name in platform.names if name.startswith(marker))


def _older(version: str, than: str) -> bool:
    have, want = ([int(part) for part in text.split(".")] for text in (version, than))
    return have < want

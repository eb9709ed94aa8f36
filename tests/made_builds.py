"""A target whose programs are all one folder, and a cross build for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fake_host import FakeRunner, completed, make_host

from pyodide_abi.build import Target
from pyodide_abi.build.cross import CrossBuild
from pyodide_abi.platforms import load_platform
from pyodide_abi.toolchain.model import HostPython, Source, Sysroot, Toolchain

DRIVERS = ("cc", "c++", "ld", "ar", "ranlib", "nm", "strip")


def made_target(folder: Path, platform: str = "314_0", **changes: Any) -> Target:
    """A target of a platform."""
    programs = ("emcc", "emxx", "emar", "emranlib", "clang", "clangxx", "wasm_ld", "llvm_ar", "llvm_nm")
    places: dict[str, Any] = dict.fromkeys((*programs, "root", "emscripten_root", "binaryen", "node"), folder)
    toolchain = Toolchain(source=Source.PATH, emscripten="5.0.3", llvm="21.0.0", environ={}, **places)
    facts: dict[str, Any] = {
        "toolchain": toolchain,
        "python": HostPython(
            executable=folder / "python3.14", version="3.14.2", include=folder, source="PATH"
        ),
        "sysroot": Sysroot(
            platform=platform, release="1", root=folder, include=folder, sysconfigdata=folder / "config"
        ),
    }
    return Target(platform=load_platform(platform), **facts | changes)


def made_build(folder: Path, target: Target | None = None, **changes: Any) -> CrossBuild:
    """A cross build that has written nothing yet."""
    facts: dict[str, Any] = {
        "host": make_host(folder, FakeRunner(lambda argv, _cwd: completed(argv))),
        "drivers": {name: Path("/drivers") / name for name in DRIVERS},
        "compiler_sysroot": Path("/em/sysroot"),
        "soabi": "cpython-314-wasm32-emscripten",
    }
    return CrossBuild(target=target or made_target(folder), folder=folder, **facts | changes)

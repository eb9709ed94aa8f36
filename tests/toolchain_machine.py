"""A made-up machine for the commands ``toolchain`` and ``doctor``."""

from __future__ import annotations

import argparse
import io
import json
from typing import TYPE_CHECKING, cast

from toolchain_fakes import make_host, write_program

from pyodide_abi.cli.session import Session
from pyodide_abi.platforms import load_platform
from pyodide_abi.toolchain import entry

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from toolchain_fakes import Answer, Diary

    from pyodide_abi.cli.commands import Command
    from pyodide_abi.toolchain import Source

EXACT = load_platform("314_0").emscripten


def put_compiler(cache: Path, source: Source, version: str) -> Path:
    folder = cache / entry.key(source, version)
    for name in ("emcc", "em++", "emar", "emranlib"):
        write_program(folder / "tree" / name)
    for name in ("clang", "clang++", "wasm-ld", "llvm-ar", "llvm-nm", "wasm-opt"):
        write_program(folder / "tree" / name)
    facts = entry.Facts(
        source=source,
        emscripten=version,
        llvm="21.1.8",
        place=str(folder),
        emscripten_root="tree",
        llvm_bin="tree",
        binaryen_bin="tree",
        cache="cache",
        node=str(write_program(cache.parent / "bin/node")),
        python="tree/clang",
    )
    entry.settle(folder, facts)
    return folder


def answer(words: tuple[str, ...]) -> Answer | None:
    if words[0].endswith("node"):
        return 0, "v24.1.0\n"
    if words[0].endswith("python3.14"):
        facts = {
            "implementation": "cpython",
            "version": "3.14.2",
            "threaded": False,
            "include": ["/usr/include"],
        }
        return 0, json.dumps(facts)
    if words[0].endswith("rustc"):
        version = "binary: rustc\nhost: x86_64-unknown-linux-gnu\nrelease: 1.97.1"
        return 0, version if words[1] == "--version" else words[0].removesuffix("/bin/rustc")
    return None


def run(module: ModuleType, argv: list[str], folder: Path, **environ: str) -> tuple[int, str, Diary]:
    command = cast("Command", module)
    host, _, diary = make_host(folder, answer, environ=environ)
    parser = argparse.ArgumentParser()
    command.configure(parser)
    out = io.StringIO()
    session = Session(open_host=lambda: host, environ=host.environ, cwd=folder, out=out)
    return command.run(parser.parse_args(argv), session), out.getvalue(), diary

"""An Emscripten on disk, whoever put it there: its version, its configuration, and its programs."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.errors import FailedError, MissingError
from pyodide_abi.process import find_executable
from pyodide_abi.toolchain.model import Toolchain
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyodide_abi.host import Host
    from pyodide_abi.toolchain.model import Source

_SAMPLE = """\
#include <setjmp.h>
jmp_buf place;
int jump(int value) { if (setjmp(place)) return 1; if (value) longjmp(place, value); return 0; }
"""
_SAMPLE_FLAGS = ("-O2", "-fPIC", "-fwasm-exceptions", "-sSUPPORT_LONGJMP=wasm", "-sSIDE_MODULE=2")
#: A line of our configuration files whose text says itself, without an escape.
_SETTING = re.compile(r"([A-Z_]+) = '([^'\\]*)'")


@value
class Settings:
    """What Emscripten's configuration names (its own ``tools/config.py``).

    Attributes:
        emscripten_root: the folder with ``emcc.py``.
        llvm: the folder with ``clang`` and ``wasm-ld``.
        binaryen: the folder with ``wasm-opt``.
        node: the JavaScript engine.
        clang_suffix: The suffix of ``clang``'s name, such as ``-21``; distributions have it.
        llvm_suffix: The suffix of the other programs.
    """

    emscripten_root: Path
    llvm: Path
    binaryen: Path
    node: Path
    clang_suffix: str = ""
    llvm_suffix: str = ""


def assemble(
    source: Source,
    *,
    root: Path,
    drivers: Path,
    settings: Settings,
    version: str,
    llvm_version: str,
    environ: Mapping[str, str],
) -> Toolchain:
    """The toolchain with every program that it is made of.

    Args:
        source: The place that it came from.
        root: the folder that holds it.
        drivers: the folder with ``emcc``.
        settings: The places of the rest.
        version: Emscripten's.
        llvm_version: clang's.
        environ: variables that its programs need.

    Raises:
        MissingError: a program is not there; the message says which and where.
    """

    def program(folder: Path, name: str) -> Path:
        path = folder / name
        if not path.exists():
            raise MissingError(f"the Emscripten in {root} is incomplete: there is no {path}")
        return path

    clang, llvm = settings.clang_suffix, settings.llvm_suffix
    return Toolchain(
        source=source,
        root=root,
        emscripten=version,
        llvm=llvm_version,
        emcc=program(drivers, "emcc"),
        emxx=program(drivers, "em++"),
        emar=program(drivers, "emar"),
        emranlib=program(drivers, "emranlib"),
        clang=program(settings.llvm, f"clang{clang}"),
        clangxx=program(settings.llvm, f"clang++{clang}"),
        wasm_ld=program(settings.llvm, f"wasm-ld{llvm}"),
        llvm_ar=program(settings.llvm, f"llvm-ar{llvm}"),
        llvm_nm=program(settings.llvm, f"llvm-nm{llvm}"),
        emscripten_root=settings.emscripten_root,
        binaryen=program(settings.binaryen, "wasm-opt").parent,
        node=settings.node,
        environ=dict(environ),
    )


def ask_settings(emcc: Path, host: Host, environ: Mapping[str, str]) -> Settings:
    """What the ``em-config`` beside an ``emcc`` says of its configuration.

    Args:
        emcc: the driver.
        host: the machine.
        environ: variables that it needs.

    Raises:
        MissingError: there is no ``em-config``, or it does not know.
    """
    em_config = emcc.with_name("em-config")

    def ask(name: str) -> str:
        done = host.runner.run([em_config, name], environ={**host.environ, **environ}, timeout=60)
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip()
            raise MissingError(f"{em_config} cannot tell {name}: {said}")
        value = done.stdout.strip()
        if value.startswith("["):
            # A setting can be a command with arguments; its first word is the program.
            value = str(ast.literal_eval(value)[0])
        return "" if value == "None" else value

    beside = emcc.resolve().parent
    binaryen = Path(ask("BINARYEN_ROOT"))
    llvm_suffix, clang_suffix = ask("LLVM_ADD_VERSION"), ask("CLANG_ADD_VERSION")
    return Settings(
        emscripten_root=beside if (beside / "emcc.py").is_file() else Path(ask("EMSCRIPTEN_ROOT")),
        llvm=Path(ask("LLVM_ROOT")),
        binaryen=binaryen / "bin",
        node=Path(find_executable(ask("NODE_JS"), host.environ)),
        clang_suffix=f"-{clang_suffix}" if clang_suffix else "",
        llvm_suffix=f"-{llvm_suffix}" if llvm_suffix else "",
    )


def emscripten_version(emcc: Path, host: Host) -> str:
    """The version of an ``emcc``: from the file that every Emscripten has, or else what it says itself.

    Raises:
        MissingError: it says nothing of the kind.
    """
    beside = emcc.resolve().parent / "emscripten-version.txt"
    if beside.is_file():
        return beside.read_text("utf-8").strip().strip('"')
    done = host.runner.run([emcc, "--version"], environ=host.environ, timeout=60)
    match = re.search(r"\) (\d+\.\d+\.\d+\S*)", done.stdout)
    if done.returncode != 0 or match is None:
        raise MissingError(
            f"{emcc} does not say its version", details=(done.stderr or done.stdout).strip().splitlines()
        )
    return match.group(1)


def clang_version(clang: Path, host: Host) -> str:
    """The version of a clang.

    Raises:
        MissingError: it does not run.
    """
    done = host.runner.run([clang, "--version"], environ=host.environ, timeout=60)
    match = re.search(r"version (\d+(?:\.\d+)+)", done.stdout)
    if done.returncode != 0 or match is None:
        raise MissingError(f"{clang} does not run", details=(done.stderr or done.stdout).strip().splitlines())
    return match.group(1)


def write_config(file: Path, *, settings: Settings, cache: Path | None) -> None:
    """Emscripten's configuration file (it is Python source), atomically."""
    values = {
        "LLVM_ROOT": settings.llvm,
        "BINARYEN_ROOT": settings.binaryen.parent,
        "NODE_JS": settings.node,
    }
    if cache is not None:
        values["CACHE"] = cache
    text = "".join(f"{name} = {str(value)!r}\n" for name, value in values.items())
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    fresh.write_text(text, "utf-8")
    fresh.replace(file)


def cache_in(config: Path) -> Path | None:
    """The folder that a configuration file names as Emscripten's cache.

    Args:
        config: The file; only one that :func:`write_config` wrote is read, as others may compute it.

    Returns:
        The folder; None where the file does not name one in so many words.
    """
    try:
        lines = [_SETTING.fullmatch(line) for line in config.read_text("utf-8").splitlines()]
    except (OSError, UnicodeDecodeError):
        return None
    named = {line[1]: line[2] for line in lines if line}
    return Path(named["CACHE"]) if all(lines) and "CACHE" in named else None


def prove(emcc: Path, folder: Path, host: Host, environ: Mapping[str, str]) -> None:
    """Compile and link a side module: shows that it works, and makes what emcc makes on first use.

    Args:
        emcc: the driver.
        folder: to be made, for the files of this.
        host: the machine.
        environ: variables that the driver needs.

    Raises:
        FailedError: it does not work; the hint is what the compiler said.
    """
    folder.mkdir(parents=True)
    source = folder / "sample.c"
    source.write_text(_SAMPLE, "utf-8")
    output = folder / "sample.wasm"
    argv: list[str | Path] = [emcc, *_SAMPLE_FLAGS, "-sEXPORTED_FUNCTIONS=_jump", source, "-o", output]
    done = host.runner.run(argv, environ={**host.environ, **environ}, cwd=folder, timeout=600)
    if done.returncode != 0 or not output.is_file():
        raise FailedError(f"{emcc} cannot make a side module", hint=(done.stderr or done.stdout)[-2000:])

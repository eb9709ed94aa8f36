"""What ``repair`` takes from compilers that are at hand: libraries, and Binaryen's ``wasm-opt``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.atomic import temporary
from pyodide_abi.errors import FailedError, MissingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyodide_abi.host import Host
    from pyodide_abi.repair.apply import Shrink

#: What modules may use, so that nothing is refused, and no more, so that nothing newer is written: Binaryen
#: writes other encodings where it may.
_FEATURES = (
    "--mvp-features",
    "--enable-bulk-memory",
    "--enable-exception-handling",
    "--enable-extended-const",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
    "--enable-simd",
    "--enable-tail-call",
    "--enable-threads",
)
#: Seconds; a module of 150 MB takes two minutes.
_TIMEOUT = 1800.0


def shrinker(host: Host) -> Shrink:
    """What removes the code of a module that nothing reaches.

    Raises:
        MissingError: there is no ``wasm-opt``.
    """
    program, environ = _find(host)

    def shrink(data: bytes) -> bytes:
        with temporary() as folder:
            module, smaller = Path(folder, "module.wasm"), Path(folder, "smaller.wasm")
            module.write_bytes(data)
            said = ""
            # An optimiser leaves types of garbage collection in a few modules; these need their feature.
            for features in (_FEATURES, (*_FEATURES, "--enable-gc")):
                words = [program, *features, "--remove-unused-module-elements", module, "-o", smaller]
                done = host.runner.run(words, environ=environ, timeout=_TIMEOUT)
                if done.returncode == 0 and smaller.is_file():
                    return smaller.read_bytes()
                said = f"{done.command}: {done.stderr.strip() or f'status {done.returncode}'}"
            raise FailedError(said)

    return shrink


def _find(host: Host) -> tuple[Path, Mapping[str, str]]:
    from pyodide_abi.process import find_executable
    from pyodide_abi.toolchain.find import find_present, open_present

    try:
        return Path(find_executable("wasm-opt", host.environ)), host.environ
    except MissingError:
        pass
    for present in find_present(host):
        toolchain = open_present(present, host)
        program = toolchain.binaryen / "wasm-opt"
        if program.is_file():
            return program, {**host.environ, **toolchain.environ}
    raise MissingError(
        "there is no wasm-opt, which removes unreachable code",
        hint="install Binaryen, or a toolchain ('pyodide-abi toolchain install'), which has it",
    )


def sysroot_folders(host: Host) -> tuple[Path, ...]:
    """The folders of libraries of every Emscripten that is at hand."""
    from pyodide_abi.toolchain.find import find_present, open_present

    found: dict[Path, None] = {}
    for present in find_present(host):
        toolchain = open_present(present, host)
        for root in (toolchain.root, toolchain.emscripten_root):
            libraries = root / "cache" / "sysroot" / "lib" / "wasm32-emscripten"
            found |= {folder: None for folder in (libraries / "pic", libraries) if folder.is_dir()}
    return tuple(found)

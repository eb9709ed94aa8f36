"""Make the binaries of this folder and their manifest.

    make_corpus.py           the modules, from sources/*.wat
    make_corpus.py FOLDER    also the object file, the archive and the library, with clang, llvm-ar and
                             wasm-ld of FOLDER (LLVM 21)

The text is assembled by ``wasmtime.wat2wasm`` (Bytecode Alliance's parser), so that reader and maker have no
line in common.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import wasmtime

HERE = Path(__file__).parent
SOURCES = HERE / "sources"
MANIFEST = HERE / "manifest.sha256"


def assemble(source: Path) -> bytes:
    """The module of a text."""
    return bytes(wasmtime.wat2wasm(source.read_text()))


def compile_with(tools: Path) -> None:
    """The object file, its archive and the library linked from it."""
    target = ["--target=wasm32-unknown-emscripten", "-fPIC", "-fvisibility=default", "-O1"]
    commands: tuple[list[str | Path], ...] = (
        [tools / "clang", *target, "-c", "sources/object.c", "-o", "object.o"],
        [tools / "llvm-ar", "--format=gnu", "rcsD", "object.a", "object.o"],
        [
            *(tools / "wasm-ld", "--experimental-pic", "-shared", "--unresolved-symbols=import-dynamic"),
            *("--export=PyInit_object", "--export=shown", "object.o", "-o", "linked.wasm"),
        ],
    )
    (HERE / "object.a").unlink(missing_ok=True)
    for command in commands:
        subprocess.run(command, cwd=HERE, check=True)


def write_manifest() -> None:
    """Digests, so that nobody changes a binary without its recipe."""
    binaries = sorted(path for path in HERE.iterdir() if path.suffix in {".wasm", ".o", ".a"})
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in binaries]
    MANIFEST.write_text("".join(lines))


def main() -> None:
    """Make everything that can be made."""
    for source in sorted(SOURCES.glob("*.wat")):
        (HERE / f"{source.stem}.wasm").write_bytes(assemble(source))
    if sys.argv[1:]:
        compile_with(Path(sys.argv[1]))
    write_manifest()


if __name__ == "__main__":
    main()

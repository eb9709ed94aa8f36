"""Wheels of many modules that need one another, in all shapes, each sound by itself.

    python tests/fuzz/shapes.py --number 20 --seed 7 --folder shapes
    python tests/differential/run.py --wheel shapes/*.whl

The first command writes such wheels, and the second holds what is predicted of every file against the real
loader. The fuzzer begins with them, too.
"""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    # The modules beside this file are one package for pytest and for this command.
    sys.path[0] = str(Path(__file__).parents[1])

from assembling import make_wheel
from differential.making import assemble_text

if TYPE_CHECKING:
    from collections.abc import Iterator

SUFFIX = ".cpython-314-wasm32-emscripten.so"
WHEEL = "shape{number}-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
#: Where libraries lie: beside the modules, in a folder of the package, in that of the wheel's libraries.
_FOLDERS = ("", "shape", "shape/inner", "shape{number}.libs")
#: What functions and data are called, whoever has them, so that there are rivals; and the types of functions.
_NAMES = ("f", "g", "h", "data", "_ZN1a1bEv")
_TYPES = ("(result i32)", "(param i32) (result i32)", "(param f64)", "")


def shape(source: random.Random, number: int = 0) -> dict[str, bytes]:
    """The files of a wheel: libraries that need one another, and extension modules that need them.

    Args:
        source: Where chance comes from.
        number: The number in the wheel's name, which the folder of its libraries has.
    """
    libraries = source.randint(1, 9)
    places = [_place(source, f"lib{at}.so", number) for at in range(libraries)]
    modules = [f"{source.choice(('', 'shape/'))}m{at}{SUFFIX}" for at in range(source.randint(1, 4))]
    edges = dict(_edges(source, libraries))
    files = {
        place: _module(source, place, [places[need] for need in edges[at]]) for at, place in enumerate(places)
    }
    for at, path in enumerate(modules):
        needs = source.sample(places, source.randint(0, min(3, libraries)))
        if source.random() < 0.2:
            needs.append("absent.so")
        files[path] = _module(source, path, needs, init=f"m{at}")
    order = [*files]
    source.shuffle(order)
    return {path: files[path] for path in order}


def _place(source: random.Random, name: str, number: int) -> str:
    folder = source.choice(_FOLDERS).format(number=number)
    return f"{folder}/{name}" if folder else name


def _edges(source: random.Random, number: int) -> Iterator[tuple[int, list[int]]]:
    """Which library needs which: a line, a circle, a star, a tree, all of all, or whatever chance gives."""
    form = source.choice(("line", "circle", "star", "tree", "clique", "chance", "none"))
    for at in range(number):
        match form:
            case "line":
                needs = [at + 1] if at + 1 < number else []
            case "circle":
                needs = [(at + 1) % number]
            case "star":
                needs = [number - 1] if at + 1 < number else []
            case "tree":
                needs = [child for child in (2 * at + 1, 2 * at + 2) if child < number]
            case "clique":
                needs = [other for other in range(number) if other != at]
            case "chance":
                needs = [other for other in range(number) if source.random() < 0.3]
            case _:
                needs = []
        source.shuffle(needs)
        yield at, needs


def _module(source: random.Random, path: str, needs: list[str], init: str = "") -> bytes:
    """A module with what it needs, some exports and some imports.

    Args:
        source: Where chance comes from.
        path: Where it will be.
        needs: The paths of the libraries that it needs.
        init: The name of its init function's module; empty for a library.
    """
    needed = " ".join(f'"{need.rpartition("/")[2]}"' for need in needs)
    folders = dict.fromkeys(_relative(path, need) for need in needs)
    run_paths = " ".join(f'"{folder}"' for folder in folders if source.random() < 0.9)
    parts = ["(@dylink.0 (mem-info (memory 128 4))"]
    parts += [f"(needed {needed})"] if needed else []
    parts += [f"(runtime-path {run_paths})"] if run_paths else []
    names = source.sample(_NAMES, source.randint(0, len(_NAMES)))
    wanted = names[: source.randint(0, len(names))]
    offered = [name for name in _NAMES if name not in wanted and source.random() < 0.4]
    lines = [f"{' '.join(parts)})", ";; python-imports" if init else '(import "env" "memory" (memory 1))']
    for name in wanted:
        if name == "data":
            lines.append('(import "GOT.mem" "data" (global (mut i32)))')
        elif source.random() < 0.2:
            lines.append(f'(import "GOT.func" "{name}" (global (mut i32)))')
        else:
            lines.append(f'(import "env" "{name}" (func {source.choice(_TYPES)}))')
    for name in offered:
        if name == "data":
            lines.append('(global (export "data") i32 (i32.const 16))')
        else:
            lines.append(f'(func (export "{name}") {source.choice(_TYPES)} unreachable)')
    if init:
        lines.append(f";; python-init {init}")
    return assemble_text("\n".join(["(module", *lines, ")"]))


def _relative(path: str, need: str) -> str:
    """The run path from a module to a library's folder."""
    folder = need.rpartition("/")[0]
    up = "/.." * path.count("/")
    return f"$ORIGIN{up}{'/' + folder if folder else ''}"


def main() -> int:
    """Write wheels."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--number", type=int, default=20, help="of wheels (default: 20)")
    parser.add_argument("--seed", type=int, default=0, help="of the chance (default: 0)")
    parser.add_argument("--folder", type=Path, default=Path("shapes"), help="where they go")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    source = random.Random(args.seed)  # noqa: S311 - inputs, not secrets
    for number in range(args.number):
        make_wheel(args.folder, WHEEL.format(number=number), shape(source, number))
    return 0


if __name__ == "__main__":
    sys.exit(main())

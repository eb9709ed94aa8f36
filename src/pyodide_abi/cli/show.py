"""``pyodide-abi show``: what is inside a module, an object file, an archive or a wheel."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyodide_abi.cli.over_files import Many

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence

    from pyodide_abi.cli.session import Session
    from pyodide_abi.report.show import Data, Part
    from pyodide_abi.wheel import WheelName

DESCRIPTION = """\
What is inside a file: what ldd, nm and objdump tell of native ones, for WebAssembly.

Takes a side module (.so), any other module, an object file (.o), a static library (.a) or a wheel. Says
what it is if it is none of them. Nothing is judged here: 'pyodide-abi audit' does that.
"""

EXAMPLES = """\
examples:
  pyodide-abi show dist/spam-1.0-cp314-cp314-pyodide_314_0_wasm32.whl
      the wheel, and an overview of each module in it
  pyodide-abi show build/_core.cpython-314-wasm32-emscripten.so --imports --exports
      every symbol with its type
  pyodide-abi show libcore.so --imports -C
      the same for people: C++ and Rust names as in their source
  pyodide-abi show build/_core.cpython-314-wasm32-emscripten.so --signatures
      which functions CPython calls through pointers, and the types that they have and should have
  pyodide-abi show libz.a --symbols
      what the object files define and want
  pyodide-abi show spam.whl --format json | jq '.results[].modules[].dylink.needed'
      for machines: everything, unless parts are named

exit status: 0 shown, 2 a file that cannot be read (the others are shown) or a wrong call.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add arguments, a description and examples."""
    parser.description = DESCRIPTION
    parser.epilog = EXAMPLES
    parser.add_argument("files", nargs="+", metavar="FILE", help="modules, object files, archives and wheels")
    parts = parser.add_argument_group("parts, besides the overview")
    parts.add_argument("--needed", action="store_true", help="only needed libraries and run paths")
    parts.add_argument("--sections", action="store_true", help="where each section lies")
    parts.add_argument("--imports", action="store_true", help="every import with its type")
    parts.add_argument("--exports", action="store_true", help="every export with its type")
    parts.add_argument("--symbols", action="store_true", help="the symbol tables of object files")
    parts.add_argument("--features", action="store_true", help="WebAssembly features; reads the code")
    parts.add_argument(
        "--signatures",
        action="store_true",
        help="functions that are called through pointers; follows the code",
    )
    parts.add_argument("--producers", action="store_true", help="the tools that made it")
    parts.add_argument("--all", action="store_true", help="all of these")
    parser.add_argument(
        "-C",
        "--demangle",
        action="store_true",
        help="write C++ and Rust names as their source has them (text)",
    )
    parser.add_argument(
        "--format", choices=("text", "json", "jsonl"), default="text", help="for people or for machines"
    )
    parser.add_argument("--output", metavar="FILE", help="write the result there (default: standard output)")


def run(args: argparse.Namespace, session: Session) -> int:
    """Describe the files.

    Returns:
        0, or 2 if something in them could not be read.
    """
    from pyodide_abi.report.show import faults_in, needed_in

    many = Many(session, key="path", form=args.format)
    faults: list[bool] = []
    shown: list[str] = []

    def show(given: str) -> dict[str, Any]:
        data = _describe(session.cwd / Path(given).expanduser(), _parts(args))
        faults.append(faults_in(data))
        if args.format == "text":
            between = ["\n"] if len(faults) > 1 else []
            shown.extend([*between, *(f"{line}\n" for line in _lines(data, args))])
        if args.needed:
            return {"path": given, "kind": data["kind"], "modules": needed_in(data)}
        return {**data, "path": given}

    for given in args.files:
        many.add(given, partial(show, given))
    _put(shown, session)
    many.write("show")
    return max(many.worst, 2 if any(faults) else 0)


def _put(lines: Sequence[str], session: Session) -> None:
    """Write lines; by a pager, PAGER's or less, where they are more than a terminal shows."""
    import shutil

    if session.out.isatty() and len(lines) >= shutil.get_terminal_size().lines:
        console = session.console()
        with console.pager():
            console.print("".join(lines), end="", soft_wrap=True)
    else:
        session.out.writelines(lines)


def _lines(data: Data, args: argparse.Namespace) -> Iterable[str]:
    from pyodide_abi.report.show import needed_in
    from pyodide_abi.report.show_text import needed_text, text_of

    lines = needed_text(needed_in(data)) if args.needed else text_of(data)
    if args.demangle:
        from pyodide_abi.report.demangled import spelled_out

        return map(spelled_out, lines)
    return lines


def _parts(args: argparse.Namespace) -> frozenset[Part]:
    from pyodide_abi.report.show import Part

    named = frozenset(part for part in Part if getattr(args, part))
    complete = args.all or (args.format == "json" and not named and not args.needed)
    return frozenset(Part) if complete else named


def _describe(path: Path, parts: frozenset[Part]) -> Data:
    from pyodide_abi.files import read_file, read_head
    from pyodide_abi.report.show import describe, describe_wheel
    from pyodide_abi.wasm.identify import ENOUGH, FileKind, identify
    from pyodide_abi.wheel import open_wheel

    if path.suffix == ".whl":
        with open_wheel(path) as wheel:
            return describe_wheel(wheel, _suffixes(wheel.name), parts)
    head, size = read_head(path, most=ENOUGH)
    if identify(head).kind in {FileKind.WASM, FileKind.ARCHIVE} and size > len(head):
        return describe(str(path), read_file(path), parts)
    # Of anything else its first bytes tell what it is.
    return describe(str(path), head, parts) | {"size": size}


def _suffixes(name: WheelName) -> Sequence[str]:
    """Those of the wheel's platform; of a wheel for anything else, the one that all share."""
    from pyodide_abi.platforms import platform_of_tag

    for tag in name.platforms:
        platform = platform_of_tag(tag)
        if platform:
            return platform.python.suffixes
    return (".so",)

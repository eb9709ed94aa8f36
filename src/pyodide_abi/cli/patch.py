"""``pyodide-abi patch``: needed libraries, run paths, exports and sections of a module."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from pyodide_abi.cli.session import Session
    from pyodide_abi.repair.patch import Patch

_EPILOG = """\
examples:
  pyodide-abi patch _core.so --print-needed --print-rpath
      what a module needs, and where it says that is; nothing is changed
  pyodide-abi patch _core.so --replace-needed /home/ci/libfoo.so libfoo.so --set-rpath '$ORIGIN/..'
      in place: the file is replaced as a whole, or stays as it is
  pyodide-abi patch plugin.so --add-needed _core.abi3.so --set-rpath '$ORIGIN' -o new.so
      a plugin that uses functions of an extension module
  pyodide-abi patch _core.so --remove-rpath --drop-section name
      without run paths and without names for debuggers

Works on every side module of Emscripten. What is not edited stays byte for byte, so an edit can be undone. In
what order the options stand does not matter: names are replaced, then removed, then added. The loader of
2025_0 and later expands $ORIGIN at the beginning of a run path only, and not ${ORIGIN}; that of 2024_0 reads
no run paths. In a wheel, 'pyodide-abi repair' does all of this by itself, with RECORD.

exit status: 0 done, or there was nothing to do; 2 a file that is no side module or cannot be written, or a
wrong call.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add arguments, a description and examples."""
    parser.description = "Edit a module's needed libraries and run paths: patchelf for WebAssembly."
    parser.epilog = _EPILOG
    parser.add_argument("files", nargs="+", metavar="FILE", help="a side module; several with the same edits")
    needed = parser.add_argument_group("needed libraries")
    needed.add_argument("--add-needed", action="append", default=[], metavar="NAME", help="need a library")
    needed.add_argument(
        "--remove-needed", action="append", default=[], metavar="NAME", help="do not need it any more"
    )
    needed.add_argument(
        "--replace-needed",
        action="append",
        default=[],
        nargs=2,
        metavar=("OLD", "NEW"),
        help="need it by another name",
    )
    paths = parser.add_argument_group("run paths; several with colons between")
    paths.add_argument("--set-rpath", metavar="PATHS", help="these instead of those it has")
    paths.add_argument("--add-rpath", action="append", default=[], metavar="PATHS", help="these as well")
    paths.add_argument("--remove-rpath", action="store_true", help="none")
    others = parser.add_argument_group("what else it carries")
    others.add_argument(
        "--drop-export", action="append", default=[], metavar="NAME", help="do not export a symbol"
    )
    others.add_argument(
        "--drop-section", action="append", default=[], metavar="NAME", help="leave out a custom section"
    )
    out = parser.add_argument_group("results")
    out.add_argument("--print-needed", action="store_true", help="print the needed libraries, one a line")
    out.add_argument("--print-rpath", action="store_true", help="print the run paths, with colons between")
    out.add_argument(
        "-o", "--output", dest="patched", metavar="OUT", help="write the result there, not in place"
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """Patch every file."""
    from pyodide_abi.errors import UsageError
    from pyodide_abi.repair.patch import patch_file
    from pyodide_abi.report.printable import printable

    patch = _patch(args)
    if args.patched and len(args.files) > 1:
        raise UsageError("--output is one file, and several are to be patched")
    output = session.cwd / Path(args.patched).expanduser() if args.patched else None
    for name in args.files:
        if name.endswith(".whl"):
            raise UsageError(
                f"{name} is a wheel", hint=f"'pyodide-abi repair {name}' edits the modules in it"
            )
        patched = patch_file(session.cwd / Path(name).expanduser(), patch, output)
        for unmet in patched.unmet:
            session.host.progress.say(f"{name} {unmet}")
        if args.print_needed:
            session.out.writelines(f"{printable(library)}\n" for library in patched.needed)
        if args.print_rpath:
            session.out.write(printable(":".join(patched.run_paths)) + "\n")
    return 0


def _patch(args: argparse.Namespace) -> Patch:
    from pyodide_abi.errors import UsageError
    from pyodide_abi.repair.patch import Patch

    pairs = []
    for pair in args.replace_needed:
        # Settings outside the command line give one text where two words belong.
        words = pair.split() if isinstance(pair, str) else pair
        if len(words) != 2:  # noqa: PLR2004 - an old and a new name
            raise UsageError(f"replace-needed takes an old and a new name, not {pair!r}")
        pairs.append((words[0], words[1]))
    if args.remove_rpath and args.set_rpath is not None:
        raise UsageError("--remove-rpath and --set-rpath contradict each other")
    added = tuple(path for text in args.add_rpath for path in _paths(text))
    replaced = () if args.remove_rpath else None
    patch = Patch(
        replace_needed=tuple(pairs),
        remove_needed=tuple(args.remove_needed),
        add_needed=tuple(args.add_needed),
        set_run_paths=replaced if args.set_rpath is None else _paths(args.set_rpath),
        add_run_paths=added,
        drop_exports=tuple(args.drop_export),
        drop_sections=tuple(args.drop_section),
    )
    if patch == Patch() and not (args.print_needed or args.print_rpath or args.patched):
        raise UsageError("nothing is to be done", hint="name an edit, --print-needed or --print-rpath")
    return patch


def _paths(text: str) -> tuple[str, ...]:
    """Each path is an entry of its own: the loader expands $ORIGIN only where one begins."""
    return tuple(path for path in text.split(":") if path)

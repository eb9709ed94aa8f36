"""``pyodide-abi diff``: what changed between two releases, platforms, modules or wheels."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.values import value

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from pyodide_abi.audit.compared import Compared
    from pyodide_abi.cli.session import Session
    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.report.diff import Data
    from pyodide_abi.report.diff_files import User

DESCRIPTION = """\
What came, went and changed its type between two things of one sort, and whether that breaks anybody.

A and B are each
  a runtime release  0.27.7: every symbol that its loader can resolve
  a platform         2025_0, in any spelling: what all its releases have, and what only some have
  a module (.so)     its exports and imports, needed libraries, run paths, features, size
  a wheel            its modules one by one, and its other files

A release or a platform breaks a module that imports what went, or what has another type. A module or a
wheel breaks whoever imports an export that went, or that has another type.
"""

EXAMPLES = """\
examples:
  pyodide-abi diff 0.27.7 0.29.4
      what a module can no longer import
  pyodide-abi diff 2025_0 314_0 --match 'Py*' --all
      the interpreter's functions only, in full
  pyodide-abi diff 0.28.0 314_0 --used-by dist/spam-1.0-cp313-cp313-pyodide_2025_0_wasm32.whl
      which of the differences this wheel meets
  pyodide-abi diff old/spam.whl new/spam.whl --format json | jq .summary.breaks

exit status: 0 nothing that is shown breaks anybody (with --used-by: that wheel), 1 something does, 2 what
cannot be compared or read, or a wrong call.
"""

#: Entries of a list that are shown unless all are asked for.
_MOST = 20


def configure(parser: argparse.ArgumentParser) -> None:
    """Add arguments, a description and examples."""
    from pyodide_abi.cli.options import one_engine
    from pyodide_abi.platforms.engine_documents import DEFAULT_ENGINE, engine_names

    parser.description = DESCRIPTION
    parser.epilog = EXAMPLES
    parser.add_argument("before", metavar="A", help="the older one")
    parser.add_argument("after", metavar="B", help="the newer one, of the same sort")
    parser.add_argument("--match", metavar="GLOB", help="only symbols with such a name, such as 'PyLong_*'")
    parser.add_argument(
        "--used-by", metavar="FILE", help="a wheel or a module: only the differences that it meets"
    )
    parser.add_argument(
        "--engine",
        type=one_engine,
        choices=engine_names(),
        default=DEFAULT_ENGINE,
        help=f"whose view of a release's symbols (default: {DEFAULT_ENGINE})",
    )
    parser.add_argument("--all", action="store_true", help="cut no list short")
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="for people or for machines"
    )


@value
class _Releases:
    """A release, or all of a platform."""

    label: str
    platform: Platform
    releases: tuple[str, ...]


def run(args: argparse.Namespace, session: Session) -> int:
    """Compare and print.

    Returns:
        0, or 1 if somebody is broken.

    Raises:
        UsageError: A and B are not of one sort, or one of them is nothing that is known.
        UnreadableInputError: a file is not what its name says.
    """
    from pyodide_abi.audit.compared import ComparedModule, ComparedWheel, libraries_in
    from pyodide_abi.errors import UsageError
    from pyodide_abi.report.diff_files import User, modules_difference, wheels_difference

    before, after = (_read(text, session.cwd) for text in (args.before, args.after))
    pattern = args.match

    def select(name: str) -> bool:
        return pattern is None or fnmatchcase(name, pattern)

    user = None
    if args.used_by:
        libraries = libraries_in(session.cwd / Path(args.used_by).expanduser())
        user = User(given=args.used_by, libraries=libraries)
    match before, after:
        case _Releases(), _Releases():
            data = _diff_releases(before, after, args, select, user)
        case ComparedModule(), ComparedModule():
            data = modules_difference(before, after, select=select, user=user)
        case ComparedWheel(), ComparedWheel():
            data = wheels_difference(before, after, select=select, user=user)
        case _:
            sorts = {ComparedModule: "a module", ComparedWheel: "a wheel"}
            first, second = (
                sorts.get(type(side), "a runtime release or platform") for side in (before, after)
            )
            raise UsageError(
                f"'{args.before}' is {first} and '{args.after}' is {second}",
                hint="diff compares two of one sort; 'pyodide-abi audit' holds a wheel against releases",
            )
    _print(data, args, session)
    return 1 if data["breaks"] else 0


def _print(data: Data, args: argparse.Namespace, session: Session) -> None:
    from pyodide_abi.report.demangled import readable
    from pyodide_abi.report.diff_text import text_of
    from pyodide_abi.report.printable import printable

    if args.format == "json":
        from pyodide_abi.report.envelope import to_envelope

        session.out.write(to_envelope("diff", [data], summary={"breaks": data["breaks"]}))
        return
    lines = text_of(data, most=None if args.all else _MOST)
    if not session.out.isatty():
        session.out.writelines(f"{printable(readable(line.text))}\n" for line in lines)
        return
    console = session.console()
    for line in lines:
        console.print(printable(readable(line.text)), style=line.style or None)


def _diff_releases(
    before: _Releases,
    after: _Releases,
    args: argparse.Namespace,
    select: Callable[[str], bool],
    user: User | None,
) -> Data:
    from pyodide_abi.linker.compare_surfaces import compare_surfaces, side_of
    from pyodide_abi.linker.met_differences import met_by
    from pyodide_abi.platforms import load_surface
    from pyodide_abi.report.diff import met_data, surfaces_data

    sides = [
        side_of(side.label, side.platform, load_surface(side.platform), side.releases, args.engine)
        for side in (before, after)
    ]
    difference = compare_surfaces(sides[0], sides[1], select=select)
    used_by = None
    if user is not None:
        met = (one for one in met_by(user.libraries, difference) if select(one.symbol))
        used_by = met_data(user.given, met)
    return surfaces_data(difference, engine=args.engine, select=select, used_by=used_by)


def _read(text: str, cwd: Path) -> _Releases | Compared:
    """What an argument stands for: a name of ours first, then a file."""
    from pyodide_abi.audit.compared import read_compared
    from pyodide_abi.platforms import find_runtime, load_platform, load_platforms

    for platform in load_platforms():
        if any(release.version == text for release in platform.releases):
            return _Releases(label=text, platform=platform, releases=(text,))
    path = cwd / Path(text).expanduser()
    if path.exists() or "/" in text or path.suffix in {".whl", ".so", ".wasm"}:
        return read_compared(path)
    if re.fullmatch(r"\d+\.\d+\.\d+\S*", text):
        find_runtime(text)  # There is none: it says which there are.
    platform = load_platform(text)
    releases = tuple(release.version for release in platform.releases)
    return _Releases(label=platform.name, platform=platform, releases=releases)

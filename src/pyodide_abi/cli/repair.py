"""``pyodide-abi repair``: mend a wheel where bytes can mend it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyodide_abi.cli.options import wheel_named
from pyodide_abi.cli.over_files import Many

if TYPE_CHECKING:
    import argparse

    from pyodide_abi.cli.session import Session
    from pyodide_abi.repair.plan import Wishes

_EPILOG = """\
examples:
  pyodide-abi repair dist/*.whl --plan
      what would be done, with how safe each edit is; nothing is written
  pyodide-abi repair dist/spam-*.whl -w wheelhouse --lib-dir build/lib
      the repaired wheel in wheelhouse/, with the libraries that it needs
  pyodide-abi repair -w {dest_dir} -- {wheel}
      cibuildwheel's repair-wheel-command
  pyodide-abi repair spam.whl --in-place --apply all --keep-names
      also what could change a program that looks symbols up by name
  pyodide-abi repair spam.whl --tag pyodide_2025_0_wasm32
      under the name that older installers know

Needed libraries are taken from the wheel, then from every --lib-dir, then from the compilers at hand. They
are found by the rules of the wheel's platform: in <wheel name>.libs, with run paths from 2025_0 on. Debug
information, absolute run paths and exports that nobody uses go; RECORD is written anew. What is not edited
is copied as it is packed.

Afterwards the wheel is audited. If it does not do what was promised, nothing is written. Repairing twice
changes nothing.

exit status: 0 repaired, or nothing to repair; 1 repaired, but errors are left that bytes cannot mend (the
wheel is written); 2 a file that cannot be read, a signed wheel, a wrong call; 3 a library that is nowhere.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add arguments, a description and examples."""
    parser.epilog = _EPILOG
    parser.add_argument("wheels", nargs="+", metavar="WHEEL", help="a wheel; it stays as it is")
    out = parser.add_argument_group("where to")
    out.add_argument(
        "-w",
        "--wheel-dir",
        default="wheelhouse",
        metavar="DIR",
        help="the folder for repaired wheels (default: wheelhouse)",
    )
    out.add_argument("--in-place", action="store_true", help="replace the wheel itself, as a whole")
    out.add_argument("--plan", action="store_true", help="print what would be done, and write nothing")
    out.add_argument(
        "--format",
        choices=("text", "json", "jsonl"),
        default="text",
        help="for people (the default) or for programs",
    )
    out.add_argument("--output", metavar="FILE", help="write the result there (default: standard output)")
    libraries = parser.add_argument_group("needed libraries")
    libraries.add_argument(
        "-L",
        "--lib-dir",
        action="append",
        default=[],
        metavar="DIR",
        help="take libraries from there; several are searched in order",
    )
    libraries.add_argument(
        "--exclude",
        action="append",
        default=[],
        metavar="NAME",
        help="leave this one alone: something else provides it",
    )
    edits = parser.add_argument_group("edits")
    edits.add_argument(
        "--apply",
        choices=("safe", "all"),
        default="safe",
        help="safe edits (the default), or also those that rest on what bytes do not show",
    )
    edits.add_argument("--keep-names", action="store_true", help="keep function names, for stack traces")
    edits.add_argument(
        "--tag",
        metavar="TAG",
        help="another spelling of the wheel's platform tag, or the right one where its own is wrong;\n"
        "several with dots between",
    )
    edits.add_argument(
        "--remove-unreachable",
        action="store_true",
        help="after dropping exports also the code behind them, with Binaryen's wasm-opt",
    )
    edits.add_argument("--drop-signature", action="store_true", help="edit a signed wheel all the same")


def run(args: argparse.Namespace, session: Session) -> int:
    """Repair every wheel; the exit status is that of the worst."""
    import gc

    # As for an audit: many small values and hardly a cycle.
    gc.set_threshold(1_000_000)
    wishes = _wishes(args, session)
    return _plan(wishes, args, session) if args.plan else _repair(wishes, args, session)


def _plan(wishes: Wishes, args: argparse.Namespace, session: Session) -> int:
    from pyodide_abi.errors import MissingError
    from pyodide_abi.repair.repair_wheel import plan_wheel
    from pyodide_abi.report.repair import plan_to_data, write_plan

    many = Many(session, key="wheel", form=args.format)

    def plan(given: str) -> dict[str, Any]:
        planned = plan_wheel(wheel_named(given, session.cwd), wishes)
        if args.format == "text":
            write_plan(planned, session.out)
        return {**plan_to_data(planned), "wheel": given}

    for given in args.wheels:
        many.add(given, partial(plan, given))
    lacking = sum(bool(one.get("problems")) for one in many.results)
    many.write("repair", {"lacking": lacking})
    return max(many.worst, MissingError.exit_code if lacking else 0)


def _repair(wishes: Wishes, args: argparse.Namespace, session: Session) -> int:
    from pyodide_abi.cli.repair_tools import shrinker
    from pyodide_abi.repair.repair_wheel import repair_wheel
    from pyodide_abi.report.repair import repaired_to_data, write_repaired

    folder = None if args.in_place else session.cwd / Path(args.wheel_dir).expanduser()
    shrink = shrinker(session.host) if args.remove_unreachable else None
    many = Many(session, key="wheel", form=args.format)

    def repair(given: str) -> dict[str, Any]:
        wheel = wheel_named(given, session.cwd)
        with session.host.progress.task(f"repairing {wheel.name}"):
            repaired = repair_wheel(wheel, wishes, folder, risky=args.apply == "all", shrink=shrink)
        if args.format == "text":
            write_repaired(repaired, session.out)
        return {**repaired_to_data(repaired), "wheel": given}

    for given in args.wheels:
        many.add(given, partial(repair, given))
    failed = sum(bool(one.get("errors")) for one in many.results)
    many.write("repair", {"failed": failed})
    return max(many.worst, int(failed > 0))


def _wishes(args: argparse.Namespace, session: Session) -> Wishes:
    from functools import partial

    from pyodide_abi.cli.repair_tools import sysroot_folders
    from pyodide_abi.errors import UsageError
    from pyodide_abi.repair.plan import Wishes
    from pyodide_abi.wheel.write import timestamp_of

    folders = tuple(session.cwd / Path(name).expanduser() for name in args.lib_dir)
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"--lib-dir {folder} is not a folder")
    return Wishes(
        folders=folders,
        sysroots=partial(sysroot_folders, session.host),
        exclude=tuple(args.exclude),
        tags=tuple(args.tag.split(".")) if args.tag else (),
        keep_names=args.keep_names,
        remove_unreachable=args.remove_unreachable,
        drop_signature=args.drop_signature,
        timestamp=timestamp_of(session.host.environ),
    )

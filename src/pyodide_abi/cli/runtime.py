"""``pyodide-abi runtime``: learn a release that is not known yet; does one keep its platform's promises?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.atomic import temporary
from pyodide_abi.errors import MissingError, UsageError

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from pyodide_abi.cli.session import Session
    from pyodide_abi.platforms.learned import LearnedRelease


def configure(parser: argparse.ArgumentParser) -> None:
    """Add arguments, a description and examples."""
    parser.description = (
        "learn   boot a release of the runtime that is not known yet, read what it offers and what it says\n"
        "        of itself, and keep that as data of yours: from then on every command knows it\n"
        "list    the releases that were learned, and what could not be read of each\n"
        "forget  remove what was learned of a release\n"
        "check   does a runtime keep the promises of its platform: every symbol that earlier releases\n"
        "        offer, with its type; unwinding, limits of memory and table, loader, library search,\n"
        "        suffixes, variables, tags, static libraries? Exit status 1 if it breaks one\n"
        "\n"
        "A release is a version on npm (314.0.8, 314, latest, next), a folder (dist, as a build of Pyodide\n"
        "makes it, or an unpacked distribution), or an archive of one: a file or an address. Learning runs\n"
        "the release's code in Node, as 'run' does: learn none that you would not run."
    )
    parser.epilog = (
        "examples:\n"
        "  pyodide-abi runtime learn 314.0.8\n"
        "  pyodide-abi runtime learn ./pyodide/dist --name mine      known as 314.0.8+mine\n"
        "  pyodide-abi runtime learn pyodide-core-314.0.8.tar.bz2\n"
        "  pyodide-abi audit dist/*.whl                              holds wheels against it, too\n"
        "  pyodide-abi runtime forget 314.0.8+mine\n"
        "  pyodide-abi runtime check ./pyodide/dist --platform 314_0 --wheels wheelhouse\n\n"
        "exit status: 0 done; for check, every promise is kept and no wheel breaks; 1 one is not, or one\n"
        "does; 2 what was named is no runtime, or a wrong call; 3 npm or Node cannot be had.\n"
    )
    parser.add_argument("action", choices=("learn", "list", "forget", "check"), help="see above")
    parser.add_argument("release", nargs="?", metavar="RELEASE", help="a version, folder, file or address")
    parser.add_argument(
        "--name", metavar="NAME", help="call what is learned VERSION+NAME: for a build of your own"
    )
    parser.add_argument(
        "--platform", metavar="P", help="for check: whose promises (default: the one that the runtime says)"
    )
    parser.add_argument(
        "--wheels", metavar="DIR", help="for check: also say which wheels in this folder would break, and why"
    )
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="for people (the default) or for programs"
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """Do what the action says."""
    if (args.release is None) != (args.action == "list"):
        needs = "takes no RELEASE" if args.action == "list" else "needs a RELEASE"
        raise UsageError(f"'runtime {args.action}' {needs}")
    if args.name is not None and args.action != "learn":
        raise UsageError(f"'runtime {args.action}' takes no --name")
    if args.action == "check":
        return _check(args, session)
    if args.action == "learn":
        _write([_learn(args.release, args.name, session)], args.format, session)
    elif args.action == "list":
        from pyodide_abi.platforms.learned import entries

        known = entries()
        if not known and args.format == "text":
            session.host.progress.say("no release was learned; 'pyodide-abi runtime learn' learns one")
        _write(list(known), args.format, session)
    else:
        _forget(args.release, session)
    return 0


def _check(args: argparse.Namespace, session: Session) -> int:
    from pyodide_abi.cli.runtime_check import check
    from pyodide_abi.report.verdict import verdict_lines, verdict_to_data

    verdict = check(args, session)
    if args.format == "json":
        from pyodide_abi.report.envelope import to_envelope

        session.out.write(to_envelope("runtime", [verdict_to_data(verdict)], summary={"kept": verdict.kept}))
    else:
        console = session.console()
        for line in verdict_lines(verdict):
            console.print(line)
    return 0 if verdict.kept else 1


def data_of(session: Session) -> Path:
    """The folder of the user's data.

    Raises:
        MissingError: nothing says where that is.
    """
    if session.host.data is None:
        raise MissingError(
            "there is no folder to keep data in: HOME is not set", hint="--data-dir DIR names one"
        )
    return session.host.data


def _learn(source: str, name: str | None, session: Session) -> LearnedRelease:
    from pyodide_abi.runtime.learning.learn import learn
    from pyodide_abi.runtime.learning.npm import is_version
    from pyodide_abi.runtime.learning.sources import obtain

    data = data_of(session)
    if is_version(source) and name is not None:
        raise UsageError("a release of npm has its own name", hint="--name is for a build of your own")
    with temporary() as scratch:
        obtained = obtain(source, session.cwd, session.host, scratch)
        return learn(obtained, data, session.host, name=name)


def _forget(version: str, session: Session) -> None:
    from pyodide_abi.platforms.learned import FOLDER
    from pyodide_abi.runtime.learning.learn import forget

    data = data_of(session)
    if "/" in version or not forget(version, data, session.host):
        there = sorted(path.name for path in (data / FOLDER).glob("[!.]*"))
        raise UsageError(f"no release '{version}' was learned", hint=f"learned: {', '.join(there) or 'none'}")
    session.host.progress.say(f"forgot the release {version}")


def _write(entries: list[LearnedRelease], form: str, session: Session) -> None:
    from pyodide_abi.report.learned import entry_lines, entry_to_data

    if form == "json":
        from pyodide_abi.report.envelope import to_envelope

        session.out.write(to_envelope("runtime", list(map(entry_to_data, entries))))
        return
    console = session.console()
    for entry in entries:
        for line in entry_lines(entry):
            console.print(line)

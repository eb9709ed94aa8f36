"""Parse, dispatch, and turn exceptions into one message and an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, NoReturn

from pyodide_abi import __version__
from pyodide_abi.cli.commands import COMMANDS, ELSEWHERE, Parser, add_common, command_parser
from pyodide_abi.errors import PyodideAbiError
from pyodide_abi.report.printable import forces_colours, gated, printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pyodide_abi.cli.commands import Entry

EXIT_CODES = """\
exit status:
  0  all good
  1  findings, a failed build, or a module that does not load
  2  wrong usage, or input that cannot be read
  3  the environment lacks something; the message says how to get it
"""


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        parser.exit(0, f"pyodide-abi {__version__}\n")


def overview() -> Parser:
    """The top-level parser: it knows the commands' names and no more."""
    width = max(len(entry.name) for entry in COMMANDS)
    listing = "\n".join(f"  {entry.name:<{width}}  {entry.summary}" for entry in COMMANDS)
    parser = Parser(
        prog="pyodide-abi",
        usage="pyodide-abi [--version] [--help] COMMAND ...",
        description="The Pyodide platform ABI, executable: wheels for Python in WebAssembly.",
        epilog=f"commands:\n{listing}\n\n'pyodide-abi COMMAND --help' teaches one.\n\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("-V", "--version", action=_Version, nargs=0, help="print the version and leave")
    add_common(parser)
    return parser


def main(argv: Sequence[str], environ: Mapping[str, str], cwd: Path) -> int:
    """Run one command line.

    Args:
        argv: without the program's name.
        environ: the environment.
        cwd: the working folder.

    Returns:
        the exit status.
    """
    out, err = gated(sys.stdout, coloured=forces_colours(environ)), gated(sys.stderr)
    with redirect_stdout(out), redirect_stderr(err):
        return _main(argv, environ, cwd)


def _main(argv: Sequence[str], environ: Mapping[str, str], cwd: Path) -> int:
    if not argv or argv[0].startswith("-"):
        argv = _command_first(argv)
    if not argv:
        return 2
    if argv[0] == "help":
        return _main([*argv[1:2], "--help"], environ, cwd)
    entry = _entry(argv[0])
    if entry is None:
        return 2
    return _guarded(entry, argv[1:], environ, cwd)


def _command_first(argv: Sequence[str]) -> list[str]:
    """A command line with the options before the command's name behind it; nothing where no command is."""
    parser = overview()
    parser.add_argument("command", nargs="?", help=argparse.SUPPRESS)
    parser.add_argument("rest", nargs="...", help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.command is None:
        parser.print_help()
        return []
    before = len(argv) - len(args.rest) - 1
    return [args.command, *argv[:before], *args.rest]


def _guarded(entry: Entry, argv: Sequence[str], environ: Mapping[str, str], cwd: Path) -> int:
    """Run a command; whatever goes wrong becomes one message and an exit status."""
    try:
        status = _run(entry, argv, environ, cwd)
        sys.stdout.flush()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return 130
    except BrokenPipeError:
        # The reader of our output has left (`| head`): end as SIGPIPE would have us end.
        _drop_output()
        return 141
    except Exception as error:  # noqa: BLE001 - a fault of ours is told in one error and behind the gate, too
        return _tell(error, entry, environ=environ, traceback="--traceback" in argv)
    return status


def _tell(error: Exception, entry: Entry, *, environ: Mapping[str, str], traceback: bool) -> int:
    """Say what went wrong, with the place in our code if that is wanted; the exit status."""
    from pyodide_abi.cli.session import report_error

    told = error if isinstance(error, PyodideAbiError) else _explained(error, entry)
    report_error(told, environ=environ, traceback=traceback)
    if isinstance(error, OSError):
        try:
            sys.stdout.flush()
        except OSError:
            _drop_output()
    return told.exit_code


def _explained(error: Exception, entry: Entry) -> PyodideAbiError:
    """What goes wrong outside of our hands, or is a fault of ours, as an error that explains itself."""
    from pyodide_abi.errors import MissingError, UnreadableInputError

    told: PyodideAbiError
    if isinstance(error, MemoryError):
        told = UnreadableInputError("there is not enough memory for this")
    elif isinstance(error, BlockingIOError) or str(error) == "can't start new thread":
        told = MissingError("the system lets this user begin no more processes or threads")
    elif isinstance(error, OSError):
        # A file that is not there, a folder that cannot be written, a full disk: the system's own words.
        where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
        told = UnreadableInputError(f"{where}{error.strerror or error}")
    elif isinstance(error, RuntimeError) and str(error).startswith("Symlink loop"):
        # What Python before 3.13 says of a path whose links lead in a circle.
        told = UnreadableInputError(f"{error}: its links lead in a circle")
    else:
        told = UnreadableInputError(
            f"{entry.name} ended with {type(error).__name__}: {error}",
            hint="that is a fault of pyodide-abi: please report it, with what --traceback shows",
        )
    told.__cause__ = error
    return told


def _drop_output() -> None:
    """Let the interpreter's own flush at exit find a place for what nobody takes: else its status is 120."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(entry: Entry, argv: Sequence[str], environ: Mapping[str, str], cwd: Path) -> int:
    from pyodide_abi.cli import settings
    from pyodide_abi.cli.session import data_of, open_session
    from pyodide_abi.platforms.known import use_learned

    command = entry.load()
    args = settings.parse(command_parser(entry, command), argv, environ=environ, cwd=cwd)
    use_learned(data_of(args, environ=environ, cwd=cwd))
    for remark in () if args.quiet else args.remarks:
        sys.stderr.write(f"warning: {printable(remark)}\n")
    session = open_session(args, environ=environ, cwd=cwd)
    try:
        status = command.run(args, session)
    except BaseException:
        if part := session.leave():
            sys.stderr.write(
                f"warning: not finished; what was found until then is in {printable(str(part))}\n"
            )
        raise
    session.finish()
    return status


def _entry(name: str) -> Entry | None:
    by_name = {entry.name: entry for entry in COMMANDS}
    if name in by_name:
        return by_name[name]
    if name in ELSEWHERE:
        hint = "here that is " + " or ".join(f"'pyodide-abi {words}'" for words in ELSEWHERE[name])
    else:
        import difflib

        close = difflib.get_close_matches(name, by_name, n=1)
        hint = f"did you mean '{close[0]}'?" if close else "'pyodide-abi --help' lists them"
    sys.stderr.write(f"error: there is no command '{printable(name)}'\n  {hint}\n")
    return None


def end_as_interrupted() -> None:
    """Let SIGTERM unwind us as Ctrl-C does, and so end what we started: each leads a group of its own.

    Its exit status is what a shell shows for the signal: 128 + SIGTERM.
    """
    import signal

    def end(number: int, _frame: object) -> NoReturn:
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, end)


def entry_point() -> NoReturn:
    """The console script."""
    import gc
    from pathlib import Path

    # Imports and audits make hundreds of thousands of small values and hardly a cycle: to look for cycles
    # costs a tenth of a start, and half of reading a large module.
    gc.disable()
    # A caller may have closed them (`>&-`), so that Python has none.
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - it stays open
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - it stays open
    end_as_interrupted()
    status = main(sys.argv[1:], dict(os.environ), Path.cwd())
    # Nor does the end of the process look for cycles: an eighth of a small audit.
    gc.freeze()
    sys.exit(status)

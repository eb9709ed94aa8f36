"""The commands there are, and how one's arguments are parsed."""

from __future__ import annotations

import argparse
import importlib
from typing import TYPE_CHECKING, NoReturn, Protocol, cast

from pyodide_abi.report.printable import printable
from pyodide_abi.values import value

if TYPE_CHECKING:
    from pyodide_abi.cli.session import Session


class Command(Protocol):
    """What a module in this package offers."""

    @staticmethod
    def configure(parser: argparse.ArgumentParser) -> None:
        """Add arguments, a description and examples."""

    @staticmethod
    def run(args: argparse.Namespace, session: Session) -> int:
        """Do it; the exit status."""
        raise NotImplementedError


@value(kw_only=False)
class Entry:
    """A command's name and what the overview says of it; the module is imported when it is used."""

    name: str
    summary: str

    def load(self) -> Command:
        """Import the command's module."""
        module = importlib.import_module(f"pyodide_abi.cli.{self.name}")
        return cast("Command", module)


COMMANDS = (
    Entry("platforms", "what each version of the ABI promises"),
    Entry("build", "source to a conformant wheel"),
    Entry("distribute", "many packages at once: wheels, a lock file and a report"),
    Entry("exec", "any command (make, cmake, meson, ./configure) in the environment of a build"),
    Entry("audit", "will it load and run, in every release of its platform?"),
    Entry("repair", "vendor libraries, set run paths, trim, strip and retag a wheel"),
    Entry("patch", "needed libraries and run paths of a module: patchelf for WebAssembly"),
    Entry("verify", "load every extension module in the real runtimes"),
    Entry("run", "python in a real runtime, with wheels installed"),
    Entry("show", "what is inside a module or a wheel"),
    Entry("diff", "what changed between two releases, platforms, modules or wheels"),
    Entry("explain", "what a rule, or an error from a browser console, means"),
    Entry("page", "the audit as a page for browsers: served here, or a folder for a static host"),
    Entry("runtime", "learn a release that is not known yet; does one keep its platform's promises?"),
    Entry("library", "C and C++ libraries for the target: add, list, show or remove"),
    Entry("toolchain", "install, list, find or remove compilers and interpreters"),
    Entry("doctor", "what is present, what is missing, what would be used"),
    Entry("completion", "completion of commands, options and files for a shell"),
)


_EVERYWHERE = (
    "Every option but --help and --traceback is also a variable (PYODIDE_ABI_OFFLINE=1) and a key of\n"
    "[tool.pyodide-abi] in pyproject.toml (offline = true). Those below may stand before the command, too."
)
#: Words that other tools, or a reader of our pages, would have for a command, and the command lines that are.
ELSEWHERE = {
    "auditwheel": ("audit",),
    "cache": ("toolchain list", "doctor"),
    "check": ("audit",),
    "compile": ("build",),
    "fix": ("repair",),
    "info": ("show",),
    "inspect": ("show",),
    "install": ("run --with NAME", "verify --as-installed"),
    "learn": ("runtime learn RELEASE",),
    "lint": ("audit",),
    "pip": ("run --with NAME", "run --with pip -m pip"),
    "pytest": ("run --with pytest -m pytest",),
    "python": ("run",),
    "releases": ("platforms",),
    "rule": ("explain",),
    "test": ("verify", "run --with pytest -m pytest"),
    "venv": ("run --with NAME",),
    "version": ("--version",),
    "wheel": ("build",),
}
#: Options that other tools have, under the names of ours.
_RENAMED = {
    "--json": "--format json",
    "--output-file": "--output",
    "--output-format": "--format",
    "--sarif": "--format sarif",
    "--release": "--runtime",
    "-o": "--output",
    "-p": "--platform",
}
_LIST = (
    "'pyodide-abi distribute FILE' takes a list of requirements; others take them by name, as NAME==VERSION"
)
#: Options that other tools have and we have not, with what does the same.
_WITHOUT = {
    "--color": "colours follow the terminal; the variables FORCE_COLOR=1 and NO_COLOR=1 decide otherwise",
    "--fix": "'pyodide-abi repair' mends what can be mended in a wheel",
    "--no-color": "the variable NO_COLOR=1 does that",
    "--requirement": _LIST,
    "--verbose": "nothing is left out; --traceback shows where in our code an error arose",
    "-r": _LIST,
    "-v": "nothing is left out; --traceback shows where in our code an error arose",
}


#: How much of two options' letters have to agree for the one to be a slip of the pen for the other.
_NEAR = 0.75


class Parser(argparse.ArgumentParser):
    """argparse with our exit status and with suggestions for mistyped options."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where help is, and leave with 2."""
        words = message.split() if message.startswith("unrecognized arguments") else []
        hints = dict.fromkeys(filter(None, (self._meant(word) for word in words if word.startswith("-"))))
        lines = "".join(f"  {line}\n" for line in (*hints, f"try: {self.prog} --help"))
        self.exit(2, f"error: {printable(message)}\n{lines}")

    def _meant(self, word: str) -> str:
        """What somebody means who writes an option that there is not; empty where nobody knows."""
        option = word.partition("=")[0]
        known = [flag for action in self._actions for flag in action.option_strings]
        ours = _RENAMED.get(option, "")
        if ours.partition(" ")[0] in known:
            return f"here that is {ours}"
        if option in _WITHOUT:
            return _WITHOUT[option]
        import difflib

        close = difflib.get_close_matches(option, known, n=1, cutoff=_NEAR)
        return f"did you mean {close[0]}?" if close else ""


def command_parser(entry: Entry, command: Command) -> Parser:
    """The parser of one command, with the options that all of them have."""
    parser = Parser(prog=f"pyodide-abi {entry.name}", formatter_class=argparse.RawDescriptionHelpFormatter)
    _configure(parser, entry, command)
    return parser


def whole_parser(overview: Parser) -> Parser:
    """The parser of the whole command line, from which completions and the manual page are made.

    Args:
        overview: That of the options before a command.
    """
    commands = overview.add_subparsers(metavar="COMMAND", title="commands")
    for entry in COMMANDS:
        parser = commands.add_parser(
            entry.name, help=entry.summary, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        _configure(parser, entry, entry.load())
    return overview


def _configure(parser: argparse.ArgumentParser, entry: Entry, command: Command) -> None:
    summary = entry.summary[0].upper() + entry.summary[1:]
    parser.description = summary if summary.endswith("?") else f"{summary}."
    command.configure(parser)
    add_common(parser)


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add the options that every command has, which may also stand before its name."""
    common = parser.add_argument_group("everywhere", _EVERYWHERE)
    common.add_argument("--offline", action="store_true", help="never use the network; say what is lacking")
    common.add_argument("--cache-dir", metavar="DIR", help="where runtimes, toolchains and interpreters live")
    common.add_argument("--data-dir", metavar="DIR", help="where releases that were learned live")
    common.add_argument("-q", "--quiet", action="store_true", help="results and errors only, no progress")
    common.add_argument("--traceback", action="store_true", help="show where in our code an error arose")

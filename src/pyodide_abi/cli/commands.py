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
    Entry("toolchain", "install, list, find or remove compilers and interpreters"),
    Entry("doctor", "what is present, what is missing, what would be used"),
)


class Parser(argparse.ArgumentParser):
    """argparse with our exit status and with suggestions for mistyped commands."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where help is, and leave with 2."""
        self.exit(2, f"error: {printable(message)}\n  try: {self.prog} --help\n")


def command_parser(entry: Entry, command: Command) -> Parser:
    """The parser of one command, with the options that all of them have."""
    parser = Parser(
        prog=f"pyodide-abi {entry.name}",
        description=entry.summary[0].upper() + entry.summary[1:] + ".",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.configure(parser)
    common = parser.add_argument_group("everywhere")
    common.add_argument("--offline", action="store_true", help="never use the network; say what is lacking")
    common.add_argument("--cache-dir", metavar="DIR", help="where runtimes, toolchains and interpreters live")
    common.add_argument("-q", "--quiet", action="store_true", help="results and errors only, no progress")
    common.add_argument("--traceback", action="store_true", help="show where in our code an error arose")
    return parser

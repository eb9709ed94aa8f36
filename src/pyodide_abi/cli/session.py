"""What a command gets: the host, and where to write."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from pyodide_abi.errors import UsageError
from pyodide_abi.host import Progress, Silence, this_machine
from pyodide_abi.report.printable import Gate, forces_colours, gated
from pyodide_abi.values import value

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from pyodide_abi.atomic import GrowingResult
    from pyodide_abi.errors import PyodideAbiError
    from pyodide_abi.host import Host, Task


#: Options that name what is written.
_WRITTEN = frozenset({"output", "also", "baseline", "write_baseline"})


@value
class Session:
    """One run of one command.

    Attributes:
        open_host: gives what :attr:`host` is.
        environ: the environment.
        cwd: the working folder.
        out: The stream for results.
        output: the file that ``--output`` names; None for standard output.
        kept: What is to be written there in the end.
        growing: What is written there as it comes, line by line.
    """

    open_host: Callable[[], Host]
    environ: Mapping[str, str]
    cwd: Path
    out: TextIO
    output: Path | None = None
    kept: StringIO | None = None
    growing: GrowingResult | None = None

    @cached_property
    def host(self) -> Host:
        """The machine and the user's wishes; opened when asked for, as a short command needs no machine."""
        return self.open_host()

    def write_commands(self, lines: Iterable[str]) -> None:
        """Write results that a runner of CI is to obey, whose names have been made harmless."""
        if isinstance(self.out, Gate):
            self.out.write_commands(lines)
        else:
            self.out.writelines(lines)

    @property
    def coloured(self) -> bool:
        """Results go to a terminal, or ``FORCE_COLOR`` says that whoever shows them knows colours."""
        return self.output is None and is_coloured(self.out, self.environ)

    def finish(self) -> None:
        """Put the results into the file that ``--output`` names, as a whole."""
        if self.growing is not None:
            self.growing.finish()
            return
        if self.output is None or self.kept is None:
            return
        from pyodide_abi.atomic import write_result

        write_result(self.output, self.kept.getvalue())

    def leave(self) -> Path | None:
        """End without having come to an end.

        Returns:
            the file with what was found until then, if there is one.
        """
        return self.growing.leave() if self.growing is not None else None

    def console(self) -> Console:
        """Results with colour where they go to a terminal and ``NO_COLOR`` is not set."""
        from rich.console import Console

        class PipeConsole(Console):
            """Leaves a closed pipe to us; rich itself would end the process with status 1."""

            def on_broken_pipe(self) -> None:
                raise BrokenPipeError

        # Width is the terminal's there; elsewhere lines are never wrapped, so that tools can read them.
        return PipeConsole(
            file=self.out,
            highlight=False,
            markup=False,
            force_terminal=self.coloured,
            soft_wrap=not self.out.isatty(),
            no_color="NO_COLOR" in self.environ or None,
        )


def open_session(args: argparse.Namespace, *, environ: Mapping[str, str], cwd: Path) -> Session:
    """Make the session from the options that all commands have."""

    def open_host() -> Host:
        return this_machine(
            environ=environ,
            cache=cwd / Path(args.cache_dir).expanduser() if args.cache_dir else None,
            progress=Silence() if args.quiet else TerminalProgress(environ),
            offline=args.offline,
            data=data_of(args, environ=environ, cwd=cwd),
        )

    named = getattr(args, "output", None)
    output = result_file("--output", named, args, cwd) if named else None
    kept = StringIO()
    growing = _growing(output, args) if output else None
    out = gated(growing.stream if growing else kept) if output else sys.stdout
    return Session(
        open_host=open_host, environ=environ, cwd=cwd, out=out, output=output, kept=kept, growing=growing
    )


def _growing(output: Path, args: argparse.Namespace) -> GrowingResult | None:
    """The result of a form that has a line for each file; of others a half one could not be read."""
    from pyodide_abi.atomic import GrowingResult

    return GrowingResult(output) if getattr(args, "format", None) == "jsonl" else None


def result_file(option: str, named: str, args: argparse.Namespace, cwd: Path) -> Path:
    """The file that results go to, which is not made yet.

    Args:
        option: that names it, for the message.
        named: what the user calls it.
        args: The whole command line.
        cwd: The working folder.

    Raises:
        UsageError: it would take the place of a file that is read.
        OSError: It cannot be written.
    """
    from pyodide_abi.atomic import look_writable

    file = cwd / Path(named).expanduser()
    if any(_is_same(file, cwd / word) for word in _read_words(args)):
        raise UsageError(f"{option} {named} would take the place of a file that is read")
    look_writable(file)
    return file


def _read_words(args: argparse.Namespace) -> Iterator[str]:
    """All that a command line names, but for what results go to; a baseline may be written anew."""
    for name, given in vars(args).items():
        every = given if isinstance(given, list | tuple) else [given]
        if name not in _WRITTEN:
            yield from (word for word in every if isinstance(word, str))


def _is_same(one: Path, other: Path) -> bool:
    """Two paths lead to one file; a device or a pipe is no file."""
    try:
        return one.is_file() and one.samefile(other)
    except (OSError, ValueError):
        return False


def data_of(args: argparse.Namespace, *, environ: Mapping[str, str], cwd: Path) -> Path | None:
    """The folder of the user's data: the one that is named, else the system's."""
    from pyodide_abi.host import data_folder

    return cwd / Path(args.data_dir).expanduser() if args.data_dir else data_folder(environ)


def is_coloured(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether text on a stream may have colours: a terminal, or ``FORCE_COLOR`` says so."""
    return forces_colours(environ) or stream.isatty()


def usable_cores() -> int:
    """How many things may run at once unless the user says otherwise."""
    import os

    # What this process may use, where the system can say that: a container often has fewer than the machine.
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


class TerminalProgress(Progress):
    """Bars on a terminal's stderr; elsewhere one plain line as each piece of work begins."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._bars: Bars | None = None

    def say(self, text: str) -> None:
        """One line that stays."""
        from pyodide_abi.report.printable import printable

        text = printable(text.expandtabs())
        if self._bars is not None:
            self._bars.console.print(text, markup=False, highlight=False)
        else:
            sys.stderr.write(text + "\n")
            sys.stderr.flush()

    @contextmanager
    def task(self, text: str, total: float | None = None) -> Iterator[Task]:
        """A bar, or a line."""
        if not sys.stderr.isatty():
            self.say(text)
            yield _Lines(self.say)
            return
        from pyodide_abi.report.printable import printable

        outermost = self._bars is None
        bars = self._bars = self._bars or self._make()
        if outermost:
            bars.start()
        task = bars.add_task(printable(text), total=total)
        try:
            yield _Bar(bars, task)
        finally:
            bars.remove_task(task)
            if outermost:
                bars.stop()
                self._bars = None

    def _make(self) -> Bars:
        from rich.console import Console
        from rich.progress import BarColumn, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars

        console = Console(stderr=True, no_color="NO_COLOR" in self._environ or None)
        return Bars(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )


class _Lines(Silence):
    """Progress for a log: what is being done now, a line each time that this changes."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def describe(self, text: str) -> None:
        """Say it."""
        self._say(text)


class _Bar:
    def __init__(self, bars: Bars, task: TaskID) -> None:
        self._bars = bars
        self._task = task

    def advance(self, amount: float = 1) -> None:
        self._bars.advance(self._task, amount)

    def describe(self, text: str) -> None:
        from pyodide_abi.report.printable import printable

        self._bars.update(self._task, description=printable(text))


def report_error(error: PyodideAbiError, *, environ: Mapping[str, str], traceback: bool) -> None:
    """What happened, then what to do next, on stderr."""
    from pyodide_abi.report.printable import printable

    if traceback:
        import traceback as tracebacks

        tracebacks.print_exception(error)
    red, plain = ("\x1b[31m", "\x1b[0m") if sys.stderr.isatty() and "NO_COLOR" not in environ else ("", "")
    sys.stderr.write(f"{red}error:{plain} {printable(error.message.expandtabs())}\n")
    for line in (*error.details, *error.hint.splitlines()):
        sys.stderr.write(f"  {printable(line.expandtabs())}\n")

"""The only module that starts processes.

Everything else takes a :class:`Runner`, so that a test can hand in a small function instead, and so that
every outside command is echoed, bounded and cleaned up in the same way. What is started ends with us, even if
we are killed (:mod:`~pyodide_abi.orphans`).
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Protocol

from pyodide_abi.errors import MissingError
from pyodide_abi.orphans import MARK, Watch, end
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

#: What a shell reports for a command that ran out of time (GNU coreutils' ``timeout``).
TIMED_OUT = 124
#: Seconds until it is noticed that the time of several processes together is over.
_LOOK = 0.5


@value
class Completed:
    """A process that has ended.

    Attributes:
        argv: what was run.
        returncode: The exit status; negative is the signal that killed it; :data:`TIMED_OUT` with
            ``timed_out`` when we did.
        stdout: everything it wrote there, undecodable bytes replaced; empty when not captured.
        stderr: The same for standard error. Empty where the two were joined.
        timed_out: we killed it because its time was up.
    """

    argv: tuple[str, ...]
    returncode: int
    stdout: str = ""
    stderr: str = ""
    timed_out: bool = False

    @property
    def command(self) -> str:
        """The command as one would type it."""
        return shlex.join(self.argv)


class Runner(Protocol):
    """Starts a process and waits for it. Nothing here raises for a non-zero exit status."""

    def run(
        self,
        argv: Sequence[str | Path],
        *,
        environ: Mapping[str, str],
        cwd: Path | None = None,
        stdin: bytes = b"",
        timeout: float | None = None,
        clock: Path | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Completed:
        """Run to the end with captured output.

        Args:
            argv: the command; its first word is looked up on the PATH of ``environ``.
            environ: the whole environment of the process.
            cwd: The folder that it runs in.
            stdin: what it reads.
            timeout: seconds after which it and its children are killed.
            clock: a file: the seconds count from when it was touched last.
            on_line: given, stdout and stderr are joined and each line is passed on as it comes.

        Raises:
            MissingError: no such executable.
        """
        ...

    def within(self, left: Callable[[], float]) -> Runner:  # noqa: ARG002 - a protocol's names
        """One whose captured processes end when no seconds are left; ``left`` is asked again and again."""
        return self

    def attach(
        self,
        argv: Sequence[str | Path],
        *,
        environ: Mapping[str, str],
        cwd: Path | None = None,
        timeout: float | None = None,
        interrupt: Callable[[], bool] | None = None,
    ) -> Completed:
        """Run with our own stdin, stdout and stderr.

        Args:
            argv: As for :meth:`run`.
            environ: The whole environment of the process.
            cwd: Where it runs.
            timeout: Seconds after which it is killed.
            interrupt: Hands Ctrl-C to the process; whether that was taken. What takes none is ended.

        Raises:
            MissingError: no such executable.
        """
        ...


def find_executable(name: str | Path, environ: Mapping[str, str]) -> str:
    """Resolve a command on the PATH of ``environ``.

    Raises:
        MissingError: nothing of that name is there; the message names the PATH that was searched.
    """
    path = environ.get("PATH", os.defpath)
    found = shutil.which(str(name), path=path)
    if found is None:
        raise MissingError(f"there is no executable '{name}' on the PATH ({path})")
    return found


_WATCH = Watch()


@contextmanager
def _started(
    words: Sequence[str],
    environ: Mapping[str, str],
    cwd: Path | None,
    *,
    captured: bool = False,
    joined: bool = False,
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends if we are killed.

    Args:
        words: The command, its program's path first.
        environ: Its whole environment.
        cwd: Where it runs.
        captured: Its streams are pipes, and it leads a session; otherwise it shares ours and the terminal.
        joined: What it writes to stderr comes with the rest.
    """
    pipe = subprocess.PIPE if captured else None
    mark, process = _WATCH.begins(session=captured), None
    try:
        process = subprocess.Popen(
            words,
            env={**environ, MARK: mark},
            cwd=cwd,
            stdin=pipe,
            stdout=pipe,
            stderr=subprocess.STDOUT if joined else pipe,
            start_new_session=captured,
        )
    finally:
        _WATCH.began(mark, process.pid if process is not None else None)
    try:
        with process:
            yield process
    finally:
        if process.returncode is not None:
            _WATCH.ended(process.pid)


class SystemRunner:
    """The real thing: each process leads a session, so that its children end with it."""

    def __init__(self, left: Callable[[], float] | None = None) -> None:
        self._left = left

    def within(self, left: Callable[[], float]) -> SystemRunner:
        """See :meth:`Runner.within`."""
        return SystemRunner(left)

    def run(
        self,
        argv: Sequence[str | Path],
        *,
        environ: Mapping[str, str],
        cwd: Path | None = None,
        stdin: bytes = b"",
        timeout: float | None = None,
        clock: Path | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Completed:
        """See :meth:`Runner.run`."""
        words = (find_executable(argv[0], environ), *map(str, argv[1:]))
        bound = _Bound(timeout, time.time(), clock, self._left)
        with _started(words, environ, cwd, captured=True, joined=on_line is not None) as process:
            if on_line:
                return _stream(process, words, stdin, bound, on_line)
            try:
                out, err, expired = _communicate(process, stdin, bound)
                if expired:
                    return _completed(words, TIMED_OUT, out, err, timed_out=True)
            except BaseException:
                _end_session(process)
                raise
            return _completed(words, process.returncode, out, err)

    def attach(
        self,
        argv: Sequence[str | Path],
        *,
        environ: Mapping[str, str],
        cwd: Path | None = None,
        timeout: float | None = None,
        interrupt: Callable[[], bool] | None = None,
    ) -> Completed:
        """See :meth:`Runner.attach`."""
        words = (find_executable(argv[0], environ), *map(str, argv[1:]))
        ends = None if timeout is None else time.monotonic() + timeout
        # The same process group as ours: a Ctrl-C at the terminal reaches it directly.
        with _started(words, environ, cwd) as process:
            try:
                while process.returncode is None:
                    try:
                        process.wait(None if ends is None else max(ends - time.monotonic(), 0))
                    except KeyboardInterrupt:
                        if interrupt is None or not interrupt():
                            raise
            except subprocess.TimeoutExpired:
                end([process.pid])
                process.wait()
                return Completed(argv=words, returncode=TIMED_OUT, timed_out=True)
            except BaseException:
                process.terminate()
                raise
            return Completed(argv=words, returncode=process.returncode)


def end_with_starter() -> None:
    """In a process of a pool: end once whoever started it is gone, which otherwise nobody would tell it."""
    from multiprocessing import parent_process  # noqa: PLC0415 - only pools have it

    starter = parent_process()
    if starter is None:
        return

    def watch() -> None:
        starter.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@value(kw_only=False)
class _Bound:
    """How long a process may run: since it began or its clock was touched; and together with others."""

    seconds: float | None
    began: float
    clock: Path | None
    others: Callable[[], float] | None

    def left(self) -> float | None:
        """Seconds until it is to be looked at again; none or less where it is to end; None for no end."""
        left = []
        if self.seconds is not None:
            since = self.clock.stat().st_mtime if self.clock else self.began
            left.append(since + self.seconds - time.time())
        if self.others is not None:
            left += [self.others(), _LOOK]
        return min(left, default=None)


def _communicate(process: subprocess.Popen[bytes], stdin: bytes, bound: _Bound) -> tuple[bytes, bytes, bool]:
    """What a process has written, and whether its time was up and it was ended."""
    left, given = bound.left(), stdin
    while left is None or left > 0:
        try:
            return *process.communicate(given, left), False
        except subprocess.TimeoutExpired:
            given = b""  # It goes on with what it has been given.
            left = bound.left()
    _end_session(process)
    return *process.communicate(), True


def _stream(
    process: subprocess.Popen[bytes],
    words: tuple[str, ...],
    stdin: bytes,
    bound: _Bound,
    on_line: Callable[[str], None],
) -> Completed:
    assert process.stdin is not None
    assert process.stdout is not None
    expired, ended = threading.Event(), threading.Event()

    def expire() -> None:
        while (left := bound.left()) is not None and left > 0:
            if ended.wait(left):
                return
        expired.set()
        _end_session(process)

    timer = threading.Thread(target=expire, daemon=True) if bound.left() is not None else None
    # Apart from the reading: a process that writes much before it reads would otherwise wait for us for ever.
    feeder = threading.Thread(target=_feed, args=(process.stdin, stdin), daemon=True)
    feeder.start()
    lines: list[str] = []
    try:
        if timer:
            timer.start()
        for raw in process.stdout:
            line = raw.decode(errors="replace").rstrip("\r\n")
            lines.append(line)
            on_line(line)
        process.wait()
    except BaseException:
        _end_session(process)
        raise
    finally:
        ended.set()
        if timer and timer.ident:
            timer.join()
        feeder.join()
    code, text = TIMED_OUT if expired.is_set() else process.returncode, "\n".join(lines)
    return Completed(argv=words, returncode=code, stdout=text, timed_out=expired.is_set())


def _feed(stream: IO[bytes], data: bytes) -> None:
    # It may end without reading: its exit status tells the rest. Closing flushes, and so may fail once more.
    with suppress(BrokenPipeError), stream:
        stream.write(data)


def _completed(
    words: tuple[str, ...], code: int, out: bytes, err: bytes, *, timed_out: bool = False
) -> Completed:
    return Completed(
        argv=words,
        returncode=code,
        stdout=out.decode(errors="replace"),
        stderr=err.decode(errors="replace") if err else "",
        timed_out=timed_out,
    )


def _end_session(process: subprocess.Popen[bytes]) -> None:
    end([process.pid], [process.pid])

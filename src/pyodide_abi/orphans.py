"""Processes whose starter is gone: found, with all that they have started, and ended.

A command that is killed (``kill -9``, no memory left) can end nothing any more. So another process watches
it: it is told of every process that begins and ends, and when the pipe between the two closes while some
still run, it ends those. Neither a process group nor the kernel's signal at a parent's death would do: ninja
gives each compiler a group of its own, and compilers start compilers. What counts is who started whom, and
the session, which nobody leaves unless he means to stay (daemons do; they are left alone).

The number of a process is known only once it runs, and its starter may be killed before it could tell it. So
each process has a mark of its own in its environment, which the watching process hears of first: whatever has
a mark that no number has followed began in that moment, or was started by what did. Environments are read in
``/proc``; where there is none, a process that begins in the very moment of the kill stays.

Standard library only, and little of it: a watching process starts beside each command that starts others.
"""

from __future__ import annotations

import os
import signal
import sys
import time

TYPE_CHECKING = False  # typing costs 9 ms
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_PROC = "/proc"
#: The parent of the kernel's own threads, on Linux.
_KERNEL = 2
#: How often it is looked for processes that become programs, the time between, in seconds, and after how many
#: looks in a row that find none it is enough: the list of processes is not of one moment, and what ends while
#: it is read may have started what is not in it.
_LOOKS, _BETWEEN_LOOKS, _ENOUGH = 100, 0.05, 3
#: The same for processes that are told to stop.
_STOPS, _BETWEEN_STOPS = 200, 0.005
#: The states of a process that has stopped (proc_pid_stat(5), ps(1)).
_STOPPED = frozenset("Tt")
#: The variable whose value tells a process, and what it starts, from all others.
MARK = "_PYODIDE_ABI_PROCESS"


def end(starters: Collection[int], sessions: Collection[int] = ()) -> None:
    """End processes, what they have started, and whatever else is in some sessions.

    Args:
        starters: Processes that have not been waited for, so that their numbers are still theirs.
        sessions: Numbers of sessions, which are those of the processes that began them.
    """
    held: set[int] = set()
    # What has stopped starts nothing more; so the search ends, and nobody slips through. A process told to
    # stop in the midst of a fork still finishes that (Linux's ``copy_process``), and one whose vfork has been
    # stopped cannot stop: hence the waiting, and its end.
    for _ in range(_STOPS):
        family = _family(starters, sessions)
        if new := family.keys() - held:
            _send(new, signal.SIGSTOP)
            held |= new
        elif _STOPPED.issuperset(family.values()):
            break
        else:
            time.sleep(_BETWEEN_STOPS)
    _send(held, signal.SIGKILL)


def _send(processes: Collection[int], number: signal.Signals) -> None:
    for process in processes:
        try:
            os.kill(process, number)
        except (ProcessLookupError, PermissionError):
            continue  # It has ended, or is another user's (sudo) by now.


def _family(starters: Collection[int], sessions: Collection[int]) -> dict[int, str]:
    """The processes to end that have not ended, and the state of each."""
    running = [entry for entry in _running() if entry[0] != os.getpid()]
    found = {pid for pid, _, session, _ in running if pid in starters or session in sessions}
    while more := {pid for pid, parent, _, _ in running if parent in found} - found:
        found |= more
    return {pid: state for pid, _, _, state in running if pid in found}


def _marked(marks: Collection[str]) -> tuple[dict[int, str], bool]:
    """The processes with one of some marks in their environment, and whether there may be more soon.

    While a process becomes a program, after it has closed what is not to be inherited, its environment reads
    as empty (Linux's ``fs/exec.c``).
    """
    sought = {f"{MARK}={mark}".encode(): mark for mark in marks}
    found: dict[int, str] = {}
    empty = False
    for process, parent, *_ in _running() if sought else ():
        try:
            with open(f"{_PROC}/{process}/environ", "rb") as file:  # noqa: PTH123 - as above
                environment = file.read()
        except OSError:
            continue  # It has ended meanwhile, or is another user's.
        for variable in sought.keys() & set(environment.split(b"\0")):
            found[process] = sought[variable]
        # The kernel's own threads have none either.
        empty = empty or not (environment or _KERNEL in {process, parent})
    return found, empty


def _running() -> Iterator[tuple[int, int, int, str]]:
    """Every process that has not ended: its number, its parent's, its session's, and its state's letter."""
    if not os.path.isdir(_PROC + "/self"):  # noqa: PTH112 - pathlib costs 10 ms
        yield from _listed()
        return
    for name in os.listdir(_PROC):  # noqa: PTH208 - as above
        if not name.isdigit():
            continue
        try:
            with open(f"{_PROC}/{name}/stat", "rb") as file:  # noqa: PTH123 - as above
                # The name in brackets may hold anything (proc_pid_stat(5)).
                state, parent, _, session = file.read().rpartition(b")")[2].split()[:4]
        except (OSError, ValueError):
            continue  # It has ended meanwhile.
        if state not in {b"Z", b"X"}:
            yield int(name), int(parent), int(session), state.decode()


def _listed() -> Iterator[tuple[int, int, int, str]]:
    """The same where there is no ``/proc``, as on macOS."""
    with os.popen("ps -axo pid=,ppid=,stat=") as lines:  # noqa: S605 - POSIX has it, on every PATH
        for line in lines:
            pid, parent, state = line.split()[:3]
            try:
                session = os.getsid(int(pid))
            except OSError:
                continue  # It has ended meanwhile, as ps itself has.
            if state[0] != "Z":
                yield int(pid), int(parent), session, state[0]


class Watch:
    """What ends our processes if we are killed; a process of its own from the first of ours on."""

    def __init__(self) -> None:
        # Not for the watching process itself, which has no time for imports.
        from threading import Lock  # noqa: PLC0415

        self._pipe: int | None = None
        self._begun = 0
        self._lock, self._new_lock = Lock(), Lock
        if hasattr(os, "register_at_fork"):  # Windows makes no copies of processes.
            os.register_at_fork(after_in_child=self._after_fork)

    def begins(self, *, session: bool) -> str:
        """The mark of a process that is about to begin, for :data:`MARK` in its environment.

        Args:
            session: Whether it leads a session of its own.
        """
        with self._lock:
            if self._pipe is None:
                self._pipe = _start()
            self._begun += 1
            mark = f"{os.getpid()}-{time.time_ns()}-{self._begun}"
        self._tell(f"begins {mark} {'session' if session else 'process'}\n")
        return mark

    def began(self, mark: str, process: int | None) -> None:
        """The process with a mark has begun; None if it could not."""
        self._tell(f"failed {mark}\n" if process is None else f"began {mark} {process}\n")

    def ended(self, process: int) -> None:
        """It has ended, and its number may soon be another's."""
        self._tell(f"ended {process}\n")

    def _after_fork(self) -> None:
        """In a fork of ours: its processes are none of ours, and it would keep the pipe open."""
        if self._pipe is not None:
            os.close(self._pipe)
        # A new lock: one that another thread held would be held for ever.
        self._pipe, self._lock = None, self._new_lock()

    def _tell(self, line: str) -> None:
        try:
            if self._pipe is not None:
                os.write(self._pipe, line.encode())
        except OSError:
            pass  # Somebody has ended the watching process; nothing else depends on it.


def _start() -> int | None:
    """Start the watching process; what to write to for it, or None if it cannot be started."""
    reading, writing = os.pipe()
    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 - as above
    code = f"import sys; sys.path.insert(0, {folder!r}); from pyodide_abi.orphans import main; main()"
    try:
        os.posix_spawn(
            sys.executable,
            [sys.executable, "-I", "-S", "-c", code],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, reading, 0),
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            ],
            setpgroup=0,  # A Ctrl-C at the terminal is not for it.
        )
    except OSError:
        os.close(writing)
        return None
    finally:
        os.close(reading)
    return writing


def main() -> None:
    """Hear of processes until the pipe closes, then end those that have not ended."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    # Those that begin, by their marks, and those that run; whether each leads a session.
    beginning: dict[str, bool] = {}
    watched: dict[int, bool] = {}
    for line in sys.stdin:
        word, name, *more = line.split()
        if word == "begins":
            beginning[name] = more == ["session"]
        elif word == "began":
            watched[int(more[0])] = beginning.pop(name)
        elif word == "failed":
            del beginning[name]
        else:
            watched.pop(int(name), None)
    # A process holds the pipe's other end until it becomes its program: each is at it or has done so by now.
    nothing = 0
    for _ in range(_LOOKS):
        found, more = _marked(beginning)
        watched |= {process: beginning[mark] for process, mark in found.items()}
        if watched:
            end(watched.keys(), [process for process, leads in watched.items() if leads])
            watched = {}
        # What had a mark may have started another meanwhile.
        nothing = 0 if found or more else nothing + 1
        if nothing == _ENOUGH:
            break
        time.sleep(_BETWEEN_LOOKS)

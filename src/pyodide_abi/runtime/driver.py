"""Start the driver in Node and hear it out."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.atomic import temporary
from pyodide_abi.runtime.replies import Begun, Booted, Broken, Died, Exited, parse_messages
from pyodide_abi.runtime.room import environment, locked
from pyodide_abi.values import replace, value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyodide_abi.host import Host
    from pyodide_abi.process import Completed
    from pyodide_abi.runtime.node import Node
    from pyodide_abi.runtime.protocol import Batch
    from pyodide_abi.runtime.replies import Message
    from pyodide_abi.runtime.room import Room

#: Seconds that a program has to take notice of Ctrl-C, and between two looks at whether it has.
_PATIENCE, _PAUSE = 1.0, 0.02
_SCRIPT = Path(__file__).with_name("driver.mjs")


@value
class Heard:
    """What was said of a program, a module or an installation.

    Attributes:
        completed: The end of the process.
        messages: what it said of that, in order.
    """

    completed: Completed
    messages: tuple[Message, ...]

    @property
    def status(self) -> int | None:
        """The program's exit status; None where it never came to its end."""
        return next((message.status for message in self.messages if isinstance(message, Exited)), None)

    @property
    def unborn(self) -> bool:
        """Whether the interpreter died before it could say anything, with time left."""
        return bool(self.died) and not self.completed.timed_out and not self.messages[:-1]

    @property
    def died(self) -> str:
        """Why the interpreter came to no end of its own; empty where it did."""
        if self.status is not None:
            return ""
        for message in self.messages:
            if isinstance(message, Died):
                return message.text
        if self.completed.timed_out:
            return "it ran out of time"
        code = self.completed.returncode
        how = f"by signal {-code}" if code < 0 else f"with status {code}"
        last = self.completed.stderr.strip().splitlines()[-1:]
        return f"Node ended {how}" + (f": {last[0]}" if last else "")


def drive(
    batch: Batch,
    node: Node,
    host: Host,
    *,
    room: Room | None = None,
    attached: bool = False,
    stdin: bytes = b"",
    timeout: float | None = None,
) -> tuple[tuple[Heard, ...], ...]:
    """Run the interpreters of a batch, up to the first that dies.

    Args:
        batch: what they do.
        node: the engine.
        host: starts the process.
        room: what the process may do; None for whatever we can.
        attached: with our own stdin, stdout and stderr; otherwise they are captured.
        stdin: what they read when not attached.
        timeout: seconds for each program, module or installation, after which the process is killed.

    Returns:
        for each interpreter that was begun (the first at least), what was said of each of its modules that
        was begun; of the one thing that it did where there are no modules.
    """
    with temporary() as folder:
        asked, channel, clock = (folder / name for name in ("batch.json", "answers.jsonl", "clock"))
        words, environ = node.words, host.environ
        if room:
            reads = (*room.reads, batch.release, *([batch.memory] if batch.memory else ()))
            writes = (*room.writes, folder)
            words = locked(words, replace(room, reads=reads, writes=writes), host)
            environ = environment(host)
        network = room.network if room else None
        asked.write_text(batch.to_json(channel, clock, network=network), "utf-8")
        channel.touch()
        clock.touch()
        command: list[str | Path] = [*words, _SCRIPT, asked]
        if attached:
            interrupt = partial(_interrupt, channel)
            done = host.runner.attach(command, environ=environ, timeout=timeout, interrupt=interrupt)
        else:
            done = host.runner.run(command, environ=environ, stdin=stdin, timeout=timeout, clock=clock)
        messages = parse_messages(channel.read_text("utf-8"))
    if batch.memory and Broken() in messages:
        batch.memory.unlink(missing_ok=True)
    return _heard(done, messages)


def _interrupt(channel: Path) -> bool:
    """Have the interpreter raise KeyboardInterrupt; False where it does not: it is starting, or waits.

    The driver finds a file, which it removes as Python looks for signals.
    """
    if not any(isinstance(message, Booted) for message in parse_messages(channel.read_text("utf-8"))):
        return False
    asked = channel.with_name("interrupt")
    asked.touch()
    given_up = time.monotonic() + _PATIENCE
    while asked.exists():
        if time.monotonic() > given_up:
            return False
        time.sleep(_PAUSE)
    return True


def _heard(done: Completed, messages: Sequence[Message]) -> tuple[tuple[Heard, ...], ...]:
    """The messages of a process, taken apart by what they are about."""
    parts: list[list[list[Message]]] = [[[]]]
    for message in messages:
        match message:
            case Begun(request=0, probe=0) | Broken():
                pass
            case Begun(probe=0):
                parts.append([[]])
            case Begun():
                parts[-1].append([])
            case _:
                parts[-1][-1].append(message)
    return tuple(
        tuple(Heard(completed=done, messages=tuple(said)) for said in interpreter) for interpreter in parts
    )

"""Start the driver in Node and hear it out."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.atomic import temporary
from pyodide_abi.runtime.protocol import Booted, Died, Exited, parse_messages
from pyodide_abi.values import value

if TYPE_CHECKING:
    from pyodide_abi.host import Host
    from pyodide_abi.process import Completed
    from pyodide_abi.runtime.node import Node
    from pyodide_abi.runtime.protocol import Message, Request

#: Seconds that a program has to take notice of Ctrl-C, and between two looks at whether it has.
_PATIENCE, _PAUSE = 1.0, 0.02
_SCRIPT = Path(__file__).with_name("driver.mjs")


@value
class Heard:
    """A driver's whole life.

    Attributes:
        completed: The end of the process.
        messages: what it said, in order.
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
    request: Request,
    node: Node,
    host: Host,
    *,
    attached: bool = False,
    stdin: bytes = b"",
    timeout: float | None = None,
) -> Heard:
    """Run one interpreter to its end.

    Args:
        request: what it does.
        node: the engine.
        host: starts the process.
        attached: with our own stdin, stdout and stderr; otherwise they are captured.
        stdin: what it reads when not attached.
        timeout: seconds after which it is killed.
    """
    with temporary() as folder:
        asked, channel = Path(folder, "request.json"), Path(folder, "answers.jsonl")
        asked.write_text(request.to_json(channel), "utf-8")
        channel.touch()
        words: list[str | Path] = [*node.words, _SCRIPT, asked]
        if attached:
            interrupt = partial(_interrupt, channel)
            done = host.runner.attach(words, environ=host.environ, timeout=timeout, interrupt=interrupt)
        else:
            done = host.runner.run(words, environ=host.environ, stdin=stdin, timeout=timeout)
        return Heard(completed=done, messages=parse_messages(channel.read_text("utf-8")))


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

"""Start a batch in an engine and hear it out."""

from __future__ import annotations

import json
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.atomic import temporary
from pyodide_abi.runtime.browser import Browser
from pyodide_abi.runtime.engine_program import Deno, Shell
from pyodide_abi.runtime.memory_file import end_memory, read_memory
from pyodide_abi.runtime.node import Node
from pyodide_abi.runtime.replies import Begun, Booted, Broken, Died, Exited, parse_messages
from pyodide_abi.runtime.room import environment, locked
from pyodide_abi.values import replace, value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyodide_abi.host import Host
    from pyodide_abi.process import Completed
    from pyodide_abi.runtime.engine_program import CommandLine, EngineProgram
    from pyodide_abi.runtime.protocol import Batch
    from pyodide_abi.runtime.replies import Message
    from pyodide_abi.runtime.room import Room

#: Seconds that a program has to take notice of Ctrl-C, and between two looks at whether it has.
_PATIENCE, _PAUSE = 1.0, 0.02
_SCRIPT = Path(__file__).with_name("driver.mjs")
_SHELL_SCRIPT = Path(__file__).with_name("driver_jsc.mjs")


@value
class Heard:
    """What was said of a program, a module or an installation.

    Attributes:
        completed: The end of the process.
        messages: what it said of that, in order.
        engine: The name and version of the engine.
        first: Whether it was the first thing that its interpreter did.
    """

    completed: Completed
    messages: tuple[Message, ...]
    engine: str = "the engine"
    first: bool = True

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
            up = not self.first or any(isinstance(message, Booted) for message in self.messages)
            return "it ran out of time" + ("" if up else " while the release started")
        code = self.completed.returncode
        how = f"by signal {-code}" if code < 0 else f"with status {code}"
        last = self.completed.stderr.strip().splitlines()[-1:]
        return f"{self.engine} ended {how}" + (f": {last[0]}" if last else "")


def drive(
    batch: Batch,
    program: EngineProgram,
    host: Host,
    *,
    room: Room | None = None,
    attached: bool = False,
    stdin: bytes = b"",
    timeout: float | None = None,
) -> tuple[tuple[Heard, ...], ...]:
    """Run the interpreters of a batch, up to the first that dies.

    Args:
        batch: what they do; in a browser and in a shell they only import modules.
        program: the engine.
        host: starts the process.
        room: what the process may do; None for whatever we can. A browser shuts its pages away by itself.
        attached: with our own stdin, stdout and stderr; otherwise they are captured.
        stdin: what they read when not attached.
        timeout: seconds for each program, module or installation, after which the process is killed.

    Returns:
        for each interpreter that was begun (the first at least), what was said of each of its modules that
        was begun; of the one thing that it did where there are no modules.
    """
    with temporary() as folder:
        channel, clock = folder / "answers.jsonl", folder / "clock"
        channel.touch()
        clock.touch()
        if isinstance(program, Browser):
            from pyodide_abi.runtime.page_batch import drive_page  # noqa: PLC0415 - brings an HTTP server

            done = drive_page(batch, program, host, channel=channel, clock=clock, timeout=timeout)
        elif isinstance(program, Shell):
            done = _in_shell(batch, program, host, channel=channel, clock=clock, timeout=timeout)
        else:
            command, environ = _command(batch, program, host, folder, room)
            if attached:
                interrupt = partial(_interrupt, channel)
                done = host.runner.attach(command, environ=environ, timeout=timeout, interrupt=interrupt)
            else:
                done = host.runner.run(command, environ=environ, stdin=stdin, timeout=timeout, clock=clock)
        messages = parse_messages(channel.read_text("utf-8"))
    if batch.memory and Broken() in messages:
        batch.memory.unlink(missing_ok=True)
    return _heard(done, messages, program.title)


def _command(
    batch: Batch, program: CommandLine, host: Host, folder: Path, room: Room | None
) -> tuple[list[str | Path], Mapping[str, str]]:
    """What starts a batch where the driver runs, in a room if there is one, and its environment."""
    words, environ = program.words, host.environ
    if room:
        reads = (*room.reads, batch.release, *([batch.memory] if batch.memory else ()))
        writes = (*room.writes, folder)
        words = locked(program, replace(room, reads=reads, writes=writes), host)
        environ = environment(program, host, folder)
    elif isinstance(program, Deno):
        words = (*words, "--allow-all")
    asked = folder / "batch.json"
    # What shuts the rest of Node is for Node alone.
    network = room.network if room and isinstance(program, Node) else None
    asked.write_text(batch.to_json(folder / "answers.jsonl", folder / "clock", network=network), "utf-8")
    return [*words, _SCRIPT, asked], environ


def _in_shell(
    batch: Batch, shell: Shell, host: Host, *, channel: Path, clock: Path, timeout: float | None
) -> Completed:
    """Run a batch in the shell of JavaScriptCore, whose files are named to it."""
    asked = channel.with_name("batch.json")
    site = batch.requests[0].site
    found = sorted(path for path in site.rglob("*") if path.is_file()) if site else []
    memory = batch.memory if batch.memory and read_memory(batch.memory) else None
    data = json.loads(replace(batch, memory=memory).to_json(channel, clock))
    data["files"] = [path.relative_to(site).as_posix() for path in found] if site else []
    asked.write_text(json.dumps(data), "utf-8")
    words: list[str | Path] = [*shell.words, _SHELL_SCRIPT, "--", asked]
    done = host.runner.run(words, environ=host.environ, timeout=timeout, clock=clock)
    if batch.save and batch.save.is_file():
        end_memory(batch.save)
    return done


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


def _heard(done: Completed, messages: Sequence[Message], engine: str) -> tuple[tuple[Heard, ...], ...]:
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
        tuple(
            Heard(completed=done, messages=tuple(said), engine=engine, first=number == 0)
            for number, said in enumerate(interpreter)
        )
        for interpreter in parts
    )

"""A host that starts nothing: what its processes answer is a function of the command."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyodide_abi.errors import MissingError
from pyodide_abi.host import Host
from pyodide_abi.process import Completed
from pyodide_abi.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

Answer = tuple[int, str]


@dataclass
class FakeRunner:
    """Answers with what ``respond`` says, and keeps every command."""

    respond: Callable[[tuple[str, ...]], Answer | None]
    commands: list[tuple[str, ...]] = field(default_factory=list)

    def run(
        self,
        argv: Sequence[str | Path],
        *,
        environ: Mapping[str, str],  # noqa: ARG002 - the protocol's names
        cwd: Path | None = None,  # noqa: ARG002
        stdin: bytes = b"",  # noqa: ARG002
        timeout: float | None = None,  # noqa: ARG002
        clock: Path | None = None,  # noqa: ARG002
        on_line: Callable[[str], None] | None = None,
    ) -> Completed:
        words = tuple(map(str, argv))
        self.commands.append(words)
        answer = self.respond(words)
        if answer is None:
            raise MissingError(f"there is no executable '{words[0]}' on the PATH")
        code, out = answer
        for line in out.splitlines() if on_line else ():
            on_line(line)  # type: ignore[misc]
        return Completed(argv=words, returncode=code, stdout=out, stderr="" if code == 0 else out)

    def within(self, left: Callable[[], float]) -> FakeRunner:  # noqa: ARG002 - nothing here takes time
        """See ``Runner.within``."""
        return self

    def attach(
        self,
        argv: Sequence[str | Path],
        *,
        environ: Mapping[str, str],
        cwd: Path | None = None,
        timeout: float | None = None,
        interrupt: Callable[[], bool] | None = None,  # noqa: ARG002 - nobody interrupts a test
    ) -> Completed:
        return self.run(argv, environ=environ, cwd=cwd, timeout=timeout)


@dataclass
class Diary:
    """Progress that is kept."""

    said: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        self.said.append(text)

    @contextmanager
    def task(self, text: str, total: float | None = None) -> Iterator[Diary]:  # noqa: ARG002 - a protocol's names
        self.said.append(text)
        yield self

    def advance(self, amount: float = 1) -> None:
        """Not kept."""

    def describe(self, text: str) -> None:
        """Not kept."""


def make_host(
    folder: Path,
    respond: Callable[[tuple[str, ...]], Answer | None] = lambda _: None,
    *,
    environ: Mapping[str, str] | None = None,
    offline: bool = False,
) -> tuple[Host, FakeRunner, Diary]:
    """A host with a cache in ``folder`` and an empty PATH."""
    runner, diary = FakeRunner(respond), Diary()
    host = Host(
        environ={"PATH": str(folder / "bin"), **(environ or {})},
        runner=runner,
        store=Store(folder / "cache"),
        progress=diary,
        offline=offline,
    )
    return host, runner, diary


def write_program(path: Path, text: str = "#!/bin/sh\n") -> Path:
    """An executable file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path

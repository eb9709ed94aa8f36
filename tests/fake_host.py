"""A host whose processes are functions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyodide_abi.host import Host, Silence
from pyodide_abi.process import Completed, Runner
from pyodide_abi.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    Answer = Callable[[tuple[str, ...], Path | None], Completed]


@dataclass
class FakeRunner(Runner):
    """Answers instead of running; remembers what it was asked."""

    answer: Answer
    asked: list[tuple[str, ...]] = field(default_factory=list)
    environs: list[dict[str, str]] = field(default_factory=list)

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
        """See ``Runner.run``."""
        del stdin, timeout, clock, on_line
        words = tuple(map(str, argv))
        self.asked.append(words)
        self.environs.append(dict(environ))
        return self.answer(words, cwd)

    def attach(
        self,
        argv: Sequence[str | Path],
        *,
        environ: Mapping[str, str],
        cwd: Path | None = None,
        timeout: float | None = None,
        interrupt: Callable[[], bool] | None = None,  # noqa: ARG002 - nobody interrupts a test
    ) -> Completed:
        """See ``Runner.attach``."""
        return self.run(argv, environ=environ, cwd=cwd, timeout=timeout)


def completed(argv: Sequence[str], *, status: int = 0, stdout: str = "", stderr: str = "") -> Completed:
    """An ended process."""
    return Completed(argv=tuple(argv), returncode=status, stdout=stdout, stderr=stderr)


def make_host(
    root: Path, runner: Runner, *, environ: Mapping[str, str] | None = None, offline: bool = False
) -> Host:
    """A host with a cache of its own and this environment and no other."""
    return Host(
        environ=environ or {},
        runner=runner,
        store=Store(root / "cache"),
        progress=Silence(),
        offline=offline,
    )

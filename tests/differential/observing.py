"""What the real loader does: jobs for Node or a browser, and what came of them, kept in the user's cache.

An observation depends on the files, the steps, the release, the engine's version and the driver, and on
nothing else, so one that has been made is not made again.
"""

from __future__ import annotations

import hashlib
import json
import signal
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from differential.browsing import SERVING, drive_browser
from differential.programs import find_program

from pyodide_abi.errors import FailedError, MissingError
from pyodide_abi.runtime.browser import Browser
from pyodide_abi.runtime.releases import install_release
from pyodide_abi.values import replace, value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from differential.programs import Program

    from pyodide_abi.host import Host
    from pyodide_abi.platforms.model import Release

#: What an observation depends on, beside the driver that merely calls it.
_INTERPRETING = Path(__file__).with_name("interpreting.mjs")
_ANSWER = "answer.json"
#: Interpreters booted in one process, which bounds its memory.
_BATCH = 30
_BOOT_SECONDS, _JOB_SECONDS = 120.0, 40.0
#: Signals that nothing in a runtime raises.
_FROM_OUTSIDE = {signal.SIGINT, signal.SIGTERM}
_SNAPSHOT = "memory.bin"


@value
class Job:
    """What one interpreter is to do.

    Attributes:
        digest: of the files.
        files: pairs of a file of this machine and its path below ``site-packages``.
        mount: a folder of this machine that becomes ``site-packages``, instead of files.
        wheel: a wheel that the release's own installer installs before the steps.
        steps: Python code, run one after another.
    """

    digest: str
    files: tuple[tuple[Path, str], ...] = ()
    mount: Path | None = None
    wheel: Path | None = None
    steps: tuple[str, ...]


@value
class Step:
    """How one step ended.

    Attributes:
        kind: ``loads``, ``raises`` or ``dies``.
        text: of the exception, or of what killed the interpreter.
        type: the exception's class, empty where none was raised.
    """

    kind: str
    text: str = ""
    type: str = ""


@value
class Seen:
    """What one interpreter did.

    Attributes:
        steps: up to the one that killed it.
        unresolved: function imports that the loader finds nothing for when they are called; None where
            that was not asked.
        installed: what the installer complained of, empty for nothing; None where nothing was installed.
    """

    steps: tuple[Step, ...]
    unresolved: frozenset[str] | None = None
    installed: str | None = None


@value
class Observer:
    """Where jobs run.

    Attributes:
        host: starts the processes, holds the cache.
        program: what runs jobs in the engine.
        workers: processes at a time.
        full_boot: start each interpreter from nothing, which takes seconds, instead of from the release's own
            snapshot of one that has just started.
    """

    host: Host
    program: Program | Browser
    workers: int = 1
    full_boot: bool = False


def observe(jobs: Iterable[Job], release: Release, observer: Observer) -> dict[Job, Seen]:
    """Run the jobs in a release, those seen before from the cache.

    Args:
        jobs: each gets an interpreter of its own.
        release: of the runtime; installed first if need be.
        observer: what runs them.
    """
    host = observer.host
    wanted = list(dict.fromkeys(jobs))
    keys = {job: _key(job, release, observer) for job in wanted}
    missing = [job for job in wanted if host.store.find(keys[job]) is None]
    if missing:
        run = _Run(
            folder=install_release(release, host),
            snapshot=_snapshot(release, observer),
            observer=observer,
        )
        size = min(_BATCH, -(-len(missing) // observer.workers))
        batches = [missing[start : start + size] for start in range(0, len(missing), size)]
        with ThreadPoolExecutor(observer.workers) as pool:
            for answers in pool.map(run.answer, batches):
                for job, answer in answers.items():
                    _keep(keys[job], answer, host)
    return {job: _read(host.store.root / keys[job] / _ANSWER) for job in wanted}


def _key(job: Job, release: Release, observer: Observer) -> str:
    words = [
        job.digest,
        *job.steps,
        release.version,
        observer.program.version,
        _INTERPRETING.read_text("utf-8"),
    ]
    if isinstance(observer.program, Browser):
        words += [file.read_text("utf-8") for file in SERVING]
    else:
        words += observer.program.words[1:]
    if observer.full_boot:
        words.append("full boot")
    return "differential/seen/" + hashlib.sha256("\0".join(words).encode()).hexdigest()[:24]


def _snapshot(release: Release, observer: Observer) -> Path | None:
    if observer.full_boot:
        return None
    if isinstance(observer.program, Browser) or not observer.program.makes_memory:
        # The memory of an interpreter that has started in Node serves others as well.
        observer = replace(observer, program=find_program(observer.host, "node24", None))
    return _make_snapshot(release, observer)


def _make_snapshot(release: Release, observer: Observer) -> Path:
    folder = install_release(release, observer.host)

    def fill(partial: Path, _place: Path) -> None:
        run = _Run(folder=folder, snapshot=None, observer=observer)
        _, ending = run.start([], make_snapshot=partial / _SNAPSHOT)
        if not (partial / _SNAPSHOT).is_file():
            raise MissingError(f"{release.version} made no snapshot of itself: {ending}")

    key = f"differential/snapshots/{release.version}+{observer.program.version}"
    return observer.host.store.obtain(key, fill) / _SNAPSHOT


@value
class _Run:
    """Processes of one release."""

    folder: Path
    snapshot: Path | None
    observer: Observer

    def answer(self, jobs: Sequence[Job]) -> dict[Job, dict[str, Any]]:
        """The answers to all jobs; behind a job that ends the process, another one goes on."""
        answers: dict[Job, dict[str, Any]] = {}
        left = list(jobs)
        while left:
            said, ending = self.start(left)
            answers.update(zip(left, said, strict=False))
            left = left[len(said) :]
            if left:
                answers[left.pop(0)] = {"steps": [{"kind": "dies", "text": ending}], "unresolved": None}
        return answers

    def start(
        self, jobs: Sequence[Job], *, make_snapshot: Path | None = None
    ) -> tuple[list[dict[str, Any]], str]:
        """The answers of one process, and how it ended."""
        entries = [
            {
                "id": index,
                "files": [[str(host_path), path] for host_path, path in job.files],
                "mount": str(job.mount) if job.mount else None,
                "wheel": str(job.wheel) if job.wheel else None,
                "steps": job.steps,
                "stubs": True,
            }
            for index, job in enumerate(jobs)
        ]
        request = {
            "release": str(self.folder),
            "snapshot": str(self.snapshot) if self.snapshot else None,
            "makeSnapshot": str(make_snapshot) if make_snapshot else None,
            "jobs": entries,
        }
        seconds = _BOOT_SECONDS + _JOB_SECONDS * len(jobs)
        program = self.observer.program
        if isinstance(program, Browser):
            lines, ending = drive_browser(program, request, self.observer.host, timeout=seconds)
            return [line for line in lines if "id" in line], ending
        with tempfile.TemporaryDirectory(prefix="differential-") as folder:
            asked, said = Path(folder, "jobs.json"), Path(folder, "answers.jsonl")
            asked.write_text(json.dumps(request), "utf-8")
            said.touch()
            done = self.observer.host.runner.run(
                [*program.words, program.driver, *program.arguments, asked, said],
                environ=self.observer.host.environ,
                timeout=seconds,
            )
            lines = [json.loads(line) for line in said.read_text("utf-8").splitlines()]
        if not done.timed_out and -done.returncode in _FROM_OUTSIDE:
            # What is kept has to be the loader's doing. What was seen before is kept already.
            raise FailedError(
                f"{program.words[0]} was ended from outside ({done.returncode}): run this again"
            )
        ending = (
            "out of time"
            if done.timed_out
            else f"the program ended with {done.returncode}: {done.stderr[-300:]}"
        )
        return [line for line in lines if "id" in line], ending


def _keep(key: str, answer: dict[str, Any], host: Host) -> None:
    def fill(partial: Path, _place: Path) -> None:
        (partial / _ANSWER).write_text(json.dumps(answer), "utf-8")

    host.store.obtain(key, fill)


def _read(file: Path) -> Seen:
    answer = json.loads(file.read_text("utf-8"))
    steps = tuple(
        Step(kind=step["kind"], text=step["text"], type=step.get("class", "")) for step in answer["steps"]
    )
    unresolved = answer["unresolved"]
    return Seen(
        steps=steps,
        unresolved=None if unresolved is None else frozenset(unresolved),
        installed=answer.get("installed"),
    )

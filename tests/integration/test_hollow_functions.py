"""The table of hollow functions against the releases, and its probes against this machine."""

from __future__ import annotations

import hashlib
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from differential.observing import Job, Observer, observe
from differential.programs import find_program
from differential.recipe import load_case
from differential.run import make_host, make_maker
from real_host import ENDS

from pyodide_abi.platforms import find_runtime
from pyodide_abi.platforms.hollow import How, load_hollow
from pyodide_abi.runtime.node import find_node
from pyodide_abi.runtime.releases import install_release

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from differential.observing import Step

    from pyodide_abi.platforms.model import Runtime

pytestmark = [pytest.mark.integration, pytest.mark.long]

FOLDER = Path(__file__).parents[1] / "hollow"
#: Probes that do not come back where the function does its work: it waits, or ends what it is to end.
NOT_BACK = {
    *("cnd_wait", "mprotect", "pause", "pthread_barrier_wait", "pthread_cancel", "pthread_cond_wait"),
    *("pthread_exit", "sem_wait", "sigwait", "thrd_exit"),
}
#: What is tried elsewhere: it shows when a program ends.
AT_THE_END = {"__cxa_atexit", "atexit"}


@cache
def program() -> Path:
    """The probes as a program of this machine."""

    def fill(partial: Path, _place: Path) -> None:
        sources = [str(source) for source in sorted(FOLDER.glob("*.c"))]
        words = [
            "cc",
            "-O1",
            "-w",
            "-fno-builtin",
            *sources,
            "-o",
            str(partial / "probes"),
            "-lm",
            "-lutil",
            "-pthread",
        ]
        subprocess.run(words, check=True, timeout=300)

    text = b"".join(source.read_bytes() for source in sorted(FOLDER.glob("*.[ch]")))
    return make_host().store.obtain(f"hollow/{hashlib.sha256(text).hexdigest()[:20]}", fill) / "probes"


@cache
def probes() -> tuple[str, ...]:
    """Their names."""
    done = subprocess.run([program()], check=True, capture_output=True, text=True, timeout=60)
    return tuple(done.stdout.split())


def try_all(names: Sequence[str], runtime: Runtime) -> Iterator[tuple[str, Step]]:
    """Every probe's outcome in a release; the next interpreter goes on behind a probe that ends one."""
    host = make_host()
    maker = make_maker(host)
    before, after = load_case(FOLDER / "case.toml")
    case = after if runtime.platform.name == "2026_5" else before
    files = ((maker.make(case) / "m.so", "m.so"),)
    left = list(names)
    while left:
        steps = tuple(f"import m; raise SystemExit(m.try_one({name!r}))" for name in left)
        job = Job(digest=maker.digest(case), files=files, steps=steps)
        seen = observe(
            [job], runtime.release, Observer(host=host, program=find_program(host, "node24", None))
        )[job]
        assert seen.steps
        yield from zip(left, seen.steps, strict=False)
        left = left[len(seen.steps) :]


def test_every_name_has_a_probe() -> None:
    named = {name for row in load_hollow() for name in row.names}
    assert named - AT_THE_END <= set(probes())


def test_the_probes_find_nothing_hollow_on_this_machine() -> None:
    found = {}
    for name in probes():
        try:
            done = subprocess.run([program(), name], capture_output=True, text=True, timeout=5, check=False)
            answer = done.stdout
        except subprocess.TimeoutExpired:
            answer = ""
        if not answer.startswith("1 "):
            found[name] = answer
    assert found == dict.fromkeys(NOT_BACK, "")


@pytest.mark.parametrize("version", [release.version for release in ENDS])
def test_what_is_hollow_in_the_releases(version: str) -> None:
    runtime = find_runtime(version)
    rows = {name: row for row in load_hollow() if row.holds_on(runtime.platform.name) for name in row.names}
    wrong = {}
    for name, step in try_all(probes(), runtime):
        row = rows.get(name)
        works, ends = step.text.startswith("1 "), step.kind == "dies"
        if works == (row is not None) or ends != (row is not None and row.how is How.ENDS):
            wrong[name] = step
    assert not wrong


def test_handlers_and_destructors_run_on_this_machine(tmp_path: Path) -> None:
    target = tmp_path / "ends"
    subprocess.run(["cc", str(FOLDER / "ends" / "ends.c"), "-o", str(target)], check=True, timeout=100)
    done = subprocess.run([target], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr.splitlines() == ["it is registered", "the handler runs", "the destructor runs"]


@pytest.mark.parametrize("version", [release.version for release in ENDS])
@pytest.mark.parametrize("code", ["import ends; ends.start()", "import ends; ends.start(); ends.end()"])
def test_nothing_runs_at_the_end_of_a_program(version: str, code: str) -> None:
    host = make_host()
    made = make_maker(host).make(load_case(FOLDER / "ends" / "case.toml")[0]) / "ends.so"
    folder = install_release(find_runtime(version).release, host)
    done = host.runner.run(
        [*find_node(host).words, FOLDER / "ends" / "ends.mjs", folder, made, code],
        environ=host.environ,
        timeout=300,
    )
    assert not done.returncode, done.stderr
    assert done.stdout.splitlines() == ["it is registered", *(["it ended"] if "end()" in code else [])]

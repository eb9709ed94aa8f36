"""Many files at once, on executors of the caller's."""

from __future__ import annotations

import pickle
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Any

import pytest
from assembling import assemble, make_wheel

from pyodide_abi.audit import many, pipeline
from pyodide_abi.cli.main import main
from pyodide_abi.errors import WasmError

if TYPE_CHECKING:
    from pathlib import Path

MODULE = "x.cpython-314-wasm32-emscripten.so"
NAMES = [f"x-{version}-cp314-cp314-pyemscripten_2026_0_wasm32.whl" for version in range(1, 6)]


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Five wheels, of which the second is no archive and the fourth has a fatal symbol."""
    made = [make_wheel(tmp_path, name, {MODULE: assemble("%dylink %init")}) for name in NAMES]
    made[1].write_bytes(b"not an archive")
    latent = '%dylink (import "env" "absent" (func)) %init'
    make_wheel(tmp_path, NAMES[3], {MODULE: assemble(latent)})
    return made


class Elsewhere(Executor):
    """Runs at once, with everything pickled on its way as another machine would have it."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        there, words = pickle.loads(pickle.dumps((fn, args)))  # noqa: S301 - our own
        future.set_result(pickle.loads(pickle.dumps(there(*words, **kwargs))))  # noqa: S301 - our own
        return future


class Dying(Executor):
    """Loses its worker over the third file."""

    def __init__(self) -> None:
        self.number = 0

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.number += 1
        future: Future[Any] = Future()
        if self.number == 3:
            future.set_exception(BrokenProcessPool("a worker ended"))
        else:
            future.set_result(fn(*args, **kwargs))
        return future


def endings(files: list[Path], executor: Executor | None) -> list[str]:
    audited = list(many.audit_files(files, executor=executor))
    assert [done.file for done in audited] == files
    assert all((done.report is None) is not (done.error is None) for done in audited)
    return ["error" if done.report is None else str(done.report.failed) for done in audited]


@pytest.mark.parametrize("make", [lambda: None, lambda: ThreadPoolExecutor(3), Elsewhere])
def test_any_executor_gives_the_same_in_the_same_order(files: list[Path], make: Any) -> None:
    assert endings(files, make()) == ["False", "error", "False", "True", "False"]


def test_a_lost_worker_hides_no_other_file(files: list[Path]) -> None:
    assert endings(files, Dying()) == ["False", "error", "error", "True", "False"]


def test_a_fault_of_ours_hides_no_other_file(files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    real = pipeline.open_subject

    def faulty(file: Path, **kwargs: Any) -> Any:
        if file == files[2]:
            raise KeyError("oops")
        return real(file, **kwargs)

    monkeypatch.setattr(many, "open_subject", faulty)
    audited = list(many.audit_files(files))
    assert "KeyError: 'oops'" in str(audited[2].error)
    assert audited[3].report is not None
    assert main(["audit", "-q", *map(str, files)], {}, files[0].parent) == 2


def test_errors_survive_the_way() -> None:
    error = pickle.loads(pickle.dumps(WasmError("broken", offset=7, hint="mend it")))  # noqa: S301 - our own
    assert (str(error), error.offset, error.hint) == ("broken (at offset 0x7)", 7, "mend it")


@pytest.mark.usefixtures("files")
def test_files_of_one_name_are_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / NAMES[1]).write_bytes(b"nor this")
    assert main(["audit", "-q", NAMES[1], f"other/{NAMES[1]}"], {}, tmp_path) == 2
    assert capsys.readouterr().err.count("error: ") == 2


@pytest.mark.parametrize("jobs", ["0", "-1", "many"])
def test_jobs_are_a_number(jobs: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["audit", "-q", "x.whl", f"--jobs={jobs}"], {}, tmp_path)
    assert "is not a whole number from 1" in capsys.readouterr().err

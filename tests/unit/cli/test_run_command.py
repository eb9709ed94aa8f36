from __future__ import annotations

import argparse
import io
from typing import TYPE_CHECKING, Any

import pytest
from fake_node import BOOTED, make_node_host
from made_wheels import make_wheel

from pyodide_abi.cli import run
from pyodide_abi.cli.session import Session
from pyodide_abi.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

NEWEST = "314.0.7"


class Called:
    """Runs the command with a driver that remembers the request and says how it ended."""

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("pyodide_abi.runtime.node._package_folder", lambda: None)
        self.root = tmp_path
        self.cwd = tmp_path / "work"
        self.cwd.mkdir()
        self.request: dict[str, Any] = {}
        self.site: list[str] = []
        self.says: list[Any] = [{"kind": "exited", "status": 0}]

    def driver(self, request: dict[str, Any]) -> list[Any]:
        from pathlib import Path

        self.request = request
        self.site = sorted(path.name for path in Path(request["site"]).iterdir())
        return [BOOTED, *self.says]

    def __call__(self, *words: str, releases: tuple[str, ...] = (NEWEST,), **environ: str) -> int:
        parser = argparse.ArgumentParser()
        run.configure(parser)
        parser.add_argument("--traceback", action="store_true")
        args = parser.parse_args(words)
        host = make_node_host(self.root, self.driver, releases, environ=environ)
        return run.run(
            args, Session(open_host=lambda: host, environ=host.environ, cwd=self.cwd, out=io.StringIO())
        )

    @property
    def release(self) -> str:
        return str(self.request["release"]).rpartition("/")[2]


@pytest.fixture
def called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Called:
    return Called(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("words", "args"),
    [
        (["--", "-c", "code", "--", "-x", "--offline"], ["-c", "code", "--", "-x", "--offline"]),
        (["-c", "code", "--", "-x", "--offline"], ["-c", "code", "--", "-x", "--offline"]),
        (["--timeout", "9", "-m", "pytest", "-q"], ["-m", "pytest", "-q"]),
        (["--", "-m", "pytest", "-q"], ["-m", "pytest", "-q"]),
        (["script.py", "--runtime", "1"], ["script.py", "--runtime", "1"]),
        (["script.py", "--", "x"], ["script.py", "--", "x"]),
        (["--", "-"], ["-"]),
        ([], []),
    ],
)
def test_what_follows_is_python_s(called: Called, words: list[str], args: list[str]) -> None:
    assert called(*words) == 0
    assert called.request["program"] == args


def test_the_working_folder_is_mounted_at_its_own_path(called: Called) -> None:
    called("--", "-V")
    place = str(called.cwd.resolve())
    assert called.request["cwd"] == place
    assert called.request["mounts"] == [{"host": place, "guest": place}]


def test_more_folders(called: Called) -> None:
    (called.root / "more").mkdir()
    called("--mount", "../more", "--", "-V")
    assert str((called.root / "more").resolve()) in [mount["guest"] for mount in called.request["mounts"]]


def test_variables(called: Called) -> None:
    called(
        "--env", "A=1=2", "--env", "B", "--env", "PYTHONPATH=/x", "--", "-V",
        B="b", C="c", PYTHONHASHSEED="0", PYTHONPATH="/host",
    )  # fmt: skip
    assert called.request["environ"] == {"A": "1=2", "B": "b", "PYTHONHASHSEED": "0", "PYTHONPATH": "/x"}


def test_the_newest_release_of_the_default_platform(called: Called) -> None:
    called("--", "-V")
    assert called.release == NEWEST


@pytest.mark.parametrize("words", [["--runtime", "0.28.0"], ["--platform", "2024_0"]])
def test_a_named_release_or_platform(called: Called, words: list[str]) -> None:
    called(*words, "--", "-V", releases=("0.28.0", "0.27.8"))
    assert called.release in {"0.28.0", "0.27.8"}
    assert (called.release == "0.28.0") == (words[0] == "--runtime")


def test_a_release_of_the_wheel_s_platform(called: Called) -> None:
    make_wheel(called.cwd, "a-1-cp313-cp313-pyodide_2025_0_wasm32.whl", {"a.py": ""})
    called("a-1-cp313-cp313-pyodide_2025_0_wasm32.whl", "--", "-c", "import a", releases=("0.29.5",))
    assert called.release == "0.29.5"
    assert called.site == ["a-1.dist-info", "a.py"]
    assert called.request["program"] == ["-c", "import a"]


def test_wheels_by_option_and_what_they_need(called: Called) -> None:
    make_wheel(called.cwd, "a-1-py3-none-any.whl", {"a.py": ""}, requires=["b"])
    make_wheel(called.cwd / "links", "b-1-py3-none-any.whl", {"b.py": ""})
    called("-w", "a-1-py3-none-any.whl", "-f", "links", "--", "-V")
    assert called.site == ["a-1.dist-info", "a.py", "b-1.dist-info", "b.py"]
    called("-w", "a-1-py3-none-any.whl", "--no-deps", "--", "-V")
    assert called.site == ["a-1.dist-info", "a.py"]


def test_an_option_behind_a_wheel_is_not_guessed_at(called: Called) -> None:
    with pytest.raises(UsageError, match="what comes after the wheel a-1"):
        called("a-1-py3-none-any.whl", "--runtime", "0.28.0", "--", "-V")
    with pytest.raises(UsageError, match="what comes after the wheel a-1"):
        called("a-1-py3-none-any.whl")


def test_the_exit_status_is_the_program_s(called: Called) -> None:
    called.says = [{"kind": "exited", "status": 42}, 42]
    assert called("--", "-c", "...") == 42


def test_a_dead_interpreter_is_told_from_a_failed_program(
    called: Called, capsys: pytest.CaptureFixture[str]
) -> None:
    called.says = [{"kind": "died", "text": "RuntimeError: unreachable"}, 134]
    assert called("--", "-c", "...") == 134
    assert (
        f"the interpreter of the runtime {NEWEST} died: RuntimeError: unreachable" in capsys.readouterr().err
    )


def test_a_signal_is_told_as_a_shell_tells_it(called: Called, capsys: pytest.CaptureFixture[str]) -> None:
    called.says = [-9]
    assert called("--", "-c", "...") == 137
    assert "node 24.1.0 ended by signal 9" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("-w", "dist/*.whl", "-c", "1"), ("none-1-py3-none-any.whl", "-c", "1")])
def test_a_wheel_that_is_not_there_is_what_is_wrong(called: Called, words: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="there is no file"):
        called(*words)

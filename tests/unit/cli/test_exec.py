"""``pyodide-abi exec``: what it runs, and what it makes of the end."""

from __future__ import annotations

import argparse
import io
from typing import TYPE_CHECKING, Any

import pytest
from toolchain_fakes import make_host, write_program

from pyodide_abi.build import persistent
from pyodide_abi.build.persistent import PersistentEnvironment
from pyodide_abi.cli import exec as exec_command
from pyodide_abi.cli import target as target_module
from pyodide_abi.cli.session import Session
from pyodide_abi.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What an environment was asked for; it is there at once."""
    calls: list[dict[str, Any]] = []
    remarks = tmp_path / "remarks"
    remarks.write_text("dropped of old\n")

    def stand(target: str, _host: object, **options: Any) -> PersistentEnvironment:
        calls.append({"target": target, **options})
        return PersistentEnvironment(folder=tmp_path, own={"CC": "/d/cc"}, path="", remarks=remarks)

    monkeypatch.setattr(persistent, "persistent_environment", stand)
    monkeypatch.setattr(target_module, "find_target", lambda platform, *_args: platform.name)
    return calls


def run(folder: Path, *argv: str, status: int = 0) -> tuple[int, list[str], list[tuple[str, ...]]]:
    def answer(_words: tuple[str, ...]) -> tuple[int, str]:
        with (folder / "remarks").open("a") as file:
            file.write("dropped -march=native\ndropped -march=native\n")
        return status, ""

    write_program(folder / "bin" / "make")
    host, runner, diary = make_host(folder, answer)
    parser = argparse.ArgumentParser()
    exec_command.configure(parser)
    session = Session(open_host=lambda: host, environ=host.environ, cwd=folder, out=io.StringIO())
    ended = exec_command.run(parser.parse_args(argv), session)
    return ended, diary.said, runner.commands


def test_the_command_runs_and_its_status_is_passed_on(tmp_path: Path, asked: list[dict[str, Any]]) -> None:
    ended, said, commands = run(
        tmp_path, "--platform", "2025_0", "--with", "cmake", "--", "make", "-n", status=7
    )
    assert (ended, commands) == (7, [("make", "-n")])
    assert (asked[0]["target"], asked[0]["requirements"]) == ("2025_0", ["cmake"])
    # What this command had dropped, once; not what earlier ones had.
    assert said == ["note: dropped -march=native"]


@pytest.mark.usefixtures("asked")
def test_a_signal_becomes_a_status_as_in_a_shell(tmp_path: Path) -> None:
    assert run(tmp_path, "--", "make", status=-15)[0] == 143


@pytest.mark.usefixtures("asked")
def test_what_is_missing_is_said_with_what_helps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "--", "meson", "setup", "b")[0] == 127
    assert "\n  pyodide-abi exec --with meson -- meson …\n" in capsys.readouterr().err
    with pytest.raises(UsageError, match="no command"):
        run(tmp_path, "--")

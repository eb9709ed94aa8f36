"""``pyodide-abi runtime`` without a runtime: what is kept, and what the other commands make of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from assembling import assemble, make_wheel
from json_schema import check
from learning import ADDED, VERSION, make_entry

from pyodide_abi.cli.main import main
from pyodide_abi.host import data_folder
from pyodide_abi.platforms.known import use_learned

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MODULE = "x.cpython-314-wasm32-emscripten.so"
WHEEL = "x-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl"


@pytest.fixture(autouse=True)
def _nothing_is_learned_afterwards() -> Iterator[None]:
    yield
    use_learned(None)


def environ(folder: Path) -> dict[str, str]:
    return {"PYODIDE_ABI_DATA_DIR": str(folder / "data"), "PYODIDE_ABI_CACHE_DIR": str(folder / "cache")}


def test_every_command_knows_what_was_learned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_wheel(
        tmp_path, WHEEL, {MODULE: assemble(f'%dylink (import "env" "{ADDED}" (func (result i32))) %init')}
    )
    make_entry(tmp_path / "data", caveats=("its loader is new",))
    assert main(["audit", WHEEL, "--format", "json"], environ(tmp_path), tmp_path) == 0
    (result,) = json.loads(capsys.readouterr().out)["results"]
    check(result, "audit", "result")
    assert result["caveats"] == {VERSION: ["its loader is new"]}
    loads = result["modules"][0]["loads"]
    assert (loads[VERSION]["latent"], loads["314.0.7"]["latent"]) == ([], [ADDED])
    assert main(["audit", WHEEL], environ(tmp_path), tmp_path) == 0
    assert f"  caveat, {VERSION}: its loader is new\n" in capsys.readouterr().out
    assert main(["diff", "314.0.7", VERSION], environ(tmp_path), tmp_path) == 1
    out = capsys.readouterr().out
    assert ADDED in out
    assert "PyLong_FromLong" in out
    assert main(["platforms", VERSION], environ(tmp_path), tmp_path) == 0
    assert "its loader is new" in capsys.readouterr().out


def test_many_workers_know_it_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_entry(tmp_path / "data")
    for name in ("x", "y"):
        make_wheel(tmp_path, WHEEL.replace("x", name, 1), {MODULE: assemble("%dylink %init")})
    words = ["audit", *(path.name for path in tmp_path.glob("*.whl")), "--jobs", "2", "--format", "json"]
    assert main(words, environ(tmp_path), tmp_path) == 0
    results = json.loads(capsys.readouterr().out)["results"]
    assert [VERSION in one["modules"][0]["loads"] for one in results] == [True, True]


def test_a_setting_names_the_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_entry(tmp_path / "kept")
    (tmp_path / "pyproject.toml").write_text('[tool.pyodide-abi]\ndata-dir = "kept"\n', "utf-8")
    (tmp_path / "sub").mkdir()
    assert main(["runtime", "list", "--format", "json"], {}, tmp_path / "sub") == 0
    data = json.loads(capsys.readouterr().out)
    check(data, "runtime")
    assert [one["release"] for one in data["results"]] == [VERSION]
    assert data["results"][0]["used"]


def test_what_the_package_knows_by_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_entry(tmp_path / "data", "314.0.2")
    assert main(["runtime", "list"], environ(tmp_path), tmp_path) == 0
    assert "not used: this version of pyodide-abi knows the release by itself" in capsys.readouterr().out


def test_forgetting(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_entry(tmp_path / "data")
    cached = tmp_path / "cache" / "runtimes" / VERSION
    cached.mkdir(parents=True)
    assert main(["runtime", "forget", VERSION], environ(tmp_path), tmp_path) == 0
    assert not cached.exists()
    assert main(["runtime", "list"], environ(tmp_path), tmp_path) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert "no release was learned" in said.err
    assert main(["runtime", "forget", VERSION], environ(tmp_path), tmp_path) == 2
    assert "learned: none" in capsys.readouterr().err


def test_a_damaged_entry_can_be_forgotten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (make_entry(tmp_path / "data") / "release.json").write_text("{", "utf-8")
    assert main(["platforms"], environ(tmp_path), tmp_path) == 2
    assert f"runtime forget {VERSION}" in capsys.readouterr().err
    assert main(["runtime", "forget", VERSION], environ(tmp_path), tmp_path) == 0
    assert main(["platforms"], environ(tmp_path), tmp_path) == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["learn"], "'runtime learn' needs a RELEASE"),
        (["forget"], "'runtime forget' needs a RELEASE"),
        (["list", "x"], "'runtime list' takes no RELEASE"),
        (["list", "--name", "x"], "'runtime list' takes no --name"),
        (["forget", "../x"], "no release '../x' was learned"),
        (["learn", "absent"], "'absent' is no version of npm, no folder, no file and no address"),
        (["learn", "314.0.8", "--name", "x"], "a release of npm has its own name"),
        (["learn", "."], "holds no runtime"),
        (["learn", "file"], "cannot be read as an archive"),
        (["learn", "ftp://example.org/x"], "ftp"),
    ],
)
def test_what_cannot_be_done(
    words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_bytes(b"nothing")
    assert main(["runtime", *words], environ(tmp_path), tmp_path) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "data").exists()


def test_offline_learns_no_release_of_npm(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runtime", "learn", "314.0.8", "--offline"], environ(tmp_path), tmp_path) == 3
    assert "the network is off limits" in capsys.readouterr().err


def test_an_unknown_release_says_how_to_learn_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--runtime", "314.0.99", "-c", "1"], environ(tmp_path), tmp_path) == 2
    said = capsys.readouterr().err
    assert "'pyodide-abi runtime learn 314.0.99'" in said


def test_without_a_home(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runtime", "learn", "314.0.8"], {}, tmp_path) == 3
    assert "--data-dir" in capsys.readouterr().err


def test_the_folder_is_that_of_platformdirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from platformdirs import user_data_path

    for given in ({"HOME": str(tmp_path)}, {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "x")}):
        for name in ("HOME", "XDG_DATA_HOME"):
            monkeypatch.delenv(name, raising=False)
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        assert data_folder(given) == user_data_path("pyodide-abi", appauthor=False)

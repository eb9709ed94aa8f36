from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from fake_host import FakeRunner, completed, make_host

from pyodide_abi.errors import MissingError
from pyodide_abi.platforms import find_runtime
from pyodide_abi.runtime.as_installed import verify_as_installed
from pyodide_abi.runtime.node import Node
from pyodide_abi.runtime.pip import pip_install

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.process import Completed
    from pyodide_abi.runtime.replies import Installed

SERVER = "http://127.0.0.1:1"


def install(tmp_path: Path, runner: FakeRunner, release: str = "0.29.5") -> Installed:
    runtime, host = find_runtime(release), make_host(tmp_path, runner)
    return pip_install("own==1", tmp_path / "site", runtime=runtime, server=SERVER, host=host)


def test_what_pip_is_told(tmp_path: Path) -> None:
    site = tmp_path / "site"

    def answer(words: tuple[str, ...], _cwd: Path | None) -> Completed:
        for name in ("own.py", "bin/own", "own-1.dist-info/METADATA"):
            (site / name).parent.mkdir(parents=True, exist_ok=True)
            (site / name).write_text("Metadata-Version: 2.1\nName: own\nVersion: 1\n", "utf-8")
        return completed(words)

    runner = FakeRunner(answer)
    found = install(tmp_path, runner)
    assert (found.error, dict(found.distributions), found.files) == ("", {"own": "1"}, frozenset({"own.py"}))
    words = runner.asked[0]
    assert json.loads(words[3])["sys_platform"] == "emscripten"
    for word in (
        "--isolated",
        "--only-binary=:all:",
        "--abi=cp313",
        "--abi=abi3",
        "--platform=pyodide_2025_0_wasm32",
    ):
        assert word in words
    assert words[-1] == "own==1"
    assert words[words.index("--extra-index-url") + 1] == f"{SERVER}/locked/0.29.5/simple/"
    assert runner.environs[0]["NO_PROXY"] == "127.0.0.1"


def test_names_that_no_release_takes_and_alphas(tmp_path: Path) -> None:
    runner = FakeRunner(lambda words, _cwd: completed(words))
    install(tmp_path, runner, "314.0.7")
    assert "--platform=pyemscripten_2026_0_wasm32" in runner.asked[0]
    assert "--platform=pyodide_314_0_wasm32" not in runner.asked[0]
    install(tmp_path, runner, "315.0.0-alpha.2")
    words = runner.asked[1]
    assert words[words.index("--python-version") + 1] == "3.15.0", "pip takes no alphas"


def test_its_errors(tmp_path: Path) -> None:
    text = "WARNING: x\nERROR: No matching distribution found for dep\n"
    runner = FakeRunner(lambda words, _cwd: completed(words, status=1, stderr=text))
    assert install(tmp_path, runner).error == "No matching distribution found for dep"


def test_an_environment_without_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(MissingError, match="there is no pip in"):
        install(tmp_path, FakeRunner(lambda words, _cwd: completed(words)))


def test_a_lack_of_pip_is_told_before_anything_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    runner = FakeRunner(lambda words, _cwd: completed(words))
    node = Node(path=tmp_path / "node", version="24.19.0")
    with pytest.raises(MissingError, match="there is no pip in"):
        verify_as_installed(
            tmp_path / "x.whl", [find_runtime("0.29.5")], make_host(tmp_path, runner), node=node
        )
    assert not runner.asked

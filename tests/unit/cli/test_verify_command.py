from __future__ import annotations

import argparse
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from assembling import assemble
from fake_node import BOOTED, DONE, entered, imported, left, make_node_host, prepared
from json_schema import check
from made_wheels import make_wheel

from pyodide_abi.cli import options, verify, verify_engines
from pyodide_abi.cli.session import Session
from pyodide_abi.errors import UsageError
from pyodide_abi.platforms import load_platform
from pyodide_abi.platforms.engine_documents import engine_names
from pyodide_abi.runtime import find_engine
from pyodide_abi.runtime.account import Outcome
from pyodide_abi.runtime.as_installed import AsInstalled, Installation, Tried, Way

if TYPE_CHECKING:
    from pathlib import Path

ALL = [release.version for release in load_platform("314_0").releases]
SUFFIX = ".cpython-314-wasm32-emscripten.so"
LOADER = "could not load dynamic lib: old\nLinkError: no such thing"
NAME = "pkg-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl"


def driver(request: dict[str, Any]) -> list[Any]:
    """`good` loads everywhere, `old` fails in the first release, `dep` loads though its package does not."""
    name = request["probe"]["module"].rpartition(".")[2]
    place = f"/site/{request['probe']['path']}"
    begun = [BOOTED, prepared(place)]
    done = [*begun, entered(place), left(place), entered(place), left(place), imported(place), DONE]
    if name == "old" and request["release"].endswith("314.0.0"):
        error = left(place, "ImportError", LOADER, own=True)
        return [*begun, entered(place), error, imported(place, "x"), DONE]
    if name == "dep" and not request["probe"]["direct"]:
        return [*begun, imported(place, "ModuleNotFoundError: No module named 'numpy'", "numpy"), DONE]
    return done


def call(tmp_path: Path, *words: str) -> tuple[int, str]:
    parser = argparse.ArgumentParser()
    verify.configure(parser)
    out = io.StringIO()
    host = make_node_host(tmp_path, driver, [*ALL, "0.29.4"])
    status = verify.run(
        parser.parse_args(words), Session(open_host=lambda: host, environ=host.environ, cwd=tmp_path, out=out)
    )
    return status, out.getvalue()


def wheel(tmp_path: Path, *modules: str) -> str:
    make_wheel(tmp_path, NAME, {f"pkg/{name}{SUFFIX}": b"\0asm" for name in modules})
    return NAME


def test_all_loaded(tmp_path: Path) -> None:
    status, text = call(tmp_path, wheel(tmp_path, "good"))
    assert status == 0
    header, row = [line.split() for line in text.splitlines()[1:3]]
    assert header == ["module", *ALL]
    assert row == ["pkg.good", *["loaded"] * len(ALL)]
    assert f"{len(ALL)} of {len(ALL)} loaded (node 24." in text


def test_one_that_fails_somewhere(tmp_path: Path) -> None:
    status, text = call(tmp_path, wheel(tmp_path, "good", "old"))
    assert status == 1
    assert (
        "pkg.old: refused  [314.0.0]\n    could not load dynamic lib: old\n    LinkError: no such thing"
        in text
    )
    assert "15 of 16 loaded" in text
    assert "as the audit predicts: 1 of 16" in text, (
        "the files are no modules, which the fake loader does not say"
    )
    assert "pkg.good in 314.0.0, node24: predicted was: " in text


def test_a_package_s_own_trouble_is_shown_beside(tmp_path: Path) -> None:
    status, text = call(tmp_path, wheel(tmp_path, "dep"), "--runtime", "314.0.0", "--runtime", "0.29.4")
    assert status == 0
    assert "pkg.dep: loaded by its path; a plain import ends so  [314.0.0, 0.29.4]" in text
    assert "    ModuleNotFoundError: No module named 'numpy'" in text


def test_for_programs(tmp_path: Path) -> None:
    status, text = call(tmp_path, wheel(tmp_path, "old", "dep"), "--format", "json", "--runtime", "314.0.0")
    check(json.loads(text), "verify")
    (found,) = json.loads(text)["results"]
    assert status == 1
    assert found["wheel"] == NAME
    assert found["releases"] == ["314.0.0"]
    assert found["ok"] is False
    assert {entry["module"]: entry["loads"]["314.0.0"] for entry in found["modules"]} == {
        "pkg.old": {
            "outcome": "refused",
            "message": LOADER,
            "package": None,
            "predicted": "fails",
        },
        "pkg.dep": {
            "outcome": "loaded",
            "message": None,
            "package": "ModuleNotFoundError: No module named 'numpy'",
            "predicted": "fails",
        },
    }


def test_a_pure_wheel_has_nothing_to_load(tmp_path: Path) -> None:
    make_wheel(tmp_path, "pkg-1-py3-none-any.whl", {"pkg.py": ""})
    status, text = call(tmp_path, "pkg-1-py3-none-any.whl")
    assert (status, "no native files: nothing was tried" in text) == (0, True)


def test_a_wheel_of_no_platform_needs_a_runtime(tmp_path: Path) -> None:
    make_wheel(tmp_path, "pkg-1-cp314-cp314-manylinux_2_17_x86_64.whl", {"pkg/good.so": b"\x7fELF"})
    status, text = call(tmp_path, "pkg-1-cp314-cp314-manylinux_2_17_x86_64.whl", "--format", "json")
    assert status == 2
    (found,) = json.loads(text)["results"]
    assert "(manylinux_2_17_x86_64) names none of our platforms" in found["unreadable"]
    status, _ = call(tmp_path, "pkg-1-cp314-cp314-manylinux_2_17_x86_64.whl", "--runtime", "314.0.0")
    assert status == 0


@pytest.mark.parametrize("text", ["0", "-1", "many", "9" * 5000, "²", "٣"])
def test_jobs_are_counted(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="not a whole number from 1"):
        options.positive(text)


def test_a_folder_of_wheels_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no folder"):
        options.folders_of(["none"], tmp_path)
    assert options.folders_of(["."], tmp_path) == [tmp_path]


def installed(way: Way, outcome: Outcome = Outcome.LOADED) -> Installation:
    tried = (Tried(module="pkg.good", outcome=outcome, message="" if outcome is Outcome.LOADED else "why"),)
    return Installation(
        way=way, release="314.0.7", error="", distributions=(), files=frozenset(), modules=tried
    )


class AsInstalledCalls:
    """Stands in for the installations; remembers how it was asked."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = outcomes
        self.asked: dict[str, Any] = {}

    def __call__(self, file: Path, releases: Any, host: Any, **more: Any) -> AsInstalled:
        del host
        self.asked = {"releases": [release.version for release in releases], **more}
        ways = list(zip(Way, self.outcomes, strict=False))
        return AsInstalled(
            wheel=file,
            engines=tuple((way, "node 24") for way, _ in ways),
            installations=tuple(installed(way, outcome) for way, outcome in ways),
            stand_ins=(),
        )


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [((Outcome.LOADED, Outcome.LOADED), 0), ((Outcome.LOADED, Outcome.RAISED), 1)],
)
def test_as_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outcomes: tuple[Outcome, ...], status: int
) -> None:
    monkeypatch.setattr("pyodide_abi.runtime.node._package_folder", lambda: None)
    calls = AsInstalledCalls(*outcomes)
    monkeypatch.setattr("pyodide_abi.runtime.as_installed.verify_as_installed", calls)
    name = wheel(tmp_path, "good")
    words = ("--as-installed", "--browser", "none", "-f", ".", "--index-url", "https://i")
    done, text = call(tmp_path, name, *words)
    assert done == status
    assert calls.asked["releases"] == ["314.0.7"], "the newest of its platform"
    assert calls.asked["folders"] == [tmp_path / "."]
    assert calls.asked["index"] == "https://i"
    assert calls.asked["browser"] is None
    assert ("the ways differ" in text) == bool(status)
    done, text = call(tmp_path, name, *words, "--runtime", "314.0.0", "--format", "json")
    assert calls.asked["releases"] == ["314.0.0"]
    check(json.loads(text), "verify")
    assert json.loads(text)["results"][0]["ok"] is (status == 0)


def test_a_pure_wheel_is_installed_in_the_default_platform_s_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = AsInstalledCalls(Outcome.LOADED)
    monkeypatch.setattr("pyodide_abi.runtime.node._package_folder", lambda: None)
    monkeypatch.setattr("pyodide_abi.runtime.as_installed.verify_as_installed", calls)
    make_wheel(tmp_path, "pkg-1-py3-none-any.whl", {"pkg.py": ""})
    call(tmp_path, "pkg-1-py3-none-any.whl", "--as-installed")
    assert calls.asked["releases"] == ["314.0.7"]


def test_what_lacks_a_function_loads_and_the_call_is_told(tmp_path: Path) -> None:
    module = assemble('%dylink (import "env" "nobody" (func)) %init')
    make_wheel(tmp_path, NAME, {f"pkg/good{SUFFIX}": module})
    status, text = call(tmp_path, NAME)
    assert status == 0
    assert "loading calls nothing, and calls can fail: ABI201" in text
    assert "`nobody`" in text


@pytest.mark.parametrize(
    ("words", "chosen"),
    [
        (["--engine", "node24,deno"], ("node24", "deno")),
        (["--engine", "deno, node24", "--engine", "deno"], ("deno", "node24")),
        (["--engine", "bun,all"], engine_names()),
    ],
)
def test_engines_are_named_with_commas_or_one_by_one(
    words: list[str], chosen: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(find_engine, "choose_engines", lambda names, *_, **__: asked.append(tuple(names)))
    parser = argparse.ArgumentParser()
    verify.configure(parser)
    host = make_node_host(tmp_path, driver, ALL)
    session = Session(open_host=lambda: host, environ={}, cwd=tmp_path, out=io.StringIO())
    verify_engines.engines_of(parser.parse_args([NAME, *words]), session)
    assert asked == [tuple(chosen)]


@pytest.mark.parametrize("words", ["node24,chrome", "", ","])
def test_each_engine_has_to_be_known(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    verify.configure(parser)
    with pytest.raises(SystemExit):
        parser.parse_args([NAME, "--engine", words])
    assert "invalid choice" in capsys.readouterr().err


def test_no_line_of_the_table_ends_in_blanks(tmp_path: Path) -> None:
    make_wheel(tmp_path, NAME, {f"pkg/{name}{SUFFIX}": assemble("%dylink %init") for name in ("good", "old")})
    _, said = call(tmp_path, NAME)
    assert "314.0.0" in said
    assert [line for line in said.splitlines() if line != line.rstrip()] == []

"""``pyodide abi …``: the entry point by which ``pyodide-cli`` finds our commands."""

from __future__ import annotations

import importlib
import sys
import tomllib
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

import pyodide_abi

ROOT = Path(__file__).parents[3]


@pytest.fixture
def entry_point(monkeypatch: pytest.MonkeyPatch) -> object:
    """What the entry point names, as ``pyodide-cli`` loads it, which brings typer."""
    typer = ModuleType("typer")
    typer.Context = SimpleNamespace  # type: ignore[attr-defined] # all that we use of it
    monkeypatch.setitem(sys.modules, "typer", typer)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    module, _, name = project["entry-points"]["pyodide.cli"]["abi"].partition(":")
    monkeypatch.delitem(sys.modules, module, raising=False)
    return getattr(importlib.import_module(module), name)


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["--version"], 0, pyodide_abi.__version__),
        (["explain", "ABI402"], 0, "ABI402"),
        (["adit"], 2, "did you mean 'audit'?"),
    ],
)
def test_the_words_are_ours(
    entry_point: object, words: list[str], status: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        entry_point(SimpleNamespace(args=words))  # type: ignore[operator]
    assert left.value.code == status
    out, err = capsys.readouterr()
    assert says in out + err


def test_options_and_help_pass_through(entry_point: object) -> None:
    settings = entry_point.typer_kwargs  # type: ignore[attr-defined]
    assert settings["context_settings"] == {"ignore_unknown_options": True, "allow_extra_args": True}
    assert settings["add_help_option"] is False

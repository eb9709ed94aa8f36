"""Rules are chosen on the command line, in the environment and in ``pyproject.toml``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from assembling import assemble, make_wheel

from pyodide_abi.audit.rules import RULES
from pyodide_abi.audit.run_rules import choose
from pyodide_abi.cli.main import main
from pyodide_abi.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

#: With an error, ABI201, and a note, ABI402.
WHEEL = "x-1-cp314-cp314-pyodide_2026_0_wasm32.whl"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    text = '%dylink (import "env" "absent" (func)) %init'
    make_wheel(tmp_path, WHEEL, {"x.cpython-314-wasm32-emscripten.so": assemble(text)})
    return tmp_path


@pytest.fixture
def found(folder: Path, capsys: pytest.CaptureFixture[str]) -> Found:
    return Found(folder, capsys)


class Found:
    """The exit status of an audit, and the codes of its findings."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys

    def __call__(
        self, *arguments: str, settings: str = "", environ: dict[str, str] | None = None
    ) -> tuple[int, list[str]]:
        (self.folder / "pyproject.toml").write_text(settings, "utf-8")
        status = main(["audit", "--quiet", "--format", "json", WHEEL, *arguments], environ or {}, self.folder)
        return status, [
            finding["code"] for finding in json.loads(self.capsys.readouterr().out)["results"][0]["findings"]
        ]


def test_without_a_choice_all_rules_run(found: Found) -> None:
    assert found() == (1, ["ABI201", "ABI402"])


@pytest.mark.parametrize(
    "written",
    ['ignore = "ABI2, 41"', 'ignore = ["ABI2", "41"]', "ignore = [201]", 'ignore = ["undefined-symbol,41"]'],
)
@pytest.mark.parametrize("table", ["[tool.pyodide-abi]", "[tool.pyodide-abi.audit]"])
def test_a_project_ignores_rules(found: Found, table: str, written: str) -> None:
    assert found(settings=f"{table}\n{written}\n") == (0, ["ABI402"])


def test_a_project_selects_rules(found: Found) -> None:
    settings = '[tool.pyodide-abi.audit]\nselect = ["4"]\n'
    assert found(settings=settings) == (0, ["ABI402"])
    assert found("--select", "2", settings=settings) == (1, ["ABI201"])
    assert found("--ignore", "402", settings=settings) == (0, [])
    assert found(settings=settings, environ={"PYODIDE_ABI_SELECT": "2,4"}) == (1, ["ABI201", "ABI402"])


def test_an_array_of_something_else_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "pyproject.toml").write_text("[tool.pyodide-abi]\nignore = [true]\n", "utf-8")
    assert main(["audit", WHEEL], {}, folder) == 2
    assert "tool.pyodide-abi.ignore has to be text, not True" in capsys.readouterr().err


@pytest.mark.parametrize("selector", ["4", "4xx", "ABI4", "abi4", "ABI"])
def test_the_start_of_a_code_means_a_family(selector: str) -> None:
    family = {rule.code for rule in RULES if selector == "ABI" or rule.code.startswith("ABI4")}
    assert {rule.code for rule in choose(select=[selector])} == family


def test_a_longer_start_means_fewer() -> None:
    assert {rule.code for rule in choose(select=["41"])} == {
        rule.code for rule in RULES if rule.code.startswith("ABI41")
    }
    assert [rule.name for rule in choose(select=["402"])] == ["unaccepted-tag"]


@pytest.mark.parametrize(
    ("selector", "hint"),
    [
        ("ABI49", "ABI4"),
        ("unaccepted-tags", "did you mean 'unaccepted-tag'?"),
        ("A", "a code such as"),
        ("49", "a code such as"),
        ("", "a code such as"),
    ],
)
def test_what_means_no_rule_is_refused(selector: str, hint: str) -> None:
    with pytest.raises(UsageError, match="there is no rule") as caught:
        choose(ignore=[selector])
    assert hint in caught.value.hint

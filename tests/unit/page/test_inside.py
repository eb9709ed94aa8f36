"""What the page's worker calls, here in this interpreter."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from made_modules import side_module
from made_wheels import make_wheel

from pyodide_abi.audit.pipeline import audit_file
from pyodide_abi.cli.main import main
from pyodide_abi.page import inside
from pyodide_abi.report.view import view_of

if TYPE_CHECKING:
    from pathlib import Path

NAME = "demo-1.0-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
MODULE = "demo.cpython-314-wasm32-emscripten.so"
LACKS = """
(import "env" "nobody_has_it" (func $f (param i32)))
(func (export "PyInit_demo") (result i32) (call $f (i32.const 0)) (i32.const 0))
"""


def silent(_done: int, _total: int) -> None:
    pass


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    return make_wheel(tmp_path, NAME, {MODULE: side_module(LACKS)})


def check(path: Path, *beside: Path) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(inside.check(str(path), [str(each) for each in beside], silent))
    return answer


def test_it_finds_what_the_command_line_finds(wheel: Path) -> None:
    found = check(wheel)
    assert found == json.loads(json.dumps(view_of(audit_file(wheel))))
    assert found["failed"]
    assert any("nobody_has_it" in each["message"] for rule in found["rules"] for each in rule["findings"])


def test_cells_lead_to_what_becomes_of_a_module(wheel: Path) -> None:
    found = check(wheel)
    (row,) = found["matrix"]["modules"]
    fates = [found["matrix"]["fates"][number] for number in row["loads"]]
    assert len(fates) == len(found["releases"])
    assert {fate["outcome"] for fate in fates} == {"calls"}
    assert fates[0]["names"] == ["nobody_has_it"]


def test_two_wheels_are_compared(wheel: Path, tmp_path: Path) -> None:
    newer = make_wheel(tmp_path / "newer", NAME, {MODULE: side_module(LACKS.replace("PyInit_demo", "other"))})
    found = json.loads(inside.compare(str(wheel), str(newer)))
    assert found["breaks"]
    assert "    PyInit_demo  function ()->(i32)" in [line["text"] for line in found["lines"]]
    (result,) = json.loads(found["written"])["results"]
    assert [change["name"] for change in result["changed"]] == ["demo"]
    assert json.loads(inside.compare(str(wheel), str(wheel)))["breaks"] is False


def test_a_wheel_and_a_module_are_not_compared(wheel: Path, tmp_path: Path) -> None:
    (tmp_path / MODULE).write_bytes(side_module(LACKS))
    found = json.loads(inside.compare(str(wheel), str(tmp_path / MODULE)))
    assert "one is a wheel, the other a module" in found["error"]["message"]


def test_a_lock_file_is_checked_with_what_lies_beside_it(tmp_path: Path) -> None:
    lock = {
        "info": {
            "abi_version": "2025_0",
            "arch": "wasm32",
            "platform": "emscripten_4_0_9",
            "python": "3.13.2",
            "version": "0.29.5",
        },
        "packages": {
            "demo": {
                "name": "demo",
                "version": "1.0",
                "file_name": "demo.whl",
                "sha256": "0" * 64,
                "depends": ["absent"],
                "imports": [],
                "install_dir": "site",
                "package_type": "package",
            }
        },
    }
    (tmp_path / "pyodide-lock.json").write_text(json.dumps(lock))
    found = check(tmp_path / "pyodide-lock.json")
    assert found["failed"]
    assert found["matrix"]["modules"] == []
    assert found["rules"][0]["code"].startswith("ABI7")


def test_it_says_how_far_it_has_read(wheel: Path) -> None:
    told: list[tuple[int, int]] = []
    inside.check(str(wheel), [], lambda done, total: told.append((done, total)))
    size = len(side_module(LACKS))
    assert told[-1] == (size, size)


def test_another_engine_says_another_thing(tmp_path: Path) -> None:
    module = side_module('(import "env" "memory" (memory 1 2 shared)) (func (export "PyInit_demo"))')
    wheel = make_wheel(tmp_path, NAME, {MODULE: module})
    texts = {}
    for engine in ("node24", "firefox"):
        matrix = json.loads(inside.predict(str(wheel), [], engine))
        texts[engine] = [fate["text"] for fate in matrix["fates"]]
    assert texts["node24"] != texts["firefox"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("notes.txt", b"hello", "platform"),
        (NAME, b"no zip", "zip"),
        (NAME, b"", "zip"),
        ("demo-1.0.tar.gz", b"\x1f\x8b", "sdist"),
    ],
)
def test_what_is_no_wheel_is_refused_in_words(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    error = check(file)["error"]
    assert said in f"{error['message']} {error['hint']}"
    assert "Traceback" not in json.dumps(error)


def test_a_fault_of_ours_is_told_as_one(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("\x1b[31mfault\u202e")

    monkeypatch.setattr(inside, "audit", fail)
    error = check(wheel)["error"]
    assert error["message"] == "the audit did not end as it should: RuntimeError: \\x1b[31mfault\\u202e"
    assert "report" in error["hint"]


def test_names_of_strangers_arrive_as_escapes(tmp_path: Path) -> None:
    hostile = r"a\u{202e}\1b[2J"
    text = LACKS.replace("nobody_has_it", hostile)
    wheel = make_wheel(tmp_path, NAME, {MODULE: side_module(text)})
    said = json.dumps(check(wheel))
    assert "\\u202e" not in said.replace("\\\\", "\0")
    assert "\\\\u202e" in said


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_reports_are_those_of_the_command_line(wheel: Path, form: str, tmp_path: Path) -> None:
    place = tmp_path / "report"
    assert main(["audit", wheel.name, "--format", form, "--output", str(place)], {}, tmp_path) == 1
    assert json.loads(inside.written(str(wheel), [], form)) == json.loads(place.read_text("utf-8"))


def test_an_explanation() -> None:
    found = json.loads(inside.explain("bad export type for '_ZTVN4absl6StatusE': undefined"))
    assert found["causes"][0]["rules"]
    assert json.loads(inside.explain("hello"))["causes"] == []

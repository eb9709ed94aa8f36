"""The page in real browsers: a wheel is dropped, and its audit is there."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import pytest
from made_modules import side_module
from made_wheels import make_wheel
from page_visits import served, visit
from real_wheels import real_wheel

from pyodide_abi.audit.pipeline import audit_file

if TYPE_CHECKING:
    from pathlib import Path

    from page_visits import Step

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("browsers")]
BROWSERS = pytest.mark.parametrize("browser", ["chromium", "firefox"])

NAME = "demo-1.0-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
MODULE = "demo.cpython-314-wasm32-emscripten.so"
LACKS = """
(import "env" "nobody_has_it" (func $f (param i32)))
(func (export "PyInit_demo") (result i32) (call $f (i32.const 0)) (i32.const 0))
"""
ENGINES = 7
#: A lock file that names a package which is not there.
LOCK = {
    "info": {"abi_version": "314_0", "arch": "wasm32", "platform": "emscripten_5_0_3", "python": "3.14.2"},
    "packages": {
        "spam": {
            "name": "spam",
            "version": "1",
            "file_name": "https://spam.example/spam-1-py3-none-any.whl",
            "sha256": "0" * 64,
            "depends": ["absent"],
            "imports": [],
        }
    },
}
#: The visitor compares the first wheel with the second.
COMPARE = """
const choice = document.querySelector(".card:nth-child(2) .comparing select");
choice.value = "0";
choice.dispatchEvent(new Event("change"));
choice.options.length
"""


def dropped(*files: Path) -> Step:
    return {"step": "drop", "files": [{"name": file.name, "path": str(file)} for file in files]}


def until(selector: str, count: int = 1) -> Step:
    return {"step": "wait", "selector": selector, "count": count}


@BROWSERS
def test_a_wheel_is_dropped_and_the_command_line_agrees(browser: str, tmp_path: Path) -> None:
    good = real_wheel("msgpack", "pyemscripten_2026_0_wasm32", "3.14")
    bad = make_wheel(tmp_path, NAME, {MODULE: side_module(LACKS)})
    lock = tmp_path / "pyodide-lock.json"
    lock.write_text(json.dumps(LOCK))
    with served() as server:
        steps = [
            {"step": "open"},
            dropped(good, bad),
            until(".verdict", 2),
            until(f".card:first-child .engine:not(.unknown):nth-child({ENGINES + 1})"),
            {"step": "cards"},
            dropped(lock),
            until(".card:nth-child(3)"),
            until(".verdict", 3),
            {"step": "look", "code": COMPARE},
            until(".comparison .difference"),
            {"step": "cards"},
        ]
        *seen, _, _, _, _, _, (difference, locked, *_) = visit(browser, server.address, steps, tmp_path).seen
        cards = seen[-1]
        asked = set(server.asked)
    assert difference["name"] == f"{bad.name} → {good.name}"
    assert "msgpack._cmsgpack" in difference["text"]
    assert locked["verdict"] == "It names what cannot be installed"
    assert [rule.split(" ")[0] for rule in locked["rules"]] == ["ABI702", "ABI703"]
    fine, lacking = cards
    assert fine["verdict"] == "It loads in all 8 releases"
    assert fine["rules"] == []
    report = audit_file(bad)
    assert lacking["verdict"] == "It loads, with calls that end Python in all 8 releases"
    assert lacking["rules"] == list(dict.fromkeys(f"{one.code} {one.name}" for one in report.findings))
    assert lacking["cells"] == [
        f"{MODULE} in {release}: loads, with calls that end Python" for release in report.releases
    ]
    assert all(finding.fix in lacking["text"] for finding in report.findings)
    assert len(fine["engines"]) == ENGINES + 1
    # Nothing of the wheels was sent: whatever was asked for is a file of the page.
    assert asked <= {"/", *(f"/{name}" for name in server.files)}


@BROWSERS
def test_an_error_is_pasted(browser: str, tmp_path: Path) -> None:
    with served() as server:
        steps = [
            {"step": "open"},
            {
                "step": "paste",
                "selector": "#message",
                "text": "ImportError: bad export type for '_ZTVN4absl6StatusE': undefined",
            },
            {"step": "click", "selector": "#explain button"},
            until(".meaning"),
            {"step": "click", "selector": ".meaning a"},
            until("dialog[open] h3"),
            {"step": "look", "code": "document.querySelector('dialog h2').textContent"},
        ]
        *_, heading = visit(browser, server.address, steps, tmp_path).seen
    assert heading.startswith("ABI2")


@BROWSERS
def test_what_is_no_wheel_is_refused_in_words(browser: str, tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("hello", "utf-8")
    broken = tmp_path / NAME
    broken.write_bytes(b"PK\3\4 and no more")
    with served() as server:
        steps = [{"step": "open"}, dropped(text, broken), until(".verdict.bad", 2), {"step": "cards"}]
        *_, cards = visit(browser, server.address, steps, tmp_path).seen
    assert [card["verdict"] for card in cards] == ["This cannot be checked"] * 2
    assert "zip" in cards[1]["text"]


HOSTILE = "<img src=x onerror=document.title='taken'>"


@BROWSERS
def test_names_of_strangers_do_nothing(browser: str, tmp_path: Path) -> None:
    text = LACKS.replace("nobody_has_it", HOSTILE + r"\u{202e}\1b[2J")
    module = side_module(text)
    wheel = make_wheel(tmp_path, NAME, {MODULE: module, f"{HOSTILE}/x.so": module, "a\u202eb.so": module})
    named = tmp_path / f"{HOSTILE}{NAME}"
    named.write_bytes(b"")
    with served() as server:
        steps = [
            {"step": "open"},
            dropped(wheel, named),
            until(".verdict", 2),
            {"step": "click", "selector": ".matrix td button"},
            until(".detail p"),
            {"step": "cards"},
            {"step": "look", "code": "[document.title, document.querySelectorAll('img').length]"},
        ]
        *_, cards, (title, pictures) = visit(browser, server.address, steps, tmp_path).seen
    assert pictures == 0
    assert title == "Will this wheel load in Pyodide?"
    assert all(HOSTILE in card["text"] and "\u202e" not in card["text"] for card in cards)


@BROWSERS
def test_without_a_network_once_loaded(browser: str, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, NAME, {MODULE: side_module(LACKS)})
    with served() as server:
        steps = [
            {"step": "open"},
            {"step": "look", "code": "navigator.serviceWorker.ready.then(() => 'kept')"},
            {"step": "look", "code": "fetch('/unplug').then((answer) => answer.status)"},
            {"step": "open"},
            dropped(wheel),
            until(".verdict"),
            {"step": "cards"},
        ]
        seen = visit(browser, server.address, steps, tmp_path, sound=False)
    assert seen.fault is None, seen.last
    assert seen.seen[-1][0]["verdict"] == "It loads, with calls that end Python in all 8 releases"


@BROWSERS
def test_a_new_page_takes_the_place_of_the_one_that_was_kept(browser: str, tmp_path: Path) -> None:
    with served() as server:
        settings, index = server.files["page.json"], server.files["index.html"]
        assert isinstance(settings, bytes)
        assert isinstance(index, bytes)
        digest = json.loads(settings)["digest"]
        server.newer = {
            **server.files,
            "page.json": settings.replace(digest.encode(), b"another"),
            "index.html": index.replace(b"<title>", b"<title>New: "),
        }
        kept = """
            new Promise((resolve) => {
                const look = async () => {
                    const names = await caches.keys();
                    if (names.join() === "pyodide-abi-another") resolve(names);
                    else setTimeout(look, 200);
                };
                look();
            })
        """
        steps = [
            {"step": "open"},
            {"step": "look", "code": "navigator.serviceWorker.ready.then(() => 'kept')"},
            {"step": "open"},
            {"step": "look", "code": "fetch('/renew').then((answer) => answer.status)"},
            {"step": "open"},
            {"step": "look", "code": kept},
            {"step": "open"},
        ]
        seen = visit(browser, server.address, steps, tmp_path, sound=False)
    assert seen.fault is None
    assert seen.seen[2] == "Will this wheel load in Pyodide?"
    assert seen.seen[6] == "New: Will this wheel load in Pyodide?"


def large_module(size: int) -> bytes:
    """A module with a custom section of so many megabytes, which cannot be compressed."""
    content = b"\x05notes" + random.Random(1).randbytes(1_000_000) * size  # noqa: S311 - no secret
    length, number = b"", len(content)
    while True:
        number, low = number >> 7, number & 0x7F
        length += bytes([low | (0x80 if number else 0)])
        if not number:
            break
    return side_module(LACKS) + b"\0" + length + content


@BROWSERS
def test_a_wheel_of_150_megabytes(browser: str, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, NAME, {MODULE: large_module(150)})
    assert wheel.stat().st_size > 150_000_000
    with served() as server:
        steps: list[Step] = [
            {"step": "open"},
            {"step": "choose", "files": [str(wheel)]},
            # The page answers while Python reads.
            until("progress[value]"),
            {"step": "click", "selector": ".progress button", "text": "Cancel"},
            {"step": "click", "selector": ".progress button", "text": "again"},
            until(".verdict"),
            {"step": "cards"},
        ]
        *_, cards = visit(browser, server.address, steps, tmp_path).seen
    assert cards[0]["verdict"] == "It loads, with calls that end Python in all 8 releases"


@BROWSERS
def test_reports_are_downloaded(browser: str, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, NAME, {MODULE: side_module(LACKS)})
    # What a click would save is read instead where the page makes it.
    watch = """
        globalThis.saved = [];
        const make = URL.createObjectURL;
        URL.createObjectURL = (blob) => (saved.push(blob.text()), make.call(URL, blob));
    """
    both = """
        return new Promise((resolve) => {
            const wait = () => (saved.length < 2 ? setTimeout(wait, 100) : resolve(Promise.all(saved)));
            wait();
        });
    """
    with served() as server:
        steps = [
            {"step": "open"},
            dropped(wheel),
            until(".tools button"),
            {"step": "look", "code": f"(() => {{ {watch} }})()"},
            {"step": "click", "selector": ".tools button", "text": "JSON"},
            {"step": "click", "selector": ".tools button", "text": "SARIF"},
            {"step": "look", "code": f"(() => {{ {both} }})()"},
        ]
        *_, saved = visit(browser, server.address, steps, tmp_path).seen
    as_json, as_sarif = map(json.loads, saved)
    assert as_json["results"][0]["findings"]
    assert as_sarif["version"] == "2.1.0"

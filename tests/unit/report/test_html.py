"""Audits as one HTML file: complete, and deaf to what stands in a wheel."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from made_modules import side_module
from made_wheels import make_wheel

from pyodide_abi.audit.pipeline import audit_file
from pyodide_abi.cli.main import main
from pyodide_abi.report.html import VIEWS, audits_to_html, bundled
from pyodide_abi.report.view import view_of

if TYPE_CHECKING:
    from pathlib import Path

NAME = "demo-1.0-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
MODULE = "demo.cpython-314-wasm32-emscripten.so"
HOSTILE = "</script><script>alert(1)</script><!--<img src=x onerror=alert(1)>&#x3c;"


def lacking(symbol: str) -> bytes:
    escaped = "".join(f"\\{byte:02x}" for byte in symbol.encode())
    return side_module(
        f'(import "env" "{escaped}" (func $f (param i32)))'
        '(func (export "PyInit_demo") (result i32) (call $f (i32.const 0)) (i32.const 0))'
    )


class Elements(HTMLParser):
    """The elements of a page, with their attributes and texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self.texts.append("")
        self.open = True

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts[-1] += data

    def handle_endtag(self, tag: str) -> None:
        del tag
        self.open = False

    def text_of(self, tag: str, **attributes: str) -> str:
        (text,) = [
            text
            for (name, found), text in zip(self.found, self.texts, strict=True)
            if name == tag and attributes.items() <= found.items()
        ]
        return text


def test_it_has_everything_and_asks_nobody(tmp_path: Path) -> None:
    report = audit_file(make_wheel(tmp_path, NAME, {MODULE: lacking("nobody_has_it")}))
    text = audits_to_html([report], {"broken.whl": "not a zip archive"})
    page = Elements(text)
    data = json.loads(page.text_of("script", id="data"))
    assert data["reports"] == json.loads(json.dumps([view_of(report)]))
    assert data["unreadable"] == {"broken.whl": "not a zip archive"}
    assert {rule["code"] for rule in data["rules"]} == {finding.code for finding in report.findings}
    assert not [attributes for _, attributes in page.found if {"src", "srcset", "action"} & attributes.keys()]
    assert "link" not in {tag for tag, _ in page.found}
    assert not re.search(r"@import|url\(", page.text_of("style"))


def test_its_policy_lets_its_own_script_and_style_act_and_no_other(tmp_path: Path) -> None:
    report = audit_file(make_wheel(tmp_path, NAME, {MODULE: lacking("nobody_has_it")}))
    page = Elements(audits_to_html([report], {}))
    (policy,) = [found["content"] for tag, found in page.found if "http-equiv" in found]

    def digest(text: str) -> str:
        return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"

    assert policy is not None
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert f"script-src '{digest(page.text_of('script', type='module'))}';" in policy
    assert f"style-src '{digest(page.text_of('style'))}';" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    "hostile", [HOSTILE, "DATA SCRIPT STYLE-DIGEST", "\\u003c/script>", "`[x](https://evil.example)`"]
)
def test_names_of_strangers_do_nothing(tmp_path: Path, hostile: str) -> None:
    named = re.sub(r"[/\\]", "", hostile)
    wheel = make_wheel(tmp_path, NAME, {MODULE: lacking(hostile), f"{named}.so": lacking("x")})
    plain = audits_to_html([audit_file(make_wheel(tmp_path / "plain", NAME, {MODULE: lacking("x")}))], {})
    text = audits_to_html([audit_file(wheel)], {hostile: hostile})
    page = Elements(text)
    assert [tag for tag, _ in page.found] == [tag for tag, _ in Elements(plain).found]
    data = json.loads(page.text_of("script", id="data"))
    assert data["unreadable"] == {hostile: hostile}
    assert any(
        hostile in finding["message"] for rule in data["reports"][0]["rules"] for finding in rule["findings"]
    )


def test_no_stream_changes_a_letter(tmp_path: Path) -> None:
    report = audit_file(make_wheel(tmp_path, NAME, {"é\u202e.so": lacking("ü\u2028")}))
    assert audits_to_html([report], {"naïve": "ß"}).isascii()


def test_the_command_line_writes_it(tmp_path: Path) -> None:
    make_wheel(tmp_path, NAME, {MODULE: lacking("nobody_has_it")})
    words = ["audit", NAME, "missing.whl", "--format", "html", "--output", "report.html"]
    assert main(words, {}, tmp_path) == 2
    data = json.loads(Elements((tmp_path / "report.html").read_text("utf-8")).text_of("script", id="data"))
    assert [report["name"] for report in data["reports"]] == [NAME]
    assert list(data["unreadable"]) == ["missing.whl"]


def test_every_view_is_bundled_behind_those_that_it_imports_from() -> None:
    script = bundled()
    assert not re.search(r"^(import|export) ", script, re.MULTILINE)
    made: list[str] = []
    for line in script.splitlines():
        if found := re.match(r"const (\w+)_js = ", line):
            made.append(found[1])
        elif found := re.match(r"const \{[^}]*\} = (\w+)_js;", line):
            assert found[1] in made[:-1], line
    assert sorted(made) == sorted(path.stem for path in VIEWS.glob("*.js"))

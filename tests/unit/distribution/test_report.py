"""A distribution as text, as a page and as data."""

from __future__ import annotations

import io
import json
from html.parser import HTMLParser
from pathlib import Path

from json_schema import check
from rich.console import Console

from pyodide_abi.distribution.distributing import Distribution
from pyodide_abi.distribution.work import Made, WorkStatus
from pyodide_abi.report.distribution import distribution_to_html, distribution_to_json, write_distribution
from pyodide_abi.values import replace

GOOD = Made(
    name="spam",
    version="1.0",
    status=WorkStatus.BUILT,
    reason="it has no wheels",
    file="spam-1.0-py3-none-any.whl",
    sha256="ab",
    size=1200,
    emscripten="6.0.5",
    libraries=("libyaml",),
    findings=(("warning", "ABI210", "x.so: <script>alert(1)</script>"),),
    loads=(1, 2),
)
BAD = Made(
    name="eggs", version="2.0", status=WorkStatus.FAILED, reason="error: \x1b[31mno", details=("line 1",)
)
DONE = Distribution(
    platform="314_0",
    release="314.0.7",
    outdir=Path("out"),
    lock=Path("out/pyodide-lock.json"),
    packages=(GOOD, BAD),
    together=(("error", "ABI204", "a & b"),),
    loaded={"spam": ("ImportError: no",)},
)


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_words_of_others_stay_words_on_the_page() -> None:
    reader = Reader()
    reader.feed(distribution_to_html(DONE))
    assert "script" not in reader.tags
    assert "<script>alert(1)</script>" in reader.text
    assert "\x1b" not in reader.text
    assert "a & b" in reader.text
    assert "built with Emscripten 6.0.5" in reader.text
    assert "with the libraries libyaml" in reader.text


def test_the_terminal_has_what_is_wrong() -> None:
    out = io.StringIO()
    write_distribution(DONE, Console(file=out, width=200))
    said = out.getvalue()
    assert "spam 1.0: built" in said
    assert "ImportError: no" in said
    assert "eggs 2.0: failed" in said
    assert "2 packages for 314_0: 1 built, 1 failed, 0 of 1 loaded from the lock file in 314.0.7" in said


def test_the_data_is_that_of_the_schema() -> None:
    data = json.loads(distribution_to_json(DONE))
    check(data, "distribute")
    assert data["results"][0]["errors_when_loaded"] == ["ImportError: no"]
    assert data["summary"]["ok"] is False


def test_it_is_well_where_nothing_is_wrong() -> None:
    well = replace(DONE, packages=(GOOD,), together=(("warning", "", "x"),), loaded={"spam": ()})
    assert well.ok
    assert not replace(well, together=(("error", "", "x"),)).ok
    assert not replace(well, packages=(GOOD, BAD)).ok
    assert not replace(well, loaded={"spam": ("no",)}).ok

"""What is referred to is there: sections of the loader's description, classes of failure, rules, links."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from pyodide_abi.audit.rules import RULES
from pyodide_abi.messages import load_messages
from pyodide_abi.report.loader_links import PAGE, places

ROOT = Path(__file__).parents[1]
LOADER = ROOT / "docs" / "reference" / "loader.md"
CLASSES = ROOT / "docs" / "reference" / "failure-classes.md"
FOLDERS = ("src", "docs", "tests", "tools", "benchmarks", "examples")
KINDS = {".py", ".md", ".toml", ".txt", ".mjs", ".json", ".c", ".cpp", ".wat", ".yml", ".html"}
FILES = sorted(
    path
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*")
    if path.suffix in KINDS and "__pycache__" not in path.parts
) + sorted(ROOT.glob("*.md"))
PAGES = [path for path in FILES if path.suffix == ".md"]
#: ``loader.md, section 2``, ``loader.md, sections 1 to 6``, and ``loader.md 2: poisoning`` in a case.
SECTIONS = re.compile(r"\bloader\.md(?:,\s+sections?)?\s+(\d+(?:(?:,\s+|\s+and\s+|\s+to\s+)\d+)*)")
OF_CLASSES = re.compile(r"\bfailure-classes\.md,?\s+([A-I]\d+(?:\s+[A-I]\d+)*)")
IN_REPOSITORY = re.compile(r"\bdocs/[\w./-]+\.md\b(#[\w-]+)?")
CODE = re.compile(r"\bABI\d{3}\b")
#: Codes that tests name because there are no such rules.
UNKNOWN = {"ABI000", "ABI111", "ABI299", "ABI999"}


@cache
def text_of(path: Path) -> str:
    return path.read_text("utf-8")


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@cache
def anchors(page: Path) -> frozenset[str]:
    """What a link into a page can lead to."""
    text = re.sub(r"```.*?```", "", text_of(page), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return frozenset(map(slug, headings)) | frozenset(re.findall(r'<a id="([^"]+)"></a>', text))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_there_is_much_to_look_at() -> None:
    assert len(FILES) > 500
    assert len(PAGES) > 80
    assert sum(len(SECTIONS.findall(text_of(path))) for path in FILES) > 200


def test_sections_of_the_loader_exist() -> None:
    there = {anchor.removeprefix("section-") for anchor in anchors(LOADER) if anchor.startswith("section-")}
    headings = set(re.findall(r"^## (\d+)\. ", text_of(LOADER), re.MULTILINE))
    assert headings == there
    wrong = [
        (named(path), number)
        for path in FILES
        for found in SECTIONS.findall(text_of(path))
        for number in re.findall(r"\d+", found)
        if number not in there
    ]
    assert wrong == []


def test_classes_of_failure_exist() -> None:
    there = {anchor.upper() for anchor in anchors(CLASSES)}
    wrong = [
        (named(path), name)
        for path in FILES
        for found in OF_CLASSES.findall(text_of(path))
        for name in found.split()
        if name not in there
    ]
    assert wrong == []


def test_rules_that_are_named_exist() -> None:
    codes = {rule.code for rule in RULES}
    wrong = {
        (named(path), code)
        for path in FILES
        for code in CODE.findall(text_of(path))
        if code not in codes and not (code in UNKNOWN and "tests" in path.parts)
    }
    assert wrong == set()


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    # Code has brackets and parentheses of its own.
    text = re.sub(r"```.*?```|``.*?``|`[^`\n]*`", "", text_of(page), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        place, _, anchor = target.partition("#")
        other = (page.parent / place).resolve() if place else page
        assert other.exists(), target
        if anchor:
            assert anchor in anchors(other), target


def test_pages_that_are_named_exist() -> None:
    wrong = []
    for path in FILES:
        for found in IN_REPOSITORY.finditer(text_of(path)):
            place, _, anchor = found[0].partition("#")
            page = ROOT / place
            if path != Path(__file__) and (not page.is_file() or (anchor and anchor not in anchors(page))):
                wrong.append((named(path), found[0]))
    assert wrong == []


def test_what_is_explained_says_where_to_read_on() -> None:
    assert LOADER == ROOT / PAGE
    said = {place for message in load_messages() for one in message.wordings for place in places(one.source)}
    assert len(said) > 5
    for place in said:
        assert place.partition("#")[2] in anchors(LOADER), place

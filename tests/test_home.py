"""What a stranger meets first agrees with the project: version, changelog, workflows, distributions."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import pyodide_abi

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def test_the_version_is_the_changelogs() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert headings[0] == "Unreleased"
    released = [heading.split(" ")[0] for heading in headings[1:]]
    assert released[:1] in ([], [pyodide_abi.__version__])


@pytest.mark.parametrize("path", [*WORKFLOWS, ROOT / "action.yml"], ids=lambda path: path.name)
def test_every_action_is_pinned_by_its_digest(path: Path) -> None:
    used = re.findall(r"uses: (\S+)( # v[\d.]+)?", path.read_text("utf-8"))
    assert all(re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", action) and tag for action, tag in used)


def test_there_are_workflows() -> None:
    assert {"test.yml", "release.yml", "site.yml", "fuzz.yml"} <= {path.name for path in WORKFLOWS}


def test_pythons_that_are_tried_are_those_that_are_named() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = {line.rsplit(" ", 1)[1] for line in project["classifiers"] if re.search(r":: 3\.\d+$", line)}
    tried = set(re.findall(r"'(3\.\d+)'", (ROOT / ".github" / "workflows" / "test.yml").read_text("utf-8")))
    assert named == tried
    assert project["requires-python"] == f">={min(named, key=lambda text: int(text.split('.')[1]))}"

"""What a stranger meets first agrees with the project: version, changelog, workflows, distributions."""

from __future__ import annotations

import re
import shutil
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from click.testing import CliRunner

import pyodide_abi

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def test_the_version_is_the_changelogs() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert re.fullmatch(
        rf"{re.escape(pyodide_abi.__version__)} \((not released yet|\d{{4}}-\d\d-\d\d)\)", headings[0]
    )
    assert all(re.fullmatch(r"[\d.]+ \(\d{4}-\d\d-\d\d\)", heading) for heading in headings[1:])


def test_the_next_version_can_be_made_of_the_changes(tmp_path: Path) -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["towncrier"]
    sorts = {sort["directory"]: sort["name"] for sort in settings["type"]}
    changes = [path for path in (ROOT / "changes").iterdir() if path.name not in settings["ignore"]]
    assert {path.suffixes[-2].lstrip(".") for path in changes} <= sorts.keys()
    for name in ("pyproject.toml", "CHANGELOG.md"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "changes", tmp_path / "changes")
    for sort in sorts:
        (tmp_path / "changes" / f"+spam.{sort}.md").write_text(f"Spam, {sort}.\n")
    (command,) = entry_points(group="console_scripts", name="towncrier")
    words = ["build", "--yes", "--version", "99.0", "--date", "2099-01-02", "--dir", str(tmp_path)]
    done = CliRunner().invoke(command.load(), words)
    assert done.exit_code == 0, done.output
    made = (tmp_path / "CHANGELOG.md").read_text("utf-8")
    newest, before = made.partition("\n## 99.0 (2099-01-02)\n")[2].split("\n## ", 1)
    assert before.startswith(f"{pyodide_abi.__version__} (")
    for sort, name in sorts.items():
        assert f"### {name}\n\n" in newest
        assert f"- Spam, {sort}.\n" in newest


@pytest.mark.parametrize("path", [*WORKFLOWS, ROOT / "action.yml"], ids=lambda path: path.name)
def test_every_action_is_pinned_by_its_digest(path: Path) -> None:
    used = re.findall(r"uses: (\S+)( # v[\d.]+)?", path.read_text("utf-8"))
    assert all(re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", action) and tag for action, tag in used)


def test_there_are_workflows() -> None:
    assert {"test.yml", "release.yml", "site.yml", "fuzz.yml", "runtime-releases.yml"} <= {
        path.name for path in WORKFLOWS
    }


def test_pythons_that_are_tried_are_those_that_are_named() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = {line.rsplit(" ", 1)[1] for line in project["classifiers"] if re.search(r":: 3\.\d+$", line)}
    tried = set(re.findall(r"'(3\.\d+)'", (ROOT / ".github" / "workflows" / "test.yml").read_text("utf-8")))
    assert named == tried
    assert project["requires-python"] == f">={min(named, key=lambda text: int(text.split('.')[1]))}"

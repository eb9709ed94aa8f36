"""Addresses of the site stay good: a folder a version, `latest`, and the links of reports to both."""

from __future__ import annotations

import json
import re
import runpy
import tomllib
from pathlib import Path
from urllib.parse import urljoin

import pytest

import pyodide_abi
from pyodide_abi.audit.rules import RULES
from pyodide_abi.cli.main import main
from pyodide_abi.report import documentation
from pyodide_abi.report.sarif import audits_to_sarif

ROOT = Path(__file__).parents[1]
SITE = "https://docs.example.org/abi"
write_root = runpy.run_path(str(ROOT / "tools" / "write_site_root.py"))["write_root"]
VERSION = pyodide_abi.__version__


def driver(log: str) -> dict[str, object]:
    (run,) = json.loads(log)["runs"]
    return dict(run["tool"]["driver"])


class TestLinksOfReports:
    def test_every_rule_has_its_page_of_this_version(self) -> None:
        said = driver(audits_to_sarif([], {}, docs=f"{SITE}/"))
        assert said["informationUri"] == f"{SITE}/{VERSION}/index.html"
        rules = said["rules"]
        assert isinstance(rules, list)
        assert len(rules) == len(RULES)
        for rule in rules:
            inside = rule["helpUri"].removeprefix(f"{SITE}/{VERSION}/")
            page = ROOT / "docs" / Path(inside).with_suffix(".md")
            assert page.read_text("utf-8").startswith(
                f"<!-- Written by tools/write_rule_pages.py. -->\n# {rule['id']}:"
            )

    def test_the_project_s_own_address_is_the_default(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(documentation, "ADDRESS", SITE)
        assert driver(audits_to_sarif([], {}))["informationUri"] == f"{SITE}/{VERSION}/index.html"

    def test_without_an_address_rules_link_to_what_they_refer_to(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(documentation, "ADDRESS", "")
        rules = driver(audits_to_sarif([], {}))["rules"]
        assert isinstance(rules, list)
        assert all(rule["helpUri"].startswith("https://") for rule in rules)

    def test_the_metadata_names_the_same_address(self) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
        named = project.get("urls", {}).get("Documentation", "")
        assert named == (f"{documentation.ADDRESS}/latest/" if documentation.ADDRESS else "")

    def test_a_setting_names_another_site(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "x.so").write_bytes(b"nothing")
        environ = {"PYODIDE_ABI_DOCS": SITE}
        main(["audit", "x.so", "--platform", "314_0", "--format", "sarif"], environ, tmp_path)
        assert driver(capsys.readouterr().out)["informationUri"] == f"{SITE}/{VERSION}/index.html"

    @pytest.mark.parametrize(
        "words", ["docs.example.org", "javascript:alert(1)", "https://", "https://a b", "file:///x"]
    )
    def test_what_is_no_address_is_refused(
        self, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit):
            main(["audit", "x.so", "--docs", words], {}, tmp_path)
        assert "is no address" in capsys.readouterr().err


class TestRoot:
    @pytest.fixture
    def site(self, tmp_path: Path) -> Path:
        for version in ("0.9.0", "0.10.0", "0.11.0rc1", "dev"):
            folder = tmp_path / version
            (folder / "how-to").mkdir(parents=True)
            (folder / "index.html").write_text(version)
            (folder / "how-to" / "a.html").write_text(version)
        return tmp_path

    def test_versions_are_listed_from_the_newest(self, site: Path) -> None:
        write_root(site)
        assert json.loads((site / "versions.json").read_text("utf-8")) == {
            "versions": ["0.10.0", "0.9.0", "0.11.0rc1", "dev"]
        }

    def test_the_root_and_latest_lead_to_the_newest(self, site: Path) -> None:
        write_root(site)
        write_root(site)
        for page, there in (
            ("index.html", "0.10.0/index.html"),
            ("latest/index.html", "0.10.0/index.html"),
            ("latest/how-to/a.html", "0.10.0/how-to/a.html"),
        ):
            text = (site / page).read_text("utf-8")
            (script,) = re.findall(r'location\.replace\("([^"]+)" \+ location\.hash\)', text)
            (refresh,) = re.findall(r'content="0; url=([^"]+)"', text)
            assert script == refresh
            assert urljoin(f"{SITE}/{page}", script) == f"{SITE}/{there}"

    def test_pages_that_are_gone_are_gone_from_latest(self, site: Path) -> None:
        write_root(site)
        (site / "0.10.0" / "how-to" / "a.html").unlink()
        write_root(site)
        assert not (site / "latest" / "how-to" / "a.html").exists()

    def test_before_the_first_release_the_main_branch_is_the_newest(self, tmp_path: Path) -> None:
        (tmp_path / "dev").mkdir()
        (tmp_path / "dev" / "index.html").write_text("dev")
        write_root(tmp_path)
        assert '"dev/index.html"' in (tmp_path / "index.html").read_text("utf-8")

    def test_a_folder_without_versions_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(SystemExit, match="no folder with a version"):
            write_root(tmp_path)

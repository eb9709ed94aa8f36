from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pyodide_abi.cli.main import main
from pyodide_abi.platforms import load_platform, load_platforms

if TYPE_CHECKING:
    from pathlib import Path


def run(*words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of one command line."""
    status = main(["platforms", *words, "--cache-dir", str(tmp_path)], {}, tmp_path)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_the_list_has_a_line_for_each_version(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(tmp_path=tmp_path, capsys=capsys)
    assert (status, err) == (0, "")
    lines = {line.split()[0]: line for line in out.splitlines() if line}
    for platform in load_platforms():
        line = lines[platform.name]
        for fact in (platform.python.version, platform.emscripten, platform.tag, platform.status.value):
            assert fact in line
    assert "the default" in lines["314_0"]


def test_one_version_shows_every_fact_with_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    platform = load_platform("2025_0")
    status, out, _ = run("cp313", tmp_path=tmp_path, capsys=capsys)
    assert status == 0
    assert out.startswith("Platform 2025_0\n")
    facts = [
        *platform.names,
        *(text for flag in platform.flags for text in (flag.flag, flag.reason, flag.source)),
        *(text for library in platform.libraries for text in (library.name, library.reason)),
        *(text for feature in platform.features for text in (feature.name, feature.reason)),
        *(text for tag in platform.tags for text in (tag.tag, tag.reason)),
        *(text for release in platform.releases for text in (release.version, release.integrity)),
        *(text for basis in platform.reasons if "." not in basis.fact and basis.fact != "engines"
          for text in (basis.reason, basis.source)),
    ]  # fmt: skip
    assert not [fact for fact in facts if fact not in out]


def test_reasons_stand_below_their_fact_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = run("314_0", tmp_path=tmp_path, capsys=capsys)
    lines = out.splitlines()
    (at,) = [i for i, line in enumerate(lines) if line.split()[:2] == ["required", "-fwasm-exceptions"]]
    assert lines[at].split() == ["required", "-fwasm-exceptions", "c,", "c++", "compile,", "link"]
    (flag,) = [flag for flag in load_platform("314_0").flags if flag.flag == "-fwasm-exceptions"]
    assert lines[at + 1].strip() == flag.reason
    assert lines[at + 2].strip() == flag.source


def test_one_version_for_a_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run("2025", "--format", "json", tmp_path=tmp_path, capsys=capsys)
    document: dict[str, Any] = json.loads(out)["results"][0]
    platform = load_platform("2025_0")
    assert status == 0
    assert document["name"] == "2025_0"
    assert document["names"] == list(platform.names)
    assert document["exceptions"] == "webassembly"
    assert document["python"] == {
        "version": "3.13",
        "tag": "cp313",
        "suffixes": list(platform.python.suffixes),
    }
    assert [release["integrity"] for release in document["releases"]] == [
        release.integrity for release in platform.releases
    ]
    assert document["rust"]["nightly"]["since"] == "2025-01-15"
    assert document["flags"][0] == {
        "flag": "-fPIC",
        "need": "required",
        "languages": ["c", "c++"],
        "stages": ["compile"],
        "reason": platform.flags[0].reason,
        "source": platform.flags[0].source,
    }


def test_all_versions_for_a_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run("--format", "json", tmp_path=tmp_path, capsys=capsys)
    document: dict[str, Any] = json.loads(out)
    assert document["summary"]["default"] == "314_0"
    assert [platform["name"] for platform in document["results"]] == ["2024_0", "2025_0", "314_0", "2026_5"]


def test_an_unknown_name_is_wrong_usage_with_a_suggestion(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run("pyodide_2025_1", tmp_path=tmp_path, capsys=capsys)
    assert (status, out) == (2, "")
    assert "error: there is no platform 'pyodide_2025_1'" in err
    assert "did you mean '2025_0'" in err
    assert "Traceback" not in err


def test_help_teaches_by_examples(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["platforms", "--help"], {}, tmp_path)
    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert out.count("\n  pyodide-abi platforms") >= 3

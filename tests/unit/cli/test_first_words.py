"""What people type before they have read anything: options first, words and options of other tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyodide_abi.cli.commands import COMMANDS, ELSEWHERE, command_parser
from pyodide_abi.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path


def said(argv: list[str], folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[object, str, str]:
    try:
        status: object = main(argv, {"PYODIDE_ABI_CACHE_DIR": str(folder / "cache")}, folder)
    except SystemExit as leaving:
        status = leaving.code
    out, err = capsys.readouterr()
    return status, out, err


class TestOptionsBeforeTheCommand:
    def test_they_are_the_command_s(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert said(["-q", "--cache-dir", "x", "explain", "ABI402"], tmp_path, capsys) == said(
            ["explain", "ABI402"], tmp_path, capsys
        )

    def test_options_alone_are_no_command(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        status, out, _ = said(["-q"], tmp_path, capsys)
        assert status == 2
        assert "commands:" in out

    def test_what_belongs_to_python_stays_in_its_place(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        status, _, err = said(["--offline", "run", "x.whl", "-q"], tmp_path, capsys)
        assert status == 2
        assert "what comes after the wheel x.whl?" in err

    def test_another_s_option_is_no_command_s(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        status, _, err = said(["--format", "json", "audit", "x.whl"], tmp_path, capsys)
        assert status == 2
        assert "unrecognized arguments: --format" in err


class TestWordsOfOtherTools:
    @pytest.mark.parametrize("word", ELSEWHERE)
    def test_each_names_command_lines_that_there_are(
        self, word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        status, _, err = said([word], tmp_path, capsys)
        assert status == 2
        entries = {entry.name: entry for entry in COMMANDS}
        assert word not in entries
        for line in ELSEWHERE[word]:
            assert f"'pyodide-abi {line}'" in err
            name, *words = line.split()
            if name in entries and words:
                command_parser(entries[name], entries[name].load()).parse_known_args([*words, "x.whl"])
            else:
                assert name in {*entries, "--version"}

    @pytest.mark.parametrize(
        ("argv", "hint"),
        [
            (["audit", "x", "--json"], "here that is --format json"),
            (["audit", "x", "--output-format=json"], "here that is --format"),
            (["audit", "x", "--fix"], "'pyodide-abi repair'"),
            (["verify", "x", "--platfrom", "y"], "--help"),
            (["run", "--platfrom", "y"], "did you mean --platform?"),
            (["show", "x", "-v"], "--traceback shows"),
        ],
    )
    def test_options(
        self, argv: list[str], hint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        status, _, err = said(argv, tmp_path, capsys)
        assert status == 2
        assert hint in err


def test_a_variable_of_another_version_ends_no_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environ = {"PYODIDE_ABI_IGNORED": "ABI402"}
    assert main(["explain", "ABI402"], environ, tmp_path) == 0
    assert "warning: the variable PYODIDE_ABI_IGNORED" in capsys.readouterr().err
    assert main(["explain", "ABI402", "-q"], environ, tmp_path) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("command", [["audit", "x.whl"], ["diff", "0.29.3", "0.29.4"], ["run"]])
def test_several_engines_are_for_verify(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = said([*command, "--engine", "deno,bun"], tmp_path, capsys)
    assert status == 2
    assert "one at a time (--engine deno, then --engine bun)" in err

"""The command's own part: options, and the settings that stand for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyodide_abi.cli.build import config_settings
from pyodide_abi.cli.commands import COMMANDS, command_parser
from pyodide_abi.cli.main import main
from pyodide_abi.cli.settings import parse
from pyodide_abi.errors import UsageError

if TYPE_CHECKING:
    from argparse import Namespace
    from pathlib import Path

BUILD = next(entry for entry in COMMANDS if entry.name == "build")


def parsed(*argv: str, cwd: Path, **environ: str) -> Namespace:
    return parse(command_parser(BUILD, BUILD.load()), argv, environ=environ, cwd=cwd)


def test_settings_of_a_backend() -> None:
    words = ["--build-option=--verbose", "a=1", "a=2", "a=3", "empty="]
    assert config_settings(words) == {"--build-option": "--verbose", "a": ["1", "2", "3"], "empty": ""}
    with pytest.raises(UsageError, match="has no value"):
        config_settings(["a"])


def test_the_projects_own_table_is_obeyed(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text(
        '[tool.pyodide-abi]\ntoolchain-mismatch = "allow"\nplatform = ["314_0", "2025_0"]\nverify = true\n'
    )
    args = parsed("project", cwd=tmp_path)
    assert args.toolchain_mismatch == "allow"
    assert args.platform == ["314_0", "2025_0"]
    assert args.verify
    assert (
        parsed("project", cwd=tmp_path, PYODIDE_ABI_TOOLCHAIN_MISMATCH="refuse").toolchain_mismatch
        == "refuse"
    )


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--platform", "nope"], "nope"),
        (["--toolchain-mismatch", "maybe"], "maybe"),
        (["--toolchain", "moon"], "moon"),
    ],
)
def test_wrong_use_is_explained(
    argv: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status = main(["build", *argv], {}, tmp_path)
    except SystemExit as leaving:
        status = int(leaving.code or 0)
    assert status == 2
    assert message in capsys.readouterr().err


def test_help_teaches(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["build", "--help"], {}, tmp_path)
    text = capsys.readouterr().out
    assert "examples:" in text
    for option in ("--exports", "--config-setting", "--toolchain-mismatch", "--verify", "--tag"):
        assert option in text

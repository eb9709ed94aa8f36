"""What commands print that start programs, held against the transcripts in ``tests/cases/cli/machine``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from transcripts import CASES, hold, make_inputs

if TYPE_CHECKING:
    from pathlib import Path

# What other tests do to the cache at the same time has changed a transcript once.
pytestmark = [pytest.mark.integration, pytest.mark.long]

#: What differs from machine to machine.
INSTEAD = {
    r'"walls": \[[^\]]*\]': '"walls": […]',
    r"(?<=node )\d+\.\d+\.\d+": "VERSION",
    r"(?<=on the PATH )\([^)]*\)": "(…)",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all inputs."""
    return make_inputs(tmp_path_factory.mktemp("inputs"))


@pytest.mark.parametrize("file", sorted((CASES / "machine").glob("*.txt")), ids=lambda file: file.stem)
def test_commands_print_what_they_printed(
    file: Path, folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    hold(file, folder, capfd, {**os.environ, "PYODIDE_ABI_QUIET": "1"}, INSTEAD)

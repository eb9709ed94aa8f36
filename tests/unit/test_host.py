"""What is found on the PATH of a host."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from pyodide_abi.host import matching, on_path

if TYPE_CHECKING:
    import pytest


def test_folders_that_cannot_be_looked_into_have_no_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("closed", "first", "empty", "second"):
        (tmp_path / name).mkdir()
        if name != "empty":
            (tmp_path / name / "tool").write_bytes(b"")
    look = Path.is_file

    def refuse(path: Path) -> bool:
        if path.parent.name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return look(path)

    monkeypatch.setattr(Path, "is_file", refuse)
    names = ("closed", "first", "empty", "absent", "second")
    path = os.pathsep.join(["", *(str(tmp_path / name) for name in names)])
    assert list(on_path("tool", {"PATH": path})) == [tmp_path / "first/tool", tmp_path / "second/tool"]


def test_nothing_matches_in_a_folder_that_cannot_be_looked_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "xml2-config").write_bytes(b"")
    assert matching(tmp_path, "*-config") == [tmp_path / "xml2-config"]

    def refuse(path: Path, _pattern: str) -> NoReturn:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "glob", refuse)
    assert matching(tmp_path, "*-config") == []

"""The folder of a build has one name, is its own, and goes with it."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

import pytest

from pyodide_abi.build.wheels import work_folder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_one_name_each_time(tmp_path: Path, temporary: Path) -> None:
    found = []
    for _ in range(2):
        with work_folder("spam for 314_0", tmp_path) as folder:
            (folder / "left").touch()
            found.append(folder)
    assert found[0] == found[1]
    with work_folder("spam for 2025_0", tmp_path) as other:
        assert other != found[0]
    assert not list(temporary.iterdir())


def test_two_builds_at_once_have_two_folders(tmp_path: Path, temporary: Path) -> None:
    with work_folder("spam", tmp_path) as one, work_folder("spam", tmp_path) as other:
        assert one != other
        assert one.is_dir()
        assert other.is_dir()
    assert not list(temporary.iterdir())


def test_what_a_killed_build_left_goes(tmp_path: Path) -> None:
    with work_folder("spam", tmp_path) as folder:
        pass
    folder.mkdir()
    (folder / "left").touch()
    with work_folder("spam", tmp_path) as again:
        assert again == folder
        assert not list(again.iterdir())


def test_what_killed_builds_of_other_projects_left_goes(tmp_path: Path, temporary: Path) -> None:
    with work_folder("ham", tmp_path) as ham, work_folder("ham", tmp_path) as second:
        pass
    for folder in (ham, second):
        folder.mkdir()
        (folder / "left").touch()
    with work_folder("eggs", tmp_path) as eggs, work_folder("spam", tmp_path) as spam:
        assert set(temporary.iterdir()) == {eggs, spam}


def test_what_cannot_be_removed_is_left_to_its_owner(tmp_path: Path) -> None:
    with work_folder("spam", tmp_path) as folder:
        pass
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    folder.symlink_to(elsewhere)
    with work_folder("spam", tmp_path) as another:
        assert another != folder
        assert another.is_dir()
    assert folder.is_symlink()
    assert elsewhere.is_dir()


def test_a_build_that_fails_leaves_nothing(tmp_path: Path, temporary: Path) -> None:
    with pytest.raises(ValueError, match="broken"), work_folder("spam", tmp_path):
        raise ValueError("broken")
    assert not list(temporary.iterdir())
    with work_folder("spam", tmp_path) as folder:
        assert folder.is_dir()

"""The staged copy of a project."""

from __future__ import annotations

import io
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from pyodide_abi.build.staging import stage
from pyodide_abi.errors import UnreadableInputError, UsageError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for name in (
        "pyproject.toml",
        "src/spam.c",
        "src/__pycache__/spam.pyc",
        "build/temp.linux-x86_64/spam.o",
        "venv/pyvenv.cfg",
        "dist/old.whl",
        "tools/build/__init__.py",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    return root


def names_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


def staged(project: Path, tmp_path: Path) -> Path:
    work = tmp_path / "work"
    work.mkdir()
    return stage(project, work, leave_out=[project / "dist"])


def test_sources_are_copied_and_what_tools_made_is_not(project: Path, tmp_path: Path) -> None:
    assert names_in(staged(project, tmp_path)) == {"pyproject.toml", "src/spam.c", "tools/build/__init__.py"}


def test_links_to_outside_still_lead_there(project: Path, tmp_path: Path) -> None:
    (tmp_path / "shared.h").write_text("shared")
    (project / "shared.h").symlink_to("../shared.h")
    (project / "same.c").symlink_to("src/spam.c")
    copy = staged(project, tmp_path)
    assert (copy / "shared.h").read_text() == "shared"
    assert str((copy / "same.c").readlink()) == "src/spam.c"


def test_a_repository_is_found_from_the_copy(project: Path, tmp_path: Path) -> None:
    (project / ".git").mkdir()
    assert (staged(project, tmp_path) / ".git").read_text() == f"gitdir: {project / '.git'}\n"


def test_a_submodules_repository_is_found_too(project: Path, tmp_path: Path) -> None:
    (project / ".git").write_text("gitdir: ../.git/modules/x\n")
    assert (staged(project, tmp_path) / ".git").read_text() == f"gitdir: {project}/../.git/modules/x\n"


def made_sdist(path: Path, names: list[str]) -> Path:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as pack:
            for name in names:
                pack.writestr(name, name)
        return path
    with tarfile.open(path, "w:gz") as tar:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = len(name)
            tar.addfile(info, io.BytesIO(name.encode()))
    return path


@pytest.mark.parametrize("suffix", [".tar.gz", ".zip"])
def test_an_sdist_is_unpacked(tmp_path: Path, suffix: str) -> None:
    sdist = made_sdist(tmp_path / f"spam-1.0{suffix}", ["spam-1.0/setup.py", "spam-1.0/spam.c"])
    assert names_in(staged(sdist, tmp_path)) == {"setup.py", "spam.c"}


@pytest.mark.parametrize("suffix", [".tar.gz", ".zip"])
@pytest.mark.parametrize(
    "names", [["../evil"], ["a/setup.py", "b/setup.py"], ["a/readme.txt", "a/b/setup.py"], []]
)
def test_a_strange_archive_is_refused(tmp_path: Path, suffix: str, names: list[str]) -> None:
    with pytest.raises(UnreadableInputError):
        staged(made_sdist(tmp_path / f"spam-1.0{suffix}", names), tmp_path)
    assert not (tmp_path / "evil").exists()


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "spam-1.0.tar.gz"
    path.write_bytes(b"not gzip")
    with pytest.raises(UnreadableInputError, match=r"spam-1\.0\.tar\.gz"):
        staged(path, tmp_path)


def test_what_is_no_project_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.txt").touch()
    for name, message in (
        ("empty", "neither a pyproject"),
        ("file.txt", "not an sdist"),
        ("gone", "does not exist"),
    ):
        with pytest.raises(UsageError, match=message):
            stage(tmp_path / name, tmp_path)

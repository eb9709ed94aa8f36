"""Archives: what they hold lands in the folder and nowhere else."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import pytest

from pyodide_abi.errors import UnreadableInputError
from pyodide_abi.toolchain.unpack import unpack_tar

if TYPE_CHECKING:
    from pathlib import Path

Member = tuple[str, bytes, str, str, int]


def file(name: str, content: bytes = b"x", mode: int = 0o644) -> Member:
    return (name, tarfile.REGTYPE, content.decode(), "", mode)


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> Member:
    return (name, kind, "", target, 0o777)


def make_tar(path: Path, *members: Member) -> Path:
    with tarfile.open(path, "w:xz") as archive:
        for name, kind, content, target, mode in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.mode, info.size = kind, target, mode, len(content)
            archive.addfile(info, io.BytesIO(content.encode()))
    return path


def unpack(archive: Path, folder: Path) -> list[str]:
    folder.mkdir()
    return list(unpack_tar(archive, folder))


def test_the_top_folder_is_dropped(tmp_path: Path) -> None:
    archive = make_tar(
        tmp_path / "a.tar.xz",
        ("install", tarfile.DIRTYPE, "", "", 0o755),
        file("install/bin/clang", b"program", 0o755),
        link("install/bin/clang++", "clang"),
        link("install/bin/hard", "install/bin/clang", tarfile.LNKTYPE),
        file("install/lib/data"),
    )
    names = unpack(archive, tmp_path / "out")
    assert names == ["bin/clang", "bin/clang++", "bin/hard", "lib/data"]
    assert (tmp_path / "out/bin/clang").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "out/bin/clang++").read_text() == "program"
    assert (tmp_path / "out/bin/hard").read_text() == "program"
    assert (tmp_path / "out/lib/data").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    "members",
    [
        [file("install/../../escaped")],
        [file("/escaped")],
        [link("install/link", "../../escaped")],
        [link("install/link", "/etc/passwd")],
        [link("install/a/up", ".."), link("install/out", "a/up/../.."), file("install/out/escaped")],
        [link("install/hard", "install/../../escaped", tarfile.LNKTYPE)],
        [link("install/up", "."), link("install/up2", "up/../escape")],
        [("install/device", tarfile.CHRTYPE, "", "", 0o644)],
        [("install/pipe", tarfile.FIFOTYPE, "", "", 0o644)],
    ],
)
def test_nothing_escapes(members: list[Member], tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    archive = make_tar(outside / "a.tar.xz", *members)
    with pytest.raises(UnreadableInputError):
        unpack(archive, outside / "out")
    assert not list(tmp_path.rglob("escape*"))


def test_a_link_is_not_written_through(tmp_path: Path) -> None:
    archive = make_tar(
        tmp_path / "a.tar.xz",
        file("install/real", b"first"),
        link("install/name", "real"),
        file("install/name", b"second"),
    )
    unpack(archive, tmp_path / "out")
    assert (tmp_path / "out/real").read_text() == "first"
    assert (tmp_path / "out/name").read_text() == "second"


@pytest.mark.parametrize("keep", [0, 10, 100, 200])
def test_a_damaged_archive(keep: int, tmp_path: Path) -> None:
    archive = make_tar(
        tmp_path / "a.tar.xz", *(file(f"install/{n}", bytes([65 + n]) * 5000) for n in range(9))
    )
    archive.write_bytes(archive.read_bytes()[:keep])
    with pytest.raises(UnreadableInputError, match="cannot be unpacked"):
        unpack(archive, tmp_path / "out")

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

from pyodide_abi.errors import WheelError
from pyodide_abi.values import replace
from pyodide_abi.wheel import NewMember, members_of, open_wheel, retag, write_wheel
from pyodide_abi.wheel.write import is_normal

if TYPE_CHECKING:
    from pathlib import Path

NAME = "spam-1.0-cp314-cp314-pyodide_314_0_wasm32.whl"
INFO = "spam-1.0.dist-info"
WHEEL = b"Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: false\nTag: cp314-cp314-pyodide_314_0_wasm32\n"
MEMBERS = (
    NewMember(name=f"{INFO}/WHEEL", content=WHEEL),
    NewMember(name="spam/z.py", content=lambda: b"lazy"),
    NewMember(name="spam/a.sh", content=b"#!/bin/sh\n", mode=0o755),
    NewMember(name=f"{INFO}/RECORD", content=b"stale"),
    NewMember(name=f"{INFO}/RECORD.jws", content=b"signature of the stale one"),
)


def test_same_members_same_bytes(tmp_path: Path) -> None:
    first = write_wheel(MEMBERS, tmp_path / NAME).read_bytes()
    again = write_wheel(reversed(MEMBERS), tmp_path / NAME).read_bytes()
    assert first == again
    assert write_wheel(MEMBERS, tmp_path / NAME, timestamp=1_700_000_000).read_bytes() != first


def test_order_times_modes_and_record(tmp_path: Path) -> None:
    path = write_wheel(MEMBERS, tmp_path / NAME, timestamp=1_700_000_000)
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        assert [info.filename for info in infos] == [
            *("spam/a.sh", "spam/z.py", f"{INFO}/WHEEL", f"{INFO}/RECORD")
        ]
        assert {info.date_time for info in infos} == {(2023, 11, 14, 22, 13, 20)}
        assert infos[0].external_attr >> 16 == 0o100755
    with open_wheel(path) as wheel:
        assert wheel.verify_record() == ()
        assert {member.name: member.mode for member in wheel.members}["spam/a.sh"] == 0o755


@pytest.mark.parametrize("timestamp", [0, -5, 10**12])
def test_times_that_an_archive_cannot_hold(tmp_path: Path, timestamp: int) -> None:
    with zipfile.ZipFile(write_wheel(MEMBERS, tmp_path / NAME, timestamp=timestamp)) as archive:
        assert archive.infolist()[0].date_time[0] in {1980, 2107}


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = write_wheel(MEMBERS, tmp_path / NAME)
    before = path.read_bytes()

    def fail() -> bytes:
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        write_wheel([*MEMBERS, NewMember(name="spam/zz.py", content=fail)], path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_faults(tmp_path: Path) -> None:
    with pytest.raises(WheelError, match=r"one \.dist-info folder is needed, there are 0"):
        write_wheel([NewMember(name="spam.py", content=b"")], tmp_path / NAME)
    with pytest.raises(WheelError, match=r"'spam/z\.py' would be written twice"):
        write_wheel([*MEMBERS, MEMBERS[1]], tmp_path / NAME)
    assert list(tmp_path.iterdir()) == []


def test_retag_can_add_a_field(tmp_path: Path) -> None:
    with open_wheel(write_wheel(MEMBERS, tmp_path / NAME)) as wheel:
        made = retag(wheel, wheel.name, tmp_path / "new", fields=(("Compiled-With", "a compiler"),))
        with open_wheel(made) as other:
            assert other.metadata.others == (*wheel.metadata.others, ("Compiled-With", "a compiler"))
            assert other.verify_record() == ()


def test_retag_changes_the_tags_and_nothing_else(tmp_path: Path) -> None:
    path = write_wheel(MEMBERS, tmp_path / NAME)
    with open_wheel(path) as wheel:
        name = wheel.name.with_tags(platform="pyemscripten_2026_0_wasm32")
        made = retag(wheel, name, tmp_path)
        assert made.name == "spam-1.0-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
        with open_wheel(made) as other:
            assert other.metadata.tags == ("cp314-cp314-pyemscripten_2026_0_wasm32",)
            assert other.verify_record() == ()
            same = {member.name for member in wheel.members} - {f"{INFO}/WHEEL", f"{INFO}/RECORD"}
            assert all(other.read(name) == wheel.read(name) for name in same)
        before = path.read_bytes()
        with open_wheel(made) as other:
            assert retag(other, wheel.name, tmp_path) == path
        assert path.read_bytes() == before


def test_members_written_again_are_the_same_wheel(tmp_path: Path) -> None:
    path = write_wheel(MEMBERS, tmp_path / NAME)
    (tmp_path / "again").mkdir()
    with open_wheel(path) as wheel:
        again = write_wheel(members_of(wheel), tmp_path / "again" / NAME)
    assert again.read_bytes() == path.read_bytes()


def test_kept_members_are_copied_without_being_compressed_anew(tmp_path: Path) -> None:
    stored = tmp_path / NAME
    with zipfile.ZipFile(stored, "w") as archive:
        for member in MEMBERS[:3]:
            archive.writestr(zipfile.ZipInfo(member.name), member.read())
        archive.writestr("spam/\xe9.txt", b"x" * 100_000, zipfile.ZIP_DEFLATED, 1)
    (tmp_path / "new").mkdir()
    with open_wheel(stored) as wheel:
        kept = members_of(wheel)
        kept = [one if INFO in one.name else replace(one, name=f"more/{one.name}") for one in kept]
        made = write_wheel([*kept, NewMember(name="b", content=b"new")], tmp_path / "new" / NAME)
    with open_wheel(made) as wheel:
        assert wheel.verify_record() == ()
        assert {member.name for member in wheel.members} == {
            *("b", "more/spam/z.py", "more/spam/a.sh", "more/spam/\xe9.txt"),
            *(f"{INFO}/WHEEL", f"{INFO}/RECORD"),
        }
        assert wheel.read("more/spam/\xe9.txt") == b"x" * 100_000
    with zipfile.ZipFile(stored) as old, zipfile.ZipFile(made) as new:
        assert new.testzip() is None
        names = [info.filename for info in old.infolist() if INFO not in info.filename]
        assert [old.getinfo(name).compress_size for name in names] == [
            new.getinfo(f"more/{name}").compress_size for name in names
        ]


def test_what_is_written_is_normal(tmp_path: Path) -> None:
    path = write_wheel([*MEMBERS, NewMember(name="spam/\xe9", content=b"")], tmp_path / NAME)
    with open_wheel(path) as wheel:
        assert is_normal(wheel)
        assert not is_normal(wheel, timestamp=1_700_000_000)


@pytest.mark.parametrize("change", ["order", "time", "mode", "system", "folder", "record"])
def test_what_is_not_normal(tmp_path: Path, change: str) -> None:
    path = write_wheel(MEMBERS, tmp_path / NAME)
    (tmp_path / "new").mkdir()
    other = tmp_path / "new" / NAME
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(other, "w") as new:
        infos = old.infolist()
        for info in reversed(infos) if change == "order" else infos:
            content = old.read(info)
            if change == "record" and info.filename.endswith("RECORD"):
                content = b"\n".join(reversed(content.splitlines()))
            info.external_attr = 0o100664 << 16 if change == "mode" else info.external_attr
            info.create_system = 0 if change == "system" else info.create_system
            info.date_time = (2026, 1, 1, 0, 0, 0) if change == "time" else info.date_time
            new.writestr(info, content)
        if change == "folder":
            new.mkdir("spam")
    with open_wheel(other) as wheel:
        assert wheel.verify_record() == ()
        assert not is_normal(wheel)

"""Opening archives that are wheels, and that only look like ones."""

from __future__ import annotations

import stat
import struct
import zipfile
from typing import TYPE_CHECKING

import pytest

from pyodide_abi.errors import WheelError
from pyodide_abi.wheel import NewMember, open_wheel, write_wheel
from pyodide_abi.wheel.safety import Bounds

if TYPE_CHECKING:
    from pathlib import Path

NAME = "spam-1.0-cp314-cp314-pyodide_314_0_wasm32.whl"
INFO = "spam-1.0.dist-info"
SUFFIXES = (".cpython-314-wasm32-emscripten.so", ".abi3.so", ".so")
WHEEL = b"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp314-cp314-pyodide_314_0_wasm32\n"


def make(folder: Path, **files: bytes) -> Path:
    members = [NewMember(name=name, content=content) for name, content in files.items()]
    return write_wheel([*members, NewMember(name=f"{INFO}/WHEEL", content=WHEEL)], folder / NAME)


def raw(
    folder: Path, *members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_STORED
) -> Path:
    path = folder / NAME
    with zipfile.ZipFile(path, "w", method) as archive:
        for info, content in members:
            archive.writestr(info, content)
    return path


def refuse(path: Path, reason: str, bounds: Bounds | None = None) -> None:
    with pytest.raises(WheelError, match=reason) as caught:
        open_wheel(path, bounds=bounds)
    assert path.name in str(caught.value)


class TestContents:
    def test_members_are_read_when_asked_for(self, tmp_path: Path) -> None:
        path = make(tmp_path, **{"spam/__init__.py": b"x = 1\n"})
        with open_wheel(path) as wheel:
            assert wheel.dist_info == INFO
            assert wheel.metadata.tags == wheel.name.tags
            assert [member.name for member in wheel.members] == [
                *("spam/__init__.py", f"{INFO}/WHEEL", f"{INFO}/RECORD")
            ]
            assert wheel.read("spam/__init__.py") == b"x = 1\n"
            assert wheel.verify_record() == ()
            with pytest.raises(WheelError, match="there is no member 'eggs'"):
                wheel.read("eggs")

    def test_a_changed_member_shows_in_record(self, tmp_path: Path) -> None:
        record = f"spam.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n{INFO}/RECORD,,\n"
        path = raw(tmp_path, ("spam.py", b"changed"), (f"{INFO}/RECORD", record.encode()))
        with open_wheel(path) as wheel:
            assert [str(fault.fault) for fault in wheel.verify_record()] == ["wrong size"]

    @pytest.mark.parametrize(
        ("names", "reason"),
        [
            (["spam.py"], "no .dist-info"),
            (["a.dist-info/WHEEL", "b.dist-info/WHEEL"], "2 .dist-info folders"),
        ],
    )
    def test_dist_info(self, tmp_path: Path, names: list[str], reason: str) -> None:
        with (
            open_wheel(raw(tmp_path, *((name, b"") for name in names))) as wheel,
            pytest.raises(WheelError, match=reason),
        ):
            _ = wheel.dist_info

    def test_text_has_to_be_text(self, tmp_path: Path) -> None:
        with (
            open_wheel(raw(tmp_path, (f"{INFO}/WHEEL", b"\xff"))) as wheel,
            pytest.raises(WheelError, match="is not UTF-8"),
        ):
            _ = wheel.metadata


class TestExtensionModules:
    """What import finds, by the interpreter's suffixes in their order."""

    def extensions(self, path: Path) -> dict[str, str]:
        with open_wheel(path) as wheel:
            return {entry.path: entry.name for entry in wheel.extension_modules(SUFFIXES)}

    def libraries(self, path: Path) -> list[str]:
        with open_wheel(path) as wheel:
            return [member.name for member in wheel.shared_libraries(SUFFIXES)]

    def test_suffixes(self, tmp_path: Path) -> None:
        path = make(
            tmp_path,
            **{
                "spam/_core.cpython-314-wasm32-emscripten.so": b"",
                "spam/_stable.abi3.so": b"",
                "bare.so": b"",
                "spam/_old.cpython-313-wasm32-emscripten.so": b"",
                "spam/data.wasm": b"",
                "spam/eggs/__init__.abi3.so": b"",
            },
        )
        assert self.extensions(path) == {
            "spam/eggs/__init__.abi3.so": "spam.eggs",
            "spam/_core.cpython-314-wasm32-emscripten.so": "spam._core",
            "spam/_stable.abi3.so": "spam._stable",
            "bare.so": "bare",
        }
        assert self.libraries(path) == ["spam/_old.cpython-313-wasm32-emscripten.so"]

    def test_libraries(self, tmp_path: Path) -> None:
        path = make(
            tmp_path,
            **{
                "spam/libspam.so": b"\0asm no initialisation",
                "spam/libreal.so": b"\0asm PyInit_libreal",
                "spam.libs/libz-1a2b.so": b"PyInit_z",
                "spam.libs/libc.so.6.1": b"",
                "spam/text.something": b"",
            },
        )
        assert self.extensions(path) == {"spam/libreal.so": "spam.libreal"}
        assert self.libraries(path) == [
            *("spam.libs/libc.so.6.1", "spam.libs/libz-1a2b.so", "spam/libspam.so")
        ]

    def test_other_schemes(self, tmp_path: Path) -> None:
        path = make(
            tmp_path,
            **{
                "spam-1.0.data/platlib/spam/_core.so": b"",
                "spam-1.0.data/data/lib/other.so": b"",
                f"{INFO}/odd.so": b"",
            },
        )
        assert self.extensions(path) == {"spam/_core.so": "spam._core"}


class TestNames:
    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("../evil.py", "leads out of the archive"),
            ("spam/../../evil.py", "leads out of the archive"),
            ("/etc/passwd", "absolute path"),
            ("C:/evil.py", "absolute path"),
            ("spam\\evil.py", "backslash"),
            ("spam//evil.py", "empty parts"),
            ("./evil.py", "empty parts"),
            ("ev\x1bil.py", "control characters"),
        ],
    )
    def test_unsafe(self, tmp_path: Path, name: str, reason: str) -> None:
        refuse(raw(tmp_path, (name, b"")), reason)

    def test_a_name_that_ends_early(self, tmp_path: Path) -> None:
        path = raw(tmp_path, ("spam.pyXevil", b""))
        path.write_bytes(path.read_bytes().replace(b"spam.pyXevil", b"spam.py\0evil"))
        refuse(path, "control characters")

    @pytest.mark.parametrize(
        ("first", "second", "reason"),
        [
            ("Spam.py", "spam.py", "clashes with 'Spam.py'"),
            ("caf\u00e9.py", "cafe\u0301.py", "clashes with"),
            ("spam", "spam/eggs.py", "lies in 'spam', which is a file"),
            ("spam/eggs.py", "spam", "lies in 'spam', which is a file"),
        ],
    )
    def test_clashes(self, tmp_path: Path, first: str, second: str, reason: str) -> None:
        refuse(raw(tmp_path, (first, b""), (second, b"")), reason)

    @pytest.mark.filterwarnings("ignore:Duplicate name")
    def test_twice(self, tmp_path: Path) -> None:
        refuse(raw(tmp_path, ("spam.py", b"a"), ("spam.py", b"b")), "'spam.py' is there twice")

    def test_two_names(self, tmp_path: Path) -> None:
        path = raw(tmp_path, ("spam.py", b""))
        path.write_bytes(path.read_bytes().replace(b"spam.py", b"evil.py", 1))
        refuse(path, "'spam.py' is of two names")

    def test_folders_are_fine(self, tmp_path: Path) -> None:
        with open_wheel(raw(tmp_path, ("spam/", b""), ("spam/eggs.py", b""))) as wheel:
            assert [member.name for member in wheel.members] == ["spam/eggs.py"]


class TestKinds:
    @pytest.mark.parametrize(
        ("mode", "reason"), [(stat.S_IFLNK, "a symbolic link"), (stat.S_IFIFO, "neither a file nor a folder")]
    )
    def test_special_files(self, tmp_path: Path, mode: int, reason: str) -> None:
        info = zipfile.ZipInfo("spam.py")
        info.external_attr = (mode | 0o777) << 16
        refuse(raw(tmp_path, (info, b"/etc/passwd")), reason)

    def test_encrypted(self, tmp_path: Path) -> None:
        path = raw(tmp_path, ("spam.py", b"secret"))
        data = bytearray(path.read_bytes())
        data[data.index(b"PK\x01\x02") + 8] |= 1
        path.write_bytes(data)
        refuse(path, "is encrypted")

    def test_other_methods(self, tmp_path: Path) -> None:
        refuse(raw(tmp_path, ("spam.py", b"x"), method=zipfile.ZIP_LZMA), "compressed by method 14")


class TestSizes:
    def test_a_bomb(self, tmp_path: Path) -> None:
        path = raw(tmp_path, ("spam.bin", bytes(20 << 20)), method=zipfile.ZIP_DEFLATED)
        refuse(path, "a bomb")

    @pytest.mark.parametrize(
        ("bounds", "reason"),
        [
            (Bounds(members=1), "2 members, more than the 1 allowed"),
            (Bounds(member=5), "unpacks to 6 bytes, more than the 5"),
            (Bounds(total=11), "unpacks to 12 bytes, more than the 11"),
        ],
    )
    def test_bounds(self, tmp_path: Path, bounds: Bounds, reason: str) -> None:
        refuse(raw(tmp_path, ("a", b"123456"), ("b", b"123456")), reason, bounds)

    def test_a_stored_member_of_another_size(self, tmp_path: Path) -> None:
        path = raw(tmp_path, ("spam.py", b"123456"))
        self.patch_directory(path, size=3)
        refuse(path, "6 bytes are said to hold 3")

    def test_a_header_and_a_directory_that_differ(self, tmp_path: Path) -> None:
        path = raw(tmp_path, ("spam.py", b"123456" * 10), method=zipfile.ZIP_DEFLATED)
        self.patch_directory(path, size=10)
        refuse(path, "is of two sizes")

    @pytest.mark.parametrize(("size", "reason"), [(10, "is damaged"), (1000, "bytes, not 1000|is damaged")])
    def test_a_stream_of_another_size_than_both_say(self, tmp_path: Path, size: int, reason: str) -> None:
        path = raw(tmp_path, ("spam.py", b"123456" * 10), method=zipfile.ZIP_DEFLATED)
        self.patch_directory(path, size=size)
        data = bytearray(path.read_bytes())
        data[22:26] = struct.pack("<I", size)
        path.write_bytes(data)
        with open_wheel(path) as wheel, pytest.raises(WheelError, match=f"'spam.py'.*{reason}"):
            wheel.read("spam.py")

    def test_a_damaged_member(self, tmp_path: Path) -> None:
        path = raw(tmp_path, ("spam.py", b"123456"))
        path.write_bytes(path.read_bytes().replace(b"123456", b"12345!"))
        with open_wheel(path) as wheel, pytest.raises(WheelError, match=r"'spam\.py' is damaged"):
            wheel.read("spam.py")

    @pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, (2 << 20) + 258, 15 << 20])
    @pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    def test_every_size_is_read_whole(self, tmp_path: Path, size: int, method: int) -> None:
        content = bytes(size // 2) + b"x" * (size - size // 2)
        with open_wheel(raw(tmp_path, ("spam.bin", content), method=method)) as wheel:
            assert wheel.read("spam.bin") == content

    def test_members_that_share_bytes(self, tmp_path: Path) -> None:
        path = raw(tmp_path, ("a.py", b"12345678"), ("b.py", b"12345678"))
        data = bytearray(path.read_bytes())
        second = data.rindex(b"PK\x01\x02")
        data[second + 42 : second + 46] = struct.pack("<I", 0)
        path.write_bytes(data)
        refuse(path, "overlaps")

    @staticmethod
    def patch_directory(path: Path, *, size: int) -> None:
        data = bytearray(path.read_bytes())
        place = data.index(b"PK\x01\x02") + 24
        data[place : place + 4] = struct.pack("<I", size)
        path.write_bytes(data)


class TestFiles:
    def test_not_an_archive(self, tmp_path: Path) -> None:
        path = tmp_path / NAME
        path.write_bytes(b"<html>not found</html>")
        refuse(path, "not an archive")

    def test_missing(self, tmp_path: Path) -> None:
        refuse(tmp_path / NAME, "there is no file")

    def test_what_is_there_and_no_file(self, tmp_path: Path) -> None:
        (tmp_path / NAME).symlink_to("/dev/null")
        refuse(tmp_path / NAME, "is no regular file")

    def test_cut_anywhere_it_is_one_clear_error(self, tmp_path: Path) -> None:
        path = make(tmp_path, **{"spam.py": b"x" * 50})
        data = path.read_bytes()
        for length in range(len(data)):
            path.write_bytes(data[:length])
            with pytest.raises(WheelError):
                open_wheel(path)

"""Wheels and modules made to do harm, through the command line: one error, nothing written, little used."""

from __future__ import annotations

import io
import resource
import stat
import struct
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fuzz.seeds import MODULE, WHEEL, extension, pack
from fuzz.target import CALLS, CALLS_FOR_A_BYTE, bounded, harmless

from pyodide_abi.cli.main import main
from pyodide_abi.wasm import encode as enc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOCAL, CENTRAL, END = b"PK\3\4", b"PK\1\2", b"PK\5\6"
#: What one of these files may take beside what the process has already, in bytes.
MEMORY = 400 << 20


@contextmanager
def little_memory() -> Iterator[None]:
    """Allocations beyond the bound fail within it."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def run(folder: Path, *words: str, unpacked: int = 0) -> int:
    """A command, held to the promises; what it may take follows the unpacked bytes."""
    before = sorted(folder.rglob("*"))
    with little_memory(), bounded(CALLS + CALLS_FOR_A_BYTE * unpacked):
        status = main([*words], {"PYODIDE_ABI_CACHE_DIR": str(folder / "cache")}, folder)
    assert sorted(folder.rglob("*")) == before
    return status


def archive(*members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these members as they are, however odd."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        for name, data in members:
            if isinstance(name, zipfile.ZipInfo):
                name.compress_type = method
            made.writestr(name, data)
    return out.getvalue()


def special(mode: int) -> bytes:
    info = zipfile.ZipInfo("spam.py")
    info.external_attr = (mode | 0o777) << 16
    return archive((info, b"/etc/passwd"))


def patched(data: bytes, magic: bytes, offset: int, form: str, *numbers: int) -> bytes:
    """With other numbers in the first header of a sort."""
    place = data.index(magic) + offset
    value = struct.pack(f"<{form}", *numbers)
    return data[:place] + value + data[place + len(value) :]


def lying(size: int) -> bytes:
    """A module's two headers agree on a size that its stream does not have."""
    data = archive((MODULE, extension() * 3))
    return patched(patched(data, LOCAL, 22, "I", size), CENTRAL, 24, "I", size)


def undeclared_bomb() -> bytes:
    """Eight bytes are promised, sixty-four million come; the checksum is that of the eight."""
    data = archive((MODULE, bytes(64 << 20)))
    eight = zlib.crc32(bytes(8))
    data = patched(patched(data, LOCAL, 14, "I", eight), LOCAL, 22, "I", 8)
    return patched(patched(data, CENTRAL, 16, "I", eight), CENTRAL, 24, "I", 8)


def sharing() -> bytes:
    """Every entry of the directory means the same bytes."""
    data = archive(("a.py", b"x" * 1000), ("b.py", b"x" * 1000))
    second = data.rindex(CENTRAL)
    return data[:second] + patched(data[second:], CENTRAL, 42, "I", 0)


def many_bombs() -> bytes:
    """Each member is within what one may be, all together are not."""
    return archive(*((f"p/{number}.bin", bytes(15 << 20)) for number in range(6)))


def more_than_counted() -> bytes:
    """The directory has entries; its end says that there are none, and that it has no bytes."""
    return patched(archive(("a.py", b"")), END, 8, "HHI", 0, 0, 0)


def zip64(entries: int, size: int, offset: int) -> bytes:
    """The numbers of the directory are in a ZIP64 record, which lies."""
    data = archive(("a.py", b""))
    end = data.index(END)
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, entries, entries, size, offset)
    tail = struct.pack("<4sLQL", b"PK\6\7", 0, end, 1) + data[end:]
    return data[:end] + record + patched(tail, END, 8, "HHII", 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)


def with_extra(field: bytes, *, local_only: bool = False) -> bytes:
    """A member with an extra field in both of its headers, or in its own alone."""
    info = zipfile.ZipInfo("spam.py")
    info.extra = field
    data = archive((info, b"x = 1"))
    if local_only:
        # The directory's entry stays without.
        place = data.index(CENTRAL)
        central = patched(data[place:], CENTRAL, 30, "H", 0).replace(b"spam.py" + field, b"spam.py", 1)
        end = central.index(END)
        return data[:place] + patched(central, END, 12, "I", end)
    return data


def hidden_size() -> bytes:
    """The member's own header leaves its sizes to its extra field, which lies."""
    data = with_extra(struct.pack("<HHQQ", 1, 16, 4, 7), local_only=True)
    return patched(data, LOCAL, 18, "II", 0xFFFFFFFF, 0xFFFFFFFF)


def lying_descriptor() -> bytes:
    """What follows the member says another size than the directory."""
    out = io.BytesIO()
    with zipfile.ZipFile(_Pipe(out), "w") as made:
        made.writestr("spam.py", b"x = 1")
    data = out.getvalue()
    return patched(data, b"PK\7\x08", 12, "I", 4)


class _Pipe(io.RawIOBase):
    """A stream that cannot go back, so that sizes follow members."""

    def __init__(self, out: io.BytesIO) -> None:
        self._out = out

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        return self._out.write(data)  # type: ignore[arg-type] # bytes of some sort


def in_a_comment() -> bytes:
    """The archive's comment ends as an archive without members."""
    data = archive(("spam.py", b"x = 1"))
    end = struct.pack("<4s4H2IH", END, 0, 0, 0, 0, 0, 0, 0)
    return data[:-2] + struct.pack("<H", len(end)) + end


OTHER_NAME = struct.pack("<HHBI", 0x7075, 12, 1, zlib.crc32(b"spam.py")) + b"../evil"
#: Archives, and what has to be said of each.
ARCHIVES: dict[str, tuple[Callable[[], bytes], str]] = {
    "slip": (lambda: archive(("../evil.py", b"")), "leads out"),
    "absolute": (lambda: archive(("/etc/cron.d/evil", b"")), "absolute"),
    "backslash": (lambda: archive(("..\\evil.py", b"")), "backslash"),
    "drive": (lambda: archive(("C:evil.py", b"")), "absolute"),
    "long name": (lambda: archive(("a" * 60_000, b"")), "a name of 60000 characters"),
    "deep name": (lambda: archive(("a/" * 900 + "b", b"")), "in 900 folders"),
    "escape": (lambda: archive(("a\x1b[2Jb", b"")), "control characters"),
    "line break": (lambda: archive(("a\nerror: all is well", b"")), "control characters"),
    "declared bomb": (lambda: archive((MODULE, bytes(20 << 20))), "a bomb"),
    "bomb of many members": (many_bombs, "a bomb of many members"),
    "undeclared bomb": (undeclared_bomb, "more bytes than the 8"),
    "too small a size": (lambda: lying(5), "damaged|bytes, not"),
    "too large a size": (lambda: lying(1 << 20), "damaged|bytes, not"),
    "huge size": (lambda: lying(0xFFFFFFF0), "more than the"),
    "checksum": (lambda: patched(archive((MODULE, b"x")), CENTRAL, 16, "I", 7), "damaged|two"),
    "shared bytes": (sharing, "overlaps"),
    "hidden size": (hidden_size, "of two sizes"),
    "lying descriptor": (lying_descriptor, "of two sizes"),
    "name in an extra field": (lambda: with_extra(OTHER_NAME), "of two names"),
    "name in its own extra field": (lambda: with_extra(OTHER_NAME, local_only=True), "of two names"),
    "archive in front": (lambda: archive(("evil.py", b"")) + archive(("a.py", b"")), "which the directory"),
    "archive in its comment": (in_a_comment, "which the directory"),
    "clash": (lambda: archive(("Spam.py", b""), ("spam.PY", b"")), "clashes"),
    "clash of forms": (lambda: archive(("\xe9.py", b""), ("e\u0301.py", b"")), "clashes"),
    "file and folder": (lambda: archive(("a", b""), ("A/b", b"")), "is a file"),
    "link": (lambda: special(stat.S_IFLNK), "symbolic link"),
    "device": (lambda: special(stat.S_IFBLK), "neither a file"),
    "pipe": (lambda: special(stat.S_IFIFO), "neither a file"),
    "encrypted": (lambda: patched(archive(("a", b"x")), CENTRAL, 8, "H", 1), "encrypted"),
    "countless entries": (lambda: zip64(1 << 63, 1 << 63, 0), "not an archive|cut off or damaged"),
    "directory before the file": (lambda: zip64(1, 46, 1 << 62), "not an archive|cut off or damaged"),
    "directory that is not counted": (more_than_counted, "which the directory"),
    "half a header": (lambda: archive(("a", b"x"))[:20], "not an archive|cut off or damaged"),
    "nothing": (lambda: b"", "the file is empty"),
}


@pytest.mark.parametrize("command", ["audit", "show"])
@pytest.mark.parametrize("name", ARCHIVES)
def test_a_hostile_archive_is_refused_with_one_error(
    name: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make, reason = ARCHIVES[name]
    (tmp_path / WHEEL).write_bytes(make())
    assert run(tmp_path, command, WHEEL) == 2
    output = capsys.readouterr()
    assert not output.out
    assert [line[:6] for line in output.err.splitlines() if not line.startswith("  ")] == ["error:"]
    assert any(word in output.err for word in reason.split("|")), output.err
    harmless(output.err)


def section(id_: int, body: bytes) -> bytes:
    return bytes([id_]) + enc.sized(body)


def module(*sections: bytes) -> bytes:
    return b"\0asm\1\0\0\0" + b"".join(sections)


ENDLESS = b"\xff" * 1000
MANY = b"\xff\xff\xff\xff\x0f"
LIBRARY = section(0, enc.name("dylink.0"))
#: Modules that no engine takes; the audit says so and shows nothing of them that a terminal obeys.
MODULES: dict[str, bytes] = {
    "endless section size": b"\0asm\1\0\0\0\1" + ENDLESS,
    "endless count": module(LIBRARY, section(1, ENDLESS)),
    "endless name": module(LIBRARY, section(2, b"\1" + ENDLESS)),
    "four billion types": module(LIBRARY, section(1, MANY + b"\x60\0\0")),
    "four billion imports": module(LIBRARY, section(2, MANY)),
    "four billion parameters": module(LIBRARY, section(1, b"\1\x60" + MANY)),
    "four billion locals": module(
        LIBRARY,
        section(1, b"\1\x60\0\0"),
        section(3, b"\1\0"),
        section(7, b"\1" + enc.name("__wasm_call_ctors") + b"\0\0"),
        section(10, b"\1" + enc.sized(MANY + b"\x7f\x0b")),
    ),
    "four billion needed libraries": module(section(0, enc.name("dylink.0") + b"\2" + enc.sized(MANY))),
    "section beyond the file": module(LIBRARY, b"\1" + MANY),
    "sections twice": module(LIBRARY, section(1, b"\0"), section(1, b"\0")),
    "a name of four gigabytes": module(LIBRARY, section(2, b"\1" + MANY + b"env")),
    "groups in groups": module(LIBRARY, section(1, b"\1" + b"\x4e\1" * 5000)),
    "half a million subsections": module(section(0, enc.name("dylink.0") + bytes(1_000_000))),
    "names that terminals obey": module(
        LIBRARY,
        section(1, b"\1\x60\0\0"),
        section(2, enc.vector([enc.name("env") + enc.name("\x1b]0;x\x07\x9b2J\n\u202e") + b"\0\0"])),
    ),
}


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
@pytest.mark.parametrize("name", MODULES)
def test_a_hostile_module_is_a_finding(
    name: str, form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / WHEEL).write_bytes(pack({MODULE: MODULES[name]}))
    assert run(tmp_path, "audit", WHEEL, "--format", form, unpacked=len(MODULES[name])) == 1
    output = capsys.readouterr()
    assert "ABI" in output.out
    assert not output.err
    harmless(output.out)


@pytest.mark.parametrize("name", MODULES)
def test_a_hostile_module_is_shown_as_far_as_it_can_be(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "spam.so").write_bytes(MODULES[name])
    assert run(tmp_path, "show", "spam.so", "--all", unpacked=len(MODULES[name])) in {0, 2}
    harmless(capsys.readouterr().out)


class TestSoundButOdd:
    """What is no fault of an archive must not be taken for one, nor cost more than it is worth."""

    def test_a_wheel_in_a_wheel_is_a_file(self, tmp_path: Path) -> None:
        inner = pack({MODULE: extension()})
        for _ in range(20):
            inner = pack({"spam/inner.whl": inner, "spam/inner.zip": inner[:100]})
        (tmp_path / WHEEL).write_bytes(inner)
        assert run(tmp_path, "audit", WHEEL) == 0

    def test_more_entries_than_sixteen_bits_count(self, tmp_path: Path) -> None:
        (tmp_path / WHEEL).write_bytes(
            archive(*((f"p/{number}.py", b"") for number in range(66_000)), method=zipfile.ZIP_STORED)
        )
        assert run(tmp_path, "audit", WHEEL, "--select", "ABI407") in {0, 1}

    def test_a_long_comment(self, tmp_path: Path) -> None:
        data = pack({"spam.py": b""})
        place = data.rindex(END) + 20
        (tmp_path / WHEEL).write_bytes(data[:place] + struct.pack("<H", 65_535) + bytes(65_535))
        assert run(tmp_path, "audit", WHEEL) == 0

    def test_archives_in_archives(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        inner = b"!<arch>\n"
        for _ in range(3000):
            inner = b"!<arch>\n" + b"x.a/".ljust(48) + str(len(inner)).encode().ljust(10) + b"`\n" + inner
            inner += b"\n" * (len(inner) % 2)
        (tmp_path / "x.a").write_bytes(inner)
        assert run(tmp_path, "show", "x.a") == 0
        assert len(capsys.readouterr().out.splitlines()) < 10

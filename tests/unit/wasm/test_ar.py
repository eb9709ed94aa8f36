from __future__ import annotations

from pathlib import Path

import pytest

from pyodide_abi.errors import WasmError
from pyodide_abi.wasm import Form, read_module
from pyodide_abi.wasm.archive import MAGIC, read_archive

CORPUS = Path(__file__).parents[2] / "corpus"


def member(name: str, content: bytes) -> bytes:
    header = f"{name:<16}{0:<12}{0:<6}{0:<6}{644:<8}{len(content):<10}`\n"
    return header.encode() + content + b"\n" * (len(content) % 2)


def test_made_by_llvm_ar() -> None:
    (entry,) = read_archive((CORPUS / "object.a").read_bytes())
    assert entry.name == "object.o"
    assert bytes(entry.data) == (CORPUS / "object.o").read_bytes()
    assert read_module(entry.data).form is Form.OBJECT


def test_gnu_names() -> None:
    long = "a-name-of-more-than-fifteen-letters.o"
    names = f"{long}/\nother-with-a-long-name.o/\n".encode()
    data = MAGIC + member("/", b"index") + member("//", names) + member("short.o/", b"1")
    data += member("/0", b"22") + member(f"/{len(long) + 2}", b"333")
    found = read_archive(data)
    assert [(entry.name, bytes(entry.data)) for entry in found] == [
        ("short.o", b"1"),
        (long, b"22"),
        ("other-with-a-long-name.o", b"333"),
    ]
    assert all(data[entry.offset :].startswith(entry.data) for entry in found)


def test_bsd_names() -> None:
    data = MAGIC + member("#1/12", b"__.SYMDEF\0\0\0index") + member("#1/8", b"long.o\0\0content")
    assert [(entry.name, bytes(entry.data)) for entry in read_archive(data)] == [("long.o", b"content")]


def test_an_empty_archive() -> None:
    assert read_archive(MAGIC) == ()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"!<thin>\n", "a thin one"),
        (b"\0asm\x01\0\0\0", "not an ar archive"),
        (MAGIC + b"x" * 60, "not a member's header"),
        (MAGIC + b"x", "not a member's header"),
        (MAGIC + member("a/", b"12345")[:-2], "is cut off"),
        (MAGIC + member("/5", b""), "beyond the table of names"),
        (MAGIC + member("/x", b""), "is not a number"),
        (MAGIC + member("#1/99", b"a"), "longer than its member"),
        (MAGIC + member("a/", b"").replace(b"0         `", b"-1        `"), "is not a number"),
    ],
)
def test_faults(data: bytes, reason: str) -> None:
    with pytest.raises(WasmError, match=reason):
        read_archive(data)

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from pyodide_abi.errors import WasmError
from pyodide_abi.wasm import Form, read_module
from pyodide_abi.wasm.archive import MAGIC, THIN_MAGIC, read_archive, read_index, read_thin_archive

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


def numbers(*values: int, order: Literal["big", "little"], wide: int = 4) -> bytes:
    return b"".join(value.to_bytes(wide, order) for value in values)


@pytest.mark.parametrize(("name", "wide"), [("/", 4), ("/SYM64/", 8)])
def test_an_index_as_gnu_and_coff_have_it(name: str, wide: int) -> None:
    body = numbers(3, 100, 200, 100, order="big", wide=wide) + b"one\0two\0three\0"
    assert read_index(MAGIC + member(name, body)) == {100: ["one", "three"], 200: ["two"]}


@pytest.mark.parametrize(("name", "wide"), [("__.SYMDEF", 4), ("#1/20", 4), ("__.SYMDEF_64", 8)])
def test_an_index_as_bsd_has_it(name: str, wide: int) -> None:
    names = b"_one\0_two\0"
    body = numbers(4 * wide, 0, 100, 5, 200, len(names), order="little", wide=wide) + names
    if name == "#1/20":
        body = b"__.SYMDEF SORTED\0\0\0\0" + body
    assert read_index(MAGIC + member(name, body)) == {100: ["_one"], 200: ["_two"]}


def test_members_are_found_by_the_index_s_places() -> None:
    data = (CORPUS / "object.a").read_bytes()
    (entry,) = read_archive(data)
    assert set(read_index(data)) == {entry.header}


@pytest.mark.parametrize(
    "data",
    [
        MAGIC,
        MAGIC + b"x" * 70,
        MAGIC + member("a.o/", b"1234"),
        MAGIC + member("/", b""),
        MAGIC + member("/", numbers(2**31, order="big")),
        MAGIC + member("__.SYMDEF", b"\xff" * 7),
    ],
)
def test_no_index_or_a_damaged_one_says_nothing(data: bytes) -> None:
    assert "a" not in [name for names in read_index(data).values() for name in names]


def test_a_thin_archive_names_files() -> None:
    names = b"deep/one.o/\n../two.o/\n"
    thin = member("/", b"index1") + member("//", names)
    thin += member("/0", b"")[:48] + b"4321      `\n" + member("/12", b"")[:48] + b"99        `\n"
    assert read_thin_archive(THIN_MAGIC + thin) == ("deep/one.o", "../two.o")
    for damaged in (MAGIC + thin, THIN_MAGIC + thin[:-5]):
        with pytest.raises(WasmError):
            read_thin_archive(damaged)

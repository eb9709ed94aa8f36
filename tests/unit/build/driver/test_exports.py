"""Export lists, computed from made objects and archives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyodide_abi.build.driver.arguments import Command
from pyodide_abi.build.driver.objects.exports import ExportMode, exports_of
from pyodide_abi.build.driver.objects.visibility import seal
from pyodide_abi.build.model import Exports
from pyodide_abi.errors import UsageError, WasmError
from pyodide_abi.wasm import encode as enc
from pyodide_abi.wasm import read_module
from pyodide_abi.wasm.archive import read_archive
from pyodide_abi.wasm.sections.dylink0 import SymbolFlag
from pyodide_abi.wasm.sections.linking import (
    Linking,
    ObjectSymbol,
    ObjectSymbolKind,
    encode,
    exported_symbols,
)

if TYPE_CHECKING:
    from pyodide_abi.build.driver.objects.exports import Exported


def made_object(*symbols: ObjectSymbol) -> bytes:
    """An object file of nothing but a symbol table."""
    contents = enc.name("linking") + encode(Linking(symbols=symbols, symbols_at=0))
    return b"\0asm\1\0\0\0" + bytes([0]) + enc.sized(contents)


def function(name: str, flags: int = 0) -> ObjectSymbol:
    return ObjectSymbol(name=name, kind=ObjectSymbolKind.FUNCTION, flags=flags, index=0)


def made_archive(**members: bytes) -> bytes:
    parts = [b"!<arch>\n"]
    for name, data in members.items():
        header = f"{name + '.o/':<16}{0:<12}{0:<6}{0:<6}{0o644:<8o}{len(data):<10}`\n"
        parts.append(header.encode() + data + b"\n" * (len(data) % 2))
    return b"".join(parts)


FILES = {
    "core.o": made_object(
        function("PyInit_core"),
        function("helper"),
        function("hidden", SymbolFlag.HIDDEN),
        function("local", SymbolFlag.LOCAL),
        function("wanted", SymbolFlag.UNDEFINED | SymbolFlag.EXPLICIT_NAME),
        ObjectSymbol(name="table", kind=ObjectSymbolKind.DATA, flags=0, index=0, offset=0, size=4),
    ),
    "util.o": made_object(function("util")),
    "bell.o": made_object(
        function("bell"),
        ObjectSymbol(
            name="__em_js__ring",
            kind=ObjectSymbolKind.DATA,
            flags=SymbolFlag.EXPORTED,
            index=0,
            offset=0,
            size=4,
        ),
    ),
    "lto.o": b"BC\xc0\xde....",
    "lib/libparts.a": made_archive(
        one=made_object(function("PyInit_other")), two=made_object(function("PyInit_core"), function("part"))
    ),
    "lib/libbits.a": made_archive(one=b"BC\xc0\xde....", two=made_object(function("never_asked"))),
    "lib/libown.so": b"\0asm\1\0\0\0" + bytes([0]) + enc.sized(enc.name("dylink.0")),
    "lib/libown.a": made_archive(three=made_object(function("PyInit_third"))),
    "broken.o": b"\0asm\1\0\0\0\x00\xff",
    "notes.txt": b"not for us",
}
#: What LLVM's own reader would say of files that only it reads.
BITCODE = {"lto.o": ("PyInit_lto", "other"), "lib/libbits.a": ("PyInit_bits", "more")}


def exported(line: str, mode: ExportMode = ExportMode.PYINIT, names: tuple[str, ...] = ()) -> Exported:
    def read(name: str) -> bytes:
        if name not in FILES:
            raise FileNotFoundError(name)
        return FILES[name]

    return exports_of(
        Command(line.split(), "cc"), mode=mode, names=names, read=read, bitcode=lambda file: BITCODE[file]
    )


def test_a_module_exports_what_the_interpreter_asks_for() -> None:
    assert exported("-shared util.o core.o notes.txt -o core.so").names == ("PyInit_core",)


def test_a_projects_own_names_are_added() -> None:
    assert exported("-shared core.o -o core.so", names=("extra",)).names == ("PyInit_core", "extra")


def test_an_initialisation_function_in_an_archive_is_found_by_the_files_name() -> None:
    assert exported("-shared util.o -Llib -lparts -o x/core.cpython-314-wasm32-emscripten.so").names == (
        "PyInit_core",
    )
    assert exported("-shared lib/libparts.a -o other.so").names == ("PyInit_other",)


def test_a_module_is_sealed_unless_a_library_of_the_project_shares_symbols() -> None:
    assert exported("-shared core.o -Llib -lparts -lm -o core.so").sealed
    for library in ("-L lib -lown", "lib/libown.so"):
        found = exported(f"-shared core.o {library} -o core.so")
        assert not found.sealed
        assert found.names == ("PyInit_core",)
    assert not exported("-shared core.o -o core.so", ExportMode.REQUESTED).sealed


def test_sealing_hides_all_but_the_list_and_moves_no_byte() -> None:
    written: dict[str, bytes] = {}

    def read(name: str) -> bytes:
        if name not in FILES:
            raise FileNotFoundError(name)
        return FILES[name]

    def write(name: str, data: bytes) -> str:
        written[name] = data
        return "/scratch/" + name

    line = "-shared core.o util.o notes.txt gone.o lto.o -Llib -lparts -o x.so"
    sealed = seal(line.split(), {"PyInit_core"}, read=read, write=write)
    assert " ".join(sealed) == (
        "-shared /scratch/core.o /scratch/util.o notes.txt gone.o lto.o -Llib /scratch/lib/libparts.a -o x.so"
    )
    for name, data in written.items():
        assert len(data) == len(FILES[name])
    linking = read_module(written["core.o"]).linking
    assert linking
    visible = {symbol.name for symbol in linking.symbols if symbol.defined and not symbol.hidden}
    assert visible == {"PyInit_core", "local"}
    assert exported_symbols(linking.symbols, list(ObjectSymbolKind)) == ("PyInit_core",)
    assert [symbol.name for symbol in linking.symbols if not symbol.defined] == ["wanted"]
    one, two = read_archive(written["lib/libparts.a"])
    for member, expected in ((one, ()), (two, ("PyInit_core",))):
        table = read_module(member.data).linking
        assert table
        assert exported_symbols(table.symbols, list(ObjectSymbolKind)) == expected


def test_objects_come_before_archives() -> None:
    assert exported("-shared core.o lib/libparts.a -o another.so").names == ("PyInit_core",)


def test_a_library_without_one_exports_what_is_visible() -> None:
    found = exported("-shared util.o -o libutil.so")
    assert found.names == ("util",)
    assert "no object defines a PyInit_ function" in found.remark


def test_the_javascript_of_a_function_is_in_no_list() -> None:
    found = exported("-shared bell.o -o libbell.so")
    assert found.names == ("bell",)


def test_requested_is_every_visible_symbol_of_the_objects() -> None:
    found = exported("-shared core.o util.o lib/libparts.a -o core.so", ExportMode.REQUESTED)
    assert found.names == ("PyInit_core", "helper", "table", "util")


def test_whole_archive_is_everything_and_names_are_names() -> None:
    assert exported("-shared core.o -o core.so", ExportMode.WHOLE_ARCHIVE).names is None
    assert exported("-shared core.o -o core.so", ExportMode.NAMES, ("a", "b")).names == ("a", "b")


@pytest.mark.parametrize(("file", "init"), [("lto.o", "PyInit_lto"), ("lib/libbits.a", "PyInit_bits")])
def test_bitcode_is_read_by_llvm_and_that_is_said(file: str, init: str) -> None:
    found = exported(f"-shared util.o {file} -o pkg/core.so")
    assert found.names == (init,)
    assert not found.sealed
    assert found.remark == f"{file} is LLVM bitcode: its symbols cannot be hidden"


@pytest.mark.parametrize("mode", ExportMode)
def test_what_rustc_links_has_its_own_list(mode: ExportMode) -> None:
    line = "spam.spam.1f2e.rcgu.o libstd-1.rlib -shared -o libspam.so"
    found = exported(line, mode, ("spam_close", "spam_open"))
    assert found.names == ("spam_close", "spam_open")
    assert found.sealed, "Rust's own libraries show more than anybody asked for"


@pytest.mark.parametrize(
    ("mode", "names"),
    [
        (ExportMode.PYINIT, ("PyInit_spam",)),
        (ExportMode.REQUESTED, ("PyInit_spam", "spam_open")),
        (ExportMode.NAMES, ("PyInit_spam", "spam_open")),
        (ExportMode.WHOLE_ARCHIVE, ("PyInit_spam", "spam_open")),
    ],
)
def test_an_extension_module_of_rust(mode: ExportMode, names: tuple[str, ...]) -> None:
    line = "spam.spam.1f2e.rcgu.o libstd-1.rlib -shared -o libspam.so"
    assert exported(line, mode, ("PyInit_spam", "spam_open")).names == names


def test_a_damaged_object_is_named() -> None:
    with pytest.raises(WasmError, match=r"broken\.o"):
        exported("-shared broken.o -o x.so")


def test_an_answer_to_exports() -> None:
    assert Exports.parse("requested") == Exports(mode=ExportMode.REQUESTED)
    assert Exports.parse("a, b") == Exports(mode=ExportMode.NAMES, names=("a", "b"))
    for text in ("", ",", "a b", "1x"):
        with pytest.raises(UsageError):
            Exports.parse(text)

from __future__ import annotations

import mmap
from pathlib import Path

import pytest

from pyodide_abi.errors import WasmError
from pyodide_abi.wasm import Form, Kind, SectionId, read_module
from pyodide_abi.wasm.sections.linking import Binding, ObjectSymbolKind, exported_symbols

CORPUS = Path(__file__).parents[2] / "corpus"
EMPTY = b"\0asm\x01\0\0\0"


def load(name: str) -> bytes:
    return (CORPUS / name).read_bytes()


class TestHeaders:
    """The magic, the version, and sections that fill the file in order (core specification 5.5.16)."""

    def test_an_empty_module(self) -> None:
        module = read_module(EMPTY)
        assert (module.sections, module.imports, module.exports, module.form) == ((), (), (), Form.PLAIN)
        assert (module.dylink, module.linking, module.start) == (None, None, None)

    @pytest.mark.parametrize(
        ("data", "reason", "offset"),
        [
            (b"", "does not begin with", 0),
            (b"\x7fELF\x02\x01\x01\x00", "does not begin with", 0),
            (b"\0asm\x01\0", "ends in its header", 6),
            (b"\0asm\x02\0\0\0", "version 2, not 1", 4),
            (b"\0asm\x0d\0\x01\0", "a component", 4),
            (EMPTY + b"\x0e\x00", "unknown section id 14", 8),
            (EMPTY + b"\x01\x05\x00", "type section of 5 bytes where 1 are left", 8),
            (EMPTY + b"\x01\xff\xff\xff\xff\x0f", "type section of 4294967295 bytes", 8),
            (EMPTY + b"\x01", "ends in the middle", 9),
            (EMPTY + b"\x01\x01\x00\x01\x01\x00", "type section is out of order", 11),
            (EMPTY + b"\x0a\x01\x00\x03\x01\x00", "function section is out of order", 11),
            (EMPTY + b"\x00\x02\x05a", "custom section: wants 5 more bytes", 11),
            (EMPTY + b"\x00\x00", "custom section: ends", 10),
            (EMPTY + b"\x00\x02\x01\xff", "not UTF-8", 11),
            (EMPTY + b"\x00\x01\x00" * 100_001, "more than 100000 sections", 8 + 300_000),
        ],
    )
    def test_faults(self, data: bytes, reason: str, offset: int) -> None:
        with pytest.raises(WasmError, match=reason) as caught:
            read_module(data)
        assert caught.value.offset == offset

    def test_tags_and_data_counts_stand_out_of_the_order_of_their_numbers(self) -> None:
        module = read_module(load("side.wasm"))
        names = [section.name for section in module.sections if not section.custom]
        assert names == [
            *("type", "import", "function", "table", "tag", "global", "export", "start", "element"),
            *("data count", "code", "data"),
        ]

    def test_every_byte_belongs_to_a_section(self) -> None:
        data = load("side.wasm")
        module = read_module(data)
        ends = [8, *(section.end for section in module.sections)]
        assert [section.start for section in module.sections] == ends[:-1]
        assert ends[-1] == len(data)

    def test_nothing_is_decoded_before_it_is_asked_for(self) -> None:
        module = read_module(EMPTY + b"\x02\x01\x05\x07\x01\x00")
        assert module.exports == ()
        with pytest.raises(WasmError, match="import section: claims 5 items"):
            _ = module.imports

    def test_a_memory_map_is_read_in_place(self) -> None:
        with (CORPUS / "side.wasm").open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            module = read_module(memoryview(mapped))
            assert module.dylink is not None
            assert len(module.data_segments) == 2
            module.data.release()
            del module
            mapped.close()


class TestSideModule:
    """What sources/side.wat says."""

    def test_dylink(self) -> None:
        module = read_module(load("side.wasm"))
        dylink = module.dylink
        assert module.form is Form.SIDE_MODULE
        assert dylink is not None
        assert dylink.needed == ("libfirst.so", "libsecond.so.1")
        assert dylink.runtime_paths == ("$ORIGIN", "$ORIGIN/../spam.libs")
        assert dylink.weak_imports == {"maybe"}
        assert [(entry.name, entry.flags) for entry in dylink.exports] == [("threads", 0x100)]

    def test_types_of_exports(self) -> None:
        module = read_module(load("side.wasm"))
        assert {entry.name: (str(entry.kind), str(module.type_of(entry))) for entry in module.exports} == {
            "PyInit_side": ("function", "()->(i32)"),
            "threads": ("global", "i32"),
            "counter": ("global", "i64 mut"),
            "second": ("tag", "(i32)->()"),
            "own": ("table", "externref min=2 max=9"),
            "many": ("function", "(i32,i64,f32,f64)->(i32,i64)"),
        }

    def test_the_rest(self) -> None:
        module = read_module(load("side.wasm"))
        data = load("side.wasm")
        assert module.start == 2
        assert [segment.number for segment in module.elements] == [3, 1, 1]
        assert [data[part.offset : part.offset + part.size] for part in module.data_segments] == [
            b"hello, \xffworld",
            b"passive",
        ]
        assert [(field.name, field.values) for field in module.producers] == [
            ("language", (("C11", ""),)),
            ("processed-by", (("clang", "22.0.0"), ("wasm-opt", "124"))),
        ]
        assert [(entry.prefix, entry.name) for entry in module.target_features] == [
            ("+", "bulk-memory"),
            ("-", "shared-mem"),
        ]
        assert module.function_names == {0: "many", 1: "init", 2: "begin"}

    def test_an_export_of_nothing(self) -> None:
        module = read_module(EMPTY + b"\x07\x05\x01\x01f\x00\x09")
        with pytest.raises(WasmError, match="no function of index 9"):
            module.type_of(module.exports[0])


class TestObjectFile:
    """What sources/object.c says, compiled with default visibility."""

    def test_symbols(self) -> None:
        module = read_module(load("object.o"))
        assert module.form is Form.OBJECT
        assert module.linking is not None
        symbols = {symbol.name: symbol for symbol in module.linking.symbols}
        assert symbols["kept_data"].binding is Binding.LOCAL
        assert symbols["replaceable"].binding is Binding.WEAK
        assert (symbols["maybe"].binding, symbols["maybe"].defined) == (Binding.WEAK, False)
        assert (symbols["hidden"].hidden, symbols["shown"].hidden) == (True, False)
        assert (symbols["wanted_data"].kind, symbols["wanted_data"].defined) == (ObjectSymbolKind.DATA, False)
        assert (symbols["text"].size, symbols["shown_data"].size) == (5, 4)

    def test_what_it_could_export(self) -> None:
        linking = read_module(load("object.o")).linking
        assert linking is not None
        functions = exported_symbols(linking.symbols, [ObjectSymbolKind.FUNCTION])
        assert functions == ("replaceable", "shown", "PyInit_object")

    def test_a_symbol_table_of_another_version(self) -> None:
        module = read_module(EMPTY + b"\x00\x09\x07linking\x01")
        with pytest.raises(WasmError, match="version 1, not 2"):
            _ = module.linking

    def test_an_undefined_symbol_without_its_import(self) -> None:
        symbols = b"\x08\x04\x01\x00\x10\x03"
        module = read_module(EMPTY + b"\x00" + bytes([9 + len(symbols)]) + b"\x07linking\x02" + symbols)
        with pytest.raises(WasmError, match="is not import 3"):
            _ = module.linking


def test_unusual_memories_and_tables() -> None:
    module = read_module(load("memory64.wasm"))
    assert [str(type_) for type_ in module.space[Kind.MEMORY]] == [
        "min=1 max=4294967296 i64",
        "min=1 max=65536 shared",
        "min=5 max=6 page=1",
    ]
    assert module.find(SectionId.CODE) is None


@pytest.mark.parametrize("name", ["side.wasm", "linked.wasm", "object.o", "gc.wasm", "exnref.wasm"])
def test_a_cut_module_is_one_clear_error(name: str) -> None:
    """Wherever it is cut, reading everything ends well or in WasmError."""
    data = load(name)
    offsets = [error_offset(data[:length]) for length in range(len(data))]
    assert all(offset is None or offset <= length for length, offset in enumerate(offsets))
    # Only a cut between two sections leaves a whole module, or one whose lost section nobody refers to.
    assert offsets.count(None) <= len(read_module(data).sections)


def error_offset(data: bytes) -> int | None:
    """Where reading everything fails, None where it does not."""
    try:
        read_everything(data)
    except WasmError as error:
        return error.offset
    return None


def read_everything(data: bytes) -> None:
    from pyodide_abi.wasm.code import scan_code
    from pyodide_abi.wasm.features import header_features

    module = read_module(data)
    for export in module.exports:
        module.type_of(export)
    _ = (module.elements, module.data_segments, module.start, module.dylink, module.linking)
    _ = (module.producers, module.target_features, module.function_names, module.functions)
    header_features(module)
    scan_code(module)

"""Each section, from bytes written here by the specification's tables, and back."""

from __future__ import annotations

from typing import Any, Protocol

import pytest

from pyodide_abi.errors import WasmError
from pyodide_abi.wasm.cursor import Cursor
from pyodide_abi.wasm.sections import (
    data,
    elements,
    exports,
    functions,
    globals,  # noqa: A004 - named after the section
    imports,
    memories,
    names,
    producers,
    start,
    tables,
    tags,
    target_features,
    types,
)
from pyodide_abi.wasm.types import (
    ArrayType,
    FieldType,
    FuncType,
    GlobalType,
    Kind,
    Limits,
    MemoryType,
    StructType,
    TableType,
    TagType,
    ValueType,
)

I32, I64, FUNCREF = ValueType("i32"), ValueType("i64"), ValueType("funcref")
UNARY = FuncType((I32,), (I64,))


class SectionModule(Protocol):
    def decode(self, cursor: Cursor, /, *rest: Any) -> Any: ...
    def encode(self, value: Any, /, *rest: Any) -> bytes: ...


class TestTypes:
    def test_functions(self) -> None:
        code = b"\x02\x60\x01\x7f\x01\x7e\x60\x00\x00"
        groups = types.decode(Cursor(code))
        assert [str(type_) for type_ in types.flatten(groups)] == ["(i32)->(i64)", "()->()"]
        assert types.encode(groups) == code

    def test_recursive_group(self) -> None:
        code = b"\x02\x4e\x02\x50\x00\x5f\x02\x7f\x00\x78\x01\x5e\x63\x00\x01\x4f\x01\x00\x5f\x00"
        groups = types.decode(Cursor(code))
        first, second, third = types.flatten(groups)
        assert first == StructType(
            (FieldType(storage=I32, mutable=False), FieldType(storage=ValueType("i8"), mutable=True))
        )
        assert second == ArrayType(FieldType(storage=ValueType("(ref null 0)"), mutable=True))
        assert third == StructType(())
        assert (groups[0].types[0].final, groups[1].types[0].supertypes) == (False, (0,))
        assert types.encode(groups) == code

    def test_reference_types_have_one_text_form(self) -> None:
        long, short = b"\x01\x60\x01\x63\x70\x00", b"\x01\x60\x01\x70\x00"
        assert types.decode(Cursor(long)) == types.decode(Cursor(short))
        not_null = types.decode(Cursor(b"\x01\x60\x01\x64\x70\x00"))
        assert str(types.flatten(not_null)[0]) == "((ref func))->()"

    @pytest.mark.parametrize(
        ("code", "reason"),
        [
            (b"\x01\x61\x00\x00", "unknown form of type 0x61"),
            (b"\x01\x60\x01\x12\x00", "unknown value type 0x12"),
            (b"\x01\x60\x01\x63\x5f\x00", "unknown heap type -33"),
            (
                b"\x01\x60\xe9\x07" + b"\x7f" * 1001 + b"\x00",
                "claims 1001 parameters where engines accept 1000",
            ),
            (b"\x01\x60\x00\x00\x00", "1 bytes after"),
            (b"\x01\x5f\x01\x7f\x02", "mutability 0x02"),
        ],
    )
    def test_faults(self, code: bytes, reason: str) -> None:
        with pytest.raises(WasmError, match=reason):
            types.decode(Cursor(code))


class TestImports:
    CODE = (
        b"\x05"
        b"\x03env\x01f\x00\x00"
        b"\x03env\x01t\x01\x70\x01\x01\x02"
        b"\x03env\x01m\x02\x03\x01\x80\x80\x04"
        b"\x07GOT.mem\x01g\x03\x7f\x01"
        b"\x03env\x01e\x04\x00\x01"
    )
    TYPES = (UNARY, FuncType((I32,), ()))

    def test_every_kind(self) -> None:
        found = imports.decode(Cursor(self.CODE), self.TYPES)
        assert [entry.type for entry in found] == [
            UNARY,
            TableType(element=FUNCREF, limits=Limits(minimum=1, maximum=2)),
            MemoryType(Limits(minimum=1, maximum=65536, shared=True)),
            GlobalType(value=I32, mutable=True),
            TagType(self.TYPES[1]),
        ]
        assert [entry.kind for entry in found] == list(Kind)
        assert [str(entry.type) for entry in found] == [
            "(i32)->(i64)",
            "funcref min=1 max=2",
            "min=1 max=65536 shared",
            "i32 mut",
            "(i32)->()",
        ]
        assert imports.encode(found) == self.CODE

    @pytest.mark.parametrize(
        ("code", "reason"),
        [
            (b"\x01\x00\x00\x00\x07", "type 7 is not a function type"),
            (b"\x01\x00\x00\x05\x00", "unknown kind 0x05"),
            (b"\x01\x00\x00\x04\x01\x00", "unknown attribute 0x01"),
            (b"\x01\x00\x00\x02\x10\x00", "unknown limits flags 0x10"),
            (b"\x01\x00\x00\x03\x7f\x02", "mutability 0x02"),
        ],
    )
    def test_faults(self, code: bytes, reason: str) -> None:
        with pytest.raises(WasmError, match=reason):
            imports.decode(Cursor(code), self.TYPES)


class TestFunctions:
    def test_padded_and_plain_indices(self) -> None:
        assert functions.decode(Cursor(b"\x04\x00\x81\x00\x80\x01\x00")) == (0, 1, 128, 0)
        assert functions.encode((0, 1, 128)) == b"\x03\x00\x01\x80\x01"

    @pytest.mark.parametrize(
        "code", [b"\x02\x00", b"\x01\x00\x00", b"\x01\x80\x80\x80\x80\x80\x01", b"\x02\x00\x80", b"\x01\x80"]
    )
    def test_faults(self, code: bytes) -> None:
        with pytest.raises(WasmError):
            functions.decode(Cursor(code))


@pytest.mark.parametrize(
    ("section", "code"),
    [
        (tables, b"\x02\x70\x00\x03\x40\x00\x6f\x01\x01\x02\xd0\x6f\x0b"),
        (memories, b"\x04\x00\x01\x03\x01\x02\x05\x01\x80\x80\x80\x80\x10\x08\x05\x00"),
        (
            globals,
            b"\x04\x7f\x00\x41\x7f\x0b\x7e\x01\x42\x00\x0b\x7d\x00\x43abcd\x0b\x7f\x00\x23\x00\x41\x02\x6a\x0b",
        ),
        (tags, b"\x02\x00\x00\x00\x05"),
        (exports, b"\x02\x01f\x00\x05\x06memory\x02\x00"),
        (start, b"\x07"),
        (
            elements,
            (
                b"\x08"
                b"\x00\x41\x00\x0b\x02\x05\x06"
                b"\x01\x00\x01\x05"
                b"\x02\x01\x23\x00\x0b\x00\x01\x05"
                b"\x03\x00\x01\x05"
                b"\x04\x41\x00\x0b\x01\xd2\x05\x0b"
                b"\x05\x70\x01\xd0\x70\x0b"
                b"\x06\x01\x41\x00\x0b\x6f\x01\xd0\x6f\x0b"
                b"\x07\x70\x00"
            ),
        ),
        (producers, b"\x02\x08language\x01\x03C11\x00\x0cprocessed-by\x01\x05clang\x0222"),
        (target_features, b"\x02+\x07atomics-\x0ashared-mem"),
    ],
    ids=lambda value: getattr(value, "__name__", "").rpartition(".")[2],
)
def test_round_trip(section: SectionModule, code: bytes) -> None:
    assert section.encode(section.decode(Cursor(code))) == code


def test_elements_say_how_many_and_where() -> None:
    (segment,) = elements.decode(Cursor(b"\x01\x02\x01\x23\x00\x0b\x00\x02\x05\x06"))
    assert (segment.table, segment.number, segment.items, segment.element) == (1, 2, b"\x05\x06", FUNCREF)


def test_extended_constants_are_seen() -> None:
    first, second = globals.decode(Cursor(b"\x02\x7f\x00\x41\x01\x41\x02\x6a\x0b\x7f\x00\x41\x01\x0b"))
    assert (first.initial.extended, second.initial.extended) == (True, False)


@pytest.mark.parametrize(
    ("section", "code", "reason"),
    [
        (globals, b"\x01\x7f\x00\x20\x00\x0b", "opcode 0x20 in a constant expression"),
        (globals, b"\x01\x7f\x00\x41\x00", "ends in the middle"),
        (globals, b"\x01\x7f\x00\xfd\x0b\x0b", "opcode 0xfd 11"),
        (elements, b"\x01\x08\x00\x00", "unknown form 8"),
        (elements, b"\x01\x01\x01\x00", "unknown kind 0x01"),
        (elements, b"\x01\x00\x41\x00\x0b\xff\xff\xff\xff\x0f", "where engines accept 10000000"),
        (tags, b"\x01\x01\x00", "unknown attribute"),
        (exports, b"\x02\x01f\x00\x05\x01f\x00\x06", "two exports have the same name"),
        (exports, b"\x01\x01f\x05\x00", "unknown kind 0x05"),
        (memories, b"\x01\x08\x01\x41", "a page size of 2"),
        (target_features, b"\x01?\x01a", "unknown prefix"),
    ],
)
def test_faults(section: SectionModule, code: bytes, reason: str) -> None:
    with pytest.raises(WasmError, match=reason):
        section.decode(Cursor(code))


def test_data_segments_are_ranges_of_the_file() -> None:
    code = b"\x03\x00\x41\x08\x0b\x02ab\x01\x03cde\x02\x01\x41\x00\x0b\x00"
    segments = data.decode(Cursor(code))
    assert [(segment.memory, code[segment.offset :][: segment.size]) for segment in segments] == [
        (0, b"ab"),
        (None, b"cde"),
        (1, b""),
    ]
    assert data.encode(segments, code) == code
    with pytest.raises(WasmError, match="unknown form 3"):
        data.decode(Cursor(b"\x01\x03\x00"))
    with pytest.raises(WasmError, match="wants 9 more bytes"):
        data.decode(Cursor(b"\x01\x01\x09a"))


def test_names() -> None:
    code = names.encode({names.FUNCTIONS: names.encode_map({3: "three", 1: "one"})})
    ((id_, part),) = names.decode(Cursor(code))
    assert id_ == names.FUNCTIONS
    assert names.decode_map(part) == {1: "one", 3: "three"}

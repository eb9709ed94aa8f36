"""What is encoded decodes to the same value, and what is read is written back byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyodide_abi.errors import WasmError
from pyodide_abi.wasm import encode, read_module
from pyodide_abi.wasm.constant import Expression
from pyodide_abi.wasm.cursor import Cursor
from pyodide_abi.wasm.sections import (
    dylink0,
    elements,
    exports,
    functions,
    globals,  # noqa: A004 - named after the section
    imports,
    linking,
    memories,
    names,
    producers,
    tables,
    tags,
    target_features,
    types,
)
from pyodide_abi.wasm.types import (
    ArrayType,
    ContinuationType,
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
from pyodide_abi.wasm.writer import NewSection, replace_contents, write_module

U32 = st.integers(0, 2**32 - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SHORT_TYPES = st.sampled_from(
    ["i32", "i64", "f32", "f64", "v128", "funcref", "externref", "exnref", "anyref", "nullref"]
)
LONG_TYPES = st.one_of(
    st.builds("(ref null {})".format, st.integers(0, 2**32 - 1)),
    st.builds("(ref {})".format, st.integers(0, 2**32 - 1)),
    st.builds("(ref {})".format, st.sampled_from(["func", "extern", "exn", "i31", "nocont"])),
)
VALUE_TYPES = st.builds(ValueType, st.one_of(SHORT_TYPES, LONG_TYPES))
FUNC_TYPES = st.builds(FuncType, *[st.lists(VALUE_TYPES, max_size=4).map(tuple)] * 2)
FIELDS = st.builds(
    FieldType,
    storage=st.one_of(VALUE_TYPES, st.sampled_from(["i8", "i16"]).map(ValueType)),
    mutable=st.booleans(),
)
COMPOSITES = st.one_of(
    FUNC_TYPES,
    st.builds(StructType, st.lists(FIELDS, max_size=4).map(tuple)),
    st.builds(ArrayType, FIELDS),
    st.builds(ContinuationType, U32),
)
SUB_TYPES = st.builds(
    types.SubType, composite=COMPOSITES, supertypes=st.lists(U32, max_size=1).map(tuple), final=st.booleans()
)
GROUPS = st.one_of(
    st.builds(types.Group, st.lists(SUB_TYPES, max_size=3).map(tuple), explicit=st.just(value=True)),
    st.builds(types.Group, st.tuples(SUB_TYPES)),
)


@st.composite
def limits(draw: st.DrawFn) -> Limits:
    is64 = draw(st.booleans())
    sizes = st.integers(0, 2 ** (64 if is64 else 32) - 1)
    return Limits(
        minimum=draw(sizes),
        maximum=draw(st.none() | sizes),
        shared=draw(st.booleans()),
        is64=is64,
        page_size_log2=draw(st.none() | st.integers(0, 64)),
    )


MEMORY_TYPES = st.builds(MemoryType, limits())
TABLE_TYPES = st.builds(TableType, element=VALUE_TYPES, limits=limits())
GLOBAL_TYPES = st.builds(GlobalType, value=VALUE_TYPES, mutable=st.booleans())
EXPRESSIONS = st.one_of(
    st.integers(-(2**31), 2**31 - 1).map(
        lambda value: Expression(code=b"\x41" + encode.signed(value) + b"\x0b", opcodes=(0x41,))
    ),
    U32.map(lambda index: Expression(code=b"\x23" + encode.unsigned(index) + b"\x0b", opcodes=(0x23,))),
    st.binary(min_size=8, max_size=8).map(
        lambda raw: Expression(code=b"\x44" + raw + b"\x0b", opcodes=(0x44,))
    ),
)


class TestIntegers:
    """LEB128, padded encodings included (core specification 5.2.2)."""

    @given(U32, st.integers(1, 5))
    def test_unsigned(self, value: int, length: int) -> None:
        code = encode.unsigned(value, length=length)
        cursor = Cursor(code)
        assert cursor.u32() == value
        assert cursor.remaining == 0
        assert len(code) >= length

    @given(st.integers(0, 2**64 - 1), st.integers(1, 10))
    def test_unsigned_64(self, value: int, length: int) -> None:
        assert Cursor(encode.unsigned(value, length=length)).u64() == value

    @given(st.integers(-(2**31), 2**31 - 1), st.integers(1, 5))
    def test_signed(self, value: int, length: int) -> None:
        code = encode.signed(value, length=length)
        cursor = Cursor(code)
        assert cursor.s32() == value
        assert cursor.remaining == 0
        assert len(code) >= length

    @given(st.integers(-(2**32), 2**32 - 1), st.integers(1, 5))
    def test_signed_33(self, value: int, length: int) -> None:
        assert Cursor(encode.signed(value, length=length)).s33() == value

    @given(st.integers(-(2**63), 2**63 - 1), st.integers(1, 10))
    def test_signed_64(self, value: int, length: int) -> None:
        assert Cursor(encode.signed(value, length=length)).s64() == value

    @given(st.integers(2**32, 2**40), st.integers(1, 8))
    def test_what_does_not_fit_is_refused(self, value: int, length: int) -> None:
        cursor = Cursor(encode.unsigned(value, length=length))
        with pytest.raises(WasmError):
            cursor.u32()


class TestSections:
    """decode(encode(x)) == x, for every section."""

    @given(st.lists(GROUPS, max_size=4).map(tuple))
    def test_types(self, groups: tuple[types.Group, ...]) -> None:
        assert types.decode(Cursor(types.encode(groups))) == groups

    @given(st.data())
    def test_imports(self, data: st.DataObject) -> None:
        known = tuple(data.draw(st.lists(FUNC_TYPES, min_size=1, max_size=3)))
        index = st.integers(0, len(known) - 1)
        described = st.one_of(
            index.map(lambda place: (known[place], place)),
            index.map(lambda place: (TagType(known[place]), place)),
            *(
                strategy.map(lambda type_: (type_, None))
                for strategy in (MEMORY_TYPES, TABLE_TYPES, GLOBAL_TYPES)
            ),
        )
        drawn = data.draw(st.lists(st.tuples(TEXT, TEXT, described), max_size=4))
        entries = tuple(
            imports.Import(module=module, name=name, type=type_, type_index=place)
            for module, name, (type_, place) in drawn
        )
        assert imports.decode(Cursor(imports.encode(entries)), known) == entries

    @given(st.lists(U32, max_size=300).map(tuple))
    def test_functions_and_tags(self, indices: tuple[int, ...]) -> None:
        assert functions.decode(Cursor(functions.encode(indices))) == indices
        assert tags.decode(Cursor(tags.encode(indices))) == indices

    @given(
        st.lists(st.builds(tables.Table, type=TABLE_TYPES, initial=st.none() | EXPRESSIONS), max_size=3).map(
            tuple
        )
    )
    def test_tables(self, found: tuple[tables.Table, ...]) -> None:
        assert tables.decode(Cursor(tables.encode(found))) == found

    @given(st.lists(MEMORY_TYPES, max_size=3).map(tuple))
    def test_memories(self, found: tuple[MemoryType, ...]) -> None:
        assert memories.decode(Cursor(memories.encode(found))) == found

    @given(st.lists(st.builds(globals.Global, type=GLOBAL_TYPES, initial=EXPRESSIONS), max_size=3).map(tuple))
    def test_globals(self, found: tuple[globals.Global, ...]) -> None:
        assert globals.decode(Cursor(globals.encode(found))) == found

    @given(
        st.lists(
            st.builds(exports.Export, name=TEXT, kind=st.sampled_from(Kind), index=U32),
            max_size=5,
            unique_by=lambda entry: entry.name,
        ).map(tuple)
    )
    def test_exports(self, found: tuple[exports.Export, ...]) -> None:
        assert exports.decode(Cursor(exports.encode(found))) == found

    @given(st.lists(U32, max_size=4), EXPRESSIONS, st.integers(0, 2**32 - 1))
    def test_elements(self, indices: list[int], start: Expression, table: int) -> None:
        items = b"".join(map(encode.unsigned, indices))
        funcref = ValueType("funcref")
        segments = (
            elements.ElementSegment(
                flags=2, table=table, start=start, element=funcref, items=items, number=len(indices)
            ),
            elements.ElementSegment(
                flags=3, table=0, start=None, element=funcref, items=items, number=len(indices)
            ),
        )
        assert elements.decode(Cursor(elements.encode(segments))) == segments

    @given(
        st.lists(
            st.builds(
                producers.Field, name=TEXT, values=st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple)
            ),
            max_size=3,
        ).map(tuple),
        st.lists(
            st.builds(
                target_features.TargetFeature, prefix=st.sampled_from(target_features.Prefix), name=TEXT
            ),
            max_size=3,
        ).map(tuple),
        st.dictionaries(U32, TEXT, max_size=4),
    )
    def test_custom_sections(
        self,
        fields: tuple[producers.Field, ...],
        features: tuple[target_features.TargetFeature, ...],
        given_names: dict[int, str],
    ) -> None:
        assert producers.decode(Cursor(producers.encode(fields))) == fields
        assert target_features.decode(Cursor(target_features.encode(features))) == features
        assert names.decode_map(Cursor(names.encode_map(given_names))) == given_names

    @given(
        st.lists(
            st.one_of(
                st.builds(
                    dylink0.MemoryInfo, memory_size=U32, memory_align=U32, table_size=U32, table_align=U32
                ),
                st.builds(dylink0.Needed, st.lists(TEXT, max_size=3).map(tuple)),
                st.builds(dylink0.RuntimePath, st.lists(TEXT, max_size=3).map(tuple)),
                st.builds(
                    dylink0.ExportInfos,
                    st.lists(st.builds(dylink0.ExportInfo, name=TEXT, flags=U32), max_size=3).map(tuple),
                ),
                st.builds(
                    dylink0.ImportInfos,
                    st.lists(
                        st.builds(dylink0.ImportInfo, module=TEXT, name=TEXT, flags=U32), max_size=3
                    ).map(tuple),
                    excess=st.binary(max_size=4),
                ),
                st.builds(dylink0.Unknown, id=st.integers(6, 255), content=st.binary(max_size=8)),
            ),
            max_size=5,
        ).map(tuple)
    )
    def test_dylink(self, subsections: tuple[dylink0.Subsection, ...]) -> None:
        dylink = dylink0.Dylink(subsections=subsections)
        assert dylink0.decode(Cursor(dylink0.encode(dylink))) == dylink

    @given(
        st.lists(st.tuples(TEXT, st.sampled_from(list(linking.ObjectSymbolKind)), U32, U32), max_size=5),
        st.data(),
    )
    def test_linking(
        self, drawn: list[tuple[str, linking.ObjectSymbolKind, int, int]], data: st.DataObject
    ) -> None:
        # Undefined symbols without a name of their own take it from an import; here all have one.
        named, undefined = 0x40, 0x10
        symbols = []
        for name, kind, flags, index in drawn:
            bits = flags | named
            if kind is linking.ObjectSymbolKind.SECTION:
                symbols.append(linking.ObjectSymbol(name="", kind=kind, flags=bits, index=index))
            elif kind is linking.ObjectSymbolKind.DATA and bits & undefined:
                symbols.append(linking.ObjectSymbol(name=name, kind=kind, flags=bits))
            else:
                size = index if kind is linking.ObjectSymbolKind.DATA else 0
                symbols.append(linking.ObjectSymbol(name=name, kind=kind, flags=bits, index=index, size=size))
        others = tuple(
            data.draw(st.lists(st.tuples(st.sampled_from([5, 6, 7]), st.binary(max_size=5)), max_size=3))
        )
        place = data.draw(st.integers(0, len(others)))
        whole = linking.Linking(symbols=tuple(symbols), others=others, symbols_at=place)
        assert linking.decode(Cursor(linking.encode(whole)), ()) == whole


class TestModules:
    @given(
        st.lists(
            st.builds(
                NewSection,
                id=st.just(0),
                name=TEXT,
                contents=st.binary(max_size=20),
                size_length=st.integers(1, 5),
                name_length=st.integers(1, 5),
            ),
            max_size=5,
        )
    )
    def test_any_padding_is_written_back(self, sections: list[NewSection]) -> None:
        """A section rewritten with its own contents is the same bytes, however its header is padded."""
        empty = read_module(b"\0asm\x01\0\0\0")
        data = write_module(empty, sections)
        module = read_module(data)
        assert [section.name for section in module.sections] == [section.name for section in sections]
        assert write_module(module) == data
        same = [replace_contents(section, module.contents(section)) for section in module.sections]
        assert write_module(module, same) == data

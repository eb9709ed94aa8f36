"""One table of instructions, read in two ways: they are held against each other and against an assembler."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import wasmtime
from hypothesis import given
from hypothesis import strategies as st

from pyodide_abi.errors import WasmError
from pyodide_abi.wasm import encode, read_module
from pyodide_abi.wasm.bodies import Bodies
from pyodide_abi.wasm.cursor import Cursor
from pyodide_abi.wasm.instructions import (
    END,
    FAMILIES,
    Instruction,
    feature_of,
    instructions,
    locals_of,
    pattern,
    read_instruction,
)

if TYPE_CHECKING:
    from pyodide_abi.wasm.instructions import Family

CORPUS = Path(__file__).parents[2] / "corpus"


def assembled(code: str, fields: str = "") -> list[tuple[int, tuple[int, ...]]]:
    """Opcode and operands of the instructions of a function, without its ``end``."""
    module = read_module(bytes(wasmtime.wat2wasm(f"(module (func {code}) {fields})")))
    body = Bodies(module).find(0)
    assert body is not None
    assert list(locals_of(body)) == []
    *read, last = instructions(body)
    assert last.opcode == END
    return [(opcode, operands) for opcode, operands, _ in read]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("i32.const -2147483648 drop", [(0x41, (-(2**31),)), (0x1A, ())]),
        ("i64.const -1 drop", [(0x42, (-1,)), (0x1A, ())]),
        ("f32.const 1.5 drop", [(0x43, (int.from_bytes(struct.pack("<f", 1.5), "little"),)), (0x1A, ())]),
        ("f64.const 2.5 drop", [(0x44, (int.from_bytes(struct.pack("<d", 2.5), "little"),)), (0x1A, ())]),
        ("block end", [(0x02, (-64,)), (END, ())]),
        ("loop (result i32) i32.const 1 end drop", [(0x03, (-1,)), (0x41, (1,)), (END, ()), (0x1A, ())]),
        ("i32.const 0 br_table 0 0 0", [(0x41, (0,)), (0x0E, (0, 0, 0))]),
        ("i32.const 4 i32.load offset=300 align=1 drop", [(0x41, (4,)), (0x28, (0, 0, 300)), (0x1A, ())]),
        ("i32.const 4 i64.load $n offset=70000 drop", [(0x41, (4,)), (0x29, (3, 1, 70000)), (0x1A, ())]),
        ("memory.size $n drop", [(0x3F, (1,)), (0x1A, ())]),
        ("i32.const 0 call_indirect $t (type $v)", [(0x41, (0,)), (0x11, (0, 1))]),
        ("unreachable memory.copy $n $m", [(0x00, ()), (0xFC_000A, (1, 0))]),
        ("unreachable i8x16.extract_lane_s 3 drop", [(0x00, ()), (0xFD_0015, (3,)), (0x1A, ())]),
        ("unreachable v128.load8_lane offset=200 7 drop", [(0, ()), (0xFD_0054, (0, 0, 200, 7)), (0x1A, ())]),
        ("unreachable f32x4.relaxed_madd drop", [(0x00, ()), (0xFD_0105, ()), (0x1A, ())]),
        ("block (result (ref null $v)) unreachable end drop", [(0x02, (-29, 0)), (0x00, ()), (END, ())]),
        ("block try_table (catch $e 0) (catch_all 0) end end", [(2, (-64,)), (0x1F, (-64, 0, 0, 0, 2, 0))]),
    ],
)  # fmt: skip
def test_what_an_assembler_writes(code: str, expected: list[tuple[int, tuple[int, ...]]]) -> None:
    fields = "(type $v (func)) (memory $m 1) (memory $n 1) (table $s 1 funcref) (table $t 1 funcref) (tag $e)"
    assert assembled(code, fields)[: len(expected)] == expected


@pytest.mark.parametrize("name", ["exnref", "gc", "instructions", "legacy-exceptions", "linked", "side"])
def test_every_body_of_the_corpus_is_read_to_its_end(name: str) -> None:
    module = read_module((CORPUS / f"{name}.wasm").read_bytes())
    bodies = Bodies(module)
    for index in range(len(module.functions)):
        body = bodies.find(index)
        assert body is not None
        for _ in locals_of(body):
            pass
        *_, last = instructions(body)
        assert (last.opcode, body.remaining) == (END, 0)


def encoded(family: Family, code: int, numbers: list[int]) -> bytes:
    """An instruction whose operands are a few small numbers, as many as it wants."""
    start = bytes([family.prefix]) + encode.unsigned(code) if family.prefix else bytes([code])
    data = start + bytes(numbers)
    cursor = Cursor(data)
    read_instruction(cursor)
    return data[: cursor.position]


regular = st.sampled_from([family for family in FAMILIES if family.operands.pattern is not None])


@given(regular, st.data())
def test_the_expression_goes_as_far_as_the_reader(family: Family, data: st.DataObject) -> None:
    code = data.draw(st.sampled_from(sorted(family.codes)))
    small = data.draw(st.lists(st.sampled_from([0, 1, 2, 3]), min_size=20, max_size=20))
    written = encoded(family, code, small)
    match = re.compile(pattern(FAMILIES)).match(written + b"\x80")
    assert match is not None
    assert match.group() == written
    opcode = read_instruction(Cursor(written)).opcode
    assert feature_of(opcode) is family.feature
    others = [other for other in FAMILIES if other is not family]
    assert re.compile(pattern(others)).match(written) is None
    assert re.compile(pattern(FAMILIES, without=[opcode])).match(written) is None


def test_padded_opcodes_and_places() -> None:
    cursor = Cursor(b"\x01\xfc\x8a\x80\x00\x00\x00", base=100)
    assert list(instructions(cursor)) == [Instruction(1, (), 100), Instruction(0xFC_000A, (0, 0), 101)]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (b"\xe0", "unknown instruction 0xe0"),
        (b"\xfc\x40", "unknown instruction 0xfc 0x40"),
        (b"\x41", "ends"),
    ],
)
def test_faults(code: bytes, reason: str) -> None:
    with pytest.raises(WasmError, match=reason):
        read_instruction(Cursor(code))

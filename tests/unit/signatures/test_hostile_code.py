"""Code that is made so that to follow it never ends: work and memory have a bound, whatever it does."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import pytest
from counting import calls

from pyodide_abi.signatures import recovered_from
from pyodide_abi.wasm import encode as enc
from pyodide_abi.wasm import read_module
from pyodide_abi.wasm.sections import dylink0
from pyodide_abi.wasm.sections.dylink0 import Dylink, MemoryInfo

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Imported functions, by their index, and the number of each one's arguments; all return an integer.
FUNCTIONS = {"PyModule_Create2": 2, "memcpy": 3, "memcmp": 3, "strlen": 1, "unknown": 0}
CREATE, COPY, COMPARE, MEASURE, UNKNOWN = (b"\x10" + enc.unsigned(index) for index in range(5))
FIRST = len(FUNCTIONS)
MEMORY_BASE, LOCAL, SET_LOCAL, DROP = b"\x23\0", b"\x20\0", b"\x21\0", b"\x1a"
BLOCK, LOOP, IF, END, BRANCH_IF, JUMP_TABLE = b"\x02\x40", b"\x03\x40", b"\x04\x40", b"\x0b", b"\x0d", b"\x0e"
LOAD, STORE = b"\x28\2\0", b"\x36\2\0"
#: Instructions that may be followed, and calls that this takes at most: some nine for each, up to twenty.
MOST, CALLS = 8_000, 200_000
#: Bytes that are held at most while a module is followed.
MEMORY = 12_000_000


def const(number: int) -> bytes:
    """An instruction that gives a number, in a form that is never shortened."""
    return b"\x41" + bytes([number >> 7 * place & 0x7F | 0x80 for place in range(4)]) + b"\0"


MAKE = MEMORY_BASE + const(1013) + CREATE


def call(number: int) -> bytes:
    """A call of one of the module's own functions."""
    return b"\x10" + enc.unsigned(FIRST + number)


def function(code: bytes, locals_: int = 1) -> bytes:
    """A function's body, with integers for locals."""
    return enc.sized(enc.vector([enc.unsigned(locals_) + b"\x7f"]) + code + END)


def module(
    *bodies: bytes, data: bytes = bytes(64), init: str = "PyInit_x", segments: Iterable[bytes] = ()
) -> bytes:
    """A side module whose first function makes a Python module; all its functions return an integer."""
    info = MemoryInfo(memory_size=1 << 20, memory_align=2, table_size=0, table_align=0)
    types = [b"\x60" + enc.vector([b"\x7f"] * number) + enc.vector([b"\x7f"]) for number in range(4)]
    imports = [
        enc.name("env") + enc.name(name) + b"\0" + enc.unsigned(number) for name, number in FUNCTIONS.items()
    ]
    imports += [enc.name("env") + enc.name("__memory_base") + b"\3\x7f\0"]
    imports += [enc.name("env") + enc.name("memory") + b"\2\0\1"]
    pieces = [*segments] or [b"\0" + MEMORY_BASE + END + enc.sized(data)]
    sections = {
        0: enc.name(dylink0.NAME) + dylink0.encode(Dylink(subsections=(info,))),
        1: enc.vector(types),
        2: enc.vector(imports),
        3: enc.vector([b"\0"] * len(bodies)),
        7: enc.vector([enc.name(init) + b"\0" + enc.unsigned(FIRST)]),
        10: enc.vector([*bodies]),
        11: enc.vector(pieces),
    }
    return b"\0asm\1\0\0\0" + b"".join(bytes([id_]) + enc.sized(held) for id_, held in sections.items())


UNKNOWN_LOCAL = UNKNOWN + SET_LOCAL
HOSTILE = {
    "copies": module(function((MEMORY_BASE + MEMORY_BASE + const(65_536) + COPY + DROP) * 900 + MAKE)),
    "comparisons": module(
        function((MEMORY_BASE + MEMORY_BASE + const(1024) + COMPARE + DROP) * 900 + MAKE), data=b"x" * 2000
    ),
    "strings": module(function((MEMORY_BASE + MEASURE + DROP) * 9000 + MAKE), data=b"x" * 390 + b"\0"),
    "code that is passed over": module(
        function(call(1) * 900 + MAKE), function(BLOCK + b"\0" + (BLOCK + END) * 9000 + END + MAKE)
    ),
    "jump tables": module(
        function((UNKNOWN_LOCAL + call(1)) * 900 + MAKE),
        function(BLOCK + UNKNOWN + JUMP_TABLE + enc.unsigned(60_000) + bytes(60_001) + END + MAKE),
    ),
    "branches far out": module(
        function(
            UNKNOWN_LOCAL + BLOCK * 3000 + (LOCAL + BRANCH_IF + enc.unsigned(2999)) * 3000 + END * 3000 + MAKE
        )
    ),
    "conditions in one another": module(
        function(UNKNOWN_LOCAL + (LOCAL + IF) * 3000 + END * 3000 + MAKE, 19_990)
    ),
    "loops in one another": module(
        function(UNKNOWN_LOCAL + LOOP * 3000 + (LOCAL + BRANCH_IF + b"\0" + END) * 3000 + MAKE)
    ),
    "stores on many ways": module(
        function(UNKNOWN_LOCAL + (LOCAL + IF + MEMORY_BASE + const(7) + STORE) * 3000 + END * 3000 + MAKE)
    ),
    "functions that call one another": module(
        function(b"".join(call(number) + DROP for number in range(1, 500)) + MAKE),
        *(
            function(b"".join(call((number * 97 + place * 13) % 500) for place in range(110)))
            for number in range(500)
        ),
    ),
    "functions that make modules": module(*[function(MAKE)] * 4000),
    "functions with many locals": module(*[function(MAKE, 19_990)] * 4000),
    "an endless integer": module(function(b"\x41" + b"\x80" * 100_000 + b"\0" + DROP + MAKE)),
    "a long way of pointers": module(
        function(call(1) + MAKE), function(LOCAL + (LOAD + SET_LOCAL + LOCAL + LOCAL) * 3000 + MAKE)
    ),
    "segments": module(
        function((MEMORY_BASE + const(9000) + b"\x6a" + LOAD + DROP) * 3000 + MAKE),
        segments=[b"\0" + const(place) + END + b"\1x" for place in range(2_000)],
    ),
    "false beginnings": module(function(MAKE), *[function(b"\x41\x90\0" + DROP)] * 5_000),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_work_and_memory_have_a_bound(kind: str) -> None:
    read = read_module(HOSTILE[kind])
    recovered_from(read, most=MOST)  # What is made once for all modules is not counted.
    assert calls(lambda: recovered_from(read, most=MOST)) < CALLS
    tracemalloc.start()
    try:
        recovered_from(read, most=MOST)
        assert tracemalloc.get_traced_memory()[1] < MEMORY + 4 * len(HOSTILE[kind])
    finally:
        tracemalloc.stop()


def test_what_is_cut_off_says_so() -> None:
    long = read_module(module(function((MEMORY_BASE + DROP) * 9000 + MAKE)))
    assert recovered_from(long).complete
    assert not recovered_from(long, most=5000).complete


@pytest.mark.parametrize("first", [b"\0\0\0\0", b"\2\0\0\0", b"\1\0\0\0"])
def test_slots_that_no_function_has_written_are_no_fault(first: bytes) -> None:
    made = read_module(module(function(MEMORY_BASE), data=first + bytes(60), init="PyModExport_x"))
    assert recovered_from(made).complete

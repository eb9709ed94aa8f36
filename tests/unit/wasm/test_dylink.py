from __future__ import annotations

import pytest

from pyodide_abi.errors import WasmError
from pyodide_abi.values import replace
from pyodide_abi.wasm.cursor import Cursor
from pyodide_abi.wasm.sections import dylink0
from pyodide_abi.wasm.sections.dylink0 import (
    Dylink,
    ImportInfo,
    ImportInfos,
    MemoryInfo,
    Needed,
    RuntimePath,
    Unknown,
)

MEMORY = b"\x01\x04\x20\x02\x03\x00"
NEEDED = b"\x02\x05\x01\x03a.b"
WEAK = b"\x04\x0f\x02\x03env\x01a\x01\x03env\x01b\x10"
PATH = b"\x05\x09\x01\x07$ORIGIN"


def read(code: bytes) -> Dylink:
    return dylink0.decode(Cursor(code, within="dylink.0 section"))


def test_all_subsections() -> None:
    code = MEMORY + NEEDED + b"\x03\x05\x01\x01t\x80\x02" + WEAK + PATH + b"\x63\x02hi"
    dylink = read(code)
    assert dylink.memory == MemoryInfo(memory_size=32, memory_align=2, table_size=3, table_align=0)
    assert (dylink.needed, dylink.runtime_paths) == (("a.b",), ("$ORIGIN",))
    assert dylink.exports[0].flags == dylink0.SymbolFlag.TLS
    assert dylink.weak_imports == {"a"}
    assert dylink.subsections[-1] == Unknown(id=0x63, content=b"hi")
    assert dylink0.encode(dylink) == code


def test_repeated_subsections_are_kept_and_summed() -> None:
    dylink = read(NEEDED + NEEDED)
    assert dylink.needed == ("a.b", "a.b")
    assert dylink.subsections == (Needed(("a.b",)), Needed(("a.b",)))
    assert dylink.memory is None


def test_only_the_binding_decides_what_is_weak() -> None:
    entries = [ImportInfo(module="env", name="x", flags=flags) for flags in (0x01, 0x11, 0x10, 0x02, 0x03)]
    assert [entry.weak for entry in entries] == [True, True, False, False, False]


def test_a_subsection_longer_than_its_entries_keeps_the_rest() -> None:
    """As in a real library whose two weak imports were counted as one."""
    code = WEAK[:2] + b"\x01" + WEAK[3:] + PATH
    dylink = read(code)
    assert dylink.weak_imports == {"a"}
    assert dylink.excess == len(b"\x03env\x01b\x10")
    assert dylink.runtime_paths == ("$ORIGIN",)
    assert dylink0.encode(dylink) == code


def test_an_edit_undone_is_the_same_section() -> None:
    dylink = read(MEMORY + NEEDED + PATH)
    edited = replace(dylink, subsections=(*dylink.subsections[:-1], RuntimePath(("$ORIGIN/lib",))))
    assert read(dylink0.encode(edited)).runtime_paths == ("$ORIGIN/lib",)
    undone = replace(edited, subsections=dylink.subsections)
    assert dylink0.encode(undone) == MEMORY + NEEDED + PATH


def test_the_old_section() -> None:
    code = b"\x20\x02\x03\x00\x02\x03a.b\x01c"
    dylink = dylink0.decode_legacy(Cursor(code))
    assert dylink.legacy
    assert dylink.needed == ("a.b", "c")
    assert dylink0.encode(dylink) == code
    with pytest.raises(ValueError, match="older dylink section"):
        dylink0.encode(Dylink(subsections=(ImportInfos(()),), legacy=True))


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (b"\x01\x03\x20\x02\x03", "subsection 1: ends in the middle"),
        (b"\x02\x09\x01\x03a.b", "wants 9 more bytes where 5 are left"),
        (b"\x02\x02\x05a", "claims 5 items in 1 bytes"),
        (b"\x02\x03\x01\x01\xff", "not UTF-8"),
        (b"\x01", "ends in the middle"),
    ],
)
def test_faults(code: bytes, reason: str) -> None:
    with pytest.raises(WasmError, match=reason):
        read(code)

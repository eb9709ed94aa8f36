from __future__ import annotations

from pathlib import Path

import pytest
import wasmtime
from hypothesis import given
from hypothesis import strategies as st

from pyodide_abi.errors import WasmError
from pyodide_abi.wasm import SectionId, encode, read_module
from pyodide_abi.wasm.code import IN_CODE, scan_code
from pyodide_abi.wasm.cursor import Cursor
from pyodide_abi.wasm.features import Feature, claimed_features, header_features
from pyodide_abi.wasm.writer import replace_contents, write_module

CORPUS = Path(__file__).parents[2] / "corpus"
PREFIX = b"\0asm\x01\0\0\0\x01\x04\x01\x60\x00\x00\x03\x02\x01\x00"


def scan(text: str, *wanted: Feature) -> frozenset[Feature]:
    return scan_code(read_module(bytes(wasmtime.wat2wasm(text))), wanted or IN_CODE)


def with_body(*instructions: int) -> bytes:
    body = bytes([0, *instructions, 0x0B])
    code = b"\1" + encode.unsigned(len(body)) + body
    return PREFIX + b"\x0a" + encode.unsigned(len(code)) + code


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("legacy-exceptions", {Feature.LEGACY_EXCEPTIONS}),
        ("exnref", {Feature.EXNREF}),
        ("gc", {Feature.GC}),
        ("side", set()),
        ("linked", set()),
        ("memory64", set()),
        ("instructions", IN_CODE - {Feature.LEGACY_EXCEPTIONS, Feature.EXNREF}),
    ],
)
def test_corpus(name: str, found: set[Feature]) -> None:
    module = read_module((CORPUS / f"{name}.wasm").read_bytes())
    assert scan_code(module) == found
    for feature in IN_CODE:
        assert scan_code(module, {feature}) == found & {feature}


#: The functions of sources/instructions.wat, in order.
ORDER = ("plain", "simd128", "relaxed-simd", "atomics", "tail-call", "wide-arithmetic", "gc")


@pytest.mark.parametrize(("index", "name"), list(enumerate(ORDER)))
def test_each_function_of_the_corpus_shows_its_own_feature_only(index: int, name: str) -> None:
    """Every instruction is stepped over rightly, or the bytes behind it would be taken for others."""
    module = read_module((CORPUS / "instructions.wasm").read_bytes())
    section = module.find(SectionId.CODE)
    assert section is not None
    cursor = Cursor(module.contents(section))
    bodies = [cursor.take(cursor.u32()) for _ in range(cursor.count())]
    assert len(bodies) == len(ORDER)
    code = encode.vector([encode.sized(bodies[index])])
    one = [replace_contents(part, code) if part == section else part for part in module.sections]
    found = scan_code(read_module(write_module(module, one)))
    # Relaxed instructions work on vectors made by plain ones.
    also = {"simd128"} if name == "relaxed-simd" else set()
    assert found == ({name} | also) - {"plain"}


class TestBytesThatOnlyLookLikeIt:
    """Operands hold any byte; only going through the instructions tells them from opcodes."""

    @pytest.mark.parametrize(
        "constant", ["0x06190740", "0x1f400100", "0x0a0a0a0a", "0x12131512", "0x10fe00fe", "0x02fd80fd"]
    )
    def test_in_constants(self, constant: str) -> None:
        assert scan(f"(module (func f32.const nan:0x1 drop i32.const {constant} drop))") == set()
        bits = int(constant, 16)
        assert scan(f"(module (func v128.const i32x4 {bits} {bits} {bits} {bits} drop))") == {Feature.SIMD128}
        assert scan(f"(module (func v128.const i32x4 {bits} 0 0 0 drop))", Feature.EXNREF) == set()

    def test_in_indices(self) -> None:
        branches = "block " * 32 + "br_table 6 7 25 31 6 24 9 10 18 19 " + "end " * 32
        assert scan(f"(module (func i32.const 0 {branches}))") == set()

    def test_in_floats(self) -> None:
        assert scan_code(read_module(with_body(0x44, 6, 0x40, 0x19, 0x0B, 0x1F, 0x40, 0, 0, 0x1A))) == set()


class TestQuestions:
    def test_any_of_stops_at_the_first(self) -> None:
        text = "(module (func try catch_all end) (func block try_table end end))"
        both = {Feature.LEGACY_EXCEPTIONS, Feature.EXNREF}
        module = read_module(bytes(wasmtime.wat2wasm(text)))
        assert scan_code(module, both) == both
        assert scan_code(module, both, any_of=True) == {Feature.LEGACY_EXCEPTIONS}

    def test_what_code_cannot_tell(self) -> None:
        module = read_module(with_body())
        with pytest.raises(ValueError, match="memory64"):
            scan_code(module, {Feature.MEMORY64})
        assert scan_code(module, ()) == set()
        assert scan_code(read_module(PREFIX)) == set()

    def test_padded_opcodes(self) -> None:
        assert scan_code(read_module(with_body(0xFE, 0x83, 0x00, 0x00))) == {Feature.ATOMICS}
        assert scan_code(read_module(with_body(0xFC, 0x80, 0x00, 0xFE, 0x03, 0x00))) == {Feature.ATOMICS}
        # A try_table with a padded block type, number of clauses and label.
        body = (0x1F, 0x80, 0x00, 0x81, 0x00, 0x02, 0x80, 0x00, 0x0B)
        assert scan_code(read_module(with_body(*body))) == {Feature.EXNREF}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ((0x06, 0x40, 0xE0), "unknown instruction 0xe0"),
        ((0x06, 0x40, 0x44, 1, 2, 3), "wants 8 more bytes where 7 are left"),
        ((0x06, 0x40, 0x0E, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F), "claims 4294967295 items"),
    ],
)
def test_faults(body: tuple[int, ...], reason: str) -> None:
    # They are in the way of what looks like a try_table.
    with pytest.raises(WasmError, match=reason):
        scan_code(read_module(with_body(*body, 0x1F, 0x40, 0)), {Feature.EXNREF, Feature.LEGACY_EXCEPTIONS})


#: Instructions, with what each shows; most look like the beginning of others.
INSTRUCTIONS = {
    b"\x41\x1f": None,
    b"\x20\x1f": None,
    b"\x20\x06": None,
    b"\x20\x00": None,
    b"\x36\x02\x00": None,
    b"\x44\x1f\x40\x00\x06\x1f\x40\x01\x00": None,
    b"\x0e\x02\x1f\x00\x00": None,
    b"\x0e\x00\x06": None,
    b"\x06\x40": Feature.LEGACY_EXCEPTIONS,
    b"\x1f\x40\x00": Feature.EXNREF,
    b"\x1f\x7f\x02\x00\x00\x00\x03\x01": Feature.EXNREF,
    b"\x1f\x05\x01\x02\x00": Feature.EXNREF,
    b"\xfd\x4d": Feature.SIMD128,
}
sequences = st.lists(
    st.tuples(st.sampled_from(sorted(INSTRUCTIONS)), st.sampled_from([1, 2, 900])), max_size=12
)


@given(sequences, st.sets(st.sampled_from([Feature.LEGACY_EXCEPTIONS, Feature.EXNREF, Feature.SIMD128])))
def test_any_instructions(sequence: list[tuple[bytes, int]], wanted: set[Feature]) -> None:
    """What looks like one that is wanted may be a part of another, again and again."""
    found = {INSTRUCTIONS[code] for code, _ in sequence}
    body = b"".join(code * number for code, number in sequence)
    assert scan_code(read_module(with_body(*body)), wanted) == found & wanted


def test_a_body_longer_than_its_section() -> None:
    with pytest.raises(WasmError, match="wants 127 more bytes"):
        scan_code(read_module(PREFIX + b"\x0a\x04\x01\x7f\x00\x06"))


class TestHeaders:
    @pytest.mark.parametrize(
        ("name", "found"),
        [
            ("legacy-exceptions", {"exception-handling"}),
            ("exnref", {"exception-handling"}),
            ("gc", {"gc", "reference-types"}),
            ("linked", {"mutable-globals"}),
            ("side", {"exception-handling", "multivalue", "mutable-globals", "reference-types"}),
            (
                "memory64",
                {
                    *("custom-page-sizes", "extended-const", "memory64", "multimemory"),
                    *("reference-types", "shared-mem"),
                },
            ),
        ],
    )
    def test_corpus(self, name: str, found: set[str]) -> None:
        assert header_features(read_module((CORPUS / f"{name}.wasm").read_bytes())) == found

    def test_claims(self) -> None:
        assert claimed_features(read_module((CORPUS / "side.wasm").read_bytes())) == {"bulk-memory"}

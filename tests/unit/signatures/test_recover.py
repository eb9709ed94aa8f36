"""Function pointers found in built modules, held against what the modules' sources say."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from assembling import assemble

from pyodide_abi.signatures import Certainty, keep_bodies, recovered_from
from pyodide_abi.wasm import FuncType, Kind, read_module

if TYPE_CHECKING:
    from pyodide_abi.wasm import ExternType

CASES = Path(__file__).parents[2] / "cases" / "signatures"
ROWS = [json.loads(line) for line in (CASES / "truth.jsonl").read_text("utf-8").splitlines()]
PLATFORMS = ("2024_0", "2025_0", "314_0")
#: Their functions are elsewhere, or no root leads to them.
ELSEWHERE = {"got_lib", "decoy_table"}
HERE = [row for row in ROWS if row["case"] not in ELSEWHERE]


def written(type_: ExternType) -> str:
    assert isinstance(type_, FuncType)
    return f"({', '.join(type_.params)}) -> {', '.join(type_.results) or '()'}"


@cache
def found(case: str, platform: str) -> tuple[tuple[str, str, str, str, Certainty], ...]:
    """Table, name, type and wanted type of each entry, and how sure it is."""
    module = read_module((CASES / f"{case}@{platform}.so").read_bytes())
    exports = {entry.name: entry.index for entry in module.exports if entry.kind is Kind.FUNCTION}
    rows = []
    for entry in recovered_from(module).entries:
        index = exports.get(entry.target.name, entry.target.index)
        have = "" if index is None else written(module.type_of_index(Kind.FUNCTION, index))
        rows.append((entry.table, entry.name, have, written(entry.prototype.type), entry.certainty))
    return tuple(rows)


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("row", HERE, ids=lambda row: f"{row['entry']}")
def test_every_entry_of_the_truth_is_found(row: dict[str, str], platform: str) -> None:
    table = row["table"].partition(" ")[0]
    wanted = (table, row["entry"], row["have"], row["want"], Certainty.CERTAIN)
    assert wanted in found(row["case"], platform)


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("case", sorted({row["case"] for row in HERE}))
def test_nothing_else_is_found_to_be_wrong(case: str, platform: str) -> None:
    bad = {(row["entry"], row["have"]) for row in ROWS if row["case"] == case and row["role"] == "bad"}
    # Types have methods that the truth leaves out, with the functions of the module's own.
    wrong = {
        (name.replace(".T.", ".").replace(".H.", "."), have)
        for _, name, have, want, certainty in found(case, platform)
        if have != want and have and certainty is Certainty.CERTAIN
    }
    assert wrong <= {(name.replace(".T.", "."), have) for name, have in bad}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_table_that_nobody_hands_over_is_never_certain(platform: str) -> None:
    rows = found("decoy_table", platform)
    assert [name for _, name, *_, certainty in rows if certainty is Certainty.CERTAIN] == [
        "PyInit_decoy_table",
        "decoy_table.hits",
        "decoy_table.go",
        # What it calls itself, by the address that it takes from the table.
        "decoy_table.go",
    ]
    assert [name for _, name, *_, certainty in rows if certainty is Certainty.MAY] == [
        "decoy_table.alpha",
        "decoy_table.beta",
    ]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_functions_of_other_libraries_are_known_by_name(platform: str) -> None:
    module = read_module((CASES / f"got_lib@{platform}.so").read_bytes())
    entries = recovered_from(module).entries
    assert {entry.name: entry.target.name for entry in entries if "nb_bool" in entry.name} == {
        "got_lib.P nb_bool": "lib_two",
        "got_lib.Q nb_bool": "lib_one",
    }


def test_a_library_without_tables_costs_nothing() -> None:
    module = read_module((CASES / "libsigs_one@314_0.so").read_bytes())
    kept = keep_bodies(module)
    assert kept.idle
    assert not kept.bodies
    assert recovered_from(module).entries == ()


@pytest.mark.parametrize("work", [0, 40_000])
def test_what_is_called_before_does_not_hide_what_comes_after(work: int) -> None:
    # The helper takes an address, so that it is worth following, and is too long to be.
    text = f"""%dylink
        (import "env" "memory" (memory 0))
        (import "env" "__indirect_function_table" (table 0 funcref))
        (import "env" "__memory_base" (global $mb i32))
        (import "env" "__table_base" (global $tb i32))
        (import "env" "PyModule_AddFunctions" (func $add (param i32 i32) (result i32)))
        (elem (global.get $tb) func $method)
        (data (global.get $mb) "run\\00\\00\\00\\00\\00\\00\\00\\00\\00\\04\\00\\00\\00")
        (func (export "__wasm_apply_data_relocs")
          (i32.store offset=4 (global.get $mb) (global.get $mb))
          (i32.store offset=8 (global.get $mb) (global.get $tb)))
        (func $method (param i32) (result i32) i32.const 0)
        (func $more (result i32) {"(drop (global.get $tb))" * work} i32.const 0)
        (func (export "PyInit_x") (result i32)
          (drop (call $more)) {"nop " * 99}
          (drop (call $add (call $more) (i32.add (global.get $mb) (i32.const 4))))
          i32.const 0)"""
    entries = recovered_from(read_module(assemble(text))).entries
    assert [(one.name, one.certainty) for one in entries if one.table == "PyMethodDef"] == [
        ("x.run", Certainty.CERTAIN)
    ]

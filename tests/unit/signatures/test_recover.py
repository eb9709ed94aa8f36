"""Function pointers found in built modules, held against what the modules' sources say."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
from assembling import written

from pyodide_abi.signatures import Certainty, keep_bodies, recovered_from
from pyodide_abi.wasm import Kind, read_module

CASES = Path(__file__).parents[2] / "cases" / "signatures"
ROWS = [json.loads(line) for line in (CASES / "truth.jsonl").read_text("utf-8").splitlines()]
PLATFORMS = ("2024_0", "2025_0", "314_0")
#: Their functions are elsewhere, or no root leads to them.
ELSEWHERE = {"got_lib", "decoy_table"}
HERE = [row for row in ROWS if row["case"] not in ELSEWHERE]


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

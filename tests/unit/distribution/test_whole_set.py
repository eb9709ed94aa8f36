"""Wheels judged together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assembling import assemble
from made_wheels import make_wheel

from pyodide_abi.audit import audit_file
from pyodide_abi.distribution.whole_set import judge_together
from pyodide_abi.distribution.work import told
from pyodide_abi.platforms import load_platform

if TYPE_CHECKING:
    from pathlib import Path

PLATFORM = load_platform("314_0")
TAG = "cp314-cp314-pyemscripten_2026_0_wasm32"


def test_a_file_of_two_wheels_is_told_where_it_differs(tmp_path: Path) -> None:
    shared = {"tests/__init__.py": "", "tests/data.txt": "one"}
    first = make_wheel(tmp_path, "a-1.0-py3-none-any.whl", shared)
    second = make_wheel(tmp_path, "b-1.0-py3-none-any.whl", {**shared, "tests/data.txt": "two"})
    (finding,) = judge_together([first, second], PLATFORM, known=())
    assert finding == (
        "warning",
        "",
        f"{first.name} and {second.name} both install tests/data.txt, and differently",
    )


def test_what_was_found_in_one_wheel_is_not_told_again(tmp_path: Path) -> None:
    latent = assemble('%dylink (import "env" "absent" (func)) %init')
    wheel = make_wheel(tmp_path, f"x-1.0-{TAG}.whl", {"x.cpython-314-wasm32-emscripten.so": latent})
    known = set(map(told, audit_file(wheel).findings))
    assert known
    assert judge_together([wheel], PLATFORM, known=()) != ()
    assert judge_together([wheel], PLATFORM, known=known) == ()


def test_a_library_that_two_wheels_bring_is_seen_in_the_set_alone(tmp_path: Path) -> None:
    def wheel(name: str, file: str, value: int) -> Path:
        library = assemble(f'%dylink (func (export "same") (result i32) i32.const {value})')
        return make_wheel(tmp_path, f"{name}-1.0-{TAG}.whl", {f"{name}.libs/{file}": library})

    first, other, same = wheel("a", "libx.so.1", 1), wheel("b", "libx-2.so", 2), wheel("c", "libx.so", 1)
    alone = {finding for one in (first, other) for finding in map(told, audit_file(one).findings)}
    found = judge_together([first, other], PLATFORM, known=alone)
    assert ("warning", "", f"{first.name}, {other.name} each bring libx, which are not the same") in found
    found = judge_together([first, same], PLATFORM, known=alone)
    assert ("note", "", f"{first.name}, {same.name} each bring libx, which are the same") in found


def test_data_that_two_wheels_define_is_seen_in_the_set_alone(tmp_path: Path) -> None:
    wheels = []
    for name in ("a", "b"):
        module = assemble(
            '%dylink (import "GOT.mem" "state" (global (mut i32)))'
            '(global (export "state") i32 (i32.const 0))'
            f'(func (export "PyInit_{name}") (result i32) i32.const 0)'
        )
        wheels.append(
            make_wheel(
                tmp_path, f"{name}-1.0-{TAG}.whl", {f"{name}.cpython-314-wasm32-emscripten.so": module}
            )
        )
    alone = {finding for wheel in wheels for finding in map(told, audit_file(wheel).findings)}
    assert "ABI210" not in {code for _, code, _ in alone}
    found = judge_together(wheels, PLATFORM, known=alone)
    assert "ABI210" in {code for _, code, _ in found}

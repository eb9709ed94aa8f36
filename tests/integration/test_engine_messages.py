"""What the engines really say of modules that they refuse, and that ``explain`` knows it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import wasmtime
from patience import HANGS

from pyodide_abi.errors import MissingError
from pyodide_abi.host import this_machine
from pyodide_abi.messages import recognise
from pyodide_abi.runtime.node import find_node

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.integration

MEMORY, TABLE = '"env" "memory"', '"env" "table"'
POINTERS = "(table 2 funcref) (func $f (param i32)) (elem (i32.const 1) $f)"
#: A module, what it is refused with or dies of, and whether only older engines refuse it.
CASES = {
    "constants": (
        '(import "env" "number" (global i32)) (global i32 (i32.add (global.get 0) (i32.const 1)))',
        "extended-constants",
        True,
    ),
    "exnref": ("(tag) (func (block $b (try_table (catch_all $b))))", "standard-exceptions", True),
    "relaxed": (
        "(func (drop (i8x16.relaxed_swizzle (v128.const i32x4 0 0 0 0) (v128.const i32x4 0 0 0 0))))",
        "engine-feature",
        True,
    ),
    "wide": (
        '(func (export "f") (result i64 i64) (i64.mul_wide_u (i64.const 1) (i64.const 1)))',
        "engine-feature",
        False,
    ),
    "memory64": (f"(import {MEMORY} (memory i64 1))", "memory64", False),
    "shared": (f"(import {MEMORY} (memory 1 65536 shared))", "shared-memory", False),
    "maximum": (f"(import {MEMORY} (memory 1 2))", "memory-size", False),
    "minimum": (f"(import {MEMORY} (memory 1000))", "memory-size", False),
    "table-maximum": (f"(import {TABLE} (table 1 2 funcref))", "table-mismatch", False),
    "table-minimum": (f"(import {TABLE} (table 9999999 funcref))", "table-mismatch", False),
    "table-type": (f"(import {TABLE} (table 1 externref))", "table-mismatch", False),
    "foreign": ('(import "foo" "f" (func))', "foreign-module", False),
    "function-type": ('(import "env" "wasm" (func (param i64)))', "function-type", False),
    "no-function": ('(import "env" "number" (func))', "not-a-function", False),
    "no-tag": ('(import "env" "number" (tag))', "tag-missing", False),
    "tag-type": ('(import "env" "tag" (tag (param i64)))', "tag-type", False),
    "no-global": ('(import "env" "js" (global i32))', "global-mismatch", False),
    "mutable": ('(import "env" "number" (global (mut i32)))', "global-mismatch", False),
    "mutability": ('(import "env" "pointer" (global i32))', "global-mismatch", False),
    "data": (f'(import {MEMORY} (memory 1)) (data (i32.const -3) "abcdef")', "data-out-of-bounds", False),
    "bigint": (
        '(import "env" "js" (func $js (result i64))) (func (export "run") (drop (call $js)))',
        "bigint",
        False,
    ),
    "null": (f'{POINTERS} (func (export "run") (call_indirect (i32.const 0)))', "call-signature", False),
    "signature": (f'{POINTERS} (func (export "run") (call_indirect (i32.const 1)))', "call-signature", False),
    "index": (f'{POINTERS} (func (export "run") (call_indirect (i32.const 7)))', "table-index", False),
    "address": (
        '(memory 1) (func (export "run") (drop (i32.load (i32.const 999999))))',
        "out-of-bounds",
        False,
    ),
}
RUN = """
const { readFileSync } = require("fs");
const head = [0, 97, 115, 109, 1, 0, 0, 0];
const empty = [...head, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 4, 1, 2, 0, 11];
const wasm = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(empty))).exports.f;
const env = () => ({
  wasm, number: 7, js: () => 5,
  memory: new WebAssembly.Memory({ initial: 320, maximum: 65536 }),
  table: new WebAssembly.Table({ element: "anyfunc", initial: 10 }),
  pointer: new WebAssembly.Global({ value: "i32", mutable: true }, 0),
  tag: new WebAssembly.Tag({ parameters: ["i32"] }),
});
const said = {};
const attempt = async (make) => {
  try { (await make()).exports.run?.(); return null; } catch (error) { return String(error); }
};
(async () => {
  for (const file of process.argv.slice(1)) {
    const bytes = readFileSync(file);
    said[file] = [
      await attempt(() => new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: env() })),
      await attempt(async () => (await WebAssembly.instantiate(bytes, { env: env() })).instance),
    ];
  }
  console.log(JSON.stringify(said));
})();
"""


@pytest.mark.parametrize("version", ["20", "24"])
def test_texts_of_v8_are_recognised(version: str, tmp_path: Path) -> None:
    host = this_machine()
    try:
        node = find_node(host, version)
    except MissingError as error:
        pytest.skip(str(error))
    files = {}
    for name, (text, *_) in CASES.items():
        files[name] = tmp_path / f"{name}.wasm"
        files[name].write_bytes(bytes(wasmtime.wat2wasm(f"(module {text})")))
    done = host.runner.run([node.path, "-e", RUN, *files.values()], environ=host.environ, timeout=HANGS)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    for name, (_, meaning, older) in CASES.items():
        for text in said[str(files[name])]:
            if older and node.major >= 24:
                assert text is None
                continue
            assert text is not None, name
            explanation = recognise(text)
            assert [hit.message.name for hit in explanation.recognised] == [meaning], text
            assert explanation.engine.startswith("V8")

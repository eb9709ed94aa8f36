"""`verify` on wheels from the index and on modules that are bad on purpose."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import wasmtime
from made_wheels import make_wheel
from real_host import pyodide_abi, real_host
from real_wheels import real_wheel

from pyodide_abi.errors import FailedError
from pyodide_abi.platforms import find_runtime, platform_of_tag
from pyodide_abi.runtime import verify
from pyodide_abi.runtime.account import Outcome
from pyodide_abi.runtime.fresh_interpreters import Interpreters
from pyodide_abi.runtime.verify import runtimes_for, verify_wheel

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.integration

REAL = [
    (name, tag, python)
    for tag, python, names in [
        ("pyemscripten_2025_0_wasm32", "3.13", ["simplejson", "msgpack", "contourpy"]),
        ("pyemscripten_2026_0_wasm32", "3.14", ["simplejson", "msgpack", "contourpy", "jiter"]),
        ("pyemscripten_2026_5_wasm32", "3.15", ["simplejson", "msgpack", "contourpy"]),
    ]
    for name in names
]


@pytest.mark.parametrize(("name", "tag", "python"), REAL)
def test_real_wheels_load_in_every_release_of_their_platform(name: str, tag: str, python: str) -> None:
    wheel = real_wheel(name, tag, python)
    runtimes = runtimes_for(wheel)
    platform = platform_of_tag(tag)
    assert platform is not None
    assert runtimes == platform.runtimes
    verification = verify_wheel(wheel, runtimes, real_host(), jobs=2)
    assert {result.release for result in verification.results} == {runtime.version for runtime in runtimes}
    bad = [result for result in verification.results if result.outcome is not Outcome.LOADED]
    assert not bad
    notes = {result.package for result in verification.results}
    # Its package wants numpy, which is not there; the module itself does not.
    assert notes == {"ModuleNotFoundError: No module named 'numpy'" if name == "contourpy" else ""}


@pytest.mark.parametrize(
    ("name", "release", "outcome", "words"),
    [
        ("simplejson", "0.27.8", "refused", "imported function does not match the expected type"),
        ("contourpy", "0.27.8", "refused", "tag import requires a WebAssembly.Tag"),
        ("contourpy", "0.29.5", "raised", "Python version mismatch: module was compiled for Python 3.14"),
        ("jiter", "0.27.8", "refused", "tag import requires a WebAssembly.Tag"),
        ("jiter", "0.29.5", "refused", "ModuleNotFoundError: No module named 'jiter.jiter'"),
        ("msgpack", "0.27.8", "killed", "Dynamic linking error: cannot resolve symbol PyImport_AddModuleRef"),
    ],
)  # fmt: skip
def test_on_another_platform_the_loader_has_its_say(
    tmp_path: Path, name: str, release: str, outcome: str, words: str
) -> None:
    wheel = real_wheel(name, "pyemscripten_2026_0_wasm32", "3.14")
    done = pyodide_abi("verify", wheel, "--runtime", release, "--format", "json", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    (found,) = json.loads(done.stdout)["results"]
    told = found["modules"][0]["loads"][release]
    assert told["outcome"] == outcome
    assert words in told["message"]
    if "No module" not in words and outcome == "refused":
        assert told["message"].startswith("Could not load dynamic lib: /lib/python3."), "the exact text"


#: MEM_INFO, four bytes long: 64 bytes of memory, aligned to 2**2, no table (DynamicLinking.md).
DYLINK = r'(@custom "dylink.0" (before first) "\01\04\40\02\00\00")'
#: A PyModuleDef in 32 bits: 20 bytes of head, then the address of the name (CPython's moduleobject.h).
GOOD = r"""
  (import "env" "memory" (memory 1))
  (import "env" "__memory_base" (global $base i32))
  (import "env" "PyModuleDef_Init" (func $init (param i32) (result i32)))
  (data (global.get $base) "name\00")
  (func (export "{init}") (result i32)
    (i32.store (i32.add (global.get $base) (i32.const 36)) (global.get $base))
    (call $init (i32.add (global.get $base) (i32.const 16))))
"""
MADE = {
    "good": GOOD,
    "no_init": "",
    "raises": """
      (import "env" "PyErr_NoMemory" (func $raise (result i32)))
      (func (export "{init}") (result i32) (call $raise))""",
    "returns_nothing": '(func (export "{init}") (result i32) (i32.const 0))',
    "undefined": """
      (import "GOT.mem" "no_such_symbol" (global (mut i32)))
      (func (export "{init}") (result i32) (i32.const 0))""",
    "traps": '(func (export "{init}") (result i32) unreachable)',
    "stub": """
      (import "env" "no_such_function" (func $f))
      (func (export "{init}") (result i32) (call $f) (i32.const 0))""",
    "exits": """
      (import "env" "exit" (func $exit (param i32)))
      (func (export "{init}") (result i32) (call $exit (i32.const 3)) (i32.const 0))""",
    "imports_bad": """
      (import "env" "memory" (memory 1))
      (import "env" "__memory_base" (global $base i32))
      (import "env" "PyImport_ImportModule" (func $import (param i32) (result i32)))
      (data (global.get $base) "pkg.undefined\\00")
      (func (export "{init}") (result i32) (call $import (global.get $base)))""",
}
EXPECTED = {
    "good": (Outcome.LOADED, ""),
    "elf": (Outcome.REFUSED, "Error: need to see wasm magic number"),
    "no_init": (Outcome.NO_INIT, "dynamic module does not define module export function (Py"),
    "raises": (Outcome.RAISED, "MemoryError: "),
    "returns_nothing": (Outcome.RAISED, "SystemError: initialization of returns_nothing"),
    "undefined": (Outcome.REFUSED, "no_such_symbol"),
    "traps": (Outcome.KILLED, "RuntimeError: unreachable"),
    "stub": (Outcome.KILLED, "Dynamic linking error: cannot resolve symbol no_such_function"),
    "exits": (Outcome.KILLED, "exit(3)"),
    "imports_bad": (Outcome.RAISED, "no_such_symbol"),
}


def module(body: str, name: str, dylink: str = DYLINK) -> bytes:
    """Assemble a side module around the text of its body."""
    return bytes(wasmtime.wat2wasm(f"(module {dylink} {body.replace('{init}', f'PyInit_{name}')})"))


@pytest.mark.parametrize("version", ["0.26.0", "0.29.5", "314.0.7", "315.0.0-alpha.2"])
def test_every_way_to_fail_and_one_that_hides_no_other(tmp_path: Path, version: str) -> None:
    runtime = find_runtime(version)
    platform = runtime.platform
    suffix = platform.python.suffixes[0]
    files: dict[str, str | bytes] = {f"pkg/{name}{suffix}": module(body, name) for name, body in MADE.items()}
    files[f"pkg/elf{suffix}"] = b"\x7fELF\x02\x01\x01" + bytes(57)
    files["pkg/__init__.py"] = ""
    tag = platform.python.tag
    wheel = make_wheel(tmp_path, f"pkg-1-{tag}-{tag}-{platform.tag}.whl", files)
    verification = verify_wheel(wheel, [runtime], real_host(), jobs=2)
    assert not verification.ok
    found = {result.module.removeprefix("pkg."): result for result in verification.results}
    assert found.keys() == EXPECTED.keys()
    for name, (outcome, words) in EXPECTED.items():
        assert (name, found[name].outcome, words in found[name].message) == (name, outcome, True), found[name]
        assert not found[name].package


#: 40 MB of memory, which makes the runtime's grow.
LARGE = r'(@custom "dylink.0" (before first) "\01\07\80\80\80\14\02\00\00")'
#: The symbol "w" may stay without definition (IMPORT_INFO).
WEAK = r'(@custom "dylink.0" (before first) "\01\04\40\02\00\00\04\08\01\03env\01w\01")'


def calling(function: str, text: str, declared: str = "") -> str:
    """A module that hands a text to a function of CPython while it is initialised."""
    return (
        GOOD.replace("name\\00", "name\\00" + "\\00" * 3 + text + "\\00")
        .replace("(data", f'(import "env" "{function}" (func $f (param i32) (result i32))) {declared} (data')
        .replace("(i32.store ", "(drop (call $f (i32.add (global.get $base) (i32.const 8)))) (i32.store ", 1)
    )


#: Modules that would tell which of the others had been there before them, in their order.
TELLING = {
    "a1_good": (GOOD, DYLINK),
    "a2_good": (GOOD, DYLINK),
    "b1_offers": (GOOD + '(func (export "offered"))', DYLINK),
    "b2_wants": (GOOD.replace("(data", '(import "GOT.func" "offered" (global (mut i32))) (data'), DYLINK),
    "c1_weak": (GOOD.replace("(data", '(import "GOT.mem" "w" (global (mut i32))) (data'), WEAK),
    "c2_strong": (GOOD.replace("(data", '(import "GOT.mem" "w" (global (mut i32))) (data'), DYLINK),
    "d1_large": (GOOD, LARGE),
    "d2_wants_memory": (GOOD.replace("(memory 1)", "(memory 600)"), DYLINK),
    "e1_good": (GOOD, DYLINK),
    "e2_imports": (calling("PyImport_ImportModule", "pkg.g1_breaks"), DYLINK),
    "f1_sets": (calling("PyRun_SimpleString", "import sys; sys.left = 1"), DYLINK),
    "f2_looks": (calling("PyRun_SimpleString", "import sys; print(sys.left)"), DYLINK),
    "g1_breaks": (GOOD.replace("(data", '(import "GOT.mem" "nobody" (global (mut i32))) (data'), DYLINK),
    "g2_good": (GOOD, DYLINK),
    "h1_traps": ('(func (export "{init}") (result i32) unreachable)', DYLINK),
    "h2_good": (GOOD, DYLINK),
}


@pytest.mark.parametrize("version", ["0.27.8", "314.0.7"])
def test_what_an_interpreter_tells_of_several_is_what_one_for_each_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    runtime = find_runtime(version)
    platform = runtime.platform
    suffix = platform.python.suffixes[0]
    files: dict[str, str | bytes] = {
        f"pkg/{name}{suffix}": module(body, name, dylink) for name, (body, dylink) in TELLING.items()
    }
    files["pkg/__init__.py"] = ""
    tag = platform.python.tag
    wheel = make_wheel(tmp_path, f"pkg-1-{tag}-{tag}-{platform.tag}.whl", files)
    asked: list[list[int]] = []
    some = Interpreters.some

    def counted(self: Interpreters, interpreters: Any, *args: Any, **more: Any) -> Any:
        told = some(self, interpreters, *args, **more)
        asked.append([len(heard) for heard in told])
        return told

    monkeypatch.setattr(Interpreters, "some", counted)
    together = verify_wheel(wheel, [runtime], real_host()).results
    shared, asked[:] = asked.copy(), []
    monkeypatch.setattr(verify, "families", lambda attempts: [[attempt] for attempt in attempts])
    alone = verify_wheel(wheel, [runtime], real_host()).results
    assert together == alone
    found = {result.module.removeprefix("pkg."): result for result in together}
    assert found["a2_good"].outcome is found["h2_good"].outcome is Outcome.LOADED
    assert found["b2_wants"].outcome is found["c2_strong"].outcome is Outcome.REFUSED
    assert "smaller than the declared initial of 600" in found["d2_wants_memory"].message
    assert shared[0] == [3], "the good ones, and the one that offers a name"
    assert max(count for counts in asked for count in counts) == 1


def test_what_is_at_work_when_the_time_of_all_is_over_is_ended(tmp_path: Path) -> None:
    """One interpreter would import a whole package, each module with a time of its own."""
    runtime = find_runtime("314.0.7")
    suffix = runtime.platform.python.suffixes[0]
    files: dict[str, str | bytes] = {
        f"pkg/good{suffix}": module(MADE["good"], "good"),
        "pkg/__init__.py": "while True:\n    pass\n",
    }
    wheel = make_wheel(tmp_path, f"pkg-1-cp314-cp314-{runtime.platform.tag}.whl", files)
    with pytest.raises(FailedError, match="not all was done within 5 seconds"):
        verify_wheel(wheel, [runtime], real_host(), timeout=100_000, limit=5)


def test_a_package_that_swallows_the_failure_does_not_hide_it(tmp_path: Path) -> None:
    """The second import of a refused module gets another, misleading message; the first one counts."""
    runtime = find_runtime("314.0.7")
    platform = runtime.platform
    suffix = platform.python.suffixes[0]
    files: dict[str, str | bytes] = {
        f"pkg/undefined{suffix}": module(MADE["undefined"], "undefined"),
        f"pkg/good{suffix}": module(MADE["good"], "good"),
        "pkg/__init__.py": "try:\n    from . import undefined\nexcept ImportError:\n    pass\n",
    }
    wheel = make_wheel(tmp_path, f"pkg-1-cp314-cp314-{platform.tag}.whl", files)
    results = {
        result.module: result for result in verify_wheel(wheel, [runtime], real_host(), jobs=2).results
    }
    assert results["pkg.undefined"].outcome is Outcome.REFUSED
    assert "undefined symbol 'no_such_symbol'" in results["pkg.undefined"].message
    # The refused module has spoilt the loader for the good one, which by itself is good: both are told.
    assert results["pkg.good"].outcome is Outcome.LOADED
    assert "no_such_symbol" in results["pkg.good"].package


def test_one_that_never_ends_is_ended(tmp_path: Path) -> None:
    runtime = find_runtime("314.0.7")
    platform = runtime.platform
    body = '(func (export "{init}") (result i32) (loop $l (br $l)) (i32.const 0))'
    files: dict[str, str | bytes] = {f"endless{platform.python.suffixes[0]}": module(body, "endless")}
    wheel = make_wheel(tmp_path, f"endless-1-cp314-cp314-{platform.tag}.whl", files)
    (result,) = verify_wheel(wheel, [runtime], real_host(), timeout=15).results
    assert (result.outcome, result.message) == (Outcome.KILLED, "it ran out of time")


def test_another_node_may_be_named(tmp_path: Path) -> None:
    wheel = real_wheel("simplejson", "pyemscripten_2026_0_wasm32", "3.14")
    done = pyodide_abi("verify", wheel, "--runtime", "314.0.7", "--node", "24", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert b"1 of 1 loaded (node 24." in done.stdout

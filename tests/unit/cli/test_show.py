"""``pyodide-abi show`` from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from assembling import assemble

from pyodide_abi.cli import main as cli
from pyodide_abi.wheel import NewMember, open_wheel, retag, write_wheel

CORPUS = Path(__file__).parents[2] / "corpus"
NAME = "spam-1.0-cp314-cp314-pyodide_314_0_wasm32.whl"
WHEEL = (
    b"Wheel-Version: 1.0\nGenerator: by hand\nRoot-Is-Purelib: false\nTag: cp314-cp314-pyodide_314_0_wasm32\n"
)


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    files = {
        "spam/_core.cpython-314-wasm32-emscripten.so": (CORPUS / "side.wasm").read_bytes(),
        "spam/host.so": b"\x7fELF\x02\x01\x01" + bytes(11) + b"\x3e\x00",
        "spam/lib.a": (CORPUS / "object.a").read_bytes(),
        "spam/__init__.py": b"",
        "spam-1.0.dist-info/WHEEL": WHEEL,
    }
    members = [NewMember(name=name, content=content) for name, content in files.items()]
    return write_wheel(members, tmp_path / NAME)


class Show:
    """Runs the command and keeps what it printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str], cwd: Path) -> None:
        self._capsys = capsys
        self._cwd = cwd
        self.err = ""

    def __call__(self, *argv: str | Path, code: int = 0) -> str:
        assert cli.main(["show", *map(str, argv)], {}, self._cwd) == code
        captured = self._capsys.readouterr()
        self.err = captured.err
        return captured.out

    def json(self, *argv: str | Path) -> Any:
        (found,) = json.loads(self(*argv, "--format", "json"))["results"]
        return found


@pytest.fixture
def show(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Show:
    return Show(capsys, tmp_path)


def test_a_module_in_short(show: Show) -> None:
    assert show(CORPUS / "side.wasm").splitlines()[1:] == [
        "  needed        libfirst.so, libsecond.so.1",
        "  run paths     $ORIGIN, $ORIGIN/../spam.libs",
        "  memory        40 bytes aligned to 16",
        "  table         3 elements",
        "  weak imports  maybe",
        (
            "  imports       9 (1 env memory, 1 env table, 3 env global, 1 GOT.mem global, "
            "1 GOT.func global, 1 env function, 1 env tag)"
        ),
        "  exports       6 (2 function, 2 global, 1 tag, 1 table): PyInit_side",
    ]


def test_parts(show: Show) -> None:
    path = CORPUS / "side.wasm"
    assert "    function  env.many  (i32,i64,f32,f64)->(i32,i64)\n" in show(path, "--imports")
    assert "    function  PyInit_side  ()->(i32)\n" in show(path, "--exports")
    assert "    0x00000008          118  custom 'dylink.0'\n" in show(path, "--sections")
    features = show(path, "--features")
    assert "claimed: bulk-memory\n" in features
    assert "headers: exception-handling, multivalue, mutable-globals, reference-types\n" in features
    assert "  processed-by  clang 22.0.0, wasm-opt 124\n" in show(path, "--producers")
    everything = show(path, "--all")
    assert all(label in everything for label in ("imports\n", "exports\n", "sections (", "claimed", "clang"))


def test_needed_alone(show: Show, wheel: Path) -> None:
    assert show(wheel, "--needed") == (
        "spam/_core.cpython-314-wasm32-emscripten.so: libfirst.so, libsecond.so.1\n"
        "  looked for in $ORIGIN, $ORIGIN/../spam.libs\n"
    )
    assert show.json(CORPUS / "linked.wasm", "--needed")["modules"] == [
        {"path": str(CORPUS / "linked.wasm"), "needed": [], "runtime_paths": []}
    ]


def test_object_files_and_archives(show: Show) -> None:
    out = show(CORPUS / "object.a", "--symbols")
    assert "  object.o: object file, 893 bytes\n" in out
    assert "      function  undefined  weak    visible  maybe\n" in out
    assert "      function  defined    global  hidden   hidden\n" in out


def test_a_wheel_in_short(show: Show, wheel: Path) -> None:
    out = show(wheel)
    assert out.startswith(f"{NAME}: wheel, ")
    assert "  made by       by hand\n" in out
    assert "  RECORD        every file is listed and as listed\n" in out
    assert "  import as     spam._core\n" in out
    assert "spam/host.so: ELF for x86-64, 20 bytes\n" in out
    assert "spam/lib.a: ar archive" in out
    assert "__init__" not in out


def test_a_wheel_of_another_compiler_says_so(show: Show, wheel: Path, tmp_path: Path) -> None:
    with open_wheel(wheel) as opened:
        made = retag(opened, opened.name, tmp_path / "new", fields=(("Compiled-With", "Emscripten 6.0.5"),))
    assert "  compiled with Emscripten 6.0.5\n" in show(made)
    assert show.json(made)["compiled_with"] == "Emscripten 6.0.5"
    assert "compiled_with" not in show.json(wheel)


def test_a_wheel_for_machines_is_complete(show: Show, wheel: Path) -> None:
    data = show.json(wheel)
    assert (data["tags"], data["wheel_tags"]) == (["cp314-cp314-pyodide_314_0_wasm32"],) * 2
    core = data["modules"][0]
    assert core["module"] == "spam._core"
    assert core["dylink"]["needed"] == ["libfirst.so", "libsecond.so.1"]
    assert {
        "module": "env",
        "name": "many",
        "kind": "function",
        "type": "(i32,i64,f32,f64)->(i32,i64)",
    } in core["imports"]
    assert {"name": "own", "kind": "table", "type": "externref min=2 max=9"} in core["exports"]
    assert core["sections"][0] == {"id": 0, "name": "dylink.0", "offset": 8, "size": 118}


def test_only_the_parts_named(show: Show) -> None:
    data = show.json(CORPUS / "side.wasm", "--exports")
    assert "exports" in data
    assert "imports" not in data


def test_what_is_not_wasm(show: Show, tmp_path: Path) -> None:
    (tmp_path / "script").write_text("INPUT(-lfoo)\n")
    assert show("script") == f"{tmp_path / 'script'}: text, 13 bytes\n"


def test_a_broken_module_is_told_and_counts(show: Show, tmp_path: Path) -> None:
    (tmp_path / "cut.so").write_bytes((CORPUS / "side.wasm").read_bytes()[:300])
    out = show("cut.so", code=2)
    assert "  error         module: import section of 183 bytes where 148 are left (at offset 0x95)" in out


def test_nothing_there(show: Show, tmp_path: Path) -> None:
    show("gone.so", code=2)
    assert show.err == f"error: {tmp_path / 'gone.so'} cannot be read: No such file or directory\n"
    show(".", code=2)
    assert "is a folder" in show.err


#: Much that has to be followed before something is handed over.
MUCH = f"""%dylink %bases
    (import "env" "PyModule_AddFunctions" (func $add (param i32 i32) (result i32)))
    (func (export "PyInit_x") (result i32)
      {"(memory.copy (global.get $mb) (global.get $mb) (i32.const 16000))" * 30}
      (call $add (i32.const 0) (global.get $mb)))"""


def test_modules_of_a_wheel_share_what_may_be_followed(show: Show, tmp_path: Path) -> None:
    module = assemble(MUCH)

    def complete(number: int) -> list[bool]:
        files = {f"spam/m{one}.cpython-314-wasm32-emscripten.so": module for one in range(number)}
        files["spam-1.0.dist-info/WHEEL"] = WHEEL
        write_wheel([NewMember(name=name, content=files[name]) for name in files], tmp_path / NAME)
        return [
            entry["signatures_complete"] for entry in show.json(tmp_path / NAME, "--signatures")["modules"]
        ]

    assert complete(1) == [True]
    # Each by itself has enough; forty of them have not.
    assert complete(40) == [False] * 40
    lines = show(tmp_path / NAME, "--signatures").splitlines()
    assert lines.count("  not all code was followed for signatures: there may be more") == 40

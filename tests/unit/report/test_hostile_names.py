"""Names from strangers do nothing in any form of output: no control characters, no forged lines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from assembling import assemble, make_wheel

from pyodide_abi.cli import main as cli

if TYPE_CHECKING:
    from pathlib import Path

#: A colour, a title, a line of ours, a right-to-left override, a line separator, C1, a zero-width space.
NAME = "a\x1b[31m\x1b]0;t\x07\r\nerror: forged\u202e\u2028\x9b2J\u200bz"
OBEYED = set("\x1b\x07\r\u202e\u2028\x9b\u200b")
MODULE = "x.cpython-314-wasm32-emscripten.so"
WHEEL = "x-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
FORMATS = ("text", "json", "sarif", "github")


def written(text: str) -> str:
    """As the text format of modules has it."""
    plain = {chr(code) for code in range(0x20, 0x7F)} - set('"\\')
    return "".join(
        letter if letter in plain else "".join(f"\\{byte:02x}" for byte in letter.encode()) for letter in text
    )


@pytest.fixture(scope="module")
def module() -> bytes:
    name = written(NAME)
    return assemble(f"""(@dylink.0 (mem-info (memory 64 4)) (needed "lib{name}.so") (runtime-path "/{name}"))
        (import "env" "f{name}" (func)) (import "GOT.mem" "d{name}" (global (mut i32)))
        (import "m{name}" "x" (func)) (import "env" "_ZN3{name}" (func))
        (func (export "PyInit_{name}") (result i32) i32.const 0) (func (export "__em_js__{name}"))""")


@pytest.fixture
def wheels(tmp_path: Path, module: bytes) -> list[Path]:
    """Hostile in the module, in RECORD, in METADATA and in WHEEL."""
    line = NAME.replace("\r\n", " ")
    metadata = (
        f"Metadata-Version: 2.1\nName: x\nVersion: 1\nRequires-Dist: numpy>=99; {line}\nLicense: {line}\n"
    )
    files = {MODULE: module, "x-1.dist-info/METADATA": metadata.encode()}
    wheel = f"Wheel-Version: 1.0\nGenerator: {line}\nRoot-Is-Purelib: {line}\nTag: {line}\n"
    folders = [tmp_path / "1", tmp_path / "2", tmp_path / "3"]
    for folder in folders:
        folder.mkdir()
    return [
        make_wheel(folders[0], WHEEL, files),
        make_wheel(folders[1], WHEEL, files, record=f'{line},sha256={line},1\n"{NAME}",,\n'),
        make_wheel(folders[2], WHEEL, files, metadata=wheel),
    ]


def check(captured: Any) -> None:
    for stream in captured:
        assert not set(stream) & OBEYED
        assert not any(line.startswith("error: forged") for line in stream.splitlines())


@pytest.mark.parametrize("form", FORMATS)
def test_audits(form: str, wheels: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for wheel in wheels:
        assert cli.main(["audit", str(wheel), "--format", form], {}, tmp_path) == 1
        captured = capsys.readouterr()
        check(captured)
        if form in {"json", "sarif"}:
            json.loads(captured.out)
        if form == "github":
            assert all(line.startswith("::") for line in captured.out.splitlines())


@pytest.mark.parametrize("command", [["show", "--all"], ["show", "--all", "-C"], ["diff", "--all"]])
@pytest.mark.parametrize("form", ["text", "json"])
def test_other_commands(
    command: list[str], form: str, wheels: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [str(wheels[0]), str(wheels[1])] if command[0] == "diff" else [str(wheels[1])]
    cli.main([*command, *files, "--format", form], {}, tmp_path)
    check(capsys.readouterr())


def test_names_of_members_and_arguments(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = NAME.replace("\r\n", " ")
    wheel = make_wheel(tmp_path, WHEEL, {f"{line}.so": b"\x7fELF", f"{line}.py": b"pass"})
    for words in (["audit", str(wheel)], ["show", str(wheel)], ["audit", f"no{line}.whl"], ["explain", line]):
        cli.main(words, {}, tmp_path)
        check(capsys.readouterr())

"""``patch``: patchelf for WebAssembly."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest
from made_modules import side_module

from pyodide_abi.cli.main import main
from pyodide_abi.wasm import read_module

if TYPE_CHECKING:
    from pathlib import Path

TEXT = '(func (export "f")) (func (export "PyInit_x") (result i32) i32.const 0)'


def run(*words: str, cwd: Path) -> int:
    return main(["patch", *words], {}, cwd)


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "x.so"
    path.write_bytes(side_module(TEXT, needed=("liba.so", "/home/ci/libb.so"), run_paths=("/home/ci",)))
    path.chmod(0o750)
    return path


def test_in_place_and_back(module: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = module.read_bytes()
    words = ["--replace-needed", "/home/ci/libb.so", "libb.so", "--add-needed", "libc.so"]
    words += ["--remove-needed", "liba.so", "--set-rpath", "$ORIGIN:$ORIGIN/../x.libs"]
    assert run(str(module), *words, "--print-needed", "--print-rpath", cwd=module.parent) == 0
    assert capsys.readouterr().out == "libb.so\nlibc.so\n$ORIGIN:$ORIGIN/../x.libs\n"
    dylink = read_module(module.read_bytes()).dylink
    assert dylink is not None
    assert dylink.needed == ("libb.so", "libc.so")
    assert dylink.runtime_paths == ("$ORIGIN", "$ORIGIN/../x.libs")
    assert stat.S_IMODE(module.stat().st_mode) == 0o750
    assert [path.name for path in module.parent.iterdir()] == ["x.so"]
    back = ["--remove-needed", "libb.so", "--remove-needed", "libc.so", "--set-rpath", "/home/ci"]
    assert run("x.so", *back, cwd=module.parent) == 0
    assert run("x.so", "--add-needed", "liba.so", "--add-needed", "/home/ci/libb.so", cwd=module.parent) == 0
    assert module.read_bytes() == before


def test_printing_changes_nothing(module: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = module.stat()
    assert run("x.so", "--print-needed", cwd=module.parent) == 0
    assert capsys.readouterr().out == "liba.so\n/home/ci/libb.so\n"
    assert module.stat() == before


def test_elsewhere(module: Path) -> None:
    before = module.read_bytes()
    assert run("x.so", "--remove-rpath", "--add-rpath", "$ORIGIN", "-o", "y.so", cwd=module.parent) == 0
    assert module.read_bytes() == before
    dylink = read_module((module.parent / "y.so").read_bytes()).dylink
    assert dylink is not None
    assert dylink.runtime_paths == ("$ORIGIN",)


def test_a_link_stays_a_link(module: Path) -> None:
    link = module.parent / "link.so"
    link.symlink_to("x.so")
    assert run("link.so", "--remove-rpath", cwd=module.parent) == 0
    assert link.is_symlink()
    dylink = read_module(module.read_bytes()).dylink
    assert dylink is not None
    assert not dylink.runtime_paths


def test_exports_and_sections_go(module: Path) -> None:
    assert run("x.so", "--drop-export", "f", cwd=module.parent) == 0
    assert [entry.name for entry in read_module(module.read_bytes()).exports] == ["PyInit_x"]


def test_what_is_not_there_is_said(module: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = module.read_bytes()
    words = ["--replace-needed", "no.so", "x", "--remove-needed", "neither.so"]
    assert run("x.so", *words, "--drop-export", "g", "--drop-section", "name", cwd=module.parent) == 0
    said = capsys.readouterr().err
    for name in ("does not need 'no.so'", "'neither.so'", "does not export 'g'", "has no section 'name'"):
        assert name in said
    assert module.read_bytes() == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["x.so"], "nothing is to be done"),
        (["x.so", "x.so", "--remove-rpath", "-o", "y.so"], "--output is one file"),
        (["x.so", "--remove-rpath", "--set-rpath", "a"], "contradict"),
        (["no.so", "--remove-rpath"], "No such file"),
        (["elf.so", "--remove-rpath"], "elf.so: not a WebAssembly module"),
        (["plain.so", "--remove-rpath"], "plain.so: it has no dylink.0 section"),
        (["x.so", "--drop-section", "dylink.0"], "no library any more"),
    ],
)
def test_errors(module: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    (module.parent / "elf.so").write_bytes(b"\x7fELF" + bytes(60))
    (module.parent / "plain.so").write_bytes(b"\0asm\x01\0\0\0")
    assert run(*words, cwd=module.parent) == 2
    assert said in capsys.readouterr().err


def test_settings_outside_the_command_line(module: Path, capsys: pytest.CaptureFixture[str]) -> None:
    environ = {"PYODIDE_ABI_REPLACE_NEEDED": "liba.so libz.so"}
    assert main(["patch", "x.so", "--print-needed"], environ, module.parent) == 0
    assert capsys.readouterr().out.startswith("libz.so\n")
    environ = {"PYODIDE_ABI_REPLACE_NEEDED": "one"}
    assert main(["patch", "x.so", "--print-needed"], environ, module.parent) == 2
    assert "an old and a new name" in capsys.readouterr().err


def test_a_function_that_code_refers_to_keeps_its_export(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = '(func $f (export "f")) (func (export "g") (result funcref) ref.func $f)'
    (tmp_path / "x.so").write_bytes(side_module(text))
    assert run("x.so", "--drop-export", "f", cwd=tmp_path) == 2
    assert "cannot be dropped" in capsys.readouterr().err

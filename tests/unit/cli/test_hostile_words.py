"""Words of others on the command line, in settings and in files: printed as one line, and never obeyed.

What a terminal or a runner of CI would obey is in each of them, and in each place where a word can come from.
"""

from __future__ import annotations

import io
import json
import os
from typing import TYPE_CHECKING, NoReturn

import pytest
from assembling import make_wheel

from pyodide_abi.cli import platforms
from pyodide_abi.cli.commands import COMMANDS
from pyodide_abi.cli.main import main
from pyodide_abi.errors import PyodideAbiError
from pyodide_abi.report.printable import Gate, to_json

if TYPE_CHECKING:
    from pathlib import Path

#: A line break before a workflow command, colours, a title, C1, overrides, separators, Azure's commands.
WORD = (
    "a\n::error title=x::pwned\r\n ::stop-commands::x\n##[error]b ##vso[x]"
    "\x1b[31m\x1b]0;t\x07\x9b2J\u202e\u2028\u200b\x85z"
)
OBEYED = set("\r\x1b\x07\x9b\u202e\u2028\u200b\x85")
WHEEL = "x-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
MODULE = b"\0asm\1\0\0\0"


def check(text: str, *, lines: int | None = None) -> None:
    assert not set(text) & OBEYED
    for line in text.splitlines():
        assert not line.lstrip().startswith("::")
        assert "##[" not in line
        assert "##vso[" not in line
    if lines is not None:
        assert len(text.splitlines()) <= lines


def call(words: list[str], cwd: Path, environ: dict[str, str] | None = None) -> int:
    try:
        return main(words, environ or {}, cwd)
    except SystemExit as error:
        return int(str(error.code))


@pytest.mark.parametrize("command", [entry.name for entry in COMMANDS] + [WORD])
@pytest.mark.parametrize("option", [[f"--{WORD}"], [f"--{WORD}=x"], ["--format", WORD], ["--platform", WORD]])
def test_commands_and_options(
    command: str, option: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if command in {"run", "exec"} and len(option) == 1:
        return  # That is an argument of the program that they run.
    files = {
        "diff": [WORD, WORD],
        "toolchain": ["where"],
        "run": [],
        "build": [],
        "doctor": [],
        "platforms": [],
    }
    words = [command, *option, *files.get(command, [WORD])]
    assert call(words, tmp_path) in {1, 2, 3}
    captured = capsys.readouterr()
    check(captured.out)
    check(captured.err, lines=12)


@pytest.mark.parametrize(
    "words",
    [
        ["audit", f"{WORD}.whl"],
        ["audit", f"{WORD}/{WHEEL}"],
        ["audit", "x.so", "--platform", WORD],
        ["audit", WHEEL, "--select", WORD],
        ["audit", WHEEL, "--ignore", f"{WORD},{WORD}"],
        ["audit", WHEEL, "--jobs", WORD],
        ["audit", WHEEL, "--engine", WORD],
        ["show", WORD],
        ["show", f"{WORD}.whl"],
        ["diff", WORD, f"{WORD}.so"],
        ["diff", "314_0", f"9.9.9{WORD}"],
        ["patch", f"{WORD}.so", "--print-needed"],
        ["patch", "x.so", "--set-rpath", WORD],
        ["repair", f"{WORD}.whl"],
        ["repair", f"{WORD}.whl", "--plan"],
        ["repair", WHEEL, "--lib-dir", WORD],
        ["repair", WHEEL, "--tag", WORD],
        ["verify", WHEEL, "--runtime", WORD],
        ["verify", f"{WORD}.whl"],
        ["verify", WHEEL, "--timeout", WORD],
        ["run", "--runtime", WORD],
        ["run", "--platform", WORD],
        ["run", f"{WORD}.whl"],
        ["run", "--find-links", WORD, "--wheel", WORD],
        ["explain", WORD],
        ["explain", f"undefined symbol '{WORD}'"],
        ["toolchain", WORD],
        ["toolchain", "where", "--source", WORD],
        ["platforms", WORD],
        ["doctor", "--platform", WORD],
    ],
    ids=lambda words: " ".join(words).replace(WORD, "WORD"),
)
@pytest.mark.parametrize("traceback", [False, True])
def test_arguments(
    words: list[str], *, traceback: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_wheel(tmp_path, WHEEL, {"x.py": b""})
    assert call([*words, "--offline", *(["--traceback"] if traceback else [])], tmp_path) in range(4)
    captured = capsys.readouterr()
    check(captured.out)
    check(captured.err, lines=None if traceback else 12)


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
@pytest.mark.parametrize("command", ["audit", "show", "repair --plan", "diff", "patch"])
def test_names_of_files(form: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    short = WORD.replace("/", "")
    record = f'"{short}",sha256=x,1\nx.py,,\n'
    wheel = make_wheel(tmp_path, WHEEL, {"x.py": b"", f"{short[:1]}.so": MODULE}, record=record)
    hostile = tmp_path / f"::error::{short}.so"
    hostile.write_bytes(MODULE)
    # A wheel's name allows no such thing: that one is only refused.
    refused = tmp_path / f"{short}-{WHEEL}"
    refused.write_bytes(wheel.read_bytes())
    for file in (wheel, hostile, refused):
        name, *more = command.split()
        words = [name, file.name, *([file.name] if name == "diff" else []), *more]
        words += ["--print-needed"] if name == "patch" else ["--format", form]
        words += ["--platform", "314_0"] if name == "audit" and file is hostile else []
        call(words, tmp_path)
        captured = capsys.readouterr()
        if form == "github":
            assert all(
                line.startswith(("::error title=", "::warning title=", "::notice title="))
                for line in captured.out.splitlines()
            )
        else:
            check(captured.out)
        check(captured.err)
        if form in {"json", "sarif"} and captured.out:
            json.loads(captured.out)


@pytest.mark.parametrize(
    "text",
    [
        f"format = {json.dumps(WORD)}",
        f"{json.dumps(WORD)} = 1",
        f"[tool.pyodide-abi.{json.dumps(WORD)}]\nformat = 'x'",
        f"format = [{json.dumps(WORD)}]",
        f"offline = {json.dumps(WORD)}",
        f"cache-dir = {{ {json.dumps(WORD)} = 1 }}",
        f"'{WORD}'",
    ],
)
def test_settings(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / WORD.replace("/", "")
    folder.mkdir()
    (folder / "pyproject.toml").write_text(f"[tool.pyodide-abi]\n{text}\n", "utf-8")
    assert call(["platforms"], folder) == 2
    check(capsys.readouterr().err, lines=3)


@pytest.mark.parametrize("variable", ["FORMAT", "OFFLINE"])
def test_variables(variable: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call(
        ["doctor"] if variable == "CACHE_DIR" else ["platforms"], tmp_path, {f"PYODIDE_ABI_{variable}": WORD}
    )
    captured = capsys.readouterr()
    check(captured.out)
    check(captured.err, lines=3)


def test_an_error_of_the_system_names_its_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / WORD.replace("/", "")
    folder.mkdir()
    (folder / "pyproject.toml").symlink_to("pyproject.toml")
    (folder / "x").write_bytes(b"")
    call(["repair", "no.whl", "-w", f"{folder}/x/y"], tmp_path)
    check(capsys.readouterr().err, lines=2)


@pytest.mark.parametrize("traceback", [False, True])
def test_a_fault_of_ours_is_one_error_behind_the_gate(
    *, traceback: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> NoReturn:
        raise RuntimeError(WORD)

    monkeypatch.setattr(platforms, "run", fail)
    assert call(["platforms", *(["--traceback"] if traceback else [])], tmp_path) == 2
    captured = capsys.readouterr().err
    check(captured, lines=None if traceback else 2)
    assert "RuntimeError" in captured
    assert ("in fail" in captured) is traceback


def test_names_that_are_no_text_are_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = os.fsdecode(b"a\xff.so")
    (tmp_path / name).write_bytes(MODULE)
    assert call(["show", name], tmp_path) == 0
    assert "a\\udcff.so" in capsys.readouterr().out


class TestGate:
    def test_lines_pass_and_nothing_else(self) -> None:
        stream = io.StringIO()
        Gate(stream).writelines(["one\n", "\ttwo\r\n", "::error::\n", "a ::b\n", f"{WORD}\n"])
        text = stream.getvalue()
        check(text)
        assert text.startswith("one\n\\ttwo\\r\n\\x3a:error::\na ::b\n")

    def test_commands_of_ours_have_none_of_others_in_them(self) -> None:
        stream = io.StringIO()
        Gate(stream).write_commands(["::error title=x::a ##[error]b ##vso[x]c\x1b[2J\n"])
        assert stream.getvalue() == "::error title=x::a \\x23#[error]b \\x23#vso[x]c\\x1b[2J\n"

    def test_a_terminal_gets_colours_and_no_other_sequence(self) -> None:
        class Terminal(io.StringIO):
            def isatty(self) -> bool:
                return True

        stream = Terminal()
        Gate(stream).write("\x1b[1;31mred\x1b[0m\x1b]0;title\x07\x1b[2J")
        assert stream.getvalue() == "\x1b[1;31mred\x1b[0m\\x1b]0;title\\x07\\x1b[2J"

    def test_json_stays_json(self) -> None:
        text = to_json({WORD: [WORD]})
        check(text)
        assert json.loads(text) == {WORD: [WORD]}

    def test_a_message_is_one_line_and_its_details_one_each(self) -> None:
        error = PyodideAbiError(f"a {WORD}", details=["b\nc", "d"], hint="e")
        assert (error.message, error.details, str(error)) == (
            f"a {WORD}",
            ("b\nc", "d"),
            f"a {WORD}\nb\nc\nd",
        )

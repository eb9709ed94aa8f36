"""Hostile words and files in each option, positional and form of output that the commands' parsers have.

The lines come from the parsers themselves: a command, an option or a form that is added is tried, too.
"""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, NoReturn

import pytest
from assembling import assemble, make_wheel
from fuzz.target import harmless

from pyodide_abi.cli.commands import COMMANDS, command_parser
from pyodide_abi.cli.main import main

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from pathlib import Path

    from pyodide_abi.cli.commands import Entry

#: What runners of CI and terminals obey or hide: line breaks and commands, colours, titles, C0, C1 and DEL,
#: overrides, isolates and marks of direction, separators, invisible letters, half of a pair.
WORD = (
    "a\n::error title=x::forged\r\n ::stop-commands::x\n##[error]b ##vso[x]##teamcity[x]"
    "\x1b[31m\x1b]0;t\x07\x01\x7f\x9b2J\x85\u202a\u202e\u2066\u2069\u200e\u2028\u2029\u200b\ufeff\xad\U000e0041z"
)
#: As it can stand in a file's name, and in one line of a text.
NAME, LINE = WORD.replace("/", ""), re.sub(r"[\r\n\x85\u2028\u2029]", " ", WORD)
WHEEL = "x-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
SUFFIX = ".cpython-314-wasm32-emscripten.so"
#: Lines that a runner of GitHub's obeys because we want it to.
_ANNOTATION = re.compile(r"::(error|warning|notice) (file=[^,:]*,)?title=[^:]*::[^\n]+|::(end)?group::[^\n]*")
#: What waits for visitors.
_ENDLESS = {"--serve"}


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Names of files that are hostile by name, in what they hold, or both; and of none."""
    written = "".join(f"\\{byte:02x}" for byte in WORD.encode())
    module = assemble(f"""(@dylink.0 (mem-info (memory 64 4)) (needed "lib{written}.so")
        (runtime-path "/{written}"))
        (import "env" "f{written}" (func)) (import "GOT.mem" "d{written}" (global (mut i32)))
        (import "m{written}" "x" (func)) (func (export "PyInit_{written}") (result i32) i32.const 0)
        (func (export "_ZN1{written}")) (func (export "__em_js__{written}"))""")
    metadata = (
        f"Metadata-Version: 2.1\nName: x\nVersion: 1\nRequires-Dist: numpy>=99; {LINE}\n"
        f"Requires-Python: {LINE}\nProvides-Extra: {LINE}\nLicense: {LINE}\n\n{WORD}"
    )
    facts = f"Wheel-Version: 1.0\nGenerator: {LINE}\nRoot-Is-Purelib: {LINE}\nTag: {LINE}\nBuild: {LINE}\n"
    contents = {
        f"x{SUFFIX}": module,
        "x/__init__.py": f"import x.{SUFFIX}  # {WORD}\n".encode(),
        "x-1.dist-info/METADATA": metadata.encode(),
        "x-1.dist-info/entry_points.txt": f"[console_scripts]\n{WORD} = {WORD}:{WORD}\n".encode(),
    }
    make_wheel(tmp_path, WHEEL, contents, metadata=facts, record=f'"{WORD}",sha256={LINE},{LINE}\nx,y\n')
    (tmp_path / f"{NAME}.so").write_bytes(module)
    (tmp_path / f"::error::{NAME}-{WHEEL}").write_bytes((tmp_path / WHEEL).read_bytes())
    (tmp_path / f"{NAME}.whl").write_bytes(b"PK" + WORD.encode())
    packages = {
        WORD: {"name": WORD, "version": WORD, "file_name": WORD, "depends": [WORD], "imports": [WORD]}
    }
    lock = {"info": {"abi_version": WORD, "version": WORD}, "packages": packages}
    (tmp_path / f"{NAME}.json").write_text(json.dumps(lock), "utf-8")
    (tmp_path / f"{NAME}.txt").write_text(
        f"Error: {WORD}: undefined symbol: {WORD}\nmodule x: {WORD}", "utf-8"
    )
    (tmp_path / f"{NAME}.toml").write_text(f"[{json.dumps(WORD)}]\nversion = {json.dumps(WORD)}\n", "utf-8")
    return [
        *(path.name for path in tmp_path.iterdir()),
        *(f"absent{NAME}{suffix}" for suffix in ("", ".whl", ".so", ".json", ".tar.gz")),
    ]


@pytest.fixture
def _no_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_kwargs: object) -> NoReturn:
        raise FileNotFoundError(2, WORD, WORD)

    monkeypatch.setattr(subprocess.Popen, "__init__", refuse)


def actions(entry: Entry) -> list[argparse.Action]:
    return [action for action in command_parser(entry, entry.load())._actions if action.dest != "help"]


def beginnings(entry: Entry) -> list[list[str]]:
    """The command's name, and each thing that it can be told to do."""
    first = next((action for action in actions(entry) if not action.option_strings), None)
    if first is not None and first.choices:
        return [[entry.name, str(choice)] for choice in first.choices] + [[entry.name, WORD]]
    return [[entry.name]]


def places(entry: Entry) -> int:
    """How many files or names it wants at most, of two."""
    free = [action for action in actions(entry) if not action.option_strings and not action.choices]
    return min(2, len(free))


def given(action: argparse.Action) -> Iterator[list[str]]:
    """An option, with each of the values that it can have and with a word."""
    flag = action.option_strings[-1]
    if action.nargs == 0:
        yield [flag]
        return
    number = action.nargs if isinstance(action.nargs, int) else 1
    for value in (*(map(str, action.choices or ())), WORD):
        yield [flag, *[value] * number]


def lines(entry: Entry, files: list[str]) -> Iterator[list[str]]:
    """Command lines: each file in each form, and each option over a wheel that can be read."""
    options = [action for action in actions(entry) if action.option_strings]
    forms = next((action.choices for action in options if action.dest == "format"), None) or (None,)
    for beginning in beginnings(entry):
        for form in forms:
            for file in files if places(entry) else files[:1]:
                yield [*beginning, *(["--format", str(form)] if form else []), *[file] * places(entry)]
        for option in options:
            if option.option_strings[-1] not in _ENDLESS:
                for words in given(option):
                    yield [*beginning, *words, *[WHEEL] * places(entry)]


def check(words: list[str], text: str) -> None:
    try:
        harmless(text)
        for line in text.split("\n"):
            ours = "github" in words and _ANNOTATION.fullmatch(line)
            assert ours or not line.lstrip().startswith("::"), line
            assert not re.search(r"##(\[|vso\[|teamcity\[)", line), line
    except AssertionError as error:
        raise AssertionError(f"{words}: {error}") from error


def run(words: list[str], environ: dict[str, str], cwd: Path, capsys: pytest.CaptureFixture[str]) -> int:
    """A command's exit status, once both of its streams have been looked at."""
    try:
        status = main(words, environ, cwd)
    except SystemExit as error:
        status = int(str(error.code))
    captured = capsys.readouterr()
    check(words, captured.out)
    check(words, captured.err)
    assert "Traceback" not in captured.err or "--traceback" in words
    return status


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"PYODIDE_ABI_OFFLINE": "1", "PYODIDE_ABI_CACHE_DIR": str(tmp_path / "cache")}


@pytest.mark.usefixtures("_no_programs")
@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_nothing_of_others_is_obeyed(
    entry: Entry,
    files: list[str],
    environ: dict[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    known = {path.name for path in tmp_path.iterdir()}
    endings = set()
    for words in lines(entry, files):
        endings.add(run(words, environ, tmp_path, capsys))
        for path in tmp_path.iterdir():
            if path.is_file() and path.name not in known:
                made = path.read_bytes()
                path.unlink()
                if not made.startswith((b"PK", b"\0asm")):
                    check(words, made.decode())
    assert endings <= {0, 1, 2, 3, 127}
    # Commands that get as far as to refuse nothing would prove little.
    assert endings - {0}


@pytest.mark.usefixtures("_no_programs")
@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_settings_of_others_are_not_obeyed(
    entry: Entry,
    files: list[str],
    environ: dict[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = [*beginnings(entry)[0], *files[:1] * places(entry)]
    project = tmp_path / "pyproject.toml"
    tried = 0
    for action in actions(entry):
        if (
            not action.option_strings
            or action.dest == "traceback"
            or not _ENDLESS.isdisjoint(action.option_strings)
        ):
            continue
        name = action.option_strings[-1].lstrip("-")
        variable = f"PYODIDE_ABI_{name.replace('-', '_').upper()}"
        run(words, {**environ, variable: LINE}, tmp_path, capsys)
        for form in ("{}", "[{}]", "{{ {} = {} }}"):
            word = json.dumps(WORD)
            project.write_text(
                f"[tool.pyodide-abi.{entry.name}]\n{name} = {form.format(word, word)}\n", "utf-8"
            )
            tried += run(words, environ, tmp_path, capsys) in {1, 2, 3}
        project.unlink()
    assert tried

"""Text in whatever encoding and with whatever wish for colours the caller has: never a traceback.

What an encoding lacks is written as an escape. The streams are strict, as Python makes them for
``PYTHONIOENCODING=ascii`` and for ``LANG=C`` where UTF-8 is switched off.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
from typing import TYPE_CHECKING, NoReturn

import pytest
from assembling import assemble, make_wheel

from pyodide_abi.audit.rules import RULES
from pyodide_abi.cli.commands import COMMANDS
from pyodide_abi.cli.main import main
from pyodide_abi.messages import load_messages
from pyodide_abi.platforms import load_platforms

if TYPE_CHECKING:
    from pathlib import Path

WHEEL = "spam-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
OTHER = "spam-2-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
SUFFIX = ".cpython-314-wasm32-emscripten.so"
#: A symbol, a library and a file of Greek, Chinese and a picture.
WORD = "λ中\N{SNAKE}"
FORMATS = ("text", "json", "jsonl", "github", "sarif", "junit", "html")
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
COMMAND_LINES = [
    [],
    ["-V"],
    ["adit"],
    *(["help", entry.name] for entry in COMMANDS),
    *([entry.name, "--no-such-option", WORD] for entry in COMMANDS),
    ["platforms"],
    *(["platforms", platform.name] for platform in load_platforms()),
    ["platforms", WORD],
    ["diff", "0.27.7", "0.29.4"],
    ["diff", WHEEL, OTHER],
    *(["audit", WHEEL, f"{WORD}.whl", "--format", form] for form in FORMATS),
    ["show", WHEEL],
    ["show", "--all", f"{WORD}.so"],
    ["patch", "--print-needed", f"{WORD}.so"],
    ["repair", "--plan", WHEEL],
    ["verify", f"{WORD}.whl"],
    ["run", f"{WORD}.py"],
    ["build", WORD, "--offline"],
    ["library", "list"],
    ["runtime", "list"],
    ["toolchain", "list"],
    *(["completion", shell] for shell in ("bash", "zsh", "fish")),
    ["explain"],
    ["explain", f"ImportError: /{WORD}.so: undefined symbol: {WORD}"],
    ["explain", f"Error: bad export type for '{WORD}': undefined"],
    *(["explain", rule.code] for rule in RULES),
    *(["explain", message.name] for message in load_messages()),
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def refuse(*_args: object, **_kwargs: object) -> NoReturn:
        raise FileNotFoundError(2, "No such file or directory", WORD)

    monkeypatch.setattr(subprocess.Popen, "__init__", refuse)
    written = "".join(f"\\{byte:02x}" for byte in WORD.encode())
    module = assemble(
        f'(@dylink.0 (mem-info (memory 0 0)) (needed "lib{written}.so")) '
        f'(import "env" "{written}" (func)) %init'
    )
    (tmp_path / f"{WORD}.so").write_bytes(module)
    for wheel in (WHEEL, OTHER):
        contents = {f"x{SUFFIX}": module, f"{WORD}{SUFFIX}": module}
        make_wheel(tmp_path, wheel, contents if wheel == WHEEL else {f"x{SUFFIX}": module})
    return tmp_path


def say(
    words: list[str], encoding: str, folder: Path, monkeypatch: pytest.MonkeyPatch, **variables: str
) -> tuple[int, str, str]:
    """A command's exit status and what it wrote to a strict stdout and stderr."""
    streams = [io.BytesIO(), io.BytesIO()]
    out, err = (io.TextIOWrapper(stream, encoding, errors="strict", newline="") for stream in streams)
    environ = {"PYODIDE_ABI_OFFLINE": "1", "PYODIDE_ABI_CACHE_DIR": str(folder / "cache"), **variables}
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        try:
            status = main(words, environ, folder)
        except SystemExit as error:
            status = int(str(error.code))
    out.flush()
    err.flush()
    return status, streams[0].getvalue().decode(encoding), streams[1].getvalue().decode(encoding)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437", "cp1252", "cp932", "cp65001", "utf-8"])
def test_every_command_speaks_in_it(encoding: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wordless = []
    for words in COMMAND_LINES:
        status, out, err = say(words, encoding, folder, monkeypatch)
        assert status in {0, 1, 2, 3}, words
        assert "Traceback" not in err, words
        assert "a fault of pyodide-abi" not in err, (words, err)
        if not out and not err:
            wordless.append(words)
    assert not wordless


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("ascii", "\\u03bb\\u4e2d\\U0001f40d"), ("cp932", "λ中\\U0001f40d"), ("utf-8", WORD)],
)
def test_what_it_lacks_is_an_escape(
    encoding: str, shown: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, out, _ = say(["audit", WHEEL], encoding, folder, monkeypatch)
    assert status == 1
    assert f"lib{shown}.so" in out


@pytest.mark.parametrize("words", [["audit", WHEEL], ["diff", WHEEL, OTHER], ["show", WHEEL], ["platforms"]])
class TestColours:
    def test_none_without_a_terminal(
        self, words: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert not ESCAPE.search(say(words, "utf-8", folder, monkeypatch)[1])

    def test_only_colours_where_they_are_forced(
        self, words: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        plain = say(words, "utf-8", folder, monkeypatch, COLUMNS="100")[1]
        forced = say(words, "utf-8", folder, monkeypatch, COLUMNS="100", FORCE_COLOR="1")[1]
        assert ESCAPE.sub("", forced) == plain

    @pytest.mark.parametrize("variables", [{"FORCE_COLOR": "0"}, {"FORCE_COLOR": "1", "NO_COLOR": "1"}])
    def test_none_where_they_are_forbidden(
        self, words: list[str], variables: dict[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert not ESCAPE.search(say(words, "utf-8", folder, monkeypatch, **variables)[1])


def test_forced_colours_are_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ESCAPE.search(say(["audit", WHEEL], "utf-8", folder, monkeypatch, FORCE_COLOR="1")[1])


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "text"])
def test_what_machines_read_has_no_colours(form: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = say(["audit", WHEEL, "--format", form], "utf-8", folder, monkeypatch, FORCE_COLOR="1")[1]
    assert "\x1b" not in out

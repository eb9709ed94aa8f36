"""Files that commands write their results to, on a full disk: as they were, or not there."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from assembling import assemble
from fake_node import BOOTED, DONE, make_node_host
from made_wheels import make_wheel

from pyodide_abi.cli import session
from pyodide_abi.cli.commands import COMMANDS, command_parser
from pyodide_abi.cli.main import main

WHEEL = "spam-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
MODULE = "spam.cpython-314-wasm32-emscripten.so"
#: What a command line needs beside its file and ``--output``.
WORDS = {
    "repair": ["--plan", WHEEL],
    "verify": [WHEEL, "--runtime", "314.0.7"],
    "show": [MODULE],
    "audit": [WHEEL],
}
#: Options of audits that name further files.
FURTHER = [["--also", "json:said"], ["--also", "html:said"], ["--write-baseline", "said"]]


def with_output() -> dict[str, list[str]]:
    """The words of each command that has the option, as the parsers say."""
    named = [
        entry.name
        for entry in COMMANDS
        if any(action.dest == "output" for action in command_parser(entry, entry.load())._actions)
    ]
    return {name: [name, *WORDS[name], "--output", "said"] for name in named}


LINES = [*with_output().values(), *(["audit", WHEEL, *words] for words in FURTHER)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with files, and a machine with a runtime for ``verify``."""
    (tmp_path / "machine").mkdir()
    host = make_node_host(tmp_path / "machine", lambda _: [BOOTED, DONE], ["314.0.7"])
    monkeypatch.setattr(session, "this_machine", lambda **_: host)
    module = assemble('(@dylink.0 (mem-info)) (func (export "PyInit_spam") (result i32) i32.const 0)')
    make_wheel(tmp_path, WHEEL, {MODULE: module})
    (tmp_path / MODULE).write_bytes(module)
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize("words", LINES, ids=" ".join)
def test_nothing_is_half_written(
    words: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, full = Path.write_text, []

    def fill(path: Path, text: str, *rest: str) -> int:
        whole(path, text[: len(text) // 2], *rest)
        full.append(path)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for old in (None, b"old"):
        if old is not None:
            (folder / "said").write_bytes(old)
        before = contents(folder)
        with monkeypatch.context() as patched:
            patched.setattr(Path, "write_text", fill)
            assert main(words, {}, folder) == 2
        said = capsys.readouterr().err
        assert f"error: {folder / 'said'}: No space left on device" in said
        assert full
        assert contents(folder) == before
    assert main(words, {}, folder) in {0, 1}
    assert (folder / "said").stat().st_size > len(b"old")


def test_what_cannot_be_written_is_told_before_the_work(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where the work would end in another error."""
    (folder / "circle").symlink_to("circle")
    names = {".": "Is a directory", f"{MODULE}/x": "Not a directory", "circle": "symbolic links"}
    for words in with_output().values():
        for name, said in names.items():
            assert main([*words[:-1], name], {}, folder) == 2
            out, err = capsys.readouterr()
            assert out == ""
            assert err.startswith("error: ")
            assert err.count("\n") == 1
            assert said in err


def test_a_circle_of_links_and_a_pipe_are_told_under_their_names(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(folder / f"pipe-{WHEEL}")
    (folder / f"circle-{WHEEL}").symlink_to(f"circle-{WHEEL}")
    for name in (f"pipe-{WHEEL}", f"circle-{WHEEL}"):
        before = sorted(folder.iterdir())
        for words in (["repair"], ["repair", "--in-place"], ["repair", "--plan"], ["show"]):
            assert main([*words, name], {}, folder) == 2
            err = capsys.readouterr().err
            assert name in err
            assert "partial" not in err
            assert "fault" not in err
        assert sorted(folder.iterdir()) == before

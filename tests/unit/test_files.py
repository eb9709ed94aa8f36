from __future__ import annotations

import os
import threading
from contextlib import nullcontext, suppress
from pathlib import Path

import pytest

from pyodide_abi import files
from pyodide_abi.cli.main import main
from pyodide_abi.errors import UnreadableInputError

MODULE = b"\0asm\1\0\0\0"


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST", 3 << 20)


def test_a_whole_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * 5000)
    assert files.read_file(file) == b"x" * 5000
    assert files.read_head(file, most=10) == (b"x" * 10, 5000)


@pytest.mark.parametrize("command", ["show", "diff", "patch", "audit"])
@pytest.mark.parametrize("what", ["large", "device", "folder", "absent"])
def test_one_clear_error(command: str, what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "x.so"
    if what == "large":
        place.write_bytes(MODULE)
        os.truncate(place, (3 << 20) + 1)
    elif what == "device":
        place.symlink_to("/dev/zero")
    elif what == "folder":
        place.mkdir()
    more = {"diff": [str(place)], "patch": ["--print-needed"], "audit": ["--platform", "314_0"]}
    assert main([command, str(place), *more.get(command, [])], {}, tmp_path) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert str(place) in said
    words = {"large": ("more than 3 MB",), "device": ("device", "no file"), "folder": ("folder", "no file")}
    assert any(word in said for word in words.get(what, ("cannot be read", "no file")))


def test_of_what_is_no_module_the_first_bytes_are_enough(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "x.so"
    place.touch()
    os.truncate(place, 1 << 40)
    assert main(["show", str(place)], {}, tmp_path) == 0
    assert "unknown, 1,099,511,627,776 bytes" in capsys.readouterr().out


@pytest.mark.parametrize("size", [8, 6000, (3 << 20) + 1])
def test_a_pipe(size: int, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def feed() -> None:
        with suppress(BrokenPipeError):
            pipe.write_bytes(MODULE.ljust(size, b"x"))

    feeder = threading.Thread(target=feed)
    feeder.start()
    refused = pytest.raises(UnreadableInputError, match="more than 3 MB")
    with refused if size > 3 << 20 else nullcontext():
        assert files.read_head(pipe, most=10)[1] == size
    feeder.join()


def test_too_little_memory_is_no_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_self: Path, *_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Path, "open", fail)
    assert main(["show", "x.so"], {}, tmp_path) == 2
    assert capsys.readouterr().err == "error: there is not enough memory for this\n"

"""The parts of ``start.py`` that do not need the runtime's interpreter."""

from __future__ import annotations

import io
import sys
from types import ModuleType, SimpleNamespace

import pytest

from pyodide_abi.runtime import start


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        (None, 0, ""),
        (3, 3, ""),
        (-1, 255, ""),
        (256, 0, ""),
        (True, 1, ""),
        ("text", 1, "text\n"),
        ((), 1, "()\n"),
    ],
)
def test_what_sys_exit_means(
    capsys: pytest.CaptureFixture[str], code: object, status: int, said: str
) -> None:
    assert start._status(code) == status
    assert capsys.readouterr().err == said


def test_an_exception_is_shown_without_our_frames(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    code = start._compiled("def f():\n    1 / 0\nf()")
    with pytest.raises(ZeroDivisionError) as raised:
        start._call(code)()
    trace = raised.value.__traceback__
    assert trace is not None
    assert start._shown(raised.value.with_traceback(trace.tb_next)) == 1
    first, second, *_, last = capsys.readouterr().err.splitlines()
    assert first == "Traceback (most recent call last):"
    assert second == '  File "<string>", line 3, in <module>'
    assert last == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize(
    ("raised", "status"), [(SystemExit(7), 7), (RuntimeError("in the hook"), 1), (KeyboardInterrupt(), 1)]
)
def test_a_hook_may_end_the_program_or_fail(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, raised: BaseException, status: int
) -> None:
    def hook(*_: object) -> None:
        raise raised

    monkeypatch.setattr(sys, "excepthook", hook)
    assert start._shown(ValueError("first")) == status
    said = capsys.readouterr().err
    assert ("Original exception was:\nValueError: first\n" in said) == (status == 1)


def test_an_interrupted_program_has_the_shell_s_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "excepthook", lambda *_: None)
    assert start._shown(KeyboardInterrupt()) == 130


def test_output_that_cannot_be_written_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def flush() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stdout", SimpleNamespace(flush=flush))
    assert not start._flushed("stdout")
    said = capsys.readouterr().err
    assert said.startswith("Exception ignored ")
    assert said.endswith("\nOSError: [Errno 28] No space left on device\n")
    closed = io.StringIO()
    closed.close()
    for stream in (None, closed, io.StringIO()):
        monkeypatch.setattr(sys, "stdout", stream)
        assert start._flushed("stdout")

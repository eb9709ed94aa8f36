"""One input, the whole way: audit it in every form of output, show it, and see that the promises hold.

The promises (docs/explanation/untrusted-input.md): only errors that explain themselves, bounded time and
memory, nothing started, nothing written, and nothing in the text that a terminal obeys.
"""

from __future__ import annotations

import io
import json
import signal
import sys
import unicodedata
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console

from pyodide_abi.audit import audit_file
from pyodide_abi.errors import PyodideAbiError
from pyodide_abi.report.envelope import to_envelope
from pyodide_abi.report.github import audit_to_annotations
from pyodide_abi.report.json import audit_to_data
from pyodide_abi.report.sarif import audits_to_sarif
from pyodide_abi.report.show import Part, describe, describe_wheel
from pyodide_abi.report.show_text import text_of
from pyodide_abi.report.text import print_audit
from pyodide_abi.wheel import open_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import FrameType

#: One input may take so long, in seconds of processor time: a hundred times what an ordinary one takes.
SECONDS = 5.0
PLATFORMS = ("2024_0", "2025_0", "2026_0", "2026_5")
#: What a process does when it leaves marks outside itself (docs.python.org/3/library/audit_events.html).
_MARKS = frozenset(
    {
        *(
            "os.mkdir",
            "os.rename",
            "os.remove",
            "os.rmdir",
            "os.symlink",
            "os.link",
            "os.truncate",
            "os.chmod",
        ),
        *("shutil.copyfile", "shutil.move", "shutil.rmtree", "tempfile.mkstemp", "tempfile.mkdtemp"),
        *("subprocess.Popen", "os.exec", "os.fork", "os.posix_spawn", "os.system", "socket.connect"),
    }
)
_WRITING = 0x3 | 0x40 | 0x200


class BrokenPromiseError(AssertionError):
    """An input was read to its end, and something happened that must not."""


class _Watch:
    """Sees writes while it is on; an audit hook can never be taken away again, so there is one."""

    on = False
    installed = False

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.on:
            return
        opened = event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING
        if opened or event in _MARKS:
            self.on = False
            raise BrokenPromiseError(f"the audit did {event}{arguments!r}")


_watch = _Watch()


@contextmanager
def bounded(seconds: float = SECONDS) -> Iterator[None]:
    """Within it, time is limited and nothing may be written."""
    if not _watch.installed:
        sys.addaudithook(_watch)
        _watch.installed = True

    def over(_signal: int, _frame: FrameType | None) -> None:
        raise BrokenPromiseError(f"it took more than {seconds:g} seconds")

    before = signal.signal(signal.SIGVTALRM, over)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    # Compiled files are written when a module is first imported: that is the interpreter's doing.
    bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    _watch.on = True
    try:
        yield
    finally:
        _watch.on = False
        sys.dont_write_bytecode = bytecode
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def read_everything(file: Path, platform: str, *, seconds: float = SECONDS) -> str:
    """Audit and show a file.

    Args:
        file: the input under the name that says what it is.
        platform: for what names none.
        seconds: the bound.

    Returns:
        how it ended: the names of the errors, or ``fine``.

    Raises:
        Exception: what ends the audit without an explanation; an input that does that is a find.
    """
    endings = []
    with bounded(seconds):
        for act in (_audit, _show):
            try:
                act(file, platform)
            except PyodideAbiError as error:
                harmless(str(error))
                harmless(error.hint)
                endings.append(type(error).__name__)
    return " ".join(endings) or "fine"


def _audit(file: Path, platform: str) -> None:
    report = audit_file(file, platform=None if file.suffix == ".whl" else platform)
    out = io.StringIO()
    print_audit(report, Console(file=out, highlight=False, markup=False, soft_wrap=True))
    harmless(out.getvalue())
    for line in audit_to_annotations(report):
        harmless(line)
        if "\n" in line:
            raise BrokenPromiseError(f"an annotation of two lines: {line!r}")
    for text in (to_envelope("audit", [audit_to_data(report)]), audits_to_sarif([report], {})):
        json.loads(text)
        harmless(text)
        text.encode()


def _show(file: Path, _: str) -> None:
    if file.suffix == ".whl":
        with open_wheel(file) as wheel:
            data = describe_wheel(wheel, (".so",), frozenset(Part))
    else:
        data = describe(file.name, file.read_bytes(), frozenset(Part))
    for line in text_of(data):
        harmless(line)
        if "\n" in line:
            raise BrokenPromiseError(f"a line with a line break: {line!r}")
    json.dumps(data, ensure_ascii=False).encode()


def harmless(text: str) -> None:
    """Refuse text that a terminal would obey instead of show, lines' ends apart."""
    for letter in text:
        if letter != "\n" and unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
            at = text.index(letter)
            raise BrokenPromiseError(f"the output has {letter!r}: {text[max(at - 60, 0) : at + 20]!r}")

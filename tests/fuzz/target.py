"""One input, the whole way: audit it in every form of output, show it, and see that the promises hold.

The promises (docs/explanation/untrusted-input.md): only errors that explain themselves, bounded time and
memory, nothing started, nothing written, and nothing in the text that a terminal obeys.
"""

from __future__ import annotations

import io
import json
import re
import sys
import unicodedata
import zlib
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

#: So many functions may be called for one input, whatever it is, and more for each byte: a hundred times
#: what an ordinary one takes. Calls are the same on every machine, seconds are not.
CALLS, CALLS_FOR_A_BYTE = 2_000_000, 20
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
#: Control and format characters, halves of pairs, and separators of lines and paragraphs.
_OBEYED = re.compile(
    "|".join(
        re.escape(letter)
        for letter in map(chr, range(sys.maxunicode + 1))
        if letter != "\n" and unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    )
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
def bounded(calls: int = CALLS) -> Iterator[None]:
    """Within it, calls of Python functions are limited and nothing may be written."""
    if not _watch.installed:
        sys.addaudithook(_watch)
        _watch.installed = True
    left = calls

    def count(_frame: FrameType, _event: str, _argument: object) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            sys.settrace(None)
            raise BrokenPromiseError(f"it made more than {calls:,} calls")

    # Asked at each call of a function and, as it gives nothing back, not at each line.
    before = sys.gettrace()
    # Compiled files are written when a module is first imported: that is the interpreter's doing.
    bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    _watch.on = True
    sys.settrace(count)
    try:
        yield
    finally:
        sys.settrace(before)
        _watch.on = False
        sys.dont_write_bytecode = bytecode


def read_everything(file: Path, platform: str) -> str:
    """Audit and show a file, and write what was found as text and in one of the other forms.

    Args:
        file: the input under the name that says what it is.
        platform: for what names none.

    Returns:
        how it ended: the names of the errors, or ``fine``.

    Raises:
        Exception: what ends the audit without an explanation; an input that does that is a find.
    """
    endings = []
    with bounded(CALLS + CALLS_FOR_A_BYTE * file.stat().st_size):
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
    # They take longer than the audit of a small file, so each input is written in one of them.
    match zlib.crc32(file.read_bytes()) % 3:
        case 0:
            for line in audit_to_annotations(report):
                harmless(line)
                if "\n" in line:
                    raise BrokenPromiseError(f"an annotation of two lines: {line!r}")
        case 1:
            _well_formed(to_envelope("audit", [audit_to_data(report)]))
        case _:
            _well_formed(audits_to_sarif([report], {}))


def _well_formed(text: str) -> None:
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
    found = None if text.isascii() and text.replace("\n", "").isprintable() else _OBEYED.search(text)
    if found is not None:
        at = found.start()
        raise BrokenPromiseError(f"the output has {found[0]!r}: {text[max(at - 60, 0) : at + 20]!r}")

"""One input, the whole way: audit it, write the report, show the input, and see that the promises hold.

The promises (docs/explanation/untrusted-input.md): only errors that explain themselves, bounded time and
memory, nothing started, nothing written, and nothing in the text that a terminal obeys.
"""

from __future__ import annotations

import io
import json
import sys
import unicodedata
import zlib
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from rich.console import Console

from pyodide_abi.audit import audit_file
from pyodide_abi.errors import PyodideAbiError
from pyodide_abi.report.envelope import to_envelope
from pyodide_abi.report.github import audit_to_annotations
from pyodide_abi.report.html import audits_to_html
from pyodide_abi.report.json import audit_to_data
from pyodide_abi.report.junit import audits_to_junit
from pyodide_abi.report.sarif import audits_to_sarif
from pyodide_abi.report.show import Part, describe, describe_wheel
from pyodide_abi.report.show_text import text_of
from pyodide_abi.report.text import print_audit
from pyodide_abi.wheel import open_wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from types import FrameType

    from pyodide_abi.audit import Report

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
_OBEYED = frozenset(
    letter
    for letter in map(chr, range(sys.maxunicode + 1))
    if letter != "\n" and unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
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
def bounded(calls: int | None = CALLS) -> Iterator[None]:
    """Within it, calls of Python functions are limited, None for no limit, and nothing may be written."""
    if not _watch.installed:
        sys.addaudithook(_watch)
        _watch.installed = True
    left = calls or 0

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
    if calls is not None:
        sys.settrace(count)
    try:
        yield
    finally:
        sys.settrace(before)
        _watch.on = False
        sys.dont_write_bytecode = bytecode


def read_everything(file: Path, platform: str, *, counted: bool = True) -> str:
    """Audit a file and write what was found in every form, and show it.

    Args:
        file: the input under the name that says what it is.
        platform: for what names none.
        counted: hold it to a number of calls, which takes as long again.

    Returns:
        how it ended: the names of the errors, or ``fine``.

    Raises:
        Exception: what ends the audit without an explanation; an input that does that is a find.
    """
    return _read(file, platform, (*_FORMS, _show), counted=counted)


def read_quickly(file: Path, platform: str, *, counted: bool) -> str:
    """The same in one form of output, which the bytes choose; every second input is shown besides.

    Args:
        file: as above.
        platform: as above.
        counted: as above.
    """
    chance = zlib.crc32(file.read_bytes())
    # Forms that repeat much text of ours take longer than the audit, and come seldom.
    form = _SELDOM[chance // 32 % len(_SELDOM)] if chance % 16 == 0 else _OFTEN[chance // 32 % len(_OFTEN)]
    return _read(file, platform, (form, _show) if chance & 16 else (form,), counted=counted)


def _read(file: Path, platform: str, acts: Sequence[Callable[[Any], None]], *, counted: bool) -> str:
    endings: list[str] = []
    reports: list[Report] = []

    def explained(act: Callable[[], None]) -> None:
        try:
            act()
        except PyodideAbiError as error:
            harmless(str(error))
            harmless(error.hint)
            endings.append(type(error).__name__)

    def audited() -> None:
        reports.append(audit_file(file, platform=None if file.suffix == ".whl" else platform))

    with bounded(CALLS + CALLS_FOR_A_BYTE * file.stat().st_size if counted else None):
        explained(audited)
        for act in acts:
            if act is _show:
                explained(partial(_show, file))
            elif reports:
                act(reports[0])
    return " ".join(endings) or "fine"


def _as_text(report: Report) -> None:
    out = io.StringIO()
    print_audit(report, Console(file=out, highlight=False, markup=False, soft_wrap=True))
    harmless(out.getvalue())


def _as_annotations(report: Report) -> None:
    for line in audit_to_annotations(report):
        harmless(line)
        if "\n" in line:
            raise BrokenPromiseError(f"an annotation of two lines: {line!r}")


def _as_json(report: Report) -> None:
    _well_formed(to_envelope("audit", [audit_to_data(report)]))


def _as_sarif(report: Report) -> None:
    _well_formed(audits_to_sarif([report], {}))


def _as_junit(report: Report) -> None:
    text = audits_to_junit([report], {})
    ET.fromstring(text)  # noqa: S314 - our own output
    harmless(text)


def _as_page(report: Report) -> None:
    harmless(audits_to_html([report], {}))


_OFTEN = (_as_text, _as_annotations, _as_json)
_SELDOM = (_as_sarif, _as_junit, _as_page)
_FORMS = (*_OFTEN, *_SELDOM)


def _well_formed(text: str) -> None:
    json.loads(text)
    harmless(text)
    text.encode()


def _show(file: Path) -> None:
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
    # Most text has none, and a set of its letters is made in no time.
    if not _OBEYED.isdisjoint(text):
        at = next(at for at, letter in enumerate(text) if letter in _OBEYED)
        raise BrokenPromiseError(f"the output has {text[at]!r}: {text[max(at - 60, 0) : at + 20]!r}")

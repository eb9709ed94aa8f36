"""The audit inside the browser: what the page's worker calls. Everything goes in and out as text or JSON."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyodide_abi.audit.pipeline import open_subject
from pyodide_abi.audit.run_rules import audit
from pyodide_abi.errors import PyodideAbiError
from pyodide_abi.linker.elide.fast_reading import read_files
from pyodide_abi.report.printable import printable
from pyodide_abi.report.view import matrix_of, view_of
from pyodide_abi.values import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from contextlib import AbstractContextManager

    from pyodide_abi.audit import Report
    from pyodide_abi.audit.subject import Subject
    from pyodide_abi.linker.budget import Budget
    from pyodide_abi.linker.native_file import NativeFile
    from pyodide_abi.linker.plain_reading import Read

    #: Told how many bytes of how many have been read.
    Tell = Callable[[int, int], object]

#: The reports of the files that the page shows, by path.
_reports: dict[str, Report] = {}


def check(path: str, beside: Sequence[str], tell: Tell) -> str:
    """Audit a file.

    Args:
        path: The file.
        beside: Files that form a set with a module.
        tell: Told how far the reading is.

    Returns:
        What :func:`~pyodide_abi.report.view.view_of` gives, or ``error`` with ``message``, ``details`` and
        ``hint``, as JSON.
    """

    def work() -> dict[str, Any]:
        with _opened(path, beside, read=partial(_read, tell=tell)) as subject:
            _reports[path] = audit(subject)
        return view_of(_reports[path])

    return _answer(work)


def predict(path: str, beside: Sequence[str], engine: str) -> str:
    """What becomes of a file's modules in another engine: ``matrix_of``, as JSON."""

    def work() -> dict[str, Any]:
        with _opened(path, beside, platform=_report(path, beside).platform, engine=engine) as subject:
            return matrix_of(subject.binaries)

    return _answer(work)


def written(path: str, beside: Sequence[str], form: str) -> str:
    """The report of a file as the command line writes it.

    Args:
        path: The file.
        beside: Files that form a set with a module.
        form: ``json``, ``sarif`` or ``html``.
    """
    report = _report(path, beside)
    if form == "sarif":
        from pyodide_abi.report.sarif import audits_to_sarif  # noqa: PLC0415 - who does not ask does not wait

        return audits_to_sarif([report], {})
    if form == "html":
        from pyodide_abi.report.html import audits_to_html  # noqa: PLC0415 - as above

        return audits_to_html([report], {})
    from pyodide_abi.report.envelope import to_envelope  # noqa: PLC0415 - as above
    from pyodide_abi.report.json import audit_to_data, summary_of  # noqa: PLC0415 - as above

    return to_envelope("audit", [audit_to_data(report)], summary=summary_of([report], 0))


def explain(text: str) -> str:
    """What a text from a console means, as ``explain --format json`` writes it."""

    def work() -> dict[str, Any]:
        from pyodide_abi.messages import kind_of, recognise  # noqa: PLC0415 - as above
        from pyodide_abi.report.explain import explanation_data  # noqa: PLC0415 - as above

        explanation = recognise(text)
        return explanation_data(explanation, None if explanation.is_sure else kind_of(text))

    return _answer(work)


def contents(path: str, beside: Sequence[str], module: str) -> str:
    """What is in a module, as :func:`~pyodide_abi.page.module_contents.contents_of` says, as JSON."""

    def work() -> dict[str, Any]:
        from pyodide_abi.page.module_contents import contents_of  # noqa: PLC0415 - who does not ask does not wait

        return contents_of(path, beside, module)

    return _answer(work)


def compare(before: str, after: str) -> str:
    """What changed from one wheel or module to another.

    Args:
        before: The older file.
        after: The newer one.

    Returns:
        ``breaks``, whether that breaks anybody; ``lines`` for people, each with ``text`` and ``style``; what
        ``diff --format json`` writes as ``written``. All as JSON.
    """

    def work() -> dict[str, Any]:
        from pyodide_abi.page.dropped_pair import differences  # noqa: PLC0415 - who does not ask does not wait

        return differences(Path(before), Path(after))

    return _answer(work)


def plan(path: str, beside: Sequence[str]) -> str:
    """What is tried of a file in this browser, as :func:`~pyodide_abi.page.trying.plan_of` says, as JSON."""

    def work() -> dict[str, Any]:
        from pyodide_abi.page.trying import plan_of  # noqa: PLC0415 - who does not ask does not wait

        return plan_of(path, list(beside))

    return _answer(work)


def judge(told: str) -> str:
    """What became of it: the words of :func:`~pyodide_abi.page.trying.judged` and its answer, as JSON."""

    def work() -> dict[str, Any]:
        from pyodide_abi.page.trying import judged  # noqa: PLC0415 - as above

        return judged(**json.loads(told))

    return _answer(work)


def _opened(path: str, beside: Sequence[str], **how: Any) -> AbstractContextManager[Subject]:  # noqa: ANN401
    return open_subject(Path(path), beside=[Path(each) for each in beside], **how)


def _report(path: str, beside: Sequence[str]) -> Report:
    """The report of a file; a worker that has begun anew makes it again."""
    if path not in _reports:
        with _opened(path, beside) as subject:
            _reports[path] = audit(subject)
    return _reports[path]


def _answer(work: Callable[[], dict[str, Any]]) -> str:
    try:
        answer = work()
    except PyodideAbiError as error:
        answer = _refusal(error.message, *error.details, hint=error.hint)
    except MemoryError:
        answer = _refusal("this needs more memory than the browser gives")
    except Exception as error:  # noqa: BLE001 - a fault of ours over one file must not end the page
        answer = _refusal(
            "the audit did not end as it should: " + f"{type(error).__name__}: {error}".rstrip(": "),
            hint="that is a fault of pyodide-abi, whatever the file is: please report it with the file",
        )
    return json.dumps(answer)


def _refusal(message: str, *details: str, hint: str = "") -> dict[str, Any]:
    said = {
        "message": printable(message),
        "details": [printable(detail) for detail in details],
        "hint": printable(hint),
    }
    return {"error": said}


def _read(
    files: Sequence[NativeFile],
    *,
    known: Callable[[], frozenset[bytes]],
    sought: Collection[str] = (),
    budget: Budget | None = None,
    tell: Tell,
) -> dict[str, Read]:
    """Read files as the command line does, and say how far that is."""
    total, done = sum(file.size for file in files), 0

    def counted(file: NativeFile) -> Iterator[bytes]:
        nonlocal done
        for piece in file.pieces():
            done += len(piece)
            tell(done, total)
            yield piece

    watched = [replace(file, pieces=partial(counted, file)) for file in files]
    return read_files(watched, known=known, sought=sought, budget=budget)

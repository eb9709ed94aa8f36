"""A Python module starts a thread or a process as soon as it is imported.

## What it checks

The wheel's Python files: statements that run when a module is imported (not the bodies of functions, nor what
stands in a `try` or under a condition about the platform, `__name__` or `TYPE_CHECKING`) and that start a
thread, make what `multiprocessing` needs semaphores for, or start a process. The file is parsed, never run;
tests, scripts and files above 300 kB are left out, and of all files together what is above 800 kB and a fifth
of the size of the wheel, with what other rules parse.

## Why it breaks

The runtime is one thread of one process. The module cannot be imported: `RuntimeError: can't start new
thread`, `ModuleNotFoundError: No module named '_multiprocessing'`, `OSError: [Errno 138] emscripten does not
support processes`. To import `threading`, `multiprocessing` and `subprocess`, and to make a `Thread`, is
harmless, and what a function does fails only where it is called, which nobody can tell from a wheel.

## Example

`_pool = multiprocessing.Pool()` or `threading.Thread(target=_watch, daemon=True).start()` in a module's body.

## How to fix

Start it at the first use, in a function, and do without it where `sys.platform == "emscripten"`.

## References

- <https://pyodide.org/en/stable/usage/wasm-constraints.html>
- <https://github.com/pyodide/pyodide/issues/237>
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Input, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding
    from pyodide_abi.wheel import Wheel

#: A file without one of these words starts nothing. Bytes are found in a hundredth of the time of a pattern.
_WORDS = (b"thread", b"multiprocessing", b"subprocess", b"futures", b"popen", b"fork")
_WORTH_PARSING = re.compile(rb"\b(?:_?thread(?:ing)?|multiprocessing|subprocess|futures|popen|fork)\b")
_NOT_IMPORTED = re.compile(
    r"(?:^|/)(?:tests?|testing|examples?|benchmarks?)/|(?:^|/)(?:conftest|setup|__main__)\.py$"
)


def check(case: Case) -> Iterator[Finding]:
    """One finding for each file."""
    for member, text in _sources(case.wheel):
        from pyodide_abi.audit.python_imports import starts_at_import  # noqa: PLC0415 - few wheels come here

        for start in starts_at_import(text):
            yield RULE.finding(
                f"line {start.line} runs `{start.call}` when the module is imported, which fails: "
                f"{start.error}",
                fix='do it at the first use, in a function, and not where sys.platform == "emscripten"',
                path=member,
                symbol=start.call,
                releases=case.releases,
            )
            break  # The import ends here; what stands below is not reached.


def _sources(wheel: Wheel) -> Iterator[tuple[str, bytes]]:
    """The files that may start something when they are imported."""
    for path, text in wheel.python_sources.items():
        worth_it = any(word in text for word in _WORDS) and _WORTH_PARSING.search(text)
        if worth_it and not _NOT_IMPORTED.search(path) and wheel.parsing.covers(text):
            yield wheel.member_at[path], text


RULE = Rule(
    code="ABI509",
    name="thread-at-import",
    since="0.1",
    severity=Severity.WARNING,
    documentation=__doc__,
    check=check,
    needs=frozenset({Input.WHEEL}),
)

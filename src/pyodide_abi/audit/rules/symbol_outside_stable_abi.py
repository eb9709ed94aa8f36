"""A module that claims the stable ABI uses something of CPython's that it does not promise.

## What it checks

Every symbol of CPython's that a module imports, if the wheel's ABI tag is `abi3` or the module's suffix is
`.abi3.so`, against CPython's own manifest of the stable ABI, which says for each symbol the version that
added it. The version claimed is that of the wheel's Python tag (`cp310-abi3`: 3.10); for a module that is
only called so, that of the platform's CPython.

## Why it breaks

`abi3` promises that the same file works with every CPython from that version on. A symbol that came later is
not there in the older ones: `undefined symbol`. One that was never promised can go or change its meaning with
every release, and code that uses it was mostly compiled against structures that change as well, so that it
corrupts memory instead of failing. On this platform each version has one CPython, so the wheel may well work
today; what it says of itself is wrong all the same, and whoever builds it for other systems ships the
defect there.

It is an error where the wheel's tag makes the promise, a warning where only the file's name does.

## Example

`cp310-abi3`, and the module imports `PyType_GetName`, which is in the stable ABI since 3.11, or
`PyUnicode_New`, which is in none.

## How to fix

Compile everything with `Py_LIMITED_API` set to the version of the tag (`-DPy_LIMITED_API=0x030a0000` for
3.10; `py_limited_api=True` in setuptools only names the file). Or raise the Python tag, or leave `abi3` out.

## References

- <https://docs.python.org/3/c-api/stable.html>
- <https://github.com/python/cpython/blob/main/Misc/stable_abi.toml>
- <https://peps.python.org/pep-0384/>
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyodide_abi.audit.abi3 import claim_of
from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Rule
from pyodide_abi.platforms.engines import find_engine
from pyodide_abi.platforms.known import load_surface

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyodide_abi.audit.abi3 import Claim
    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding
    from pyodide_abi.audit.subject import Binary, Subject
    from pyodide_abi.platforms.stable_abi import StableAbi
    from pyodide_abi.platforms.surface import Symbol

_CPYTHON = re.compile(r"_?Py(_|[A-Z])")


def check(case: Case) -> Iterator[Finding]:
    """One finding for each module and symbol."""
    claims = [
        (binary, claim)
        for binary in case.binaries
        if (claim := claim_of(case.subject, binary)) and _imports(binary)
    ]
    if not claims:
        return
    from pyodide_abi.platforms.stable_abi import load_stable_abi  # noqa: PLC0415 - few wheels claim it

    stable = load_stable_abi()
    # What another file of the wheel defines is not CPython's, whatever it is called.
    own = {name for _, facts in case.readable() for name in facts.exports}
    runtime = _runtime(case.subject)
    for binary, claim in claims:
        for name in _imports(binary):
            if name not in own and (name in stable.symbols or name in runtime):
                yield from _judge(binary, claim, name, stable)


def _judge(binary: Binary, claim: Claim, name: str, stable: StableAbi) -> Iterator[Finding]:
    symbol = stable.find(name)
    if symbol is not None and symbol.added <= claim.version:
        return
    if symbol is None:
        said = "is in the stable ABI of no version"
        fix = f"compile with {claim.definition}, which hides what is not promised, or leave abi3 out"
    else:
        said = f"is in the stable ABI since {symbol.version}"
        fix = f"compile with {claim.definition}, or tag the wheel cp{symbol.version.replace('.', '')}-abi3"
    yield RULE.finding(
        f"`{name}` {said}; {claim.text}",
        fix=fix,
        path=binary.member,
        symbol=name,
        severity=Severity.ERROR if claim.tag else Severity.WARNING,
    )


def _imports(binary: Binary) -> tuple[str, ...]:
    """CPython's symbols by their names, each once; those that may be absent are asked for at run time."""
    facts = binary.library.facts
    if facts is None:
        return ()
    names = (entry.name for entry in facts.imports if _CPYTHON.match(entry.name))
    return tuple(dict.fromkeys(name for name in names if name not in facts.weak))


def _runtime(subject: Subject) -> Mapping[str, Symbol]:
    if subject.platform is None:
        return {}
    return load_surface(subject.platform).symbols(subject.releases[-1], find_engine(subject.engine).surface)


RULE = Rule(
    code="ABI408",
    name="symbol-outside-stable-abi",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
)

"""No release of the platform provides a symbol that a module needs.

## What it checks

Every function, address and data import of every module, against everything the loader can resolve in each
release: the main module's exports, the JavaScript library functions, the module itself, and the libraries
it needs. Weak symbols may stay without a provider. Symbols that belong to a known library have rules of their
own: `missing-runtime-part`, `instrumented-build`, `multithreaded-code`.

## Why it breaks

It depends on the kind of import. For an *address* or *data* symbol the module does not load. For a function
that is only *called* it loads: the loader hands out a placeholder, and the first call is a fatal error that
ends the whole interpreter. Such latent defects pass every test that does not reach the call. (JavaScript
of the wheel's own can put functions into the loader's `wasmImports` before: where it speaks of that, this is
a warning.)

## Example

A library that was not linked in: `Dynamic linking error: cannot resolve symbol archive_read_new`.

## How to fix

Link the library that defines the symbol, statically or as a needed library: what another module of the wheel
exports counts only if it is needed by name (`-Lfolder -lname`, with a run path). An `EM_JS` function needs
its export `__em_js__…`, which a list of exports must not drop. A C function that is `inline` and neither
`static` nor `extern` is in no object file; a compiler that is asked for small code calls it all the same:
make it `static inline` (imagecodecs 2026.10.10 was published so). If it is one that the platform cannot
have, compile that part of the code out.

## References

- loader.md, section 2
- <https://emscripten.org/docs/compiling/Dynamic-Linking.html>
- <https://github.com/pyodide/pyodide/issues/5835>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import EM_JS_PREFIX, MANGLED_PREFIXES
from pyodide_abi.audit.components import part_of
from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import EditKind, Rule
from pyodide_abi.audit.undefined import effect_of_call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding
    from pyodide_abi.audit.undefined import Gap


def check(case: Case) -> Iterator[Finding]:
    """One finding for each library and symbol."""
    consequence, called = effect_of_call(case.binaries)
    every = set(case.releases)
    for gap in case.gaps:
        if set(gap.releases) != every:
            continue
        if case.excused(gap.path, gap.symbol) or part_of(gap.symbol) or gap.weak:
            continue
        owner = _owner(case, gap)
        if gap.refused:
            what = f"the address of `{gap.symbol}`"
            effect, severity = "so the module does not load", Severity.ERROR
        else:
            what = f"`{gap.symbol}` {gap.type}"
            effect, severity = f"so its first call {consequence}", called
        yield RULE.finding(
            f"{what} is provided by no release, {effect}",
            evidence=gap.evidence,
            fix=_fix(case, gap, owner),
            path=case.member_of(gap.path),
            symbol=gap.symbol,
            releases=gap.releases,
            severity=severity,
        )


def _fix(case: Case, gap: Gap, owner: str | None) -> str:
    if owner:
        return f"it is in {owner}: make that a needed library, with a run path"
    facts = case.facts_of(gap.path)
    if facts is not None and gap.symbol in facts.js_functions:
        return "it is the module's own function of EM_JS: take the address of a C function that calls it"
    if retag := case.retag_for(gap.symbol):
        return retag
    if gap.refused or gap.symbol.startswith(MANGLED_PREFIXES):
        return "link the library that defines it, or leave out the code that uses it"
    # An import of a C function looks the same whether a library has it or its JavaScript was dropped.
    return (
        "link the library that defines it, or leave out the code that uses it; if it is a function of EM_JS, "
        f"keep the export of its JavaScript ({EM_JS_PREFIX} and its name)"
    )


def _owner(case: Case, gap: Gap) -> str | None:
    """A module of the wheel that exports the symbol; only needing it would make it known."""
    binary = case.exporters.get(gap.symbol)
    return None if binary is None or binary.path == gap.path else binary.member


RULE = Rule(
    code="ABI201",
    name="undefined-symbol",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
    answered_by=frozenset({EditKind.CHANGE_NEEDED}),
)

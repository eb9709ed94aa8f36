"""A library that a module needs is not where the loader looks.

## What it checks

The names in the `dylink.0` section's list of needed libraries, searched as each platform's loader does it:
from 2025_0 on in `/usr/lib` and `site-packages` and then in the module's run path, where a leading
`$ORIGIN` is the module's folder; on 2024_0 in the wheel's `.libs` folder, in those two and beside the
module, by the installer.

## Why it breaks

The module does not load: `Failed to find dynamic library "libfoo.so"`, before 0.28 `Didn't expect to load
any more file_packager files!`.

## Example

`libfoo.so` lies in `pkg.libs/`, and the module has no run path, or one that names a folder of the build
machine, or `${ORIGIN}`, which the loader does not expand.

## How to fix

Put the library into the wheel and give the module a run path (`-Wl,-rpath,$ORIGIN/../pkg.libs`), or link
the library statically.

## References

- loader.md, section 5
- <https://emscripten.org/docs/compiling/Dynamic-Linking.html>
- <https://github.com/pyodide/pyodide/issues/5996>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import EditKind, Rule
from pyodide_abi.audit.undefined import find_refusals
from pyodide_abi.linker import Cause

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding

#: Characters of the run paths that are shown: a module can want a thousand libraries.
_LONGEST = 300


def check(case: Case) -> Iterator[Finding]:
    """One finding for each library and name."""
    # The first of a name counts.
    places = {path.rpartition("/")[2]: path for path in reversed([binary.path for binary in case.binaries])}
    for refusal in find_refusals(case.loads, {Cause.NEEDED_MISSING}):
        problem = refusal.problem
        facts = case.facts_of(problem.library)
        paths = ", ".join(facts.run_paths) if facts and facts.run_paths else "none"
        if len(paths) > _LONGEST:
            paths = f"{paths[:_LONGEST]}…"
        same_name = places.get(problem.symbol or "")
        if same_name:
            where = f"the wheel has {same_name}, which is not where the loader looks (run path: {paths})"
        else:
            place = "the wheel has" if case.subject.wheel else "a module by itself comes with"
            where = f"{place} no file of that name (run path: {paths})"
        yield RULE.finding(
            f"the needed library `{problem.symbol}` is not found: {where}",
            fix="give the module a run path that leads there, or move the library"
            if same_name
            else "put the library into the wheel, or link it statically",
            path=case.member_of(problem.library),
            symbol=problem.symbol,
            releases=refusal.releases,
        )


RULE = Rule(
    code="ABI301",
    name="missing-needed-library",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
    answered_by=frozenset({EditKind.CHANGE_NEEDED, EditKind.CHANGE_RUN_PATHS}),
    promised=True,
)

"""A module's own JavaScript function cannot be made, or dies at its first call.

## What it checks

The parameters of functions defined with `EM_JS`. The loader keeps no C parser: it takes what stands between
the brackets apart at every comma, takes the last word of each part for a name, and removes stars from it (the
first alone on 2024_0 and 2025_0, all from 314_0 on). Each text is taken apart as the loader of each release
does, and held against JavaScript's rules for parameters.

## Why it breaks

A name that is none makes the whole load fail: `SyntaxError: Unexpected token '*'` for `void **args` on 2024_0
and 2025_0. Where the last parameter has a blank behind it (a comment leaves one), the loader finds an empty
name and drops it: the module loads, and the first call ends the interpreter with `ReferenceError: … is not
defined`. A parameter written `int a []` becomes a pattern that takes a list apart, and no number is a list.

## Example

`EM_JS(int, count, (void **args, int n), { return n; })`; parameters such as `int a[]`, `int (*f)(int)`, `int
&a`, `std::pair<int, int> p`, `int in`, `int a = 3`, `void *` without a name, `int a /* unused */`.

## How to fix

Give each parameter a plain type and a name right before the comma or bracket: `void *args`, `intptr_t f`. A
typedef without commas hides any other type.

## References

- <https://github.com/emscripten-core/emscripten/issues/25740>
- <https://emscripten.org/docs/porting/connecting_cpp_and_javascript/Interacting-with-code.html>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Evidence, Severity
from pyodide_abi.audit.rule import Input, Rule
from pyodide_abi.audit.undefined import find_refusals
from pyodide_abi.linker import Cause
from pyodide_abi.linker.em_js import fatal_call, split_text, taken_names
from pyodide_abi.platforms.loaders import loader_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding

_FIX = (
    "write each parameter of `{name}` as a plain type and a name directly before the comma or the bracket, "
    "such as `void *args` (a typedef hides any other type), and link again"
)


def check(case: Case) -> Iterator[Finding]:
    """One finding for each function that is refused, and each whose first call fails."""
    for refusal in find_refusals(case.loads, {Cause.JAVASCRIPT}):
        problem = refusal.problem
        yield RULE.finding(
            f"the loader cannot make the JavaScript function `{problem.symbol}` from its parameters",
            evidence=Evidence(problem.text),
            fix=_FIX.format(name=problem.symbol),
            path=case.member_of(problem.library),
            symbol=problem.symbol,
            releases=refusal.releases,
        )
    all_stars = loader_of(case.platform).all_stars
    for binary, facts in case.readable():
        for name, text in facts.js_texts.items():
            from pyodide_abi.linker.js_parameters import syntax_error  # noqa: PLC0415 - few modules come here

            function = split_text(text)
            names = taken_names(function.parameters, all_stars=all_stars)
            dies = None if syntax_error(names) else fatal_call(function, names)
            if dies:
                yield RULE.finding(
                    f"the loader loses a parameter of the JavaScript function `{name}`, and the first call "
                    "ends the interpreter",
                    evidence=Evidence(dies),
                    fix=_FIX.format(name=name),
                    path=binary.member,
                    symbol=name,
                    releases=case.releases,
                )


RULE = Rule(
    code="ABI220",
    name="unusable-javascript",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
    needs=frozenset({Input.PLATFORM}),
)

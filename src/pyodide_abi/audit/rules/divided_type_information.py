"""Two modules that are linked to each other have each their own type information of one C++ class.

## What it checks

Modules of a wheel one of which needs the other, where at least one catches exceptions or uses
`dynamic_cast`: classes of which both hold type information (`typeinfo name`, by their names in the data),
unless both take it from the loader (`GOT.mem._ZTI…`), which gives both the same. Templates and anonymous
namespaces are left out.

## Why it breaks

The C++ library tells classes apart by the address of their type information. With hidden visibility each
module keeps a copy. An exception of such a class that one module throws passes by the other's `catch` for it,
to one for a base class or out of the module; `dynamic_cast` gives a null pointer. Nothing fails when the
modules are loaded. It is a warning because a class that never crosses from one module to the other works.

## Example

An exception class defined in a header, `libcore.so` that throws it, an extension that catches it, and
`-fvisibility=hidden` for both: the extension's `catch (core::Error &)` never runs, `catch (std::exception &)`
does.

## How to fix

Give the class default visibility where it is defined (`class __attribute__((visibility("default"))) Error`),
or link both into one module.

## References

- <https://gcc.gnu.org/wiki/Visibility>, "Problems with C++ exceptions"
- <https://github.com/pybind/pybind11/issues/951>
- <https://github.com/emscripten-core/emscripten/issues/9691>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import FIND_CATCH_PREFIX, TYPE_INFO_PREFIX, TYPE_NAME_PREFIX
from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Rule
from pyodide_abi.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding
    from pyodide_abi.audit.subject import Binary

#: What code imports that compares classes at run time.
_COMPARING = ("__cxa_begin_catch", "__dynamic_cast", FIND_CATCH_PREFIX)


def check(case: Case) -> Iterator[Finding]:
    """One finding for each module and library that it needs."""
    by_path = {binary.path: binary for binary in case.binaries}
    for binary in case.binaries:
        if not binary.anatomy.classes or not case.releases:
            continue
        company = binary.judged(case.releases[-1]).libraries
        for other in (by_path[path] for path in company if path in by_path and path != binary.path):
            divided = sorted(_divided(binary, other))
            if divided and (_compares(binary) or _compares(other)):
                copies = listed([TYPE_INFO_PREFIX + name for name in divided], mark="`")
                yield RULE.finding(
                    f"it and {other.member}, which it needs, have each their own copy of {copies}: "
                    "neither catch nor dynamic_cast recognises an object of the other's",
                    fix="give classes that cross between modules default visibility, or link both into one",
                    path=binary.member,
                    symbol=f"{TYPE_INFO_PREFIX}{divided[0]}",
                    releases=case.releases,
                )


def _divided(one: Binary, other: Binary) -> set[str]:
    both = one.anatomy.classes & other.anatomy.classes
    if not both:
        return set()
    shared = _addresses(one), _addresses(other)
    # Modules that take a class's type information from the loader have all the same.
    return {
        name
        for name in both
        if not all(
            f"{TYPE_INFO_PREFIX}{name}" in asked or f"{TYPE_NAME_PREFIX}{name}" in asked for asked in shared
        )
    }


def _addresses(binary: Binary) -> set[str]:
    """The names that the module asks the loader for the address of."""
    facts = binary.library.facts
    return {entry.name for entry in facts.imports if entry.address} if facts else set()


def _compares(binary: Binary) -> bool:
    facts = binary.library.facts
    return facts is not None and any(entry.name.startswith(_COMPARING) for entry in facts.imports)


RULE = Rule(
    code="ABI218",
    name="divided-type-information",
    since="0.1",
    severity=Severity.WARNING,
    documentation=__doc__,
    check=check,
)

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


#: Names of classes that are held against one another in all; nobody's modules come near.
_MOST_COMPARED = 10_000_000


def check(case: Case) -> Iterator[Finding]:
    """One finding for each module and library that it needs."""
    if not case.releases:
        return
    known = {binary.path: _Classes(binary) for binary in case.binaries if binary.anatomy.classes}
    left = _MOST_COMPARED
    for binary in case.binaries:
        here = known.get(binary.path)
        for path in binary.judged(case.releases[-1]).libraries if here else ():
            there = known.get(path)
            if here is None or there is None or here is there or not (here.compares or there.compares):
                continue
            left -= min(len(here.all), len(there.all))
            if left < 0:
                return
            # Modules that take a class's type information from the loader have all the same.
            divided = sorted((here.all & there.all) - (here.asked & there.asked))
            if divided:
                copies = listed([TYPE_INFO_PREFIX + name for name in divided], mark="`")
                yield RULE.finding(
                    f"it and {there.member}, which it needs, have each their own copy of {copies}: "
                    "neither catch nor dynamic_cast recognises an object of the other's",
                    fix="give classes that cross between modules default visibility, or link both into one",
                    path=binary.member,
                    symbol=f"{TYPE_INFO_PREFIX}{divided[0]}",
                    releases=case.releases,
                )


class _Classes:
    """The classes of a module, worked out once: a module can have much company.

    Attributes:
        member: The module's member of the wheel.
        all: Names of the classes whose type information it has.
        asked: Those of them whose type information it asks the loader for.
        compares: Its code compares classes at run time.
    """

    def __init__(self, binary: Binary) -> None:
        facts = binary.library.facts
        imports = facts.imports if facts else ()
        addresses = {entry.name for entry in imports if entry.address}
        self.member = binary.member
        self.all = binary.anatomy.classes
        self.asked = {
            name
            for name in self.all
            if f"{TYPE_INFO_PREFIX}{name}" in addresses or f"{TYPE_NAME_PREFIX}{name}" in addresses
        }
        self.compares = any(entry.name.startswith(_COMPARING) for entry in imports)


RULE = Rule(
    code="ABI218",
    name="divided-type-information",
    since="0.1",
    severity=Severity.WARNING,
    documentation=__doc__,
    check=check,
)

"""The wheel's own Python imports a name that its module does not have.

## What it checks

Statements such as `from ._native import f` at the outermost level of the wheel's Python files, where
`_native` is one of its extension modules: the name has to be a text somewhere in the module, as no module can
give itself a name that it does not hold. Names behind a guard (`try`, `if`, a function) are left out, and so
are modules that other Python code gives names to, and modules that hold their texts compressed. It is a
warning where nothing shows that an import of the module's package comes to the file.

## Why it breaks

`ImportError: cannot import name 'f' from 'pkg._native'`: the module loads, and its package cannot be
imported.

## Example

A feature of a Rust crate that is off on this platform leaves out a class that `__init__.py` imports; the
Python files and the module are of different versions.

## How to fix

Build the module with what the Python code wants, or import the name only where it is there:
`if sys.platform != "emscripten": from ._native import f`.

## References

- <https://docs.python.org/3/reference/simple_stmts.html#the-import-statement>
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Input, Rule
from pyodide_abi.errors import WheelError
from pyodide_abi.wording import listed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding
    from pyodide_abi.audit.subject import Binary
    from pyodide_abi.wheel import Wheel

#: In bytes: a larger module is not read a second time.
_LARGEST = 60_000_000
#: A statement that imports from a module of some name; longer ones than anybody writes are left out.
_FROM = rb"\bfrom\b[\s\\.\w\x80-\xff]{0,300}(?:%s)[\s\\]+import\b"
#: The end of such a statement with its names, where they are written in the usual way.
_NAMES = rb"(%s)[\s\\]+import\b[ \t]*(?:\(([\s\w,]*)\)|([\w, \t]+)(?=[\r\n;#]|\Z))?"
_ALIAS = re.compile(rb"\s+as\s+\w+")
#: In bytes: a smaller module is read in less time than a Python file is parsed.
_SMALL = 1_000_000
#: What a module of Cython that unpacks its texts as it starts holds.
_COMPRESSED = (b"cython_runtime", b"decompress")


def check(case: Case) -> Iterator[Finding]:
    """One finding for each Python file and module."""
    modules = {_dotted(binary.path): binary for binary in case.binaries if binary.extension}
    wanted = dict(_wanted(case.wheel, modules)) if modules else {}
    for (path, module), names in wanted.items():
        binary = modules[module]
        missing = _missing(case.wheel, binary, names)
        if missing:
            certain = path in _imported_with(module, case.wheel)
            yield RULE.finding(
                f"line {min(names[name] for name in missing)} imports {listed(missing, mark='`')} from "
                f"`{module}`, which holds no such text: the import fails",
                fix="build the module with what its Python code imports, or import it only where it is there",
                path=path,
                symbol=missing[0],
                releases=case.releases,
                severity=Severity.ERROR if certain else Severity.WARNING,
            )


def _dotted(path: str) -> str:
    folder, _, name = path.rpartition("/")
    stem = name.partition(".")[0]
    parts = folder.split("/") if folder else []
    return ".".join(parts if stem == "__init__" else [*parts, stem])


def _wanted(
    wheel: Wheel, modules: Mapping[str, Binary]
) -> Iterator[tuple[tuple[str, str], Mapping[str, int]]]:
    """By file and module, the names that are imported, with the lines."""
    stems = {module: module.rpartition(".")[2].encode() for module in modules}
    sources = [
        (path, text)
        for path, text in wheel.python_sources.items()
        if any(stem in text for stem in stems.values())
    ]
    # A wheel may have many files that speak of a module, and few that import from it.
    any_stem = b"|".join(map(re.escape, stems.values()))
    statement, ending = re.compile(_FROM % any_stem), re.compile(_NAMES % any_stem)
    held = _Held(wheel, modules, stems)
    for path, text in sources:
        found: dict[str, dict[str, int]] = {}
        if not statement.search(text) or held.all_of(ending.finditer(text)):
            continue
        from pyodide_abi.wheel.python_use import imported_names  # noqa: PLC0415 - it takes Python's parser

        for module, name, line in imported_names(path, text):
            given = stems.get(module)
            if given is None or name.startswith("__") or f"{module}.{name}" in modules:
                continue
            if not any(_gives(other, given, name) for _, other in sources):
                found.setdefault(module, {}).setdefault(name, line)
        for module, names in found.items():
            yield (path, module), names


class _Held:
    """A first look at the names that a file imports: where a module holds all of them, none is missing."""

    def __init__(self, wheel: Wheel, modules: Mapping[str, Binary], stems: Mapping[str, bytes]) -> None:
        self._wheel = wheel
        self._modules: dict[bytes, list[Binary]] = {}
        for module, stem in stems.items():
            self._modules.setdefault(stem, []).append(modules[module])
        self._texts: dict[bytes, list[bytes]] = {}

    def all_of(self, statements: Iterable[re.Match[bytes]]) -> bool:
        """The modules hold all names of the statements, which are written in the usual way."""
        for statement in statements:
            stem, *names = statement.groups(b"")
            words = _ALIAS.sub(b"", b"".join(names)).replace(b",", b" ").split()
            texts = self._texts_of(stem) if words else []
            if not texts or not all(word in text for text in texts for word in words):
                return False
        return True

    def _texts_of(self, stem: bytes) -> list[bytes]:
        """The contents of the modules that a statement may mean; none where reading them takes long."""
        if stem not in self._texts:
            small = all(binary.library.size <= _SMALL for binary in self._modules[stem])
            with suppress(WheelError):
                texts = [self._wheel.read(binary.member) for binary in self._modules[stem] if small]
                self._texts[stem] = texts
        return self._texts.get(stem, [])


def _imported_with(module: str, wheel: Wheel) -> Collection[str]:
    """The Python files that an import of a module surely runs: its packages', and what they import."""
    from pyodide_abi.wheel.python_use import imported_files  # noqa: PLC0415 - as above

    sources = wheel.python_sources
    parts = module.split(".")[:-1]
    packages = ["/".join(parts[: depth + 1]) for depth in range(len(parts))]
    waiting = [f"{package}/__init__.py" for package in packages]
    reached: set[str] = set()
    while waiting:
        path = waiting.pop()
        if path in sources and path not in reached:
            reached.add(path)
            waiting.extend(imported_files(path, sources[path]))
    return reached


def _gives(text: bytes, stem: bytes, name: str) -> bool:
    """Whether Python code gives a module names itself."""
    assigns = rb"\b%s\.%s\s*=" % (re.escape(stem), re.escape(name.encode()))
    return stem in text and (b"setattr(" in text or re.search(assigns, text) is not None)


def _missing(wheel: Wheel, binary: Binary, names: Mapping[str, int]) -> list[str]:
    if binary.library.facts is None or binary.library.size > _LARGEST:
        return []
    try:
        contents = wheel.read(binary.member)
    except WheelError:
        return []
    if all(mark in contents for mark in _COMPRESSED):
        return []
    return [name for name in names if name.encode() not in contents]


RULE = Rule(
    code="ABI417",
    name="missing-name",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
    needs=frozenset({Input.WHEEL}),
)

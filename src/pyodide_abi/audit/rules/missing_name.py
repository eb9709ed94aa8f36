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
from functools import cached_property
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
#: The end of a statement that imports from a module, with its names where they are written in the usual way.
#: What begins with letters is found many times faster than what begins with any word.
_IMPORT = re.compile(rb"import\b[ \t]*+(?:\(([\s\w,]*+)\)|([\w, \t]{1,500}+)(?=[\r\n;#]|\Z))?")
#: In bytes: how far before that the module and the first word are looked for.
_STATEMENT = 300
#: What stands between the module and the word.
_BLANK = b" \t\r\n\f\v\\"
#: What gives a module a name.
_GIVES = re.compile(rb"(?<![\w\x80-\xff])([\w\x80-\xff]++)\.([\w\x80-\xff]++)\s*+=")
_ALIAS = re.compile(rb"\s+as\s+\w+")
#: In bytes: a smaller module is read in less time than a Python file is parsed.
_SMALL = 1_000_000
#: In bytes: how much is searched for names in the modules of any wheel, some second, and for each byte of it.
_SEARCHED, _SEARCHED_FOR_A_BYTE = 2_000_000_000, 500
#: Imports that are followed from packages to files.
_FOLLOWED = 200_000
#: What a module of Cython that unpacks its texts as it starts holds.
_COMPRESSED = (b"cython_runtime", b"decompress")


def check(case: Case) -> Iterator[Finding]:
    """One finding for each Python file and module."""
    modules = {_dotted(binary.path): binary for binary in case.binaries if binary.extension}
    if not modules:
        return
    search = _Search(case.wheel)
    wanted = dict(_wanted(case.wheel, modules, search))
    texts = _Texts(case.wheel, modules)
    reach = _Reach(case.wheel)
    for (path, module), names in sorted(wanted.items(), key=lambda item: item[0][1]):
        text = texts.of(module)
        missing = [name for name in names if text is not None and not search.finds(text, name.encode())]
        if missing:
            certain = path in reach.of(module)
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
    wheel: Wheel, modules: Mapping[str, Binary], search: _Search
) -> Iterator[tuple[tuple[str, str], Mapping[str, int]]]:
    """By file and module, the names that are imported, with the lines."""
    held = _Held(wheel, modules, search)
    given = _Given(wheel, held.stems)
    # A wheel may have many files that speak of a module, and few that import from it.
    for path, text in wheel.python_sources.items():
        statements = list(held.statements(text))
        if not statements or held.all_of(statements) or not wheel.parsing.covers(text):
            continue
        from pyodide_abi.wheel.python_use import imported_names  # noqa: PLC0415 - it takes Python's parser

        found: dict[str, dict[str, int]] = {}
        for module, name, line in imported_names(path, text):
            if module not in modules or name.startswith("__") or f"{module}.{name}" in modules:
                continue
            if not given.has(_stem(module), name.encode()):
                found.setdefault(module, {}).setdefault(name, line)
        for module, names in found.items():
            yield (path, module), names


def _stem(module: str) -> bytes:
    return module.rpartition(".")[2].encode()


class _Search:
    """Looks for names in modules, up to a bound of bytes."""

    def __init__(self, wheel: Wheel) -> None:
        self._left = _SEARCHED + _SEARCHED_FOR_A_BYTE * wheel.path.stat().st_size

    def finds(self, text: bytes, word: bytes) -> bool:
        """A text holds a word; so is said, too, where too much was searched already."""
        if self._left < 0:
            return True
        place = text.find(word)
        self._left -= len(text) if place < 0 else place
        return place >= 0


class _Held:
    """A first look at the names that a file imports: where a module holds all of them, none is missing.

    Attributes:
        stems: The last parts of the modules' names.
    """

    def __init__(self, wheel: Wheel, modules: Mapping[str, Binary], search: _Search) -> None:
        self._wheel = wheel
        self._search = search
        self.stems: dict[bytes, list[Binary]] = {}
        for module, binary in modules.items():
            self.stems.setdefault(_stem(module), []).append(binary)
        self._texts: dict[bytes, list[bytes]] = {}

    def statements(self, text: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Statements that may import from one of the modules: the last part of its name, and the names."""
        for statement in _IMPORT.finditer(text) if b"from" in text else ():
            begin = statement.start()
            before = text[max(begin - _STATEMENT, 0) : begin]
            words = before.rstrip(_BLANK).rsplit(maxsplit=1)
            stem = words[-1].rpartition(b".")[2] if words else b""
            if stem in self.stems and before[-1] in _BLANK and b"from" in before:
                yield stem, b"".join(statement.groups(b""))

    def all_of(self, statements: Iterable[tuple[bytes, bytes]]) -> bool:
        """The modules hold all names of the statements, which are written in the usual way."""
        for stem, names in statements:
            words = _ALIAS.sub(b"", names).replace(b",", b" ").split()
            texts = self._texts_of(stem) if words else []
            if not texts or not all(self._search.finds(text, word) for text in texts for word in words):
                return False
        return True

    def _texts_of(self, stem: bytes) -> list[bytes]:
        """The contents of the modules that a statement may mean; none where reading them takes long."""
        if stem not in self._texts:
            small = all(binary.library.size <= _SMALL for binary in self.stems[stem])
            self._texts[stem] = []
            with suppress(WheelError):
                self._texts[stem] = [self._wheel.read(one.member) for one in self.stems[stem] if small]
        return self._texts[stem]


class _Given:
    """The names that Python code gives modules itself; looked for when somebody asks."""

    def __init__(self, wheel: Wheel, stems: Collection[bytes]) -> None:
        self._sources = wheel.python_sources
        self._stems = stems

    def has(self, stem: bytes, name: bytes) -> bool:
        """Whether a module of such a name may be given the name."""
        return stem in self._wholly or (stem, name) in self._names

    @cached_property
    def _names(self) -> frozenset[tuple[bytes, ...]]:
        """Modules and names."""
        return frozenset(
            pair.groups()
            for text in self._sources.values()
            for pair in _GIVES.finditer(text)
            if pair[1] in self._stems
        )

    @cached_property
    def _wholly(self) -> frozenset[bytes]:
        """Modules that may be given any name."""
        from pyodide_abi.wheel.python_use import words_of  # noqa: PLC0415 - as above

        every = (words_of(text) for text in self._sources.values() if b"setattr(" in text)
        return frozenset(word for words in every for word in words if word in self._stems)


class _Texts:
    """The contents of modules; the last one is kept."""

    def __init__(self, wheel: Wheel, modules: Mapping[str, Binary]) -> None:
        self._wheel = wheel
        self._modules = modules
        self._last: tuple[str, bytes | None] = ("", None)

    def of(self, module: str) -> bytes | None:
        """What a module holds; None where it cannot be read, is too large or holds its texts compressed."""
        if self._last[0] != module:
            self._last = (module, self._read(self._modules[module]))
        return self._last[1]

    def _read(self, binary: Binary) -> bytes | None:
        if binary.library.facts is None or binary.library.size > _LARGEST:
            return None
        try:
            contents = self._wheel.read(binary.member)
        except WheelError:
            return None
        return None if all(mark in contents for mark in _COMPRESSED) else contents


class _Reach:
    """The Python files that an import of a module surely runs: its packages', and what they import."""

    def __init__(self, wheel: Wheel) -> None:
        self._wheel = wheel
        self._left = _FOLLOWED
        self._imported: dict[str, tuple[str, ...]] = {}
        self._reached: dict[str, frozenset[str]] = {}

    def of(self, module: str) -> frozenset[str]:
        """Their places; where too many imports were followed, some."""
        package = module.rpartition(".")[0]
        if package not in self._reached:
            self._reached[package] = frozenset(self._follow(package))
        return self._reached[package]

    def _follow(self, package: str) -> set[str]:
        parts = package.split(".") if package else []
        waiting = ["/".join([*parts[: depth + 1], "__init__.py"]) for depth in range(len(parts))]
        reached: set[str] = set()
        while waiting and self._left > 0:
            path = waiting.pop()
            self._left -= 1
            if path in self._wheel.python_sources and path not in reached:
                reached.add(path)
                waiting.extend(self._imports_of(path))
        return reached

    def _imports_of(self, path: str) -> tuple[str, ...]:
        if path not in self._imported:
            from pyodide_abi.wheel.python_use import imported_files  # noqa: PLC0415 - as above

            text = self._wheel.python_sources[path]
            read = self._wheel.parsing.covers(text)
            self._imported[path] = tuple(dict.fromkeys(imported_files(path, text))) if read else ()
        return self._imported[path]


RULE = Rule(
    code="ABI417",
    name="missing-name",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
    needs=frozenset({Input.WHEEL}),
)

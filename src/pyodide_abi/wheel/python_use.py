"""What a wheel's own Python does with the wheel's native files, found by parsing it.

A file with an extension module's suffix can be a plain library, which ``ctypes`` or ``cffi`` opens: the
suffix says nothing for sure. The Python beside it does: it imports the file, or it opens libraries and names
the file.
"""

from __future__ import annotations

import ast
import posixpath
import re
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING

from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from pyodide_abi.wheel.parsing import Parsing

#: What opens a library: of ctypes (``CDLL``, ``PyDLL``, ``cdll.LoadLibrary``), of cffi (``dlopen``) and of
#: NumPy's ``ctypeslib``.
_OPENERS = frozenset({"CDLL", "PyDLL", "LoadLibrary", "dlopen", "load_library"})
#: What imports the module that a text names.
_IMPORTERS = frozenset({"import_module", "__import__"})
#: What finds files whose names stand nowhere.
_LISTERS = frozenset({"glob", "iglob", "rglob", "listdir", "scandir", "iterdir", "walk"})
#: What gives the suffixes of extension modules.
_SUFFIXES = frozenset({"EXT_SUFFIX", "EXTENSION_SUFFIXES", "extension_suffixes", "SHLIB_SUFFIX"})
#: A text with blanks is prose, a longer one is data.
_LONGEST = 300
#: A name of more parts is no module's.
_DEEPEST = 100
#: Nobody looks for files by so many patterns.
_MOST_PATTERNS = 100
_OPENERS_WRITTEN = tuple(sorted(word.encode() for word in _OPENERS))
_WORD = re.compile(r"\w+")
_WORD_OF_SOURCE = re.compile(rb"[\w\x80-\xff]+")


@value
class _Use:
    """What one source does.

    Attributes:
        package: Dotted name of the package that the source belongs to.
        opens: It opens libraries.
        lists: It looks for files.
        suffixes: It asks for the suffixes of extension modules.
        imported: Dotted names that it imports.
        texts: Texts in it that can be names of files.
    """

    package: str
    opens: bool
    lists: bool
    suffixes: bool
    imported: frozenset[str]
    texts: frozenset[str]

    @cached_property
    def words(self) -> frozenset[str]:
        """The words in its texts, each once: what is looked for can be as many as they are."""
        return frozenset(word for text in self.texts for word in _WORD.findall(text))

    @cached_property
    def patterns(self) -> tuple[str, ...]:
        """Patterns of file names, if it looks for files, up to a bound."""
        found = {posixpath.basename(text) for text in self.texts if "*" in text} if self.lists else set()
        return tuple(sorted(pattern for pattern in found if "*" in pattern)[:_MOST_PATTERNS])

    @cached_property
    def endings(self) -> tuple[str, ...]:
        """Ends of file names, if it looks for files that it opens, up to a bound."""
        found = [text for text in self.texts if text.startswith(".")] if self.lists and self.opens else []
        return tuple(sorted(found)[:_MOST_PATTERNS])

    @cached_property
    def prefixed(self) -> bool:
        """A text ends in ``lib``, so that names may be put together."""
        return any(text.endswith("lib") for text in self.texts)


def opened_libraries(
    sources: Iterable[tuple[str, bytes]], natives: Collection[str], parsing: Parsing
) -> frozenset[str]:
    """Native files that the Python beside them opens as libraries, and does not import.

    Args:
        sources: Python files by their paths below ``site-packages``.
        natives: paths of native files, likewise.
        parsing: How much may be parsed.
    """
    stems = {path: posixpath.basename(path).partition(".")[0] for path in natives}
    words = {word.encode() for stem in stems.values() for word in (stem, stem.removeprefix("lib")) if word}
    every = list(sources)
    if not any(opener in text for _, text in every for opener in _OPENERS_WRITTEN):
        return frozenset()
    uses = [
        use
        for path, text in every
        if any(opener in text for opener in _OPENERS_WRITTEN) or not words.isdisjoint(words_of(text))
        if parsing.covers(text)
        for use in [_use_of(path, text)]
        if use is not None
    ]
    if not any(use.opens for use in uses):
        return frozenset()
    imported = frozenset(name for use in uses for name in use.imported)
    found = {path for path, stem in stems.items() if _is_opened(path, stem, uses)}
    return frozenset(path for path in found if _dotted(path, stems[path]) not in imported)


def words_of(text: bytes) -> frozenset[bytes]:
    """All words in a source, wherever they stand."""
    return frozenset(_WORD_OF_SOURCE.findall(text))


def imported_names(path: str, text: bytes) -> Iterator[tuple[str, str, int]]:
    """Names that a source takes from modules with its own statements, without a guard around them.

    Args:
        path: The source's place, below ``site-packages``.
        text: The source's bytes.

    Yields:
        The module's dotted name, the name, and the line, from 1. A star is no name.
    """
    tree = _parse(text)
    package = _package_of(path)
    for statement in tree.body if tree else ():
        if isinstance(statement, ast.ImportFrom):
            module = _absolute(package, statement.level, statement.module)
            for alias in statement.names if module else ():
                if alias.name != "*":
                    yield module, alias.name, statement.lineno


def imported_files(path: str, text: bytes) -> Iterator[str]:
    """Where Python files may be that a source imports with its own statements, without a guard around them.

    Args:
        path: The source's place, below ``site-packages``.
        text: The source's bytes.
    """
    tree = _parse(text)
    package = _package_of(path)
    for statement in tree.body if tree else ():
        names: list[str] = []
        match statement:
            case ast.Import(names=aliases):
                names = [alias.name for alias in aliases]
            case ast.ImportFrom(names=aliases, level=level, module=inner):
                module = _absolute(package, level, inner)
                names = [module, *(f"{module}.{alias.name}" for alias in aliases)]
            case _:
                pass
        for name in names:
            # An import of a module runs the packages that it lies in.
            parts = name.split(".")[:_DEEPEST]
            for depth in range(1, len(parts) + 1):
                place = "/".join(parts[:depth])
                yield from (f"{place}.py", f"{place}/__init__.py")


def _is_opened(path: str, stem: str, uses: Iterable[_Use]) -> bool:
    name = posixpath.basename(path)
    top = path.partition("/")[0]
    for use in uses:
        if stem in use.words or (
            use.prefixed and stem.startswith("lib") and stem.removeprefix("lib") in use.words
        ):
            return True
        if any(fnmatchcase(name, pattern) for pattern in use.patterns) or name.endswith(use.endings):
            return True
        near = use.package.partition(".")[0] == top
        if use.lists and use.opens and use.suffixes and near:
            return True
    return False


def _dotted(path: str, stem: str) -> str:
    return ".".join([*path.split("/")[:-1], stem])


def _package_of(path: str) -> str:
    return posixpath.dirname(path).replace("/", ".")


def _absolute(package: str, level: int, module: str | None) -> str:
    if level == 0:
        return module or ""
    parents = package.split(".") if package else []
    kept = parents[: len(parents) - level + 1]
    return ".".join([*kept, *([module] if module else [])])


def _parse(text: bytes) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # It is no module of this Python, or made to be none of any: nothing can be said about it.
        return None


def _use_of(path: str, text: bytes) -> _Use | None:
    tree = _parse(text)
    if tree is None:
        return None
    package = _package_of(path)
    names: set[str] = set()
    imported: set[str] = set()
    texts: set[str] = set()
    by_import: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                names.add(name)
            case ast.Constant(value=str() as constant):
                texts.add(constant)
            case ast.Import(names=aliases):
                imported.update(alias.name for alias in aliases)
            case ast.ImportFrom(names=aliases):
                module = _absolute(package, node.level, node.module)
                imported.add(module)
                imported.update(f"{module}.{alias.name}" for alias in aliases)
                names.update(alias.name for alias in aliases)
            case _:
                pass
        if isinstance(node, ast.Call) and _called(node) in _IMPORTERS:
            by_import.update(_first_text(node))
    imported.update(name if not name.startswith(".") else f"{package}{name}" for name in by_import)
    return _Use(
        package=package,
        opens=bool(names & _OPENERS),
        lists=bool(names & _LISTERS),
        suffixes=bool((names | texts) & _SUFFIXES),
        imported=frozenset(imported),
        texts=frozenset(
            text
            for text in texts - by_import
            if len(text) <= _LONGEST and text and not any(letter.isspace() for letter in text)
        ),
    )


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _first_text(call: ast.Call) -> Iterator[str]:
    if call.args and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str):
        yield call.args[0].value

"""Names of the ABI: what the sets say, and that nobody else says it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import pyodide_abi
from pyodide_abi.abi import symbols
from pyodide_abi.abi.symbols import init_functions, is_importable, is_internal
from pyodide_abi.platforms.loaders import load_loaders

SOURCE = Path(pyodide_abi.__file__).parent


def names_of_the_abi() -> dict[str, str]:
    """Each name and prefix, with the constant that has it."""
    found: dict[str, str] = {}
    for constant, value in vars(symbols).items():
        if constant.isupper():
            for name in [value] if isinstance(value, str) else value if not isinstance(value, int) else ():
                found[name] = constant
    # Words of other meanings too: an environment's, a module's memory.
    for word in ("env", "memory", *symbols.INIT_HOOKS):
        found.pop(word)
    return found


def words_of(path: Path) -> set[str]:
    """The string constants of a file that are no documentation."""
    tree = ast.parse(path.read_text("utf-8"))
    documentation = {
        node.value
        for parent in ast.walk(tree)
        if isinstance(parent, ast.Module | ast.ClassDef | ast.FunctionDef)
        for node in parent.body
        if isinstance(node, ast.Expr)
    }
    words = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node not in documentation:
            if isinstance(node.value, str):
                words.add(node.value)
            elif isinstance(node.value, bytes):
                words.add(node.value.decode("latin-1"))
    return words


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_name_of_the_abi_stands_once(path: Path) -> None:
    if path == SOURCE / "abi" / "symbols.py":
        return
    names = names_of_the_abi()
    twice = {word: names[word] for word in words_of(path) & names.keys()}
    assert not twice, "import these from pyodide_abi.abi.symbols"


def test_the_hooks_are_those_of_some_loader() -> None:
    assert {hook for loader in load_loaders() for hook in loader.init_prefixes} == set(symbols.INIT_HOOKS)


@pytest.mark.parametrize(
    ("stem", "functions"),
    [
        ("spam", ("PyInit_spam", "PyModExport_spam")),
        ("café", ("PyInitU_caf_dma", "PyModExportU_caf_dma")),
        ("ø-x", ("PyInitU__x_kka", "PyModExportU__x_kka")),
        ("a" * 300, ("PyInit_" + "a" * 200, "PyModExport_" + "a" * 200)),
    ],
)
def test_init_functions(stem: str, functions: tuple[str, ...]) -> None:
    assert init_functions(stem) == functions
    assert all(function.startswith(symbols.INIT_PREFIXES) for function in functions)


@pytest.mark.parametrize("prefix", symbols.INIT_PREFIXES)
def test_init_functions_are_the_interpreters_and_can_be_imported(prefix: str) -> None:
    assert is_internal(prefix + "spam")
    assert is_importable(prefix + "spam")


@pytest.mark.parametrize("name", [*sorted(symbols.LOADER_HOOKS | symbols.MAIN_OBJECTS), "__em_js__f"])
def test_what_is_the_loaders_cannot_be_imported(name: str) -> None:
    assert is_internal(name)
    assert not is_importable(name)


@pytest.mark.parametrize("name", sorted(symbols.UNWINDING_TAGS))
def test_a_tag_can_be_imported(name: str) -> None:
    assert is_internal(name)
    assert is_importable(name)


@pytest.mark.parametrize("name", ["spam", "memory_of", "_Z3foov", "em_js", "PyInit"])
def test_other_names_are_the_programs(name: str) -> None:
    assert not is_internal(name)
    assert is_importable(name)

"""The import direction of docs/explanation/architecture.md, lazy imports included."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "pyodide_abi"

#: What each part may import besides itself. An import of anything else is a wrong turn.
MAY_IMPORT: dict[str, set[str]] = {
    "abi": set(),
    "errors": set(),
    "values": set(),
    "wording": set(),
    "files": {"errors"},
    "toml": set(),
    "atomic": {"errors"},
    "orphans": set(),
    "process": {"errors", "values", "orphans"},
    "copies": {"process"},
    "seal": {"files", "atomic"},
    "store": {"errors", "atomic", "values", "seal", "wording"},
    "host": {"errors", "values", "process", "store"},
    "http": {"errors", "files", "store", "host"},
    "platforms": {"abi", "errors", "values"},
    "messages": {"errors", "values", "platforms"},
    "wasm": {"abi", "errors", "values"},
    "wheel": {"abi", "errors", "atomic", "values"},
    "signatures": {"abi", "errors", "values", "platforms", "wasm"},
    "linker": {"abi", "errors", "values", "platforms", "wasm", "wheel", "signatures"},
    "audit": {
        "abi",
        "errors",
        "files",
        "values",
        "wording",
        "platforms",
        "wasm",
        "wheel",
        "linker",
        "signatures",
    },
    "repair": {
        "abi",
        "errors",
        "files",
        "atomic",
        "values",
        "wording",
        "platforms",
        "wasm",
        "wheel",
        "linker",
        "audit",
    },
    "toolchain": {"errors", "atomic", "values", "process", "store", "host", "http", "platforms", "wasm"},
    "runtime": {
        "abi",
        "errors",
        "files",
        "atomic",
        "values",
        "wording",
        "process",
        "store",
        "host",
        "http",
        "platforms",
        "wasm",
        "wheel",
        "signatures",
    },
    "build": {
        "abi",
        "errors",
        "files",
        "atomic",
        "values",
        "process",
        "store",
        "host",
        "http",
        "platforms",
        "wasm",
        "wheel",
        "toolchain",
        "toml",
    },
    "libraries": {
        "errors",
        "files",
        "values",
        "wording",
        "process",
        "store",
        "host",
        "http",
        "toml",
        "toolchain",
        "build",
    },
    "executors": {"copies", "errors", "process"},
    "distribution": {
        "errors",
        "files",
        "atomic",
        "values",
        "wording",
        "host",
        "http",
        "toml",
        "platforms",
        "wheel",
        "audit",
        "repair",
        "runtime",
        "toolchain",
        "build",
        "libraries",
    },
    "report": {
        "abi",
        "errors",
        "atomic",
        "values",
        "wording",
        "platforms",
        "wasm",
        "wheel",
        "linker",
        "signatures",
        "audit",
        "messages",
        "repair",
        "runtime",
        "distribution",
    },
}
MAY_IMPORT["page"] = {
    "errors",
    "files",
    "atomic",
    "values",
    "wasm",
    "wheel",
    "linker",
    "platforms",
    "audit",
    "messages",
    "runtime",
    "report",
}
MAY_IMPORT["cli"] = set(MAY_IMPORT)

#: What a build's compilers are.
DRIVER = SOURCE / "build" / "driver"
MODULES = sorted(SOURCE.rglob("*.py"))


def part_of(path: Path) -> str:
    relative = path.relative_to(SOURCE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def imported_parts(path: Path) -> set[str]:
    parts = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the direction"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            words = name.split(".")
            if words[0] == "pyodide_abi" and len(words) > 1 and words[1] in MAY_IMPORT:
                parts.add(words[1])
    return parts


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_point_one_way(path: Path) -> None:
    part = part_of(path)
    if part in {"__init__", "__main__"}:
        return
    wrong = imported_parts(path) - MAY_IMPORT[part] - {part}
    assert not wrong, f"{part} may not import {sorted(wrong)}"


def test_every_part_is_known() -> None:
    parts = {part_of(path) for path in MODULES} - {"__init__", "__main__"}
    assert parts <= set(MAY_IMPORT)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_only_process_starts_programs(path: Path) -> None:
    # cross_site.py never runs in our own process: it is copied into build environments; copies.py starts no
    # program.
    if path in {SOURCE / "process.py", SOURCE / "copies.py", SOURCE / "build" / "cross_site.py"}:
        return
    text = path.read_text("utf-8")
    tree = ast.parse(text)
    modules = {
        alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    } | {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not modules & {"subprocess", "multiprocessing", "pty"}
    assert "os.exec" not in text or path.is_relative_to(SOURCE / "build"), (
        "only a compiler entry point replaces itself"
    )


@pytest.mark.parametrize("path", sorted(DRIVER.glob("*.py")), ids=lambda path: path.name)
def test_what_runs_in_each_compile_imports_next_to_nothing(path: Path) -> None:
    """The folder is the rule; imports inside functions and for type checkers are other matters."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Import):
            assert {alias.name for alias in node.names} <= {"marshal", "os", "sys"}
        elif isinstance(node, ast.ImportFrom):
            assert node.module in {"__future__", "pyodide_abi.build.driver"} or (
                str(node.module).startswith("pyodide_abi.build.driver.")
                and (DRIVER / f"{str(node.module).rpartition('.')[2]}.py").is_file()
            )


@pytest.mark.parametrize("path", sorted(DRIVER.rglob("*.py")), ids=lambda path: str(path.relative_to(DRIVER)))
def test_drivers_know_nothing_of_what_writes_them(path: Path) -> None:
    assert imported_parts(path) <= {"abi", "build", "errors", "platforms", "values", "wasm"}
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("pyodide_abi.build"):
            assert str(node.module).startswith("pyodide_abi.build.driver")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_what_an_audit_imports_is_quick_to_import(path: Path) -> None:
    if part_of(path) not in MAY_IMPORT["audit"] | {"audit", "cli"}:
        return
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = {alias.name for alias in node.names} | {getattr(node, "module", "")}
            assert not names & SLOW, "slow to import; see values.py and platforms/documents.py"


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_the_architecture_has_a_row_for_each_part(part: str) -> None:
    table = (SOURCE.parents[1] / "docs" / "explanation" / "architecture.md").read_text("utf-8")
    rows = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    assert any(f"`{part}`" in row for row in rows)


#: What takes longer to import than a rule to run.
SLOW = {"dataclasses", "inspect", "tomllib", "datetime", "packaging", "email"}

#: Lines that a module has at most: it can be read in one sitting.
MOST_LINES = 350
TESTS = sorted(Path(__file__).parent.rglob("*.py"))


@pytest.mark.parametrize(
    "path", [*MODULES, *TESTS], ids=lambda path: str(path.relative_to(SOURCE.parents[1]))
)
def test_modules_can_be_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= MOST_LINES

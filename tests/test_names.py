"""Hardly a name twice: whoever looks for a word finds one file, or one class."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src"
PACKAGE = "pyodide_abi"
MODULES = {
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(SOURCE.rglob("*.py"))
}
#: Names of files that occur in several parts, with the reason. A report and a command share their library's.
FILES = {
    "archive.py": "an ar archive, and the zip archive that a wheel is",
    "arguments.py": "of a compiler, and of a program in the runtime",
    "engine.py": "the audit's, JavaScript's, and the toolchain's reading of a release",
    "exports.py": "the section, and what a link exports",
    "imports.py": "the section, and the engine's check of it",
    "installing.py": "what an installer does: predicted, and in the runtime",
    "linking.py": "the section of object files, and the link",
    "model.py": "the plain data of a part",
    "names.py": "the section, names of platforms, and names that are left out",
    "node.py": "the runtime's Node, and what tools are told of it",
    "record.py": "a wheel's RECORD, and the record of a build",
    "start.py": "the section, and the start of a program",
    "stream.py": "of sections, and of facts",
    "tags.py": "the section, and tags of platforms",
    "types.py": "the section, and types",
    "unpack.py": "of wheels, and of toolchains",
}
#: Names of classes that occur in several files, with the reason.
CLASSES = {
    "Command": "of the command line, and of a compiler",
    "Exports": "of a build's modules, and columns of a module's",
    "Facts": "of a library, and of a toolchain",
    "Feature": "of WebAssembly, and a platform's word on one",
    "Import": "an entry of the section, and what a library needs",
    "Imported": "columns of a module's imports, and an import in the runtime",
    "Installed": "libraries for the linker, and packages in the runtime",
    "Library": "a side module, and one of the runtime's own",
    "Node": "the program, and what tools are told of it",
    "Outcome": "of a prediction, and of a program",
    "Refusal": "of an import, and of a file",
    "Request": "for an audit, and to the runtime",
    "Rust": "a toolchain, and a platform's word on it",
    "Table": "the section, and a table of the platform data",
    "Check": "of the doctor, and an engine's",
}


def test_files_have_names_of_their_own() -> None:
    parts = defaultdict(list)
    for path in MODULES.values():
        if path.name != "__init__.py":
            parts[path.name].append(path.relative_to(SOURCE / PACKAGE).parts[0])
    doubled = {
        name
        for name, where in parts.items()
        if len([part for part in where if part not in {"cli", "report"}]) > 1
    }
    assert doubled - FILES.keys() == set()


def test_classes_have_names_of_their_own() -> None:
    where = defaultdict(list)
    for name, path in MODULES.items():
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                where[node.name].append(name)
    assert {name for name, found in where.items() if len(found) > 1} - CLASSES.keys() == set()

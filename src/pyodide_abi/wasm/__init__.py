"""Bytes to objects and back: the WebAssembly reader and writer. It reads and keeps; it never judges."""

from __future__ import annotations

from pyodide_abi.wasm.frame import Form
from pyodide_abi.wasm.module import Module, read_module
from pyodide_abi.wasm.section_table import Section, SectionId
from pyodide_abi.wasm.types import (
    ExternType,
    FuncType,
    GlobalType,
    Kind,
    Limits,
    MemoryType,
    TableType,
    TagType,
    ValueType,
)

__all__ = [
    "ExternType",
    "Form",
    "FuncType",
    "GlobalType",
    "Kind",
    "Limits",
    "MemoryType",
    "Module",
    "Section",
    "SectionId",
    "TableType",
    "TagType",
    "ValueType",
    "read_module",
]

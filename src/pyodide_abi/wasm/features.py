"""Which WebAssembly features a module shows: from its headers at no cost, from its code on demand.

The names are those of LLVM's ``target_features`` or, where LLVM has none, of the proposal.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from pyodide_abi.wasm.sections.target_features import Prefix
from pyodide_abi.wasm.types import (
    FuncType,
    GlobalType,
    Kind,
    MemoryType,
    TableType,
    TagType,
    different,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyodide_abi.wasm.frame import Frame
    from pyodide_abi.wasm.module import Module
    from pyodide_abi.wasm.types import ExternType, Limits, ValueType


class Feature(enum.StrEnum):
    """What not every engine takes, or not every platform allows."""

    ATOMICS = "atomics"
    CUSTOM_PAGE_SIZES = "custom-page-sizes"
    EXCEPTION_HANDLING = "exception-handling"
    EXNREF = "exnref"
    EXTENDED_CONST = "extended-const"
    GC = "gc"
    LEGACY_EXCEPTIONS = "legacy-exceptions"
    MEMORY64 = "memory64"
    MULTIMEMORY = "multimemory"
    MULTIVALUE = "multivalue"
    MUTABLE_GLOBALS = "mutable-globals"
    REFERENCE_TYPES = "reference-types"
    RELAXED_SIMD = "relaxed-simd"
    SHARED_MEM = "shared-mem"
    SIMD128 = "simd128"
    STRINGREF = "stringref"
    TAIL_CALL = "tail-call"
    WIDE_ARITHMETIC = "wide-arithmetic"


_OF_VALUE = {
    "i32": None,
    "i64": None,
    "f32": None,
    "f64": None,
    # Tables of functions are as old as WebAssembly: only other uses of funcref tell anything.
    "funcref": Feature.REFERENCE_TYPES,
    "externref": Feature.REFERENCE_TYPES,
    "v128": Feature.SIMD128,
    "exnref": Feature.EXNREF,
    "nullexnref": Feature.EXNREF,
    "stringref": Feature.STRINGREF,
}


def claimed_features(module: Frame) -> frozenset[str]:
    """What the ``target_features`` section says is used or required, by LLVM's names.

    Linkers leave the section out unless asked to keep it, so an empty answer says nothing.

    Raises:
        WasmError: the section is malformed.
    """
    return frozenset(
        feature.name for feature in module.target_features if feature.prefix is not Prefix.DISALLOWED
    )


def header_features(module: Module) -> frozenset[Feature]:
    """What the module's types, imports, memories, tables, globals and tags show; no code is read.

    Raises:
        WasmError: one of these sections is malformed.
    """
    globals_ = (module.type_of(entry) for entry in module.exports if entry.kind is Kind.GLOBAL)
    return frame_features(module, globals_)


def frame_features(module: Frame, exported: Iterable[ExternType]) -> frozenset[Feature]:
    """The same where the exports have been read elsewhere.

    Args:
        module: The module.
        exported: The types of its exports, or of those that are globals.

    Raises:
        WasmError: one of these sections is malformed.
    """
    found = set(_of_types(module))
    imported = module.imported.types
    boundary = different(imported[Kind.GLOBAL]).values()
    # Mutable globals are a feature only where they cross the module's boundary.
    if any(isinstance(type_, GlobalType) and type_.mutable for type_ in (*boundary, *exported)):
        found.add(Feature.MUTABLE_GLOBALS)
    # Functions' types have been seen among the module's types.
    for kind in set(Kind) - {Kind.FUNCTION}:
        taken = boundary if kind is Kind.GLOBAL else different(imported[kind]).values()
        for type_ in (*taken, *different(module.space[kind][len(imported[kind]) :]).values()):
            found.update(_of_extern(type_))
    if len(module.space[Kind.MEMORY]) > 1:
        found.add(Feature.MULTIMEMORY)
    if module.computed:
        found.add(Feature.EXTENDED_CONST)
    return frozenset(found)


def _of_types(module: Frame) -> Iterator[Feature]:
    for group in module.type_groups:
        if group.explicit or any(sub.supertypes or not sub.final for sub in group.types):
            yield Feature.GC
    for type_ in module.types:
        if isinstance(type_, FuncType):
            yield from _of_extern(type_)
            if len(type_.results) > 1:
                yield Feature.MULTIVALUE
        else:
            yield Feature.GC


def _of_extern(type_: ExternType) -> Iterator[Feature]:
    match type_:
        case FuncType():
            for value in (*type_.params, *type_.results):
                yield from _of_value(value)
        case TableType():
            if type_.element != "funcref":
                yield from _of_value(type_.element)
            yield from _of_limits(type_.limits)
        case MemoryType():
            yield from _of_limits(type_.limits)
        case GlobalType():
            yield from _of_value(type_.value)
        case TagType():
            yield Feature.EXCEPTION_HANDLING


def _of_limits(limits: Limits) -> Iterator[Feature]:
    if limits.shared:
        yield Feature.SHARED_MEM
    if limits.is64:
        yield Feature.MEMORY64
    if limits.page_size_log2 is not None:
        yield Feature.CUSTOM_PAGE_SIZES


def _of_value(value: ValueType) -> Iterator[Feature]:
    feature = _OF_VALUE.get(value, Feature.GC)
    if feature is not None:
        yield feature

"""What the engine says of a module's imports when it makes an instance (loader.md, section 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.linker.engine import ENCODINGS
from pyodide_abi.linker.facts import ENTRY
from pyodide_abi.linker.offers import OBJECT_PROPERTIES, Value, object_property
from pyodide_abi.linker.prediction import Cause, Problem
from pyodide_abi.values import value
from pyodide_abi.wasm import FuncType, GlobalType, Kind, MemoryType, TableType, TagType
from pyodide_abi.wasm.features import Feature

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyodide_abi.linker.engine import Engine
    from pyodide_abi.linker.facts import Facts, Import, Library
    from pyodide_abi.linker.loaders import Loader
    from pyodide_abi.linker.offers import Offer
    from pyodide_abi.wasm.sections.dylink0 import MemoryInfo

#: The objects that the loader hands to the engine; a module that imports from another one does not load.
KNOWN_SPACES = frozenset({"env", "wasi_snapshot_preview1", "GOT.mem", "GOT.func"})
#: Bytes in a page of memory.
PAGE = 65536
#: Memory and table are larger than when they were made: the loader has made room for the library before the
#: engine looks. How much larger is not known, so these bounds leave no doubt. Bytes that need no growth:
_FITS = 1 << 20
#: Pages that the allocator adds at most to what it needs (Emscripten's MEMORY_GROWTH_GEOMETRIC_CAP, 96 MiB).
_MOST_SPARE_PAGES = 1536
#: Table entries that a starting runtime adds: 5,000 to 6,000 in all releases.
_MOST_GROWN = 10_000
#: Numbers that the loader makes for each module.
BASES = frozenset({"__memory_base", "__table_base"})

_MUTABLE_WANTED = "imported mutable global must be a WebAssembly.Global object"
_GLOBAL_WANTED = "global import must be a number, valid Wasm reference, or WebAssembly.Global object"
_FUNCTION_WANTED = "function-typed object must be null (if nullable) or a Wasm function object"
_WRONG_MUTABILITY = "imported global does not match the expected mutability"
_WRONG_GLOBAL = "imported global does not match the expected type"
#: What a JavaScript number can stand for, and what a reference can hold.
_NUMBERS = frozenset({"i32", "f32", "f64"})
_VECTOR = "v128"
_VECTOR_WANTED = "global import of type v128 must be a WebAssembly.Global"


@value(kw_only=False)
class _Complaint:
    cause: Cause
    text: str
    provided: str = ""
    #: The text is whole: it names the import itself, or the engine says it without naming the import.
    whole: bool = False
    #: The text is known word for word.
    exact: bool = True


def check_features(library: Library, facts: Facts, engine: Engine, *, call: str) -> Problem | None:
    """The complaint about what the engine does not know, when it compiles the module; ``call`` likewise."""
    refused = ((feature, text) for feature, text in engine.refused.items() if feature in facts.features)
    feature, text = next(refused, (Feature.EXNREF, ""))
    if not text and facts.features >= ENCODINGS:
        text = engine.mixture
    if not text:
        return None
    return Problem(
        cause=Cause.FEATURE,
        text=f"CompileError: {call}: {text}",
        library=library.path,
        wanted=feature.value,
        exact=False,
    )


def check_space(entry: Import, library: Library, *, engine: Engine, call: str) -> Problem | None:
    """The complaint about an import from a module that the loader does not know."""
    if entry.module in KNOWN_SPACES:
        return None
    at = engine.module_prefix.format(index=entry.index, module=entry.module)
    return Problem(
        cause=Cause.FOREIGN_MODULE,
        text=f"TypeError: {call}: {at}module is not an object or function",
        library=library.path,
        symbol=f"{entry.module}.{entry.name}",
        wanted=str(entry.type),
    )


def check_imports(
    library: Library, *, find: Callable[[str], Offer | None], engine: Engine, loader: Loader, call: str
) -> Iterator[Problem]:
    """The complaints in the order of the engine, each as if it were the first.

    Those about unknown modules come first: the engine finds all values before it checks one.

    Args:
        library: one with facts.
        find: what the loader has under a name, None for nothing (it then hands out a placeholder function).
        engine: whose words.
        loader: whose values.
        call: of the JavaScript interface, such as ``WebAssembly.Instance()``.
    """
    assert library.facts is not None
    reserved = library.facts.memory
    # The usual entry of the table of addresses is told at a glance: large libraries have ten thousand.
    imports = [
        entry
        for entry in library.facts.imports
        if entry.type is not ENTRY or not entry.address or entry.name in OBJECT_PROPERTIES
    ]
    for entry in imports:
        unknown = check_space(entry, library, engine=engine, call=call)
        if unknown is not None:
            yield unknown
    ordered = sorted(imports, key=lambda entry: engine.memory_first and entry.kind is not Kind.MEMORY)
    for entry in ordered:
        if entry.module not in KNOWN_SPACES:
            continue
        if entry.address and entry.name in OBJECT_PROPERTIES:
            # The table of addresses is a JavaScript object, which has these already.
            complaint = _check_symbol(entry, object_property(entry.name), loader, engine, reserved)
        elif entry.address:
            complaint = _check_address(entry)
        elif entry.name in BASES:
            complaint = _check_number(entry)
        else:
            complaint = _check_symbol(entry, find(entry.name), loader, engine, reserved)
        if complaint is not None:
            text = complaint.text
            if not complaint.whole:
                text = engine.at_import(entry.index, entry.module, entry.name, text)
            yield Problem(
                cause=complaint.cause,
                text=f"LinkError: {call}: {text}",
                library=library.path,
                symbol=entry.name,
                wanted=str(entry.type),
                provided=complaint.provided,
                exact=complaint.exact,
            )


def _check_address(entry: Import) -> _Complaint | None:
    """An entry of the global offset table is a mutable 32-bit global, whatever it is of."""
    return _check_against_global(entry, "i32 mut")


def _check_number(entry: Import) -> _Complaint | None:
    if not isinstance(entry.type, GlobalType):
        return _not_even(entry)
    if entry.type.mutable or entry.type.value == _VECTOR:
        return _not_even(entry)
    if entry.type.value in _NUMBERS or entry.type.value == "externref":
        return None
    return _Complaint(Cause.GLOBAL, _GLOBAL_WANTED)


def _check_symbol(
    entry: Import, offer: Offer | None, loader: Loader, engine: Engine, reserved: MemoryInfo | None
) -> _Complaint | None:
    match entry.type:
        case FuncType():
            return _check_function(entry, offer)
        case GlobalType():
            return _check_global(entry, offer, loader)
        case TagType():
            return _check_tag(entry, offer)
        case MemoryType():
            return _check_memory(entry, offer, engine, reserved.memory_size if reserved else 0)
        case TableType():
            return _check_table(entry, offer, engine, reserved.table_size if reserved else 0)


def _check_tag(entry: Import, offer: Offer | None) -> _Complaint | None:
    if offer is None or offer.value is not Value.TAG:
        return _not_even(entry, offer)
    if not offer.type or offer.type == str(entry.type):
        return None
    return _Complaint(Cause.TAG_TYPE, "imported tag does not match the expected type", offer.type)


def _check_function(entry: Import, offer: Offer | None) -> _Complaint | None:
    # The loader's placeholder for a missing function is a JavaScript function, which takes any type.
    if offer is None or offer.value in {Value.JS_FUNCTION, Value.UNTYPED_FUNCTION}:
        return None
    if offer.value is Value.WASM_FUNCTION:
        if not offer.type or offer.type == str(entry.type):
            return None
        return _Complaint(
            Cause.FUNCTION_TYPE, "imported function does not match the expected type", offer.type
        )
    return _not_even(entry, offer)


def _check_global(entry: Import, offer: Offer | None, loader: Loader) -> _Complaint | None:
    assert isinstance(entry.type, GlobalType)
    if offer is not None:
        if offer.value is Value.DATA and loader.data_is_number:
            return _check_number(entry)
        if offer.value in {Value.DATA, Value.GLOBAL}:
            return _check_against_global(entry, offer.type or "i32")
    if entry.type.mutable or entry.type.value == _VECTOR:
        return _not_even(entry)
    if entry.type.value == "funcref":
        wasm = offer is not None and offer.value is Value.WASM_FUNCTION
        return None if wasm else _Complaint(Cause.GLOBAL, _FUNCTION_WANTED)
    return None if entry.type.value == "externref" else _Complaint(Cause.GLOBAL, _GLOBAL_WANTED)


def _check_against_global(entry: Import, provided: str) -> _Complaint | None:
    if not isinstance(entry.type, GlobalType):
        return _not_even(entry)
    value, _, mutable = provided.partition(" ")
    if entry.type.mutable is not bool(mutable):
        return _Complaint(Cause.GLOBAL, _WRONG_MUTABILITY, provided)
    return None if entry.type.value == value else _Complaint(Cause.GLOBAL, _WRONG_GLOBAL, provided)


def _check_memory(entry: Import, offer: Offer | None, engine: Engine, reserved: int) -> _Complaint | None:
    assert isinstance(entry.type, MemoryType)
    if offer is None or offer.value is not Value.MEMORY:
        return _not_even(entry, offer)
    wanted, have = entry.type.limits, _limits(offer.type)
    cause = Cause.SHARED_MEMORY if wanted.shared else Cause.MEMORY
    pages, maximum = have.get("min"), have.get("max")
    exact = True
    if wanted.is64:
        text = "cannot import i32 memory as i64"
    elif pages is not None and pages + _pages_grown(reserved) < wanted.minimum:
        text = _fill(engine.memory_small, entry, pages, wanted.minimum)
        exact = not _pages_grown(reserved)
    elif wanted.maximum is not None and maximum is not None and maximum > wanted.maximum:
        text = _fill(engine.memory_large, entry, maximum, wanted.maximum)
    elif wanted.shared:
        text = _fill(engine.memory_shared, entry)
    else:
        return None
    return _Complaint(cause, text, offer.type, whole=True, exact=exact)


def _pages_grown(reserved: int) -> int:
    """The most by which the memory may have grown for the bytes that a library had reserved before."""
    return 0 if reserved < _FITS else 2 * reserved // PAGE + _MOST_SPARE_PAGES


def _check_table(entry: Import, offer: Offer | None, engine: Engine, reserved: int) -> _Complaint | None:
    assert isinstance(entry.type, TableType)
    if offer is None or offer.value is not Value.TABLE:
        return _not_even(entry, offer)
    wanted, have = entry.type.limits, _limits(offer.type)
    if wanted.is64:
        return _Complaint(Cause.TABLE, "cannot import i32 table as i64", offer.type, whole=True)
    length = have.get("min")
    if length is not None and length + reserved + _MOST_GROWN < wanted.minimum:
        text = f"table import {entry.index} is smaller than initial {wanted.minimum}, got {length}"
        return _Complaint(Cause.TABLE, text, offer.type, whole=True, exact=False)
    if wanted.maximum is not None and "max" not in have:
        text = _fill(engine.table_unbounded, entry, wanted=wanted.maximum)
        return _Complaint(Cause.TABLE, text, offer.type, whole=True)
    if offer.type and offer.type.split()[0] != entry.type.element:
        return _Complaint(Cause.TABLE, "imported table does not match the expected type", offer.type)
    return None


def _fill(text: str, entry: Import, have: int = 0, wanted: int = 0) -> str:
    """One of the engine's texts about one import."""
    return text.format(index=entry.index, module=entry.module, name=entry.name, have=have, wanted=wanted)


def _not_even(entry: Import, offer: Offer | None = None) -> _Complaint:
    """What is provided is not of the kind that is asked for."""
    provided = "" if offer is None else f"{offer.value} {offer.type}".strip()
    match entry.type:
        case FuncType():
            return _Complaint(Cause.NOT_A_FUNCTION, "function import requires a callable", provided)
        case TagType():
            return _Complaint(Cause.TAG_MISSING, "tag import requires a WebAssembly.Tag", provided)
        case MemoryType():
            return _Complaint(Cause.MEMORY, "memory import must be a WebAssembly.Memory object", provided)
        case TableType():
            return _Complaint(Cause.TABLE, "table import requires a WebAssembly.Table", provided)
        case GlobalType(value=value) if value == _VECTOR:
            return _Complaint(Cause.GLOBAL, _VECTOR_WANTED, provided)
        case GlobalType():
            text = _MUTABLE_WANTED if entry.type.mutable else _GLOBAL_WANTED
            return _Complaint(Cause.GLOBAL, text, provided)


def minimum_of(offer: Offer) -> int:
    """The minimum of a memory's or table's type; 0 if its text has none."""
    return _limits(offer.type).get("min", 0)


def _limits(text: str) -> dict[str, int]:
    """The numbers of a memory's or table's type, as far as its text has them: ``min=320 max=65536``."""
    words = (word.partition("=") for word in text.split())
    return {name: int(number) for name, _, number in words if number.isdecimal()}

"""What the engine says of a module's imports when it makes an instance (loader.md, section 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import BASES, IMPORT_SPACES
from pyodide_abi.linker.facts import ENTRY
from pyodide_abi.linker.offers import OBJECT_PROPERTIES, Value, object_property
from pyodide_abi.linker.prediction import Cause, Problem
from pyodide_abi.platforms.engines import Check, Text
from pyodide_abi.values import value
from pyodide_abi.wasm import FuncType, GlobalType, MemoryType, TableType, TagType
from pyodide_abi.wasm.features import Feature

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyodide_abi.linker.facts import Facts, Import, Library
    from pyodide_abi.linker.offers import Offer
    from pyodide_abi.platforms.engines import Engine
    from pyodide_abi.platforms.loaders import Loader
    from pyodide_abi.wasm.sections.dylink0 import MemoryInfo

#: Bytes in a page of memory.
PAGE = 65536
#: Memory and table are larger than when they were made: the loader has made room for the library before the
#: engine looks. How much larger is not known, so these bounds leave no doubt. Bytes that need no growth:
_FITS = 1 << 20
#: Pages that the allocator adds at most to what it needs (Emscripten's MEMORY_GROWTH_GEOMETRIC_CAP, 96 MiB).
_MOST_SPARE_PAGES = 1536
#: Table entries that a starting runtime adds: 5,000 to 6,000 in all releases.
_MOST_GROWN = 10_000
#: The encodings of exceptions.
ENCODINGS = frozenset({Feature.EXNREF, Feature.LEGACY_EXCEPTIONS})
#: What a JavaScript number can stand for.
_NUMBERS = frozenset({"i32", "f32", "f64"})
_BIGINT = "i64"
_VECTOR = "v128"


@value
class Refusal:
    """The complaint about one import.

    Attributes:
        turn: the number of the engine's pass over the imports that meets it, counted from 0.
        index: the import's place in the import section.
        found: the import's value was asked for before the complaint.
        problem: the complaint.
        reason: what is wrong, in the engine's words for any import.
    """

    turn: int
    index: int
    found: bool
    problem: Problem
    reason: str


@value(kw_only=False)
class _Fault:
    """What is wrong with one import; ``have`` and ``wanted`` are numbers for the engine's text."""

    cause: Cause
    check: Check
    text: Text
    provided: str = ""
    exact: bool = True
    have: int = 0
    wanted: int = 0


def check_features(library: Library, facts: Facts, engine: Engine, *, call: str) -> Problem | None:
    """The complaint about what the engine does not know, when it compiles the module; ``call`` likewise."""
    if not facts.features:
        return None
    for name, text in engine.refused.items():
        if Feature(name) in facts.features:
            return _uncompiled(library, name, text.format(call=call))
    if engine.mixture and facts.features >= ENCODINGS:
        return _uncompiled(library, Feature.EXNREF.value, engine.mixture.format(call=call))
    return None


def _uncompiled(library: Library, feature: str, text: str) -> Problem:
    return Problem(
        cause=Cause.FEATURE,
        text=f"CompileError: {text}",
        library=library.path,
        wanted=feature,
        exact=False,
    )


def check_imports(
    library: Library, *, find: Callable[[str], Offer | None], engine: Engine, loader: Loader, call: str
) -> list[Refusal]:
    """The complaints in the order of the engine, each as if it were the first.

    Args:
        library: one with facts.
        find: what the loader has under a name, None for nothing (it then hands out a placeholder function).
        engine: The engine, with its words and its order of checks.
        loader: The generation of the loader, which decides what values are handed out.
        call: The call of the JavaScript interface, such as ``WebAssembly.Instance()``.
    """
    assert library.facts is not None
    reserved = library.facts.memory
    refusals = []
    for entry in library.facts.imports:
        # The usual entry of the table of addresses is told at a glance: large libraries have ten thousand.
        if entry.type is ENTRY and entry.address and entry.name not in OBJECT_PROPERTIES:
            continue
        fault = _fault(entry, find, loader, reserved)
        if fault is not None:
            refusals.append(_refusal(entry, fault, library, engine, call))
    refusals.sort(key=lambda refusal: refusal.turn)
    return refusals


def _refusal(entry: Import, fault: _Fault, library: Library, engine: Engine, call: str) -> Refusal:
    foreign = fault.check is Check.MODULE
    details = {
        "call": call,
        "index": entry.index,
        "module": entry.module,
        "name": entry.name,
        "have": fault.have,
        "wanted": fault.wanted,
    }
    return Refusal(
        turn=engine.turn(fault.check),
        index=entry.index,
        found=not foreign,
        problem=Problem(
            cause=fault.cause,
            text=engine.say(fault.text, **details),
            library=library.path,
            symbol=f"{entry.module}.{entry.name}" if foreign else entry.name,
            wanted=str(entry.type),
            provided=fault.provided,
            exact=fault.exact and fault.text not in engine.inexact,
            sized=fault.text is Text.MEMORY_SMALL and engine.names(fault.text, "have"),
        ),
        reason=engine.reason(fault.text, **details),
    )


def _fault(
    entry: Import, find: Callable[[str], Offer | None], loader: Loader, reserved: MemoryInfo | None
) -> _Fault | None:
    if entry.module not in IMPORT_SPACES:
        return _Fault(Cause.FOREIGN_MODULE, Check.MODULE, Text.MODULE_MISSING)
    if entry.address and entry.name not in OBJECT_PROPERTIES:
        # An entry of the global offset table is a mutable 32-bit global, whatever it is of.
        return _check_against_global(entry, "i32 mut")
    if entry.name in BASES and not entry.address:
        return _check_number(entry)
    # The table of addresses is a JavaScript object, which has these already.
    offer = object_property(entry.name) if entry.address else find(entry.name)
    return _check_offer(entry, offer, loader, reserved)


def _check_offer(
    entry: Import, offer: Offer | None, loader: Loader, reserved: MemoryInfo | None
) -> _Fault | None:
    match entry.type:
        case FuncType():
            return _check_function(entry, offer)
        case GlobalType():
            return _check_global(entry, offer, loader)
        case TagType():
            return _check_tag(entry, offer)
        case MemoryType():
            return _check_memory(entry, offer, reserved.memory_size if reserved else 0)
        case TableType():
            return _check_table(entry, offer, reserved.table_size if reserved else 0)


def _check_number(entry: Import) -> _Fault | None:
    """A JavaScript number is provided."""
    if isinstance(entry.type, GlobalType) and not entry.type.mutable:
        if entry.type.value in _NUMBERS or entry.type.value == "externref":
            return None
        if entry.type.value == "funcref":
            return _Fault(Cause.GLOBAL, Check.KIND, Text.REFERENCE_MISSING)
    return _not_even(entry, number=True)


def _check_tag(entry: Import, offer: Offer | None) -> _Fault | None:
    if offer is None or offer.value is not Value.TAG:
        return _not_even(entry, offer)
    if not offer.type or offer.type == str(entry.type):
        return None
    return _Fault(Cause.TAG_TYPE, Check.TAG_TYPE, Text.TAG_TYPE, offer.type)


def _check_function(entry: Import, offer: Offer | None) -> _Fault | None:
    # The loader's placeholder for a missing function is a JavaScript function, which takes any type.
    if offer is None or offer.value in {Value.JS_FUNCTION, Value.UNTYPED_FUNCTION}:
        return None
    if offer.value is Value.WASM_FUNCTION:
        if not offer.type or offer.type == str(entry.type):
            return None
        return _Fault(Cause.FUNCTION_TYPE, Check.FUNCTION_TYPE, Text.FUNCTION_TYPE, offer.type)
    return _not_even(entry, offer)


def _check_global(entry: Import, offer: Offer | None, loader: Loader) -> _Fault | None:
    assert isinstance(entry.type, GlobalType)
    if offer is not None:
        if offer.value is Value.DATA and loader.data_is_number:
            return _check_number(entry)
        if offer.value in {Value.DATA, Value.GLOBAL}:
            return _check_against_global(entry, offer.type or "i32")
    if entry.type.mutable or entry.type.value == _VECTOR:
        return _not_even(entry, offer)
    if entry.type.value == "funcref":
        wasm = offer is not None and offer.value is Value.WASM_FUNCTION
        return None if wasm else _Fault(Cause.GLOBAL, Check.KIND, Text.REFERENCE_MISSING, _words(offer))
    if entry.type.value == "externref":
        return None
    text = Text.BIGINT_MISSING if entry.type.value == _BIGINT else Text.GLOBAL_MISSING
    return _Fault(Cause.GLOBAL, Check.KIND, text, _words(offer))


def _check_against_global(entry: Import, provided: str) -> _Fault | None:
    if not isinstance(entry.type, GlobalType):
        return _not_even(entry)
    value, _, mutable = provided.partition(" ")
    same_type, same_mutability = entry.type.value == value, entry.type.mutable is bool(mutable)
    if same_type and same_mutability:
        return None
    if same_type:
        text = Text.GLOBAL_MUTABILITY
    else:
        text = Text.GLOBAL_TYPE if same_mutability else Text.GLOBAL_UNLIKE
    return _Fault(Cause.GLOBAL, Check.GLOBAL_TYPE, text, provided)


def _check_memory(entry: Import, offer: Offer | None, reserved: int) -> _Fault | None:
    assert isinstance(entry.type, MemoryType)
    if offer is None or offer.value is not Value.MEMORY:
        return _not_even(entry, offer)
    wanted, have = entry.type.limits, _limits(offer.type)
    cause = Cause.SHARED_MEMORY if wanted.shared else Cause.MEMORY
    pages, maximum = have.get("min"), have.get("max")
    grown = _pages_grown(reserved)
    if wanted.is64:
        text, numbers = Text.MEMORY_ADDRESS, (0, 0)
    elif pages is not None and pages + grown < wanted.minimum:
        text, numbers = Text.MEMORY_SMALL, (pages, wanted.minimum)
    elif wanted.maximum is not None and maximum is not None and maximum > wanted.maximum:
        beyond = pages is not None and pages > wanted.maximum
        text = Text.MEMORY_BEYOND if beyond else Text.MEMORY_LARGE
        numbers = (maximum, wanted.maximum)
    elif wanted.shared:
        text, numbers = Text.MEMORY_UNSHARED, (0, 0)
    else:
        return None
    exact = text is not Text.MEMORY_SMALL or not grown
    return _Fault(cause, Check.MEMORY_TYPE, text, offer.type, exact, *numbers)


def _pages_grown(reserved: int) -> int:
    """The most by which the memory may have grown for the bytes that a library had reserved before."""
    return 0 if reserved < _FITS else 2 * reserved // PAGE + _MOST_SPARE_PAGES


def _check_table(entry: Import, offer: Offer | None, reserved: int) -> _Fault | None:
    assert isinstance(entry.type, TableType)
    if offer is None or offer.value is not Value.TABLE:
        return _not_even(entry, offer)
    wanted, have = entry.type.limits, _limits(offer.type)
    length = have.get("min")
    numbers = (0, 0)
    if wanted.is64:
        text = Text.TABLE_ADDRESS
    elif length is not None and length + reserved + _MOST_GROWN < wanted.minimum:
        text, numbers = Text.TABLE_SMALL, (length, wanted.minimum)
    elif wanted.maximum is not None and "max" not in have:
        beyond = length is not None and length > wanted.maximum
        text = Text.TABLE_BEYOND if beyond else Text.TABLE_UNBOUNDED
        numbers = (0, wanted.maximum)
    elif offer.type and offer.type.split()[0] != entry.type.element:
        text = Text.TABLE_TYPE
    else:
        return None
    return _Fault(Cause.TABLE, Check.TABLE_TYPE, text, offer.type, True, *numbers)  # noqa: FBT003 - exact


def _not_even(entry: Import, offer: Offer | None = None, *, number: bool = False) -> _Fault:
    """What is provided is not of the kind that is asked for.

    Args:
        entry: the import.
        offer: what is provided, None for the loader's placeholder, or for its own number.
        number: Whether it is a JavaScript number.
    """
    provided = _words(offer)
    match entry.type:
        case FuncType():
            return _Fault(Cause.NOT_A_FUNCTION, Check.KIND, Text.FUNCTION_MISSING, provided)
        case TagType():
            return _Fault(Cause.TAG_MISSING, Check.KIND, Text.TAG_MISSING, provided)
        case MemoryType():
            return _Fault(Cause.MEMORY, Check.MEMORY_KIND, Text.MEMORY_MISSING, provided)
        case TableType():
            return _Fault(Cause.TABLE, Check.KIND, Text.TABLE_MISSING, provided)
        case GlobalType():
            return _Fault(Cause.GLOBAL, Check.KIND, _no_global(entry.type, number=number), provided)


def _no_global(wanted: GlobalType, *, number: bool) -> Text:
    if wanted.value == _VECTOR:
        if wanted.mutable:
            return Text.MUTABLE_VECTOR_NUMBER if number else Text.MUTABLE_VECTOR
        return Text.VECTOR_NUMBER if number else Text.VECTOR_MISSING
    if wanted.mutable:
        if wanted.value == _BIGINT:
            return Text.MUTABLE_BIGINT
        return Text.MUTABLE_NUMBER if number else Text.MUTABLE_MISSING
    return Text.BIGINT_MISSING if wanted.value == _BIGINT else Text.GLOBAL_MISSING


def minimum_of(offer: Offer) -> int:
    """The minimum of a memory's or table's type; 0 if its text has none."""
    return _limits(offer.type).get("min", 0)


def _limits(text: str) -> dict[str, int]:
    """The numbers of a memory's or table's type, as far as its text has them: ``min=320 max=65536``."""
    words = (word.partition("=") for word in text.split())
    return {name: int(number) for name, _, number in words if number.isdecimal()}


def _words(offer: Offer | None) -> str:
    """What is provided; empty for the loader's placeholder."""
    return "" if offer is None else f"{offer.value} {offer.type}".strip()

"""What the loader finds under a name: the symbols of a release, in the terms that matter to a load."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from pyodide_abi.platforms.surface import SymbolKind
from pyodide_abi.values import value
from pyodide_abi.wasm import GlobalType, Kind
from pyodide_abi.wasm.types import kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyodide_abi.platforms.surface import Symbol
    from pyodide_abi.wasm import ExternType

#: The one of them that is no function.
_PROTOTYPE = "__proto__"
#: What every JavaScript object has: the loader asks with ``in``, so these names are found too.
OBJECT_PROPERTIES = frozenset(
    {
        "constructor",
        "hasOwnProperty",
        "isPrototypeOf",
        "propertyIsEnumerable",
        "toLocaleString",
        "toString",
        "valueOf",
        "__defineGetter__",
        "__defineSetter__",
        "__lookupGetter__",
        "__lookupSetter__",
        _PROTOTYPE,
    }
)


class Value(enum.StrEnum):
    """The sort of JavaScript value."""

    WASM_FUNCTION = "WebAssembly function"
    JS_FUNCTION = "JavaScript function"
    UNTYPED_FUNCTION = "JavaScript function without a signature"
    DATA = "address"
    GLOBAL = "global"
    TAG = "tag"
    MEMORY = "memory"
    TABLE = "table"
    OBJECT = "object"
    SUSPENDING = "suspending"


FUNCTIONS = frozenset({Value.WASM_FUNCTION, Value.JS_FUNCTION, Value.UNTYPED_FUNCTION})


_VALUES = {
    SymbolKind.WASM_FUNCTION: Value.WASM_FUNCTION,
    SymbolKind.JS_FUNCTION: Value.JS_FUNCTION,
    SymbolKind.DATA: Value.DATA,
    SymbolKind.GLOBAL: Value.GLOBAL,
    SymbolKind.TABLE: Value.TABLE,
    SymbolKind.MEMORY: Value.MEMORY,
    SymbolKind.TAG: Value.TAG,
    # The one value of that kind in any release: a WebAssembly.Suspending, of stack switching.
    SymbolKind.OTHER: Value.SUSPENDING,
}


_EXPORTS = {
    Kind.FUNCTION: Value.WASM_FUNCTION,
    Kind.TABLE: Value.TABLE,
    Kind.MEMORY: Value.MEMORY,
    Kind.TAG: Value.TAG,
}


@value(kw_only=False)
class Offer:
    """A value under a name; ``type`` in the text form of :mod:`pyodide_abi.wasm.types`, empty if unknown."""

    value: Value
    type: str = ""


class Offers:
    """Everything that the runtime of one release offers to every module."""

    def __init__(self, symbols: Mapping[str, Symbol]) -> None:
        self._symbols = symbols
        self._found: dict[str, Offer] = {}

    def find(self, name: str) -> Offer | None:
        """What there is under a name; None for nothing, or for one of the loader's own placeholders."""
        offer = self._found.get(name)
        if offer is None:
            symbol = self._symbols.get(name)
            if symbol is not None:
                offer = offer_of(symbol)
            elif name in OBJECT_PROPERTIES:
                offer = object_property(name)
            if offer is not None:
                self._found[name] = offer
        return offer


def object_property(name: str) -> Offer:
    """What every JavaScript object has under a name."""
    return Offer(Value.OBJECT if name == _PROTOTYPE else Value.UNTYPED_FUNCTION)


def offer_of_export(type_: ExternType, *, number: bool) -> Offer:
    """What a loaded module's export is to the modules that come after it.

    Args:
        type_: The export's type.
        number: the loader makes a JavaScript number of an exported global.
    """
    match type_:
        case GlobalType():
            return Offer(Value.DATA, "" if number else str(type_))
        case _:
            return Offer(_EXPORTS[kind_of(type_)], str(type_))


def offer_of(symbol: Symbol) -> Offer | None:
    """A symbol of the platform data in the linker's terms; None for a placeholder."""
    match symbol.kind:
        case SymbolKind.STUB:
            return None
        case SymbolKind.JS_FUNCTION if symbol.type is None:
            return Offer(Value.UNTYPED_FUNCTION)
        case kind:
            return Offer(_VALUES[kind], symbol.type or "")

"""How a module fares where a symbol that it uses is another, or gone.

A module uses a symbol in one of two ways and fares differently in each (loader.md, section 2): it imports the
thing itself, to call it or to share it, or it asks for an address.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from pyodide_abi.linker.offers import FUNCTIONS, Value, offer_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyodide_abi.linker.offers import Offer
    from pyodide_abi.platforms import Symbol

_SHARED = frozenset({Value.MEMORY, Value.TABLE})
#: What an address can be.
ADDRESSES = frozenset({Value.DATA, Value.GLOBAL})


class Fate(enum.StrEnum):
    """How a module fares, best first."""

    FINE = "works"
    CONVERTS = "converts"
    """It loads; its calls go to a JavaScript function of another type, which converts or loses arguments."""
    DIES = "dies"
    """It loads; the first call ends the interpreter."""
    REFUSED = "refused"
    """It does not load."""

    @property
    def rank(self) -> int:
        """0 is the best."""
        return list(Fate).index(self)


def worst(fates: Iterable[Fate]) -> Fate:
    """The worst of some; the best where there are none."""
    return max(fates, key=lambda fate: fate.rank, default=Fate.FINE)


def fate_of_import(was: Symbol, now: Symbol | None, *, late: bool) -> Fate:
    """The fate of a module that declares a symbol as it was.

    Args:
        was: The symbol as the module declares it.
        now: The symbol as the runtime has it; None where it has none.
        late: The loader makes the function when it is first called.
    """
    old, new = offer_of(was), offer_of(now) if now else None
    if old is None or old.value in {Value.OBJECT, Value.SUSPENDING}:
        return Fate.FINE
    if old.value in FUNCTIONS:
        return fate_of_call(old.type, new, provided=late)
    if new is None:
        return Fate.REFUSED
    if old.value is Value.DATA:
        return Fate.FINE if new.value in ADDRESSES else Fate.REFUSED
    fits = old.value is new.value and (old.type == new.type or old.value in _SHARED)
    return Fate.FINE if fits else Fate.REFUSED


def fate_of_call(declared: str, offer: Offer | None, *, provided: bool) -> Fate:
    """The fate of a module that imports a function.

    Args:
        declared: The type that the module gives it.
        offer: What the runtime has under its name.
        provided: Somebody else has it where the runtime has not.
    """
    if offer is None:
        return Fate.FINE if provided else Fate.DIES
    if offer.value not in FUNCTIONS:
        return Fate.REFUSED
    if not declared or not offer.type or offer.type == declared:
        return Fate.FINE
    return Fate.REFUSED if offer.value is Value.WASM_FUNCTION else Fate.CONVERTS


def fate_of_address(was: Symbol, now: Symbol | None) -> Fate:
    """The fate of a module that asks for a symbol's address and then calls it or reads there."""
    old, new = offer_of(was), offer_of(now) if now else None
    if old is None or old.value not in FUNCTIONS | {Value.DATA} or old.value is Value.UNTYPED_FUNCTION:
        return Fate.FINE
    if new is None or new.value is Value.UNTYPED_FUNCTION or new.value not in FUNCTIONS | ADDRESSES:
        return Fate.REFUSED
    if (old.value in FUNCTIONS) is not (new.value in FUNCTIONS):
        return Fate.DIES
    # An indirect call checks the type; a name that was of an unknown type has no such check to fail.
    differs = old.value in FUNCTIONS and old.type and new.type and old.type != new.type
    return Fate.DIES if differs else Fate.FINE

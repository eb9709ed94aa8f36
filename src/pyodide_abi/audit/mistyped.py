"""What the rules about calls through pointers say of an entry, in the same words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.signatures.entries import INDIRECT, Certainty

if TYPE_CHECKING:
    from pyodide_abi.signatures.rows import Row
    from pyodide_abi.wasm import FuncType

_DOUBTS = {
    Certainty.CERTAIN: "",
    Certainty.LIKELY: " on one way through the code, or if no other library comes first,",
    Certainty.MAY: " perhaps",
}


def described(row: Row) -> str:
    """The entry, its function, and what the two disagree about."""
    entry = row.entry
    where = f"`{entry.name}`"
    if entry.table == INDIRECT:
        where = f"what {where} calls through a pointer"
    elif entry.within is not None:
        where = (
            f"what {where} gives to {entry.table}"
            if entry.name != entry.table
            else f"what {entry.table} is given"
        )
    called = f" ({entry.flags})" if entry.flags else ""
    have = "unknown" if row.have is None else written(row.have)
    name = f" `{entry.target.name}`" if entry.target.name else ""
    provider = f" of {row.provider}" if row.provider else ""
    return (
        f"{where}{called} is{_DOUBTS[row.certainty]} the function{name}{provider} of type {have}"
        f", called as {written(entry.prototype.type)}"
    )


def advice(row: Row) -> str:
    """The right declaration of the function."""
    name = row.entry.target.name if row.entry.target.name.isidentifier() else _own_name(row)
    declared = row.entry.prototype.declared(name)
    note = (
        "; several functions of equal code share a name once they are linked" if row.entry.target.name else ""
    )
    return f"declare it `{declared}`{note}"


def written(type_: FuncType) -> str:
    """A function type for people: ``(i32, i32) -> i32``."""
    return f"({', '.join(type_.params)}) -> {', '.join(type_.results) or '()'}"


def _own_name(row: Row) -> str:
    """A name for a function that has none, after what it is for."""
    # What is called back is not named after the function that gives it.
    if row.entry.within is not None:
        return "function"
    last = row.entry.name.removesuffix(" (get)").removesuffix(" (set)").replace(" ", ".").rpartition(".")[2]
    return last if last.isidentifier() else "function"

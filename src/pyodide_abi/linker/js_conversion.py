"""Calls that go through JavaScript, where a function has another type than its caller believes.

Nothing compares the types there. Each argument is converted to what the function takes, and the result to
what the caller wants, as the WebAssembly JavaScript interface has it (ToWebAssemblyValue): 64-bit integers
are BigInts, everything else is a number, and the two do not convert into each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.platforms.engines import Text

if TYPE_CHECKING:
    from pyodide_abi.wasm import FuncType

_BIG = "i64"


def throws(declared: FuncType, actual: FuncType) -> Text | None:
    """Why a call throws whatever its arguments are, None where it does not.

    Args:
        declared: as the caller imports it.
        actual: as it is defined in WebAssembly.
    """
    for index, wanted in enumerate(actual.params):
        given = declared.params[index] if index < len(declared.params) else None
        if given is None and wanted == _BIG:
            return Text.UNDEFINED_TO_BIGINT
        if given is not None and (wanted == _BIG) is not (given == _BIG):
            return _between(given)
    return result_throws(declared.results, actual.results)


def result_throws(wanted: tuple[str, ...], given: tuple[str, ...]) -> Text | None:
    """Why the result cannot be converted, None where it can."""
    if not wanted:
        return None
    if not given:
        return Text.UNDEFINED_TO_BIGINT if wanted[0] == _BIG else None
    return None if (wanted[0] == _BIG) is (given[0] == _BIG) else _between(given[0])


def _between(given: str) -> Text:
    return Text.BIGINT_TO_NUMBER if given == _BIG else Text.NUMBER_TO_BIGINT


def parse_type(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Parameters and results of a function type's text form, ``(i32,i64)->(i32)``."""
    params, _, results = text.partition("->")
    return _values(params), _values(results)


def _values(text: str) -> tuple[str, ...]:
    inner = text.strip().removeprefix("(").removesuffix(")")
    return tuple(value for value in inner.split(",") if value)

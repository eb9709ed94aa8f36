"""Entries with what becomes of their calls, once all that can provide their functions is known."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from pyodide_abi.signatures.entries import Certainty, least
from pyodide_abi.signatures.outcomes import CallResult, caller_of, outcome_of
from pyodide_abi.values import replace, value
from pyodide_abi.wasm import FuncType, ValueType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pyodide_abi.platforms.surface import Symbol
    from pyodide_abi.signatures.entries import TableEntry
    from pyodide_abi.signatures.outcomes import Caller, Setting
    from pyodide_abi.signatures.recover import Recovered
    from pyodide_abi.wasm import ExternType


@value
class Row:
    """An entry, its function, and what becomes of calls.

    Attributes:
        entry: what was found in the module.
        have: the type of the function; None where nobody provides it.
        certainty: that this function is called so.
        calls: The outcome of a call, by release.
        provider: the path of the library that has the function; empty for the module itself.
    """

    entry: TableEntry
    have: FuncType | None
    certainty: Certainty
    calls: Mapping[str, CallResult]
    provider: str = ""

    @property
    def caller(self) -> Caller:
        """Who calls."""
        return _caller(self.entry)

    @property
    def fits(self) -> bool:
        """The function is what its caller expects."""
        return self.have == self.entry.prototype.type and not self.entry.target.trap

    @property
    def function(self) -> str:
        """The function by its C name, or by its index where it has none."""
        return self.entry.target.name or str(self.entry.target.index)


@value
class Company:
    """Who else can provide a function that is found by its name.

    Attributes:
        own: what the module itself exports.
        others: what the other libraries export, by path.
        offers: The offers of the runtime, by release.
    """

    own: Mapping[str, ExternType]
    others: Mapping[str, Mapping[str, ExternType]]
    offers: Mapping[str, Mapping[str, Symbol]]


def rows_of(recovered: Recovered, company: Company, settings: Sequence[Setting]) -> tuple[Row, ...]:
    """The rows of a module.

    Args:
        recovered: The module's entries.
        company: The providers of functions.
        settings: The settings that it may run in, the oldest release first.
    """
    return tuple(
        row for entry in recovered.entries for row in _rows(_in_company(entry, company), company, settings)
    )


def _in_company(entry: TableEntry, company: Company) -> TableEntry:
    """An entry; less sure in a table whose name two libraries have, since the first one decides for both."""
    if entry.data and any(entry.data in names for names in company.others.values()):
        return replace(entry, certainty=least(entry.certainty, Certainty.LIKELY))
    return entry


def _rows(entry: TableEntry, company: Company, settings: Sequence[Setting]) -> Iterator[Row]:
    if entry.target.index is not None:
        yield _row(entry, entry.target.type, entry.certainty, settings)
        return
    name = entry.target.name
    offered = {setting.release: _offered(company, setting.release, name) for setting in settings}
    if any(offered.values()):
        calls = {
            setting.release: _outcome(entry, type_, setting)
            for setting in settings
            if (type_ := offered[setting.release]) is not None
        }
        have = [type_ for type_ in offered.values() if type_ is not None][-1]
        yield Row(entry=entry, have=have, certainty=entry.certainty, calls=calls)
        return
    found = list(_providers(company, name))
    if not found:
        yield Row(entry=entry, have=None, certainty=entry.certainty, calls={})
    different = len({type_ for _, type_ in found}) > 1
    for place, (provider, type_) in enumerate(found if different else found[:1]):
        # The first library that is loaded decides for the whole process; a module's own comes first alone.
        doubt = Certainty.CERTAIN if not different else Certainty.MAY if place else Certainty.LIKELY
        certainty = max(entry.certainty, doubt, key=lambda one: one.rank)
        yield _row(entry, type_, certainty, settings, provider)


def _row(
    entry: TableEntry,
    have: FuncType | None,
    certainty: Certainty,
    settings: Sequence[Setting],
    provider: str = "",
) -> Row:
    calls = {} if have is None else {one.release: _outcome(entry, have, one) for one in settings}
    return Row(entry=entry, have=have, certainty=certainty, calls=calls, provider=provider)


def _caller(entry: TableEntry) -> Caller:
    """Who calls a function; what is called back bears the name of what hands it over."""
    member = entry.name.rpartition(" ")[2] if entry.within is None else ""
    return caller_of(entry.prototype, member)


def _outcome(entry: TableEntry, have: FuncType, setting: Setting) -> CallResult:
    if entry.target.trap:
        return CallResult.TRAPS
    return outcome_of(_caller(entry), have, entry.prototype.type, setting)


def _providers(company: Company, name: str) -> Iterator[tuple[str, FuncType]]:
    """Who has a function of a name, the module itself first."""
    for path, exports in (("", company.own), *company.others.items()):
        type_ = exports.get(name)
        if isinstance(type_, FuncType):
            yield path, type_


def _offered(company: Company, release: str, name: str) -> FuncType | None:
    symbol = company.offers.get(release, {}).get(name)
    return None if symbol is None or symbol.type is None else _parsed(symbol.type)


@lru_cache
def _parsed(text: str) -> FuncType | None:
    """A function type from the form that the platforms' symbols have it in."""
    if not text.startswith("("):
        return None
    params, _, results = text.partition("->")
    return FuncType(_types(params), _types(results))


def _types(text: str) -> tuple[ValueType, ...]:
    inner = text[1:-1]
    return tuple(map(ValueType, inner.split(","))) if inner else ()

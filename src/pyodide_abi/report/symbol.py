"""What is known of one symbol, as data and as lines for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.rules import RULES
from pyodide_abi.platforms.hollow import Weight
from pyodide_abi.report.demangled import readable
from pyodide_abi.report.explain import wrapped
from pyodide_abi.report.printable import printable
from pyodide_abi.wording import spans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.platforms.hollow import Hollow
    from pyodide_abi.platforms.symbol_facts import Offered, SymbolFacts
    from pyodide_abi.report.explain import Data

_RULES = {rule.name: f"{rule.code} {rule.name}" for rule in RULES}
_HOLLOW_RULE, _UNDEFINED_RULE = "hollow-function", "undefined-symbol"
_HOLLOW_PAGE = "docs/reference/hollow-functions.md"


def symbol_data(facts: SymbolFacts) -> Data:
    """One symbol."""
    return {
        "type": "symbol",
        "name": facts.name,
        "demangled": readable(facts.name),
        "offered": [
            {
                "platform": offer.platform,
                "releases": list(offer.releases),
                "kind": str(offer.symbol.kind),
                "type": offer.symbol.type,
            }
            for offer in facts.offered
        ],
        "hollow": [
            {
                "how": str(row.how),
                "effect": row.effect,
                "instead": row.instead,
                "platforms": list(row.platforms),
            }
            for row in facts.hollow
        ],
    }


def symbol_text(facts: SymbolFacts) -> Iterator[str]:
    """As :func:`symbol_data`, in lines."""
    return map(printable, _lines(facts))


def _lines(facts: SymbolFacts) -> Iterator[str]:
    yield f"{facts.name}: a symbol"
    written = readable(facts.name)
    if written != facts.name:
        yield from wrapped("written", written)
    forms: dict[str, list[str]] = {}
    for offer in facts.offered:
        forms.setdefault(_form(offer), []).append(_place(offer))
    for form, places in forms.items():
        yield from wrapped("offered", f"by {', '.join(places)}, as {form}")
    if not facts.offered:
        yield from wrapped(
            "offered",
            "by no platform: a module that imports it does not load, or fails when it is called, unless the "
            "wheel brings it (linked in, or in a library that the module needs)",
        )
        yield from wrapped("rules", _RULES[_UNDEFINED_RULE])
    for row in facts.hollow:
        yield from _hollow(row, facts.name)


def _hollow(row: Hollow, name: str) -> Iterator[str]:
    where = f"on {', '.join(row.platforms)}" if row.platforms else "everywhere"
    yield from wrapped(row.how, f"{where}: {name} {row.effect}")
    yield from wrapped("instead", row.instead)
    if row.weight is not Weight.PAGE:
        yield from wrapped("rules", _RULES[row.by or _HOLLOW_RULE])
    yield from wrapped("see", _HOLLOW_PAGE)


def _form(offer: Offered) -> str:
    kind = str(offer.symbol.kind).replace("-", " ").replace("wasm", "WebAssembly").replace("js", "JavaScript")
    return f"{kind} {offer.symbol.type}" if offer.symbol.type else kind


def _place(offer: Offered) -> str:
    if offer.releases == offer.every_release:
        return offer.platform
    return f"{offer.platform} ({spans(offer.releases, offer.every_release)})"

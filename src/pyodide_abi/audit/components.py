"""What symbols belong to that no release provides: ``components.toml``, and the findings that follow from it.

A module that needs a whole library of Emscripten, or the other half of a sanitizer, misses many symbols for
one reason. The rules say the reason once instead of every symbol.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.undefined import effect_of_call
from pyodide_abi.errors import PlatformDataError
from pyodide_abi.values import value
from pyodide_abi.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding
    from pyodide_abi.audit.rule import Rule
    from pyodide_abi.audit.undefined import Gap

_FILE = "components.toml"


@value
class Component:
    """Something that many symbols belong to.

    Attributes:
        name: The component's name.
        rule: The name of the rule that speaks of it.
        what: A noun phrase, to follow "it needs".
        names: The names of symbols that belong to it.
        prefixes: The beginnings of further names.
        fix: what to do.
        source: The address of the page with the names.
    """

    name: str
    rule: str
    what: str
    names: frozenset[str]
    prefixes: tuple[str, ...]
    fix: str
    source: str

    def has(self, symbol: str) -> bool:
        """The symbol belongs to it."""
        return symbol in self.names or symbol.startswith(self.prefixes)


@cache
def load_parts() -> tuple[Component, ...]:
    """All parts.

    Raises:
        PlatformDataError: the file is damaged.
    """
    import tomllib  # noqa: PLC0415 - few wheels lack a part
    from importlib.resources import files  # noqa: PLC0415 - as above

    text = files("pyodide_abi.audit").joinpath(_FILE).read_text("utf-8")
    return decode_parts(tomllib.loads(text))


def decode_parts(document: Mapping[str, Any]) -> tuple[Component, ...]:
    """Read the document.

    Raises:
        PlatformDataError: an entry lacks something or has too much.
    """
    parts = []
    for index, entry in enumerate(document["part"]):
        try:
            lists = {"names": frozenset(entry.get("names", ())), "prefixes": tuple(entry.get("prefixes", ()))}
            parts.append(Component(**{**entry, **lists}))
        except TypeError as error:
            raise PlatformDataError(f"{_FILE}: part[{index}]: {error}") from error
    return tuple(parts)


def part_of(symbol: str) -> Component | None:
    """What an undefined symbol belongs to, if that is known."""
    names, prefixes = _beginnings()
    # A hostile module lacks a hundred thousand, none of which belongs to anything.
    if symbol not in names and not symbol.startswith(prefixes):
        return None
    return next((part for part in load_parts() if part.has(symbol)), None)


@cache
def _beginnings() -> tuple[frozenset[str], tuple[str, ...]]:
    """The names and the prefixes of all parts."""
    parts = load_parts()
    names = frozenset().union(*[part.names for part in parts])
    return names, tuple([prefix for part in parts for prefix in part.prefixes])


def findings_about_parts(case: Case, rule: Rule) -> Iterator[Finding]:
    """One finding for each library and part that a rule speaks of.

    Only what *no* release provides belongs here: for the rest the releases matter, not the part.
    """
    found: dict[tuple[str, str], tuple[Component, list[Gap]]] = {}
    for gap in case.gaps:
        part = part_of(gap.symbol)
        if part is not None and part.rule == rule.name and set(gap.releases) == set(case.releases):
            found.setdefault((gap.path, part.name), (part, []))[1].append(gap)
    for (path, _), (part, gaps) in found.items():
        names = listed([gap.symbol for gap in gaps], mark="`")
        evidence = next((gap.evidence for gap in gaps if gap.evidence), None)
        if evidence:
            effect, severity = "the module does not load", Severity.ERROR
        else:
            consequence, severity = effect_of_call(case.binaries)
            effect = f"the first call {consequence}"
        yield rule.finding(
            f"it needs {part.what} ({names}); {effect}",
            evidence=evidence,
            fix=part.fix,
            path=case.member_of(path),
            symbol=gaps[0].symbol,
            releases=case.releases,
            severity=severity,
        )

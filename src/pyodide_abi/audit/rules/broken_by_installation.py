"""What a plain import loads is refused, or lacks functions, once an installer has loaded the wheel ahead.

## What it checks

Wheels with several libraries: what `loadPackage` and `micropip` do with them, which load every library of a
wheel ahead, one by one in the order of the archive, and what imports find after that.

## Why it breaks

A library that is loaded ahead is alone: it sees what it needs itself, not what its users need beside it. If
it counts on them, its load fails, or it finds no function when it calls one. A load that fails ends the work
of the installer, counts as done, and leaves its demands in the loader's table, where every later load trips
over them. The import in a fresh interpreter, which is what a test of the build mostly does, shows nothing of
this.

## Example

`liba.so` uses data of `libb.so` and does not say that it needs it; the extension module needs both. `Failed
to load dynamic library …/liba.so: … undefined symbol 'table'`, and after that every import fails likewise.

## How to fix

Link every library with all that it uses, so that it says what it needs. Repair or leave out the library that
is named, even if nothing imports it.

## References

- loader.md, section 4
- loader.md, section 5
- <https://pyodide.org/en/stable/usage/api/js-api.html#pyodide.loadPackage>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Rule
from pyodide_abi.linker import Outcome
from pyodide_abi.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding
    from pyodide_abi.audit.subject import Binary
    from pyodide_abi.linker import UndefinedCall


class _Harm:
    """What one cause does: to which extension modules, in which releases."""

    def __init__(self) -> None:
        self.victims: dict[str, None] = {}
        self.releases: dict[str, None] = {}

    def add(self, victims: Iterable[Binary], release: str) -> None:
        self.victims.update((binary.member, None) for binary in victims)
        self.releases[release] = None


def check(case: Case) -> Iterator[Finding]:
    """One finding for each library that ends an installation, and for each function that is lost by one."""
    ended: dict[tuple[str, str], _Harm] = {}
    lost: dict[tuple[str, str], _Harm] = {}
    for release in case.releases:
        victims = [binary for binary in case.binaries if binary.extension and _suffers(binary, release)]
        end = next((binary for binary in case.binaries if release in binary.stops), None)
        if end is None:
            for binary in victims:
                for latent in _lost(binary, release):
                    lost.setdefault((latent.library, latent.symbol), _Harm()).add([binary], release)
        elif victims and not (end.extension and end.judged(release).problems):
            # A module that is refused anyway has a finding of its own, and what it spoils too.
            ended.setdefault((end.member, end.stops[release]), _Harm()).add(victims, release)
    for (member, words), harm in ended.items():
        yield RULE.finding(
            f"an installer loads this ahead, by itself, and stops there: {words.splitlines()[-1]}; modules "
            f"that load by themselves then do not, or lack functions: {listed(harm.victims)}",
            fix="link it with everything that it uses, repair it or leave it out",
            path=member,
            releases=tuple(harm.releases),
        )
    for (path, symbol), harm in lost.items():
        yield RULE.finding(
            f"the library calls `{symbol}`, which it finds when {listed(harm.victims)} loads it, and not "
            "when an installer loads it ahead, by itself: then the first call ends the interpreter",
            fix=f"link the library with the one that has `{symbol}`, so that it says what it needs",
            path=case.member_of(path),
            symbol=symbol,
            releases=tuple(harm.releases),
        )


def _suffers(binary: Binary, release: str) -> bool:
    """A plain import of it ends better than one after the installation."""
    if release not in binary.installed or binary.judged(release).outcome is Outcome.FAILS:
        return False
    return bool(binary.installed[release].problems or _lost(binary, release))


def _lost(binary: Binary, release: str) -> list[UndefinedCall]:
    before = set(binary.judged(release).undefined_calls)
    return [latent for latent in binary.installed[release].undefined_calls if latent not in before]


RULE = Rule(
    code="ABI310",
    name="broken-by-installation",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
)

"""What became of a wheel's modules in real releases, as text and as data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from pyodide_abi.report.printable import printable
from pyodide_abi.runtime.account import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

    from pyodide_abi.runtime.verify import Loaded, Verification

#: How an outcome looks on a terminal.
STYLES = {
    Outcome.LOADED: "green",
    Outcome.REFUSED: "red",
    Outcome.NO_INIT: "red",
    Outcome.RAISED: "red",
    Outcome.KILLED: "bold red",
}
_UNLIMITED = 10_000


def write_verification(verification: Verification, console: Console) -> None:
    """A matrix, modules by releases; below it each message once, with where it was met."""
    console.print(printable(verification.wheel.name), style="bold")
    if not verification.results:
        console.print("  no extension modules: nothing to load\n")
        return
    widen(console)
    console.print(_matrix(verification))
    for title, results in _grouped(verification.results):
        console.print(f"  {printable(title)}  [{', '.join(result.release for result in results)}]")
        for line in results[0].message.splitlines():
            console.print(f"    {printable(line)}")
    for module, note, releases in _notes(verification.results):
        console.print(
            f"  {printable(module)}: loaded by its path; a plain import ends so  [{', '.join(releases)}]"
        )
        for line in note.splitlines():
            console.print(f"    {printable(line)}")
    loaded = sum(result.outcome is Outcome.LOADED for result in verification.results)
    console.print(
        f"  {loaded} of {len(verification.results)} loaded ({verification.engine})\n",
        style="green" if verification.ok else "red",
    )


def widen(console: Console) -> None:
    """Let tables be as wide as they have to be where no terminal sets their width."""
    if not console.is_terminal:
        console.width = _UNLIMITED


def verifications_to_json(verifications: Iterable[Verification]) -> str:
    """One object for each wheel."""
    return json.dumps([_as_data(verification) for verification in verifications], indent=2)


def _as_data(verification: Verification) -> dict[str, object]:
    modules: dict[str, dict[str, object]] = {}
    for result in verification.results:
        entry = modules.setdefault(result.path, {})
        entry[result.release] = {
            "outcome": result.outcome.value,
            "message": result.message or None,
            "package": result.package or None,
        }
    names = {result.path: result.module for result in verification.results}
    return {
        "wheel": verification.wheel.name,
        "engine": verification.engine,
        "releases": list(verification.releases),
        "modules": [
            {"path": path, "module": names[path], "loads": releases} for path, releases in modules.items()
        ],
        "ok": verification.ok,
    }


def _matrix(verification: Verification) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("  module", overflow="fold")
    for release in verification.releases:
        table.add_column(release, no_wrap=True)
    by_place = {(result.path, result.release): result for result in verification.results}
    names = {result.path: result.module for result in verification.results}
    for path, name in names.items():
        cells = [by_place[path, release].outcome for release in verification.releases]
        table.add_row(f"  {printable(name)}", *(Text(cell.value, style=STYLES[cell]) for cell in cells))
    return table


def _grouped(results: Sequence[Loaded]) -> list[tuple[str, list[Loaded]]]:
    """Failures, with the releases of one message brought together."""
    groups: dict[tuple[str, str, str], list[Loaded]] = {}
    for result in results:
        if result.outcome is not Outcome.LOADED:
            groups.setdefault((result.module, result.outcome.value, result.message), []).append(result)
    return [(f"{module}: {outcome}", found) for (module, outcome, _), found in groups.items()]


def _notes(results: Sequence[Loaded]) -> list[tuple[str, str, list[str]]]:
    groups: dict[tuple[str, str], list[str]] = {}
    for result in results:
        if result.package:
            groups.setdefault((result.module, result.package), []).append(result.release)
    return [(module, note, releases) for (module, note), releases in groups.items()]

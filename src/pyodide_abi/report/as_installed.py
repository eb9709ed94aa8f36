"""What became of a wheel that was installed as users install it, as text and as data."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from rich.text import Text

from pyodide_abi.report.printable import printable
from pyodide_abi.report.tables import bare_table, widen, write_table
from pyodide_abi.report.verify import STYLES, latent_to_data, write_latent
from pyodide_abi.runtime.differences import differences

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console
    from rich.table import Table

    from pyodide_abi.audit.finding import Finding
    from pyodide_abi.runtime.as_installed import AsInstalled, Installation


def write_as_installed(result: AsInstalled, console: Console, latent: Sequence[Finding] = ()) -> None:
    """For each release a matrix, modules by ways; below it what failed, and where the ways differ.

    Args:
        result: What happened.
        console: The place to write to.
        latent: What the audit says of calls, which an import need not make.
    """
    engines = ", ".join(f"{way} in {engine}" for way, engine in result.engines)
    console.print(f"{printable(result.wheel.name)}, installed with {engines}", style="bold")
    widen(console)
    for release, installations in _by_release(result):
        write_table(_matrix(release, installations), console)
        for item in installations:
            if item.error:
                console.print(f"  {item.way} cannot install it:", style="red")
                _write_lines(item.error, console)
            for tried in item.modules:
                if tried.message:
                    console.print(f"  {printable(tried.module)}: {tried.outcome} with {item.way}")
                    _write_lines(tried.message, console)
        found = differences(installations)
        if found:
            console.print("  the ways differ:", style="yellow")
        for line in found:
            console.print(f"    {printable(line)}")
    if result.stand_ins:
        names = ", ".join(map(printable, result.stand_ins))
        console.print(f"  from the index, because the releases' own server could not be reached: {names}")
    write_latent(latent, console)
    style, word = ("green", "all ways are well") if result.ok else ("red", "not all ways are well")
    if result.ok and not any(item.modules for item in result.installations):
        style, word = "yellow", "installed in all ways; there is nothing in it to import"
    elif result.ok and latent:
        style, word = "yellow", "installed and imported in all ways; what is called was not tried"
    console.print(f"  {word}\n", style=style)


def as_installed_to_data(
    result: AsInstalled, latent: Sequence[Finding] = (), *, name: str = ""
) -> dict[str, Any]:
    """What became of one wheel as JSON values.

    Args:
        result: What happened.
        latent: What the audit says of calls, which an import need not make.
        name: The wheel as it was given; its file's name if empty.
    """
    return {
        "wheel": name or result.wheel.name,
        "engines": {way.value: engine for way, engine in result.engines},
        "releases": {
            release: {
                "ways": {
                    item.way.value: {
                        "error": item.error or None,
                        "distributions": dict(item.distributions),
                        "modules": {
                            tried.module: {"outcome": tried.outcome.value, "message": tried.message or None}
                            for tried in item.modules
                        },
                    }
                    for item in installations
                },
                "differences": differences(installations),
            }
            for release, installations in _by_release(result)
        },
        "stand_ins": list(result.stand_ins),
        "latent": latent_to_data(latent),
        "ok": result.ok,
    }


def _by_release(result: AsInstalled) -> Iterator[tuple[str, list[Installation]]]:
    for release, items in groupby(result.installations, key=lambda item: item.release):
        yield release, list(items)


def _matrix(release: str, installations: list[Installation]) -> Table:
    table = bare_table()
    table.add_column(f"  {release}", overflow="fold")
    for item in installations:
        table.add_column(item.way.value, no_wrap=True)
    fine = Text("installed", style="green")
    failed = Text("failed", style="red")
    table.add_row("  (installation)", *(failed if item.error else fine for item in installations))
    cells: dict[str, list[Text]] = {}
    for number, item in enumerate(installations):
        for tried in item.modules:
            row = cells.setdefault(tried.module, [Text("")] * len(installations))
            row[number] = Text(tried.outcome.value, style=STYLES[tried.outcome])
    for module, row in cells.items():
        table.add_row(f"  {printable(module)}", *row)
    return table


def _write_lines(text: str, console: Console) -> None:
    for line in text.splitlines():
        console.print(f"    {printable(line)}")

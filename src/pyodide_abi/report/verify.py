"""What became of a wheel's modules in real releases, as text and as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from pyodide_abi.report.demangled import readable
from pyodide_abi.report.printable import printable
from pyodide_abi.report.tables import bare_table, widen, write_table
from pyodide_abi.runtime.account import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console
    from rich.table import Table

    from pyodide_abi.audit.finding import Finding
    from pyodide_abi.linker import Prediction
    from pyodide_abi.runtime.verify import Loaded, Verification

    #: The audit's, by the engine, the module's path and the release.
    Predictions = Mapping[tuple[str, str, str], Prediction]

#: How an outcome looks on a terminal.
STYLES = {
    Outcome.LOADED: "green",
    Outcome.REFUSED: "red",
    Outcome.NO_INIT: "red",
    Outcome.RAISED: "red",
    Outcome.KILLED: "bold red",
    Outcome.NEEDS: "yellow",
}
#: So many findings about calls are shown.
_MOST_LATENT = 5


def write_verification(
    verification: Verification,
    console: Console,
    predictions: Predictions | None = None,
    latent: Sequence[Finding] = (),
) -> None:
    """A matrix, modules by releases; below it each message once with its places, and the predictions.

    Args:
        verification: What happened.
        console: Where to write.
        predictions: What the audit says of the same loads.
        latent: What the audit says of calls, which a load does not make.
    """
    console.print(printable(verification.wheel.name), style="bold")
    if not verification.results:
        console.print("  no native files: nothing was tried\n")
        return
    widen(console)
    write_table(_matrix(verification), console)
    several = len(verification.engines) > 1
    for title, results in _grouped(verification.results):
        console.print(f"  {printable(title)}  [{_places(results, several=several)}]")
        for line in results[0].message.splitlines():
            console.print(f"    {printable(line)}")
    for module, note, noted in _notes(verification.results):
        console.print(
            f"  {printable(module)}: loaded by its path; a plain import ends so  "
            f"[{_places(noted, several=several)}]"
        )
        for line in note.splitlines():
            console.print(f"    {printable(line)}")
    for line in _compared(verification.results, predictions or {}):
        console.print(f"  {printable(line)}")
    for release, caveats in verification.caveats.items():
        for caveat in caveats:
            console.print(f"  caveat, {release}: {printable(caveat)}", style="yellow")
    write_latent(latent, console)
    for path in verification.untried:
        console.print(f"  {printable(path)}: not opened by itself, modules that need it load it")
    _write_engines(verification, console)
    loaded = sum(result.outcome is Outcome.LOADED for result in verification.results)
    titles = ", ".join(engine.title for engine in verification.engines)
    lacking = ", ".join(dict.fromkeys(gap.engine for gap in verification.gaps))
    console.print(
        f"  {loaded} of {len(verification.results)} loaded ({titles})"
        + (f"; not all in {lacking}" if lacking else "")
        + "\n",
        style="green" if verification.ok else "red" if verification.failed else "yellow",
    )


def write_latent(latent: Sequence[Finding], console: Console) -> None:
    """What the audit says of calls."""
    for finding in latent[:_MOST_LATENT]:
        where = f" in {finding.location.path}" if finding.location.path else ""
        console.print(
            f"  loading calls nothing, and calls can fail: {finding.code} {finding.name}{printable(where)}: "
            f"{printable(readable(finding.message))}"
        )
    if len(latent) > _MOST_LATENT:
        console.print(f"  and {len(latent) - _MOST_LATENT} more of that sort; 'pyodide-abi audit' lists all")


def _write_engines(verification: Verification, console: Console) -> None:
    """What kept the wheel from the machine, and in which engines nothing was tried."""
    several = len(verification.engines) > 1
    for engine in verification.engines:
        if engine.walls:
            name = f" in {engine.title}" if several else ""
            console.print(f"  locked away{name}: {printable('; '.join(engine.walls))}")
    for gap in verification.gaps:
        console.print(f"  not loaded in {gap.engine}: {printable(gap.reason)}", style="yellow")
        for line in gap.hint.splitlines():
            console.print(f"    {printable(line)}")


def called(result: Loaded) -> str:
    """What a result's file is called: a module by its dotted name, a library by its path."""
    return result.module or result.path


def verification_to_data(
    verification: Verification,
    predictions: Predictions | None = None,
    latent: Sequence[Finding] = (),
    *,
    name: str = "",
) -> dict[str, Any]:
    """One wheel's loads as JSON values.

    Args:
        verification: What happened.
        predictions: What the audit says of the same loads, where it says something.
        latent: What the audit says of calls, which a load does not make.
        name: The wheel as it was given; its file's name if empty.
    """
    predictions = predictions or {}
    caveats = {release: list(texts) for release, texts in verification.caveats.items()}
    modules: dict[tuple[str, str], dict[str, object]] = {}
    for result in verification.results:
        entry = modules.setdefault((result.path, result.engine), {})
        predicted = predictions.get((result.engine, result.path, result.release))
        entry[result.release] = {
            "outcome": result.outcome.value,
            "message": result.message or None,
            "package": result.package or None,
            "predicted": predicted.outcome.value if predicted else None,
        }
    names = {result.path: result.module for result in verification.results}
    return {
        "wheel": name or verification.wheel.name,
        "engines": [
            {"name": engine.name, "title": engine.title, "walls": list(engine.walls)}
            for engine in verification.engines
        ],
        "gaps": [{"engine": gap.engine, "reason": gap.reason, "hint": gap.hint} for gap in verification.gaps],
        "releases": list(verification.releases),
        **({"caveats": caveats} if caveats else {}),
        "modules": [
            {"path": path, "module": names[path] or None, "engine": engine, "loads": releases}
            for (path, engine), releases in modules.items()
        ],
        "untried": list(verification.untried),
        "latent": latent_to_data(latent),
        "failed": verification.failed,
        "ok": verification.ok,
    }


def latent_to_data(latent: Sequence[Finding]) -> list[dict[str, Any]]:
    """What the audit says of calls as JSON values."""
    return [
        {
            "code": finding.code,
            "path": finding.location.path or None,
            "message": finding.message,
            "releases": list(finding.releases),
        }
        for finding in latent
    ]


def _matrix(verification: Verification) -> Table:
    """A row for each module; with several engines, one for those of them that end alike."""
    several = len(verification.engines) > 1
    table = bare_table()
    table.add_column("  module", overflow="fold")
    if several:
        table.add_column("engine", overflow="fold")
    for release in verification.releases:
        table.add_column(release, no_wrap=True)
    by_place = {(result.path, result.engine, result.release): result for result in verification.results}
    names = {result.path: called(result) for result in verification.results}
    for path, name in names.items():
        rows: dict[tuple[Outcome | None, ...], list[str]] = {}
        for engine in verification.engines:
            found = (by_place.get((path, engine.name, release)) for release in verification.releases)
            rows.setdefault(tuple(each.outcome if each else None for each in found), []).append(engine.name)
        for number, (outcomes, engines) in enumerate(rows.items()):
            whose = [", ".join(engines)] if several else []
            shown = (Text(outcome.value, style=STYLES[outcome]) if outcome else "-" for outcome in outcomes)
            table.add_row(f"  {printable(name)}" if not number else "", *whose, *shown)
    return table


def _places(results: Sequence[Loaded], *, several: bool) -> str:
    """Where some results were seen: releases, by engines that saw it in the same ones."""
    by_engine: dict[str, list[str]] = {}
    for result in results:
        by_engine.setdefault(result.engine, []).append(result.release)
    groups: dict[tuple[str, ...], list[str]] = {}
    for engine, releases in by_engine.items():
        groups.setdefault(tuple(releases), []).append(engine)
    return "; ".join(
        f"{', '.join(engines)}: {', '.join(releases)}" if several else ", ".join(releases)
        for releases, engines in groups.items()
    )


def _grouped(results: Sequence[Loaded]) -> list[tuple[str, list[Loaded]]]:
    """Failures, with the places of one message brought together."""
    groups: dict[tuple[str, str, str], list[Loaded]] = {}
    for result in results:
        if result.outcome is not Outcome.LOADED:
            groups.setdefault((called(result), result.outcome.value, result.message), []).append(result)
    return [(f"{module}: {outcome}", found) for (module, outcome, _), found in groups.items()]


def _notes(results: Sequence[Loaded]) -> list[tuple[str, str, list[Loaded]]]:
    groups: dict[tuple[str, str], list[Loaded]] = {}
    for result in results:
        if result.package:
            groups.setdefault((called(result), result.package), []).append(result)
    return [(module, note, noted) for (module, note), noted in groups.items()]


def _compared(results: Sequence[Loaded], predictions: Predictions) -> list[str]:
    """How many loads ended as predicted, and those that did not."""
    found = [(result, predictions.get((result.engine, result.path, result.release))) for result in results]
    known = [(result, prediction) for result, prediction in found if prediction]
    if not known:
        return []
    wrong = [pair for pair in known if not _as_predicted(*pair)]
    lines = [f"as the audit predicts: {len(known) - len(wrong)} of {len(known)}"]
    for result, prediction in wrong:
        said = prediction.error or prediction.outcome.value
        place = f"{result.release}, {result.engine}"
        lines.append(f"  {called(result)} in {place}: predicted was: {said}")
    return lines


def _as_predicted(result: Loaded, prediction: Prediction) -> bool:
    """Whether the loader did so. What a module's own initialisation does is not the loader's."""
    if result.outcome in {Outcome.RAISED, Outcome.KILLED, Outcome.NEEDS}:
        return True
    return (prediction.error is None) == (result.outcome is Outcome.LOADED)

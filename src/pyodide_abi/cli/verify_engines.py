"""What ``pyodide-abi verify`` loads a wheel in, and what the audit predicts of that."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pyodide_abi.audit.finding import Finding
    from pyodide_abi.cli.session import Session
    from pyodide_abi.linker import Prediction
    from pyodide_abi.report.verify import Predictions
    from pyodide_abi.runtime.find_engine import Engines
    from pyodide_abi.signatures.rows import Row

#: Stands for every engine.
ALL = "all"


class Predicted(NamedTuple):
    """What the audit says.

    Attributes:
        loads: What it says of loading every module, by engine, path and release.
        calls: the functions that are called through pointers, by the path of the module.
        incomplete: paths of the modules that may have more of these: not all of their code was followed.
        latent: what it says of calls that fail.
    """

    loads: Predictions
    calls: Mapping[str, Sequence[Row]]
    incomplete: Sequence[str]
    latent: Sequence[Finding]


def engines_of(args: argparse.Namespace, session: Session) -> Engines:
    """The engines asked for, and those of them that are not there.

    Raises:
        UsageError: calls are asked for in several.
        MissingError: there is none of them.
    """
    from pyodide_abi.cli.options import words
    from pyodide_abi.errors import UsageError
    from pyodide_abi.platforms.engine_documents import engine_names
    from pyodide_abi.runtime.find_engine import Engines, choose_engines
    from pyodide_abi.runtime.node import find_node

    given = words(",".join(args.engine))
    names = engine_names() if ALL in given else tuple(dict.fromkeys(given))
    if args.calls and len(names) > 1:
        raise UsageError("--calls takes one engine at a time", hint="name one: --engine deno")
    if names:
        return choose_engines(names, session.host, unlocked=args.unlocked)
    return Engines(programs=(find_node(session.host, args.node),))


def predictions_of(wheel: Path, engines: Sequence[str]) -> Predicted:
    """What the audit says of a wheel.

    Of an engine that it does not know it says nothing, but which calls there are. Calls are those of the
    first one.
    """
    from pyodide_abi.audit.many import audit_files
    from pyodide_abi.audit.rules import fatal_call, refused_call, release_dependent_symbol, undefined_symbol
    from pyodide_abi.platforms.engine_documents import engine_names
    from pyodide_abi.values import replace

    predictions: dict[tuple[str, str, str], Prediction] = {}
    calls: Mapping[str, Sequence[Row]] = {}
    latent: list[Finding] = []
    incomplete: list[str] = []
    codes = {fatal_call.RULE.code, refused_call.RULE.code}
    of_symbols = {undefined_symbol.RULE.code, release_dependent_symbol.RULE.code}
    for number, engine in enumerate(engines):
        known = engine in engine_names()
        (audited,) = audit_files([wheel], engine=engine if known else None)
        if audited.report is None:
            return Predicted({}, {}, (), ())
        if known:
            for binary in audited.report.modules:
                for release, prediction in binary.imported.items():
                    predictions[engine, binary.path, release] = prediction
        if number:
            continue
        rows = audited.report.calls
        bare = {path: [replace(row, calls={}) for row in found] for path, found in rows.items()}
        calls = rows if known else bare
        incomplete = [binary.path for binary in audited.report.modules if not binary.recovered.complete]
        # What lacks a symbol and loads all the same ends at its first call.
        dying = {
            binary.path
            for binary in audited.report.modules
            if any(prediction.undefined_calls for prediction in binary.imported.values())
        }
        latent = [
            finding
            for finding in audited.report.findings
            if finding.code in codes or (finding.code in of_symbols and finding.location.path in dying)
        ]
    return Predicted(predictions, calls, incomplete, latent)

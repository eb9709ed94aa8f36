"""``pyodide-abi audit``: will it load and run, in every release of its platform?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.cli.options import positive
from pyodide_abi.errors import PyodideAbiError

if TYPE_CHECKING:
    import argparse
    from concurrent.futures import Executor
    from contextlib import AbstractContextManager

    from pyodide_abi.audit import Report
    from pyodide_abi.cli.session import Session

_EPILOG = """\
examples:
  pyodide-abi audit dist/*.whl
      every wheel, held against the platform of its tag
  pyodide-abi audit build/_core.cpython-314-wasm32-emscripten.so --platform 314_0
      a module by itself; only you know which platform it is for
  pyodide-abi audit wheelhouse/*.whl --jobs 8
      many of them
  pyodide-abi audit dist/*.whl --ignore ABI402,run-path-not-read --format json
      without two rules, as data

exit status: 0 no errors (warnings and notes do not count), 1 errors, 2 a file that cannot be read or a wrong
call. Of several files the worst counts.

settings: select = ["ABI2", "ABI4"] and ignore = ["ABI402"] in [tool.pyodide-abi.audit] of pyproject.toml.

The audit predicts what the loader of each release does, with its own words. A wheel that installs and imports
can still end the interpreter at the first call of a function that nobody provides: those are errors too.
docs/reference/rules/ describes every rule. No runtime is started and no network is used; 'pyodide-abi verify'
loads the wheel for real.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add arguments, a description and examples."""
    from pyodide_abi.cli.settings import words
    from pyodide_abi.platforms.engines import DEFAULT_ENGINE, engine_names

    parser.epilog = _EPILOG
    parser.add_argument("files", nargs="+", metavar="WHEEL|FILE.so", help="wheels and modules to audit")
    parser.add_argument(
        "--platform", metavar="NAME", help="hold it against this platform, not that of its tag"
    )
    parser.add_argument(
        "--select",
        type=words,
        default=(),
        metavar="CODES",
        help="only these rules: codes (ABI402 or 402), their beginnings (ABI4, 4) or names, with commas",
    )
    parser.add_argument(
        "--ignore", type=words, default=(), metavar="CODES", help="not these rules, named likewise"
    )
    parser.add_argument(
        "--format",
        choices=("text", "json", "github", "sarif"),
        default="text",
        help="how to write the result (default: text)",
    )
    parser.add_argument(
        "--jobs",
        type=positive,
        default=1,
        metavar="N",
        help="audit so many files at a time, each in a process of its own (default: 1)",
    )
    parser.add_argument(
        "--engine",
        choices=engine_names(),
        help=f"the JavaScript engine to predict for (default: {DEFAULT_ENGINE}, with what other current "
        "engines refuse)",
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """Audit every file; the exit status is that of the worst."""
    from pyodide_abi.audit.many import audit_files
    from pyodide_abi.audit.run_rules import choose
    from pyodide_abi.platforms import load_platform

    select, ignore = args.select, args.ignore
    choose(select=select, ignore=ignore)
    platform = load_platform(args.platform).name if args.platform else None
    files = [session.cwd / Path(name).expanduser() for name in args.files]
    results: list[tuple[str, Report | PyodideAbiError]] = []
    with _executor(min(args.jobs, len(files))) as executor:
        audited = audit_files(
            files, platform=platform, engine=args.engine, select=select, ignore=ignore, executor=executor
        )
        for given, done in zip(args.files, audited, strict=True):
            result = done.report or done.error
            assert result is not None
            # Files of one name in several folders are told apart by what they were called here.
            alone = sum(file.name == done.file.name for file in files) == 1
            results.append((done.file.name if alone else given, result))
    _write(results, args.format, session)
    return max(_status(result) for _, result in results)


def _executor(jobs: int) -> AbstractContextManager[Executor | None]:
    """Processes to work in; none for one job, which this process does."""
    if jobs == 1:
        from contextlib import nullcontext

        return nullcontext()
    from concurrent.futures import ProcessPoolExecutor

    return ProcessPoolExecutor(jobs)


def _status(result: Report | PyodideAbiError) -> int:
    if isinstance(result, PyodideAbiError):
        return result.exit_code
    return 1 if result.failed else 0


def _write(results: list[tuple[str, Report | PyodideAbiError]], form: str, session: Session) -> None:
    reports = [result for _, result in results if not isinstance(result, PyodideAbiError)]
    unreadable = {name: result for name, result in results if isinstance(result, PyodideAbiError)}
    match form:
        case "json":
            from pyodide_abi.report.json import audit_to_data, audits_to_json, unreadable_to_data

            documents = [
                unreadable_to_data(name, str(result))
                if isinstance(result, PyodideAbiError)
                else audit_to_data(result)
                for name, result in results
            ]
            session.out.write(audits_to_json(documents))
        case "sarif":
            from pyodide_abi.report.sarif import audits_to_sarif

            reasons = {name: str(error) for name, error in unreadable.items()}
            session.out.write(audits_to_sarif(reports, reasons))
        case "github":
            from pyodide_abi.report.github import audit_to_annotations, unreadable_to_annotation

            lines = [line for report in reports for line in audit_to_annotations(report)]
            lines += [unreadable_to_annotation(name, str(error)) for name, error in unreadable.items()]
            session.write_commands(f"{line}\n" for line in lines)
        case _:
            from pyodide_abi.report.text import print_audit, write_audit

            console = session.console() if session.out.isatty() else None
            for report in reports:
                if console is None:
                    write_audit(report, session.out)
                else:
                    print_audit(report, console)
    if form != "github":
        from pyodide_abi.cli.session import report_error

        for error in unreadable.values():
            report_error(error, environ=session.environ, traceback=False)

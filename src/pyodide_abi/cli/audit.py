"""``pyodide-abi audit``: will it load and run, in every release of its platform?"""

from __future__ import annotations

from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING

from pyodide_abi.cli.options import add_executor_option, positive, web_address

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from pyodide_abi.audit import Report
    from pyodide_abi.cli.audit_policy import Outcome
    from pyodide_abi.cli.session import Session
    from pyodide_abi.platforms.model import Platform

#: Forms that programs read.
_DATA = ("json", "jsonl", "sarif", "junit", "html")

_EPILOG = """\
examples:
  pyodide-abi audit dist/*.whl
      every wheel, held against the platform of its tag
  pyodide-abi audit wheelhouse
      every wheel in a folder, or an unpacked wheel or site-packages, whose files are judged together
  pyodide-abi audit build/_core.cpython-314-wasm32-emscripten.so --platform 314_0
      a module, with the libraries that its run paths lead to and the other files named
  pyodide-abi audit numpy==2.4.0 --platform 314_0
      the wheel that pip finds with its own settings; also an address, and '-' for stdin
  pyodide-abi audit wheelhouse/*.whl --jobs 8
      many of them
  pyodide-abi audit dist/*.whl --ignore ABI402,run-path-not-read --format json --output audit.json
      without two rules, as data, in a file
  pyodide-abi audit dist/*.whl --strict --baseline known.json
      fail on whatever is new, warnings too; --write-baseline known.json says what is known

exit status: 0 no errors (warnings count with --strict or --error), 1 errors, 2 a file that cannot be read or
a wrong call. Of several files the worst counts.

settings: every option is also a variable (PYODIDE_ABI_IGNORE=ABI402) and a key in pyproject.toml, in
[tool.pyodide-abi] for all commands or [tool.pyodide-abi.audit]: select = ["ABI2", "ABI4"]. A platform that is
set so is for files without a tag; only --platform overrides a tag.

The audit predicts what the loader of each release does, with its own words. A wheel that installs and imports
can still end the interpreter at the first call of a function that nobody provides: those are errors too.
docs/reference/rules/ describes every rule. No runtime is started, and no network is used unless an address or
a requirement is named; 'pyodide-abi verify' loads the wheel for real.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add arguments, a description and examples."""
    from pyodide_abi.cli.options import one_engine, words
    from pyodide_abi.platforms.engine_documents import DEFAULT_ENGINE, engine_names

    parser.epilog = _EPILOG
    parser.add_argument(
        "files",
        nargs="+",
        metavar="WHEEL|FILE.so|FOLDER",
        help="what to audit; also '-' for stdin, an address, or NAME==VERSION with --platform",
    )
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
        "--per-file-ignores",
        action="append",
        default=[],
        metavar="GLOB:CODES",
        help="not these rules in files, wheels or members of such a name; may be repeated",
    )
    parser.add_argument("--strict", action="store_true", help="warnings fail, too")
    parser.add_argument(
        "--error",
        type=words,
        default=(),
        metavar="CODES",
        help="findings of these rules fail, whatever they are",
    )
    parser.add_argument("--exit-zero", action="store_true", help="exit with 0 whatever is found")
    parser.add_argument("--baseline", metavar="FILE", help="leave out the findings in this file")
    parser.add_argument("--write-baseline", metavar="FILE", help="write all findings there, as known ones")
    parser.add_argument("--statistics", action="store_true", help="count findings by rule (text)")
    parser.add_argument(
        "--format",
        choices=("text", "json", "jsonl", "github", "sarif", "junit", "html"),
        default="text",
        help="how to write the result (default: text)",
    )
    parser.add_argument("--output", metavar="FILE", help="write the result there (default: standard output)")
    parser.add_argument(
        "--also",
        action="append",
        default=[],
        metavar="FORMAT:FILE",
        help="write the result in that form, too, such as sarif:audit.sarif; may be repeated",
    )
    parser.add_argument(
        "--docs",
        type=web_address,
        metavar="URL",
        help="a site with this documentation, for the links of SARIF (helpUri)",
    )
    parser.add_argument(
        "--jobs",
        type=positive,
        metavar="N",
        help="so many processes: several files at a time, or the modules of a large wheel\n"
        "(default: 1; for a large wheel, the cores)",
    )
    add_executor_option(parser)
    parser.add_argument(
        "--engine",
        type=one_engine,
        choices=engine_names(),
        help=f"the JavaScript engine to predict for (default: {DEFAULT_ENGINE}, with what other current "
        "engines refuse)",
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """Audit every file; the exit status is that of the worst."""
    from pyodide_abi.cli.audit_policy import read_policy, write_baseline
    from pyodide_abi.cli.session import result_file
    from pyodide_abi.cli.settings import set_by
    from pyodide_abi.platforms import load_platform

    policy = read_policy(args, session.cwd)
    also = [_form_and_file(words, args, session) for words in args.also]
    baseline = args.write_baseline and result_file("--write-baseline", args.write_baseline, args, session.cwd)
    _refuse_one_place([*(file for _, file in also), *filter(None, (session.output, baseline))])
    platform = load_platform(args.platform) if args.platform else None
    # A setting is a habit: it stands in where nothing else says the platform.
    habit = set_by(args, "platform")
    with ExitStack() as stack:

        @cache
        def scratch() -> Path:
            # An audit of files that are there writes nothing.
            from pyodide_abi.atomic import temporary

            return stack.enter_context(temporary())

        outcomes, judged = [], []
        for one in _audited(args, session, scratch, platform, habit):
            outcomes.append(one)
            judged.append(policy.judged(one))
            if args.format == "jsonl" and not baseline:
                # Line by line: whoever ends an audit of many files has what was found until then.
                session.out.write(_as_data(judged[-1:], "jsonl", args.docs))
                session.out.flush()
    if habit and any(one.report and one.report.platform_from == "usual" for one in outcomes):
        session.host.progress.say(f"platform {args.platform}: set by {habit}, for files without a tag")
    if baseline:
        many = write_baseline(baseline, outcomes)
        session.host.progress.say(f"wrote {args.write_baseline}; known findings: {many}")
        return max((one.error.exit_code for one in outcomes if one.error), default=0)
    if hidden := _findings(outcomes) - _findings(judged):
        session.host.progress.say(
            f"findings left out, as the baseline or per-file ignores have them: {hidden}"
        )
    for form, file in also:
        from pyodide_abi.atomic import write_result

        write_result(file, _as_data(judged, form, args.docs))
    _write(judged, args, session)
    status = max(one.error.exit_code if one.error else int(policy.fails(one)) for one in judged)
    return 0 if args.exit_zero and status == 1 else status


def _findings(outcomes: Sequence[Outcome]) -> int:
    return sum(len(one.report.findings) for one in outcomes if one.report)


def _audited(
    args: argparse.Namespace,
    session: Session,
    scratch: Callable[[], Path],
    platform: Platform | None,
    habit: str,
) -> Iterator[Outcome]:
    """What became of each target, under the name that it was given by."""
    from pyodide_abi.audit.many import audit_files
    from pyodide_abi.cli.audit_policy import Outcome
    from pyodide_abi.cli.audit_targets import targets_of
    from pyodide_abi.cli.session import usable_cores
    from pyodide_abi.copies import Copies
    from pyodide_abi.values import replace

    name = platform.name if platform else None
    targets = list(targets_of(args.files, platform, session, scratch))
    files = [target.path for target in targets if target.path]
    jobs = min(args.jobs or 1, len(files) or 1)
    with ExitStack() as stack:
        executor = None
        if args.executor or jobs > 1:
            from pyodide_abi.executors import opened_executor

            executor = stack.enter_context(opened_executor(args.executor, jobs, session.cwd))
        audited = audit_files(
            files,
            platform=None if habit else name,
            usual=name if habit else None,
            beside=[file for file in files if file.suffix != ".whl" and file.is_file()],
            engine=args.engine,
            select=args.select,
            ignore=args.ignore,
            executor=executor,
            spread=Copies(args.jobs or usable_cores()),
        )
        for target in targets:
            if target.path is None:
                yield Outcome(given=target.given, error=target.error)
                continue
            done = next(audited)
            report = replace(done.report, name=target.given) if done.report else None
            yield Outcome(given=target.given, report=report, error=done.error)


def _form_and_file(words: str, args: argparse.Namespace, session: Session) -> tuple[str, Path]:
    """What ``--also`` asks for.

    Raises:
        UsageError: a form that is no data, or no file, or one that is read; nothing is audited then.
        OSError: The file cannot be written; nothing is audited then.
    """
    from pyodide_abi.cli.session import result_file
    from pyodide_abi.errors import UsageError

    form, _, name = words.partition(":")
    if form not in _DATA or not name:
        raise UsageError(f"--also {words} has to be FORMAT:FILE, with one of {', '.join(_DATA)}")
    return form, result_file("--also", name, args, session.cwd)


def _refuse_one_place(files: Sequence[Path]) -> None:
    """Refuse two results that would go to one file.

    Raises:
        UsageError: There are two such.
    """
    from pyodide_abi.errors import UsageError

    places = [file.resolve() for file in files if file.is_file() or not file.exists()]
    if twice := next((file for at, file in enumerate(places) if file in places[:at]), None):
        raise UsageError(f"two results would go to {twice}")


def _as_data(outcomes: Sequence[Outcome], form: str, docs: str | None) -> str:
    """The text of a form that programs read."""
    reports = [one.report for one in outcomes if one.report]
    unreadable = {one.given: str(one.error) for one in outcomes if one.error}
    match form:
        case "sarif":
            from pyodide_abi.report.sarif import audits_to_sarif

            return audits_to_sarif(reports, unreadable, docs=docs)
        case "html":
            from pyodide_abi.report.html import audits_to_html

            return audits_to_html(reports, unreadable)
        case "junit":
            from pyodide_abi.report.junit import audits_to_junit

            return audits_to_junit(reports, unreadable)
        case _:
            from pyodide_abi.report.envelope import to_envelope, to_lines, unreadable_to_data
            from pyodide_abi.report.json import audit_to_data, summary_of

            results = [
                audit_to_data(one.report)
                if one.report
                else unreadable_to_data("wheel", one.given, str(one.error))
                for one in outcomes
            ]
            if form == "jsonl":
                return to_lines(results)
            return to_envelope("audit", results, summary=summary_of(reports, len(unreadable)))


def _write(outcomes: Sequence[Outcome], args: argparse.Namespace, session: Session) -> None:
    reports = [one.report for one in outcomes if one.report]
    unreadable = {one.given: str(one.error) for one in outcomes if one.error}
    if args.format in _DATA:
        if args.format != "jsonl":  # Its lines are written.
            session.out.write(_as_data(outcomes, args.format, args.docs))
    elif args.format == "github":
        from pyodide_abi.report.github import audit_to_annotations, unreadable_to_annotation

        lines = [line for report in reports for line in audit_to_annotations(report)]
        lines += [unreadable_to_annotation(name, error) for name, error in unreadable.items()]
        session.write_commands(f"{line}\n" for line in lines)
    else:
        _write_text(reports, len(unreadable), args, session)
    if args.format != "github":
        from pyodide_abi.cli.session import report_error

        for one in outcomes:
            if one.error:
                report_error(one.error, environ=session.environ, traceback=False)


def _write_text(
    reports: Sequence[Report], unreadable: int, args: argparse.Namespace, session: Session
) -> None:
    from pyodide_abi.report.text import print_audit, statistics_text, total_text, write_audit

    console = session.console() if session.coloured else None
    for report in reports:
        if console is None:
            write_audit(report, session.out)
        else:
            print_audit(report, console)
    lines = list(statistics_text(reports)) if args.statistics else []
    if len(reports) + unreadable > 1:
        lines.append(total_text(reports, unreadable))
    session.out.writelines(f"{line}\n" for line in lines)

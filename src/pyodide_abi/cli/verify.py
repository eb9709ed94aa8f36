"""``pyodide-abi verify``: load every extension module in the real runtimes."""

from __future__ import annotations

from contextlib import suppress
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from pyodide_abi.cli.options import (
    SomeOf,
    add_executor_option,
    add_find_links_option,
    folders_of,
    positive,
    wheel_named,
)
from pyodide_abi.cli.over_files import Many
from pyodide_abi.cli.settings import set_by
from pyodide_abi.cli.verify_engines import ALL, engines_of, predictions_of

if TYPE_CHECKING:
    import argparse
    from concurrent.futures import Future
    from pathlib import Path

    from pyodide_abi.cli.session import Session
    from pyodide_abi.cli.verify_engines import Predicted
    from pyodide_abi.platforms import Runtime
    from pyodide_abi.runtime.verify import Verification
    from pyodide_abi.runtime.verify_order import VerifyOrder


#: The exit status where something that was asked for is not there.
_LACKS = 3


def configure(parser: argparse.ArgumentParser) -> None:
    """Add arguments, a description and examples."""
    from pyodide_abi.platforms.engine_documents import DEFAULT_ENGINE, engine_names

    parser.description = (
        "Load every native file of a wheel in every release of its platform, each in an interpreter of its\n"
        "own: loaded, refused (with the loader's words), no-init (no PyInit_ function), raised (its own or\n"
        "its package's code raised an exception), killed (the interpreter died) or needs (it imports\n"
        "what is not installed). Extension modules are imported, libraries opened as ctypes does, after the\n"
        "package that they lie in. Dependencies are not installed: where a package fails without them, the\n"
        "module itself is loaded by its path. No function is called.\n\n"
        "--engine loads it elsewhere than in Node 24: in Bun, Deno and other lines of Node (fetched from\n"
        "npm), in WebKit, Firefox and Chromium (as they are on this machine). One that is lacking\n"
        "is named, and the exit status says so.\n\n"
        "With --calls, functions are called: every entry that 'show --signatures' lists, each\n"
        "in an interpreter of its own, with None for every argument; what happened is set beside what the\n"
        "audit predicts.\n\n"
        "With --deep, functions that take no arguments are called below ever more nested calls, until\n"
        "Python's RecursionError or the engine's stack is met, which ends the interpreter.\n\n"
        "With --as-installed, install the wheel with its dependencies as users do instead: with the\n"
        "release's own micropip in Node, with pip as in a Pyodide virtual environment, and in headless\n"
        "Chromium where there is one; import its modules after each; say where the ways differ."
    )
    parser.epilog = (
        "examples:\n"
        "  pyodide-abi verify dist/*.whl\n"
        "  pyodide-abi verify dist/my-*.whl --runtime 0.28.0 --runtime 0.29.4\n"
        "  pyodide-abi verify dist/*.whl --format json --jobs 4\n"
        "  pyodide-abi verify dist/my-*.whl --engine firefox --engine deno --runtime latest\n"
        "  pyodide-abi verify dist/my-*.whl --calls --runtime 314.0.7\n"
        "  pyodide-abi verify dist/my-*.whl --deep --engine chromium --engine firefox --runtime latest\n"
        "  pyodide-abi verify dist/my-*.whl --as-installed\n"
        "  pyodide-abi verify dist/my-*.whl --as-installed --offline --find-links wheelhouse\n\n"
        "exit status: 0 every module loaded, 1 one did not, or the wheel could not be installed, or a call\n"
        "trapped or ended otherwise than predicted, 2 a file that is no wheel, or a wrong call, 3 a\n"
        "runtime, an engine or a package that is needed cannot be had.\n"
    )
    parser.add_argument("wheels", nargs="+", metavar="WHEEL", help="a wheel")
    parser.add_argument(
        "--runtime",
        action="append",
        default=[],
        metavar="V",
        help="only in this release; of any platform; may be repeated (default: all of the wheel's platform,\n"
        "with --as-installed its newest)",
    )
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument("--calls", action="store_true", help="call what the modules hand over to be called")
    ways.add_argument(
        "--deep", action="store_true", help="measure how deep calls may nest above the wheel's own functions"
    )
    ways.add_argument(
        "--as-installed", action="store_true", help="install it as users do, with its dependencies"
    )
    add_find_links_option(parser, "--as-installed: a folder of wheels for dependencies, before the index")
    parser.add_argument(
        "--index-url",
        metavar="URL",
        help="--as-installed: the index for dependencies (default: that of PIP_INDEX_URL or\n"
        "UV_DEFAULT_INDEX, else PyPI)",
    )
    parser.add_argument(
        "--browser",
        metavar="PATH",
        help="--as-installed: this browser of the Chromium family, or 'none' (default: one on the PATH)",
    )
    parser.add_argument(
        "-j", "--jobs", type=positive, metavar="N", help="interpreters at once (default: cores)"
    )
    add_executor_option(parser)
    parser.add_argument(
        "--unlocked",
        action="store_true",
        help="let the wheel read, write, start and reach what you can (default: it runs in a locked room)",
    )
    engines = parser.add_mutually_exclusive_group()
    engines.add_argument(
        "--engine",
        action="append",
        default=[],
        choices=SomeOf((*engine_names(), ALL)),
        metavar="E",
        help=f"load in this engine: {', '.join(engine_names())}, or all;\n"
        f"several with commas, or repeated (default: {DEFAULT_ENGINE})",
    )
    engines.add_argument(
        "--node", metavar="NODE", help="another Node: an executable, or a version such as 20"
    )
    parser.add_argument(
        "--timeout", type=positive, default=120, metavar="SECONDS", help="for each interpreter (default: 120)"
    )
    parser.add_argument(
        "--limit",
        type=positive,
        default=1800,
        metavar="SECONDS",
        help="for all loads of a wheel together, and for all calls (default: 1800)",
    )
    parser.add_argument(
        "--format",
        choices=("text", "json", "jsonl"),
        default="text",
        help="for people (the default) or for programs",
    )
    parser.add_argument("--output", metavar="FILE", help="write the result there (default: standard output)")


def run(args: argparse.Namespace, session: Session) -> int:
    """Load them all; 1 if any did not load, or a call went wrong."""
    from pyodide_abi.cli.session import usable_cores
    from pyodide_abi.errors import PyodideAbiError
    from pyodide_abi.executors import opened_executor, result_of
    from pyodide_abi.host import HostWishes
    from pyodide_abi.report.verify import verification_to_data, write_verification
    from pyodide_abi.runtime.verify_order import VerifyOrder, verify_order

    if args.as_installed:
        return _run_as_installed(args, session)
    named = _named_runtimes(args)
    many = Many(session, key="wheel", form=args.format)
    jobs = args.jobs or usable_cores()
    found_engines = cache(partial(engines_of, args, session))

    def order(given: str) -> VerifyOrder:
        wheel = wheel_named(given, session.cwd)
        return VerifyOrder(
            wheel=wheel,
            runtimes=_runtimes(wheel, named, habit=bool(set_by(args, "runtime"))),
            engines=found_engines(),
            timeout=float(args.timeout),
            unlocked=args.unlocked,
            limit=float(args.limit),
            wishes=HostWishes.of(session.host),
        )

    def verify(given: str) -> dict[str, Any]:
        ordered = order(given)
        if given in elsewhere:
            verification = result_of(elsewhere[given])
        else:
            verification = verify_order(ordered, session.host, jobs)
        programs = [program.engine for program in ordered.engines.programs]
        predicted = predictions_of(ordered.wheel, programs)
        if args.format == "text":
            write_verification(verification, session.console(), predicted.loads, predicted.latent)
        found = verification_to_data(verification, predicted.loads, predicted.latent, name=given)
        found |= _of_calls(args, session, ordered, verification, predicted)
        if not found.pop("calls_ok"):
            found |= {"failed": True, "ok": False}
        return found

    elsewhere: dict[str, Future[Verification]] = {}
    with opened_executor(args.executor, 1, session.cwd) as executor:
        if executor is not None:
            for given in args.wheels:
                with suppress(PyodideAbiError):  # It is told in its turn.
                    elsewhere[given] = executor.submit(verify_order, order(given))
        for given in args.wheels:
            many.add(given, partial(verify, given))
    failed = sum(one.get("failed", not one.get("ok", True)) for one in many.results)
    many.write("verify", {"failed": failed})
    lacking = any(one.get("gaps") for one in many.results)
    return max(many.worst, int(failed > 0)) or (_LACKS if lacking else 0)


def _of_calls(
    args: argparse.Namespace,
    session: Session,
    ordered: VerifyOrder,
    verification: Verification,
    predicted: Predicted,
) -> dict[str, Any]:
    """What is found beyond loading, as JSON values; ``calls_ok`` says whether calls went well."""
    from pyodide_abi.cli.session import usable_cores
    from pyodide_abi.report.called_entries import calls_to_data, write_calls
    from pyodide_abi.report.depths import depths_to_data, write_depths
    from pyodide_abi.runtime.depths import measure_depths
    from pyodide_abi.runtime.entry_calls import call_entries

    programs = ordered.engines.programs
    timeout, unlocked = float(args.timeout), bool(args.unlocked)
    if args.calls:
        called = call_entries(
            verification,
            ordered.runtimes,
            predicted.calls,
            session.host,
            program=programs[0],
            jobs=args.jobs or usable_cores(),
            timeout=timeout,
            unlocked=unlocked,
            limit=ordered.limit,
        )
        if args.format == "text":
            write_calls(called, session.console(), predicted.incomplete)
        return {
            "calls_ok": all(entry.ok for entry in called),
            "calls": calls_to_data(called),
            "signatures_incomplete": list(predicted.incomplete),
        }
    if args.deep:
        reached = measure_depths(
            verification,
            ordered.runtimes,
            predicted.calls,
            session.host,
            programs=programs,
            timeout=timeout,
            unlocked=unlocked,
        )
        if args.format == "text":
            write_depths(reached, session.console())
        return {"calls_ok": True, "depths": depths_to_data(reached)}
    return {"calls_ok": True}


def _run_as_installed(args: argparse.Namespace, session: Session) -> int:
    from pyodide_abi.platforms.engine_documents import DEFAULT_ENGINE
    from pyodide_abi.report.as_installed import as_installed_to_data, write_as_installed
    from pyodide_abi.runtime.as_installed import verify_as_installed
    from pyodide_abi.runtime.browser import find_browser
    from pyodide_abi.runtime.node import find_node

    named = _named_runtimes(args)
    many = Many(session, key="wheel", form=args.format)
    node = find_node(session.host, args.node)
    browser = None if args.browser == "none" else find_browser(session.host, args.browser)
    if browser is None and args.browser is None:
        session.host.progress.say("no browser on the PATH: only micropip's and pip's ways are tried")

    def verify(given: str) -> dict[str, Any]:
        wheel = wheel_named(given, session.cwd)
        result = verify_as_installed(
            wheel,
            _runtimes_to_install(wheel, named, habit=bool(set_by(args, "runtime"))),
            session.host,
            node=node,
            browser=browser,
            folders=folders_of(args.find_links, session.cwd),
            index=args.index_url,
            timeout=float(args.timeout),
            unlocked=args.unlocked,
            limit=float(args.limit),
        )
        latent = predictions_of(wheel, [DEFAULT_ENGINE]).latent
        if args.format == "text":
            write_as_installed(result, session.console(), latent)
        return as_installed_to_data(result, latent, name=given)

    for given in args.wheels:
        many.add(given, partial(verify, given))
    failed = sum(not one.get("ok", True) for one in many.results)
    many.write("verify", {"failed": failed})
    return max(many.worst, int(failed > 0))


def _named_runtimes(args: argparse.Namespace) -> tuple[Runtime, ...]:
    """Those of ``--runtime``; a wrong name stops everything, before a wheel is looked at."""
    from pyodide_abi.platforms import find_runtime

    return tuple(find_runtime(version) for version in dict.fromkeys(args.runtime))


def _runtimes_to_install(wheel: Path, named: tuple[Runtime, ...], *, habit: bool) -> tuple[Runtime, ...]:
    from pyodide_abi.platforms import default_platform
    from pyodide_abi.runtime.releases import newest

    runtimes = _runtimes(wheel, named, habit=habit)
    return runtimes if named and not habit else (newest(runtimes or default_platform().runtimes),)


def _runtimes(wheel: Path, named: tuple[Runtime, ...], *, habit: bool) -> tuple[Runtime, ...]:
    """The releases to load a wheel in.

    Args:
        wheel: The wheel.
        named: Releases that the user names.
        habit: Whether a setting names them, which counts only for wheels of their platform.
    """
    from pyodide_abi.errors import UsageError
    from pyodide_abi.runtime.verify import runtimes_for
    from pyodide_abi.wheel import parse_wheel_name

    if named and not habit:
        return named
    runtimes = runtimes_for(wheel)
    own = {runtime.version for runtime in runtimes}
    if fitting := tuple(runtime for runtime in named if runtime.version in own or not own):
        return fitting
    tags = parse_wheel_name(wheel.name).platforms
    if not runtimes and tags != ("any",):
        raise UsageError(
            f"{wheel.name}: its tag ({'.'.join(tags)}) names none of our platforms",
            hint="'pyodide-abi platforms' lists them; --runtime V names a release to try it in all the same",
        )
    return runtimes

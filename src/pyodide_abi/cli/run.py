"""``pyodide-abi run``: python in a real runtime, with wheels installed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.cli.options import add_find_links_option, folders_of, one_engine, positive
from pyodide_abi.cli.settings import set_by
from pyodide_abi.errors import FailedError, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping, Sequence

    from pyodide_abi.cli.session import Session
    from pyodide_abi.platforms import Runtime
    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.runtime.engine_program import CommandLine
    from pyodide_abi.runtime.release_packages import ReleasePackages

_WHEEL = ".whl"
#: Engines without a command line that has files and streams.
_PAGES = frozenset({"chromium", "firefox", "webkit"})


def configure(parser: argparse.ArgumentParser) -> None:
    """Add arguments, a description and examples."""
    from pyodide_abi.platforms.engine_documents import engine_names

    parser.usage = "%(prog)s [OPTION ...] [WHEEL ... --] [--] [PYTHON ARGUMENT ...]"
    parser.description = (
        "Run Python in a release of the runtime, as 'python' would: -c, -m, a script, '-' or nothing for a\n"
        "program on stdin, its arguments, streams and exit status. The working folder is mounted at its own\n"
        "path; what else the program may see is named with --mount. Everything after '--' is Python's.\n\n"
        "--with names a wheel's file or a project, whose wheel comes from the folders of --find-links, else\n"
        "from the packages of the release itself (its lock file, whose digests are checked), else from the\n"
        "index; what it depends on, likewise. Packages of the release are loaded as loadPackage does.\n"
        "Other wheels are unpacked, not installed: micropip and loadPackage open every library of a wheel\n"
        "ahead, each for itself, which can change what works; 'verify --as-installed' does as they do.\n\n"
        "The program runs in a locked room: it writes to its folders alone, starts nothing and reaches\n"
        "nothing. --network opens the network (pyodide.http.pyfetch), --unlocked opens everything."
    )
    parser.epilog = (
        "examples:\n"
        '  pyodide-abi run -c "import sys; print(sys.version)"\n'
        "  pyodide-abi run script.py some arguments\n"
        "  pyodide-abi run --platform 2025_0 dist/my-*.whl -- -m my_package\n"
        "  pyodide-abi run --with numpy --with 'attrs>=23' script.py\n"
        "  pyodide-abi run --with pytest dist/my-*.whl -- -m pytest tests\n"
        "  pyodide-abi run --with micropip -c 'import micropip; print(micropip.list())'\n"
        "  echo 'print(6 * 7)' | pyodide-abi run --timeout 10 -- -\n\n"
        "The program gets the variables of --env, and of the caller's those that mean the same in another\n"
        "machine: CI, COLUMNS, FORCE_COLOR, LANG, LC_ALL, LINES, NO_COLOR, SOURCE_DATE_EPOCH, TERM, TZ and\n"
        "PYTHON..., but not PYTHONPATH and PYTHONHOME, which name paths.\n\n"
        "The first start in a release makes a snapshot of its interpreter, from which later ones start in a\n"
        "fraction of the time, all with one hash seed. Options of Python's own (-O, -X), PYTHONHASHSEED and\n"
        "other variables that it reads when it starts get an interpreter that starts from nothing. At the\n"
        "end atexit functions run and files are flushed, but objects are not destroyed.\n\n"
        "Ctrl-C is a KeyboardInterrupt, in a sleep and an asyncio.run() too where the engine switches\n"
        "stacks (Node 24 and later, releases from 0.27 on); where Python does not get to it within a second\n"
        "(a read, a promise of JavaScript, a loop in compiled code), the interpreter is ended.\n\n"
        "exit status: the program's own; 124 where its time was up, 130 after Ctrl-C, 134 where the\n"
        "interpreter died, 128 and the signal's number where something killed it.\n"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--runtime", metavar="V", help="a release: 0.29.4, 0.29 (its newest), latest")
    where.add_argument(
        "--platform",
        metavar="P",
        help="the newest release of a platform (default: of the wheels' own, else of the default platform)",
    )
    parser.add_argument(
        "-w",
        "--wheel",
        "--with",
        dest="wheel",
        action="append",
        default=[],
        metavar="WHEEL|NAME",
        help="install this file, or a project by its name (numpy, 'attrs>=23'), with what it depends on",
    )
    add_find_links_option(
        parser, "a folder of wheels, which come before the release's own packages and the index"
    )
    parser.add_argument(
        "--index-url",
        metavar="URL",
        help="the index for what neither a folder nor the release has (default: that of PIP_INDEX_URL or\n"
        "UV_DEFAULT_INDEX, else PyPI)",
    )
    parser.add_argument("--no-deps", action="store_true", help="install the named wheels and nothing else")
    parser.add_argument("--network", action="store_true", help="let the program use the network")
    parser.add_argument(
        "--unlocked",
        action="store_true",
        help="let it read, write, start and reach what you can (default: its folders, and nothing else)",
    )
    engines = parser.add_mutually_exclusive_group()
    engines.add_argument(
        "--engine",
        type=one_engine,
        choices=[name for name in engine_names() if name not in _PAGES],
        help="run in this engine (default: node24)",
    )
    engines.add_argument(
        "--node", metavar="NODE", help="another Node: an executable, or a version such as 20"
    )
    parser.add_argument(
        "--env", action="append", default=[], metavar="NAME[=VALUE]", help="set or pass on a variable"
    )
    parser.add_argument(
        "--mount", action="append", default=[], metavar="DIR", help="show this folder to the program, too"
    )
    parser.add_argument(
        "--timeout", type=positive, metavar="SECONDS", help="end the program after this time (status 124)"
    )
    # As for python, each takes all that follows.
    parser.add_argument("-c", dest="code", nargs="...", metavar="CODE", help="run this code")
    parser.add_argument("-m", dest="module", nargs="...", metavar="MODULE", help="run this module")
    parser.add_argument("arguments", nargs="...", metavar="ARGUMENT", help="as after 'python'")


def run(args: argparse.Namespace, session: Session) -> int:
    """Run it; the program's exit status."""
    from pyodide_abi.runtime.program import Program, run_python

    wheels, python_arguments = split(_python_words(args))
    named = [_wheel(word, session.cwd) for word in (*wheels, *args.wheel)]
    runtime = _runtime(args, (item for item in named if isinstance(item, Path)))
    wheels_to_install, packages = _installed(named, runtime, args, session)
    finished = run_python(
        Program(
            args=tuple(python_arguments),
            cwd=session.cwd,
            environ=_environ(args.env, session.host.environ),
            mounts=tuple(session.cwd / folder for folder in args.mount),
            network=args.network,
            unlocked=args.unlocked,
            wheels=wheels_to_install,
            packages=packages,
        ),
        runtime.release,
        session.host,
        engine=_engine(args, session),
        attached=True,
        timeout=args.timeout,
    )
    if finished.timed_out:
        _report(
            f"the program ran for {args.timeout} s in the runtime {runtime.version}, and was killed",
            "--timeout SECONDS gives it more time",
            args,
            session,
        )
    elif finished.died:
        _report(
            f"the interpreter of the runtime {runtime.version} died: {finished.died}",
            "above is where in the program; 'pyodide-abi audit WHEEL' finds what kills interpreters",
            args,
            session,
        )
    return finished.status if finished.status >= 0 else 128 - finished.status


def _engine(args: argparse.Namespace, session: Session) -> CommandLine:
    """The engine asked for."""
    from pyodide_abi.runtime.engine_program import Bun, Deno
    from pyodide_abi.runtime.find_engine import find_engine_program
    from pyodide_abi.runtime.node import Node, find_node

    if not args.engine:
        return find_node(session.host, args.node)
    program = find_engine_program(args.engine, session.host)
    assert isinstance(program, Node | Deno | Bun)
    return program


def _installed(
    named: Sequence[str | Path], runtime: Runtime, args: argparse.Namespace, session: Session
) -> tuple[tuple[Path, ...], ReleasePackages | None]:
    """The files to unpack and the packages of the release to load, all of them here."""
    if not named:
        return (), None
    from pyodide_abi.runtime.package_index import Sources
    from pyodide_abi.runtime.release_packages import fetch_packages
    from pyodide_abi.runtime.releases import install_release
    from pyodide_abi.runtime.requirements import choose_wheels

    folders = folders_of(args.find_links, session.cwd)
    sources = Sources(
        wheel=None,
        folders=folders,
        releases={runtime.version: install_release(runtime.release, session.host)},
        index=args.index_url,
        host=session.host,
    )
    chosen = choose_wheels(named, folders, runtime=runtime, dependencies=not args.no_deps, sources=sources)
    if not chosen.packages:
        return chosen.wheels, None
    return chosen.wheels, fetch_packages(chosen.packages, runtime, sources)


def _python_words(args: argparse.Namespace) -> list[str]:
    """What stands for Python, as if ``--`` had stood before it."""
    if args.code is not None:
        return ["--", "-c", *args.code, *args.arguments]
    if args.module is not None:
        return ["--", "-m", *args.module, *args.arguments]
    return list(args.arguments)


def split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Take leading wheels and the ``--`` behind them from what is Python's.

    Raises:
        UsageError: there are wheels, and it is not clear where they end.
    """
    # Of the wheels that lead, -c and -m are no names: what follows is Python's.
    leading = next((number for number, word in enumerate(words) if not word.endswith(_WHEEL)), len(words))
    if leading and words[leading : leading + 1] in (["-c"], ["-m"]):
        return list(words[:leading]), list(words[leading:])
    if "--" in words:
        cut = words.index("--")
        wheels = list(words[:cut])
        if all(word.endswith(_WHEEL) for word in wheels):
            return wheels, list(words[cut + 1 :])
    if words and words[0].endswith(_WHEEL):
        raise UsageError(
            f"what comes after the wheel {words[0]}?",
            hint="options come before the wheels, Python's arguments after '--':\n"
            "pyodide-abi run [OPTION ...] WHEEL ... -- ARGUMENT ...",
        )
    return [], list(words)


def _wheel(word: str, cwd: Path) -> str | Path:
    if not word.endswith(_WHEEL):
        return word
    # A pattern that the shell found no file for has no wheel's name either, but that is not what is wrong.
    if not (cwd / word).exists():
        raise UsageError(f"there is no file {cwd / word}")
    return cwd / word


def _runtime(args: argparse.Namespace, wheels: Iterable[Path]) -> Runtime:
    from pyodide_abi.platforms import find_runtime, load_platform
    from pyodide_abi.runtime.releases import newest

    # What is set outside of the command line stands in where neither it nor a wheel's tag says anything.
    if args.runtime and not set_by(args, "runtime"):
        return find_runtime(args.runtime)
    if args.platform and not set_by(args, "platform"):
        return newest(load_platform(args.platform).runtimes)
    usual = find_runtime(args.runtime) if args.runtime else None
    habit = usual.platform if usual else load_platform(args.platform) if args.platform else None
    platform = _platform_of(wheels, habit)
    return usual if usual and platform is habit else newest(platform.runtimes)


def _platform_of(wheels: Iterable[Path], habit: Platform | None) -> Platform:
    from pyodide_abi.platforms import default_platform, platform_of_tag
    from pyodide_abi.wheel import parse_wheel_name

    tags = (tag for wheel in wheels for tag in parse_wheel_name(wheel.name).platforms)
    return next(
        (platform for platform in map(platform_of_tag, tags) if platform), habit or default_platform()
    )


def _environ(given: Sequence[str], environ: Mapping[str, str]) -> dict[str, str]:
    pairs = (word.partition("=") for word in given)
    return {name: value if sign else environ.get(name, "") for name, sign, value in pairs}


def _report(message: str, hint: str, args: argparse.Namespace, session: Session) -> None:
    """Beside the program's own exit status, which an exception would replace."""
    from pyodide_abi.cli.session import report_error

    error = FailedError(message, hint=hint)
    report_error(error, environ=session.host.environ, traceback=args.traceback)

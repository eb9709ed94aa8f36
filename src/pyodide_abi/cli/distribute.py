"""``pyodide-abi distribute``: many packages at once, into a folder of wheels with a lock file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.cli.options import add_executor_option, add_find_links_option, folders_of, positive

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from pyodide_abi.build import Target
    from pyodide_abi.cli.session import Session
    from pyodide_abi.distribution.distributing import Workers
    from pyodide_abi.distribution.resolution import Asked
    from pyodide_abi.distribution.work_plan import Step
    from pyodide_abi.platforms.model import Platform

DESCRIPTION = """\
Make wheels of many packages, and of all that they need, for a version of the platform: a folder that a web
server can serve as it is.

uv resolves the requirements for the platform's markers. A wheel of the index that fits is taken as it is;
what has none is built from its sdist, with the libraries that it lacks, and repaired. Each wheel is audited
and loaded; all of them are audited as one set. Then come a lock file (pyodide-lock.json) for loadPackage and
micropip, from which every package is loaded and imported once, and a page about everything (report.html).

Called again, it goes on where it was: what is done is not done again, whatever ended it. A package that fails
stops only what needs it.
"""

EXAMPLES = """\
examples:
  pyodide-abi distribute requirements.txt --platform 314_0 --outdir wheelhouse
      a requirements file, or a list with a name on each line
  pyodide-abi distribute pyproject.toml 'rich>=13' --outdir wheelhouse
      what a project depends on, and one package more
  pyodide-abi distribute spam --find-links sdists --no-index
      sdists and wheels of a folder, and nothing else
  pyodide-abi distribute list.txt --test 'numpy:import numpy; assert numpy.arange(3).sum() == 3'
      run this when the package is loaded
  pyodide-abi distribute list.txt --executor cluster:executor
      on what the function executor() in cluster.py gives: anything with the interface of
      concurrent.futures.Executor, such as dask's Client(...).get_executor(), that sees the same folders

exit status: 0 everything is there and nothing is wrong with it, 1 a package failed, the set has errors or one
did not load, 2 a wrong call, 3 a tool, a runtime or the index cannot be had.
"""
#: Bytes that one build is taken to need: a large C++ file's compiler, and what comes with it.
_MEMORY = 2048


def configure(parser: argparse.ArgumentParser) -> None:
    """Add arguments, a description and examples."""
    from pyodide_abi.cli.options import words
    from pyodide_abi.cli.target import add_compiler_options, add_platform_option

    parser.description = DESCRIPTION
    parser.epilog = EXAMPLES
    parser.add_argument(
        "wanted",
        nargs="+",
        metavar="LIST|REQUIREMENT",
        help="a requirements file or list (.txt, .in), a pyproject.toml, or a requirement such as 'rich>=13'",
    )
    add_platform_option(parser)
    parser.add_argument(
        "--outdir", default="wheelhouse", metavar="DIR", help="where all goes (default: wheelhouse)"
    )
    parser.add_argument(
        "-c", "--constraint", action="append", default=[], metavar="FILE", help="a file that bounds versions"
    )
    add_find_links_option(
        parser, "a folder of sdists and wheels that count like those of the index; may be repeated"
    )
    parser.add_argument("--no-index", action="store_true", help="ask no index: only --find-links")
    parser.add_argument(
        "--from-source",
        type=words,
        default=(),
        metavar="NAMES",
        help="build these whatever wheels there are, with commas between",
    )
    parser.add_argument(
        "--ignore", type=words, default=(), metavar="CODES", help="not these rules of the audit, with commas"
    )
    parser.add_argument(
        "--test",
        action="append",
        default=[],
        metavar="NAME:CODE",
        help="run Python code in the runtime when the package is loaded; may be repeated",
    )
    parser.add_argument("--no-verify", action="store_true", help="load nothing in a runtime: audit only")
    add_executor_option(parser)
    parser.add_argument(
        "--packages-at-once",
        type=positive,
        metavar="N",
        help="packages worked on at once (default: cores, as far as there is memory; all with --executor)",
    )
    parser.add_argument(
        "--memory-each",
        type=positive,
        default=_MEMORY,
        metavar="MIB",
        help=f"memory that has to be free before one more is begun (default: {_MEMORY})",
    )
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="for people (the default) or for programs"
    )
    add_compiler_options(parser)
    # What a target has that is each project's own matter.
    parser.set_defaults(exports="pyinit", prefix=[], library=[], rust=False, rust_library=None)


def run(args: argparse.Namespace, session: Session) -> int:
    """Make the distribution; 1 if something failed or is not good."""
    from pyodide_abi.atomic import replacing
    from pyodide_abi.distribution.distributing import distribute
    from pyodide_abi.distribution.resolution import resolve
    from pyodide_abi.distribution.work import WorkSettings
    from pyodide_abi.distribution.work_plan import plan
    from pyodide_abi.host import HostWishes
    from pyodide_abi.platforms import default_platform, load_platform
    from pyodide_abi.report.distribution import distribution_to_html, distribution_to_json, write_distribution
    from pyodide_abi.runtime.releases import newest
    from pyodide_abi.toolchain import find_python

    host = session.host
    platform = load_platform(args.platform) if args.platform else default_platform()
    asked, tests = _asked(args, session.cwd), _tests(args.test)
    python = find_python(platform.python.version, host)
    packages = resolve(asked, newest(platform.runtimes), python, host)
    steps = plan(packages, platform, from_source={_normal(name) for name in args.from_source})
    _check_names(tests, [package.name for package in packages])
    workers = _workers(args, session)
    settings = WorkSettings(
        platform=platform,
        target=_target(steps, platform, args, session),
        outdir=(session.cwd / Path(args.outdir).expanduser()).resolve(),
        recipes=tuple((session.cwd / Path(name).expanduser()).resolve() for name in args.recipes),
        verify=not args.no_verify,
        ignore=tuple(args.ignore),
        compilers=args.jobs,
        wishes=HostWishes.of(host),
    )
    done = distribute(steps, settings, workers, host, load=not args.no_verify, tests=tests)
    with replacing(settings.outdir / "report.html") as partial:
        partial.write_text(distribution_to_html(done), "utf-8")
    if args.format == "json":
        session.out.write(distribution_to_json(done))
    else:
        write_distribution(done, session.console())
    return 0 if done.ok else 1


def _target(
    steps: Sequence[Step], platform: Platform, args: argparse.Namespace, session: Session
) -> Target | None:
    """What builds are for, and with what; None where nothing is built.

    Raises:
        MissingError: there is no compiler; the details say for whose sake one is wanted.
    """
    from pyodide_abi.cli.target import find_target
    from pyodide_abi.distribution.work_plan import Action
    from pyodide_abi.errors import MissingError
    from pyodide_abi.wording import listed

    built = [f"{step.package.name} {step.package.version}" for step in steps if step.action is Action.BUILD]
    if not built:
        return None
    try:
        return find_target(platform, args, session)
    except MissingError as error:
        error.details = (f"to be built, out of {len(steps)}: {listed(built)}", *error.details)
        raise


def _asked(args: argparse.Namespace, cwd: Path) -> Asked:
    """What the words on the command line ask for.

    Raises:
        UsageError: a file is not there or cannot be read.
    """
    from pyodide_abi.distribution.resolution import Asked, read_project
    from pyodide_abi.errors import UsageError

    requirements: list[str] = []
    files: list[Path] = []
    for word in args.wanted:
        file = cwd / Path(word).expanduser()
        if file.suffix == ".toml":
            requirements += read_project(file)
        elif file.is_file():
            files.append(file.resolve())
        elif file.suffix in {".txt", ".in"} or file.is_dir():
            raise UsageError(f"there is no file {file}", hint="name a requirements file, or a requirement")
        else:
            requirements.append(_requirement(word))
    constraints = tuple((cwd / Path(name).expanduser()).resolve() for name in args.constraint)
    return Asked(
        requirements=tuple(requirements),
        files=tuple(files),
        constraints=constraints,
        folders=tuple(folder.resolve() for folder in folders_of(args.find_links, cwd)),
        index=not args.no_index,
    )


def _requirement(word: str) -> str:
    """A requirement as it was written.

    Raises:
        UsageError: it is none.
    """
    from pyodide_abi.errors import UsageError
    from pyodide_abi.wheel.requirement import read_requirement

    try:
        read_requirement(word)
    except ValueError as error:
        raise UsageError(
            f"'{word}' is neither a file nor a requirement: {str(error).partition(chr(10))[0]}",
            hint="name a requirements file, a pyproject.toml, or a requirement such as 'rich>=13'",
        ) from error
    return word


def _tests(words: Sequence[str]) -> dict[str, str]:
    """Code by the normalised names of packages.

    Raises:
        UsageError: a word without a name or code.
    """
    from pyodide_abi.errors import UsageError

    found = {}
    for word in words:
        name, _, code = word.partition(":")
        if not name.strip() or not code.strip():
            raise UsageError(f"--test {word!r} has to be NAME:CODE")
        found[_normal(name.strip())] = code
    return found


def _check_names(tests: dict[str, str], names: Sequence[str]) -> None:
    from pyodide_abi.errors import UsageError

    for name in tests:
        if name not in names:
            raise UsageError(f"--test {name}: there is no such package in the distribution")


def _workers(args: argparse.Namespace, session: Session) -> Workers:
    from functools import partial

    from pyodide_abi.cli.session import usable_cores
    from pyodide_abi.distribution.distributing import Workers
    from pyodide_abi.distribution.schedule import Capacity
    from pyodide_abi.executors import free_memory, opened_executor

    each, memory = args.memory_each << 20, free_memory()
    cores = usable_cores()
    fitting = cores if memory is None else max(1, min(cores, memory // each))
    jobs = args.packages_at_once or fitting

    def free() -> bool:
        left = free_memory()
        return args.executor is not None or left is None or left >= each

    return Workers(
        opened=partial(opened_executor, args.executor, jobs, session.cwd),
        capacity=Capacity(most=args.packages_at_once if args.executor else jobs, free=free),
        loads=jobs,
    )


def _normal(name: str) -> str:
    from packaging.utils import canonicalize_name

    return canonicalize_name(name)

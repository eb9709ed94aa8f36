"""``pyodide-abi verify``: load every extension module in the real runtimes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from pyodide_abi.cli.session import Session
    from pyodide_abi.platforms.model import Release


def configure(parser: argparse.ArgumentParser) -> None:
    """Add arguments, a description and examples."""
    parser.description = (
        "Load every extension module of a wheel in every release of its platform, each in an interpreter of\n"
        "its own: loaded, refused (with the loader's words), no-init (no PyInit_ function), raised (an\n"
        "exception from its initialisation) or killed (the interpreter died). Dependencies are not\n"
        "installed: where a package fails without them, the module itself is loaded by its path."
    )
    parser.epilog = (
        "examples:\n"
        "  pyodide-abi verify dist/*.whl\n"
        "  pyodide-abi verify dist/my-*.whl --runtime 0.28.0 --runtime 0.29.4\n"
        "  pyodide-abi verify dist/*.whl --format json --jobs 4\n"
    )
    parser.add_argument("wheels", nargs="+", metavar="WHEEL", help="a wheel")
    parser.add_argument(
        "--runtime",
        action="append",
        default=[],
        metavar="V",
        help="only in this release; of any platform; may be repeated",
    )
    parser.add_argument(
        "-j", "--jobs", type=positive, metavar="N", help="interpreters at once (default: cores)"
    )
    parser.add_argument("--node", metavar="NODE", help="another Node: an executable, or a version such as 20")
    parser.add_argument(
        "--timeout", type=positive, default=120, metavar="SECONDS", help="for each interpreter (default: 120)"
    )
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="for people (the default) or for programs"
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """Load them all; 1 if any did not load."""
    from pyodide_abi.cli.session import usable_cores
    from pyodide_abi.report.verify import verifications_to_json, write_verification
    from pyodide_abi.runtime import find_node, verify_wheel

    wheels = [session.cwd / wheel for wheel in args.wheels]
    plan = [(wheel, _releases(wheel, args.runtime)) for wheel in wheels]
    node = find_node(session.host, args.node)
    jobs = args.jobs or usable_cores()
    verifications = []
    for wheel, releases in plan:
        verification = verify_wheel(
            wheel, releases, session.host, node=node, jobs=jobs, timeout=float(args.timeout)
        )
        verifications.append(verification)
        if args.format == "text":
            write_verification(verification, session.console())
    if args.format == "json":
        session.out.write(verifications_to_json(verifications) + "\n")
    return 0 if all(verification.ok for verification in verifications) else 1


def positive(text: str) -> int:
    """A count above zero, for argparse."""
    from argparse import ArgumentTypeError

    if not text.isdecimal() or int(text) == 0:
        raise ArgumentTypeError(f"'{text}' is not a positive whole number")
    return int(text)


def _releases(wheel: Path, named: list[str]) -> tuple[Release, ...]:
    from pyodide_abi.errors import UsageError
    from pyodide_abi.platforms import find_release
    from pyodide_abi.runtime import releases_for
    from pyodide_abi.wheel import parse_wheel_name

    if named:
        return tuple(find_release(version)[1] for version in dict.fromkeys(named))
    releases = releases_for(wheel)
    tags = parse_wheel_name(wheel.name).platforms
    if not releases and tags != ("any",):
        raise UsageError(
            f"{wheel.name}: its tag ({'.'.join(tags)}) names none of our platforms",
            hint="'pyodide-abi platforms' lists them; --runtime V names a release to try it in all the same",
        )
    return releases

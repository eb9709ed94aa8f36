"""``pyodide-abi doctor``: what is present, what is missing, what would be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.report.printable import printable
from pyodide_abi.values import asdict, replace, value

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from rich.console import Console

    from pyodide_abi.cli.session import Session
    from pyodide_abi.host import Host
    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.toolchain import Present, Rust

_ENVIRONMENT_LACKS = 3


def configure(parser: argparse.ArgumentParser) -> None:
    """Add arguments, a description and examples."""
    parser.description = (
        "What this machine has for building, running and verifying, platform by platform, and the command "
        "that gets what is missing; and variables that would lead builds astray, were they not kept from "
        "them. Installs nothing, and uses no network unless --newer asks for it."
    )
    parser.epilog = (
        "examples:\n"
        "  pyodide-abi doctor\n"
        "  pyodide-abi doctor --platform 2025_0 --toolchain-mismatch allow\n"
        "  pyodide-abi doctor --format json\n\n"
        "exit status: 0 the platform asked for (default: the newest stable one) can be built with what is\n"
        "here, 3 it cannot, 2 a wrong call.\n"
    )
    parser.add_argument("--platform", metavar="P", help="the platform that decides the exit status")
    parser.add_argument(
        "--toolchain-mismatch",
        choices=("refuse", "allow"),
        default="refuse",
        help="whether an Emscripten that is not the platform's version will do (default: refuse)",
    )
    parser.add_argument(
        "--verify",
        action="store_true",
        help="compare releases, snapshots and wheels in the cache with their digests; remove damaged ones",
    )
    parser.add_argument(
        "--newer",
        action="store_true",
        help="ask npm which releases are newer than what is known: the one thing that uses the network",
    )
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="for people (the default) or for programs"
    )


@value
class Check:
    """One thing that is needed.

    Attributes:
        name: what it is.
        found: what is here, in words; empty if nothing is.
        problem: what is wrong; empty if nothing is.
        remedy: the command that mends it.
    """

    name: str
    found: str
    problem: str = ""
    remedy: str = ""


def run(args: argparse.Namespace, session: Session) -> int:
    """Look, print, and say with the exit status whether a build can go ahead."""
    from pyodide_abi.platforms import default_platform, load_platform, load_platforms
    from pyodide_abi.toolchain import find_present, find_present_rusts

    host = replace(session.host, offline=True)
    wanted = load_platform(args.platform) if args.platform else default_platform()
    present = find_present(host)
    allowed = args.toolchain_mismatch == "allow"
    machine = _machine(host)
    engines = _engines(host)
    broken: list[str] = []
    rusts = find_present_rusts(host, broken)
    platforms = {
        platform.name: [
            *_platform(platform, host, present, allowed=allowed),
            _rust(platform, host, rusts, broken),
        ]
        for platform in load_platforms()
    }
    proved = _proved(host) if args.verify else None
    newer = _newer(session.host) if args.newer else None
    needed = [check for check in [*machine, *platforms[wanted.name]] if check.problem]
    if args.format == "json":
        document = {
            "cache": str(host.store.root),
            "machine": [asdict(check) for check in machine],
            "engines": [asdict(check) for check in engines],
            "platforms": {name: [asdict(check) for check in checks] for name, checks in platforms.items()},
            "platform": wanted.name,
            "can_build": not needed,
        }
        if proved is not None:
            document["cache_entries"] = {
                key: "as it was" if fine else "damaged" for key, fine in proved.items()
            }
        if newer is not None:
            document["newer"] = newer
        from pyodide_abi.report.envelope import to_envelope

        session.out.write(to_envelope("doctor", [document], summary={"can_build": not needed}))
    else:
        why = "asked for" if args.platform else "the default"
        marks = {name: f" ({why})" if name == wanted.name else "" for name in platforms}
        parts = {"this machine": machine, "engines for verify": engines}
        parts |= {f"platform {name}{marks[name]}": checks for name, checks in platforms.items()}
        _show(parts, session.console())
        session.console().print(printable(f"cache: {host.store.root}"))
        if proved is not None:
            damaged = [key for key, fine in proved.items() if not fine]
            gone = f", {len(damaged)} were damaged and are gone: {', '.join(damaged)}" if damaged else ""
            session.console().print(
                printable(f"  {len(proved) - len(damaged)} entries are as they were{gone}")
            )
        if newer is not None:
            from pyodide_abi.report.learned import newer_lines

            for line in newer_lines(newer):
                session.console().print(line)
        _verdict(wanted.name, needed, session.console())
    return _ENVIRONMENT_LACKS if needed else 0


def _newer(host: Host) -> list[str]:
    """The releases of npm that are newer than what is known."""
    from pyodide_abi.platforms import load_platforms
    from pyodide_abi.runtime.learning.npm import newer_on_npm

    return newer_on_npm((each.version for platform in load_platforms() for each in platform.releases), host)


def _proved(host: Host) -> dict[str, bool]:
    """Every sealed entry of the cache, and whether it is what it was; one that is not is removed."""
    return {key: host.store.prove(key) for key in host.store.sealed_keys()}


def _machine(host: Host) -> list[Check]:
    """What every platform needs, and what fetching needs. Only the former can be a problem."""
    from pyodide_abi.errors import MissingError
    from pyodide_abi.runtime.node import find_node, find_npm
    from pyodide_abi.toolchain import find_uv
    from pyodide_abi.toolchain.apt import available
    from pyodide_abi.toolchain.programs import find_program

    checks = []
    extra = "pip install 'pyodide-abi[build]'"
    try:
        node = find_node(host)
        checks.append(Check(name="node", found=f"{node.version} ({node.path})"))
    except MissingError as error:
        checks.append(Check(name="node", found="", problem=str(error), remedy=extra))
    try:
        npm = " ".join(find_npm(host))
        checks.append(Check(name="npm", found=npm))
    except MissingError:
        checks.append(Check(name="npm", found="none: releases that are not in the cache cannot be fetched"))
    uv = find_uv(host)
    problem = "" if uv else "there is no uv to make build environments with"
    checks.append(Check(name="uv", found=str(uv or ""), problem=problem, remedy="" if uv else extra))
    patchelf = find_program("patchelf", host)
    checks.append(Check(name="patchelf", found=str(patchelf or "none: Debian's archive cannot be used")))
    reason = available(host)
    checks.append(Check(name="Debian's archive", found=f"cannot be used: {reason}" if reason else "set up"))
    return [*checks, *_leaks(host)]


def _engines(host: Host) -> list[Check]:
    """Which engines ``verify --engine`` finds. None of them is needed, but for the reference one."""
    from pyodide_abi.errors import PyodideAbiError
    from pyodide_abi.platforms.engine_documents import engine_names
    from pyodide_abi.runtime.find_engine import find_engine_program
    from pyodide_abi.runtime.room import is_lockable

    checks = []
    for name in engine_names():
        try:
            program = find_engine_program(name, host, fetch=False, lockable=True)
        except PyodideAbiError as error:
            found = f"none: {error.hint.partition(chr(10))[0] or error.message}"
        else:
            alone = "" if is_lockable(program) else "; only with --unlocked"
            found = f"{program.title} ({program.path}){alone}"
        checks.append(Check(name=name, found=found))
    return checks


def _leaks(host: Host) -> list[Check]:
    """What steers this machine's own compilers, and would lead a build for the target astray."""
    from pathlib import Path

    from pyodide_abi.build.tools import LEAKS
    from pyodide_abi.build.tools.library_scripts import library_scripts

    checks = []
    variables = sorted(name for name in LEAKS if host.environ.get(name))
    if variables:
        listed = ", ".join(f"{name}={host.environ[name]}" for name in variables)
        checks.append(Check(name="environment", found=f"kept from build and exec: {listed}"))
    if scripts := library_scripts(host.environ):
        said = f"refused in build and exec, as they tell of this machine's libraries: {', '.join(scripts)}"
        checks.append(Check(name="environment", found=said))
    # distutils, also setuptools' own copy, reads it whatever the environment says.
    settings = Path(host.environ.get("HOME", "/")) / ".pydistutils.cfg"
    if settings.is_file():
        said = f"{settings} adds its folders and flags to every build with setuptools: move it aside"
        checks.append(Check(name="environment", found=said))
    return checks


def _platform(platform: Platform, host: Host, present: list[Present], *, allowed: bool) -> list[Check]:
    return [
        _compiler(platform, present, allowed=allowed),
        _python(platform, host),
        _releases(platform, host),
    ]


def _compiler(platform: Platform, present: list[Present], *, allowed: bool) -> Check:
    from pyodide_abi.toolchain import choose_present
    from pyodide_abi.toolchain.find import ALLOW

    name = "compiler"
    install = f"pyodide-abi toolchain install --platform {platform.name}"
    chosen = choose_present(platform, present, mismatch_allowed=allowed)
    if chosen is not None:
        exact = chosen.version == platform.emscripten
        note = "" if exact else f"; the platform's is {platform.emscripten}, a mismatch is allowed"
        return Check(name=name, found=f"Emscripten {chosen.version} ({chosen.source}, {chosen.place}){note}")
    others = ", ".join(f"{one.version} ({one.source})" for one in present)
    problem = f"there is no Emscripten {platform.emscripten}" + (f"; at hand: {others}" if others else "")
    remedy = f"{install}\nor, to build with another version: {ALLOW}" if others else install
    return Check(name=name, found="", problem=problem, remedy=remedy)


def _rust(platform: Platform, host: Host, rusts: list[Rust], broken: list[str]) -> Check:
    """The first that fits. None is no problem: few projects need one, and a build fetches it."""
    from pyodide_abi.toolchain import describe_rust

    name = "Rust"
    passed = list(broken)
    for rust in rusts:
        fits, why = describe_rust(rust, platform, host)
        said = f"{rust.name} ({rust.source}, {rust.sysroot})"
        if fits:
            others = f"; passed over: {'; '.join(passed)}" if passed else ""
            return Check(name=name, found=f"{said}; {why}{others}")
        passed.append(f"{said}: {why}")
    what = "none that fits" if rusts else "none"
    found = "; ".join([f"{what}: projects that need one get Debian's at their first build", *passed])
    return Check(name=name, found=found)


def _python(platform: Platform, host: Host) -> Check:
    from pyodide_abi.toolchain import find_present_python

    minor = platform.python.version
    python = find_present_python(minor, host)
    if python is None:
        return Check(
            name="host CPython",
            found="",
            problem=f"there is no CPython {minor} with headers",
            remedy=f"pyodide-abi toolchain install --platform {platform.name}",
        )
    return Check(name="host CPython", found=f"{python.version} ({python.source}, {python.executable})")


def _releases(platform: Platform, host: Host) -> Check:
    from pyodide_abi.runtime.releases import installed_folder

    cached = [one.version for one in platform.releases if installed_folder(one, host) is not None]
    total = len(platform.releases)
    if not cached:
        newest = platform.releases[-1].version
        return Check(
            name="releases",
            found=f"0 of {total} in the cache",
            problem="no runtime release to take the target's configuration from",
            remedy=f"pyodide-abi run --runtime {newest} -- -c 'import sys; print(sys.version)'",
        )
    listed = ", ".join(cached) if len(cached) < total else "all"
    return Check(name="releases", found=f"{len(cached)} of {total} in the cache: {listed}")


def _show(parts: Mapping[str, list[Check]], console: Console) -> None:
    for number, (title, checks) in enumerate(parts.items()):
        console.print(f"\n{title}" if number else title, style="bold")
        for check in checks:
            _show_check(check, console)


def _show_check(check: Check, console: Console) -> None:
    mark, text, style = ("!", check.problem, "red") if check.problem else ("-", check.found, None)
    console.print(f"  {mark} {check.name:<16}  {text}", style=style)


def _verdict(name: str, needed: list[Check], console: Console) -> None:
    if not needed:
        console.print(f"platform {name} can be built with what is here", style="green")
        return
    console.print(f"platform {name} cannot be built with what is here; these mend it:", style="red")
    seen = dict.fromkeys(line for check in needed for line in check.remedy.splitlines())
    for line in seen:
        console.print(f"  {line}")

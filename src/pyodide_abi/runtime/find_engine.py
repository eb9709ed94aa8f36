"""Find the program of an engine: on this machine, or in the cache, where npm's packages of programs go."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.errors import MissingError, OfflineError, PyodideAbiError
from pyodide_abi.platforms.engine_documents import DEFAULT_ENGINE
from pyodide_abi.platforms.engine_packages import engine_packages
from pyodide_abi.process import find_executable
from pyodide_abi.runtime.browser import GET_MINIBROWSER, NAMES, find_browser
from pyodide_abi.runtime.engine_program import Bun, Deno, Shell
from pyodide_abi.runtime.node import Node, find_node
from pyodide_abi.runtime.npm_archive import NpmPackage, fetch_archive, unpack_archive
from pyodide_abi.runtime.room import check_lockable
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyodide_abi.host import Host
    from pyodide_abi.platforms.engine_packages import EnginePackage
    from pyodide_abi.runtime.browser import Browser
    from pyodide_abi.runtime.engine_program import EngineProgram

#: What the cache calls the programs.
KEY = "engines"
#: How to get what no package of npm has.
_REMEDIES = {
    "chromium": "install Chromium or Chrome (Debian: apt-get install chromium)",
    "firefox": "install Firefox (Debian: apt-get install firefox-esr)",
    "webkit": (
        "install JavaScriptCore's shell (Debian: apt-get install libjavascriptcoregtk-4.0-bin);\n"
        f"for the locked room: {GET_MINIBROWSER}"
    ),
}
#: Packages of Debian that may have it.
_JSC_PACKAGES = tuple(f"libjavascriptcoregtk-{version}-bin" for version in ("4.0", "4.1", "6.0"))
_SECONDS = 30.0
_VERSION = re.compile(r"\d+(?:\.\d+)+")


@value
class EngineGap:
    """An engine that was asked for and in which nothing was loaded.

    Attributes:
        engine: the engine's name.
        reason: why.
        hint: what mends it.
    """

    engine: str
    reason: str
    hint: str


@value
class Engines:
    """Where a wheel is loaded.

    Attributes:
        programs: at least one.
        gaps: engines that were asked for besides.
    """

    programs: tuple[EngineProgram, ...]
    gaps: tuple[EngineGap, ...] = ()


def choose_engines(names: Sequence[str], host: Host, *, unlocked: bool = False) -> Engines:
    """The programs of engines, those that npm has fetched first if need be.

    Args:
        names: engines.
        host: the machine.
        unlocked: What is loaded need not be locked away.

    Raises:
        PyodideAbiError: there is not one of them; the first one's reason.
    """
    programs: list[EngineProgram] = []
    gaps, errors = [], []
    for name in dict.fromkeys(names):
        try:
            program = find_engine_program(name, host, lockable=not unlocked)
            if not unlocked:
                check_lockable(program)
            programs.append(program)
        except PyodideAbiError as error:
            errors.append(error)
            gaps.append(EngineGap(engine=name, reason=error.message, hint=error.hint))
    if not programs:
        raise errors[0]
    return Engines(programs=tuple(programs), gaps=tuple(gaps))


def find_engine_program(
    name: str, host: Host, *, fetch: bool = True, lockable: bool = False
) -> EngineProgram:
    """The program of an engine.

    One of the PATH comes before that of npm, but a Node of another line is none. WebKit has two: a shell,
    which starts in a fraction of the time, and a browser.

    Args:
        name: the engine's name, such as ``bun``.
        host: the machine.
        fetch: get it from npm if it is nowhere.
        lockable: Code is to be locked away in it, which is a choice where there is more than one program.

    Raises:
        MissingError: there is none; the hint says how to get it.
    """
    if name == "webkit":
        return _find_webkit(host, lockable=lockable)
    if name in NAMES:
        browser = find_browser(host, engine=name)
        if browser is None:
            raise MissingError(
                f"there is no {name}: none of {', '.join(NAMES[name])} is on the PATH", hint=_REMEDIES[name]
            )
        return browser
    package = engine_packages().get((name, machine()))
    try:
        return _of_path(name, host)
    except MissingError as error:
        if package is None:
            raise
        if not fetch and host.store.find(_key(package)) is None:
            hint = f"verify with --engine {name} fetches it"
            raise MissingError(error.message, hint=hint) from error
    return program_of(name, _fetched(package, host), host)


def machine() -> str:
    """The sort of this machine: ``linux-x86_64``."""
    uname = os.uname()
    return f"{uname.sysname.lower()}-{uname.machine}"


def _of_path(name: str, host: Host) -> EngineProgram:
    if name.startswith("node"):
        line = name.removeprefix("node")
        # The reference engine is found without a name.
        return find_node(host, None if name == DEFAULT_ENGINE else line)
    return program_of(name, Path(find_executable(name, host.environ)), host)


def program_of(name: str, path: Path, host: Host) -> EngineProgram:
    """The program of an engine at a path; another name than Bun's and Deno's stands for a Node.

    Raises:
        MissingError: it does not say its version.
    """
    done = host.runner.run([path, "--version"], environ=host.environ, timeout=_SECONDS)
    found = _VERSION.search(done.stdout)
    if done.returncode or not found:
        raise MissingError(f"'{path} --version' says no version: {(done.stdout + done.stderr)[:200]!r}")
    match name:
        case "bun":
            return Bun(path=path, version=found[0])
        case "deno":
            return Deno(path=path, version=found[0])
        case _:
            return Node(path=path, version=found[0])


def _find_webkit(host: Host, *, lockable: bool) -> Shell | Browser:
    """WebKit's shell or its browser; the shell also where that was to be locked and is all there is."""
    shell = _find_shell(host)
    if shell and not lockable:
        return shell
    found = find_browser(host, engine="webkit") or shell
    if found is None:
        raise MissingError("there is no webkit: neither jsc nor MiniBrowser", hint=_REMEDIES["webkit"])
    return found


def _find_shell(host: Host) -> Shell | None:
    """The shell, which does not say its version; that of its package does."""
    try:
        path = find_executable("jsc", host.environ)
    except MissingError:
        return None
    version = "of unknown version"
    try:
        done = host.runner.run(
            ["dpkg-query", "-W", "-f", "${Version}\n", *_JSC_PACKAGES], environ=host.environ, timeout=_SECONDS
        )
    except MissingError:
        return Shell(path=Path(path), version=version)
    found = _VERSION.search(done.stdout)
    return Shell(path=Path(path), version=found[0] if found else version)


def _key(package: EnginePackage) -> str:
    return f"{KEY}/{package.engine}-{package.version}"


def _fetched(package: EnginePackage, host: Host) -> Path:
    """The program, fetched first if it is not in the cache.

    Raises:
        OfflineError: it is not in the cache and the network is off limits.
        MissingError: npm is missing or cannot fetch it.
        DigestError: what npm fetched is not what our data promise.
    """
    key = _key(package)
    title = f"{package.engine} {package.version}"
    if found := host.store.find(key):
        return found / package.executable
    if host.offline:
        raise OfflineError(
            f"{title} is not in the cache ({host.store.root})",
            hint=f"run the same command once without --offline: it fetches {package.megabytes} MB",
        )
    wanted = NpmPackage(name=package.package, version=package.version, integrity=package.integrity)

    def fill(partial: Path, _place: Path) -> None:
        unpack_archive(fetch_archive(wanted, partial, host), partial, wanted)
        if not (partial / package.executable).is_file():
            raise MissingError(f"{wanted} holds no {package.executable}")

    with host.progress.task(f"fetching {title} ({package.megabytes} MB)"):
        return host.store.obtain(key, fill) / package.executable

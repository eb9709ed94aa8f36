"""The programs that run jobs: Node and what stands in for it, and shells and browsers of other engines."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.errors import MissingError
from pyodide_abi.runtime import find_node
from pyodide_abi.values import value

if TYPE_CHECKING:
    from pyodide_abi.host import Host

_DRIVER = Path(__file__).with_name("driver.mjs")
_JSC_DRIVER = Path(__file__).with_name("driver-jsc.mjs")
_VERSION = re.compile(r"(\d+(?:\.\d+)+)")
_SECONDS = 30.0
#: The Node that is each engine, where one is.
_NODES = {"node24": None, "node20": "20", "node26": "26"}
_CHROMIUM = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
#: By engine, the command that is looked for where none is named.
_COMMANDS = {
    "bun": "bun",
    "deno": "deno",
    "webkit": "jsc",
    "firefox": "firefox-esr",
    "chromium": "chromium",
}


@value
class Program:
    """A program that runs the jobs of a file and writes the answers to another.

    Attributes:
        words: what starts it.
        driver: the script that it runs.
        arguments: what stands between the script and the names of the two files.
        makes_memory: it makes the snapshots that it starts from; otherwise they are Node's.
        version: the version of the engine.
    """

    words: tuple[str, ...]
    driver: Path = _DRIVER
    arguments: tuple[str, ...] = ()
    makes_memory: bool = True
    version: str


@value
class Browser:
    """A browser.

    Attributes:
        words: what starts it, without a window.
        profile: the option that names a folder for its profile; the folder is put behind it.
        home: it is told by its environment where its home is, which becomes the folder of its profile.
        version: such as ``156.0.8078.79``.
    """

    words: tuple[str, ...]
    profile: str
    home: bool
    version: str


def find_program(host: Host, engine: str, named: str | None) -> Program | Browser:
    """What runs jobs in an engine.

    Args:
        host: the machine.
        engine: the name of the engine.
        named: the path of the program; None for the one on this machine.

    Raises:
        MissingError: there is none, or it does not say its version.
    """
    if engine in _NODES:
        node = find_node(host, named or _NODES[engine])
        return Program(words=node.words, version=node.version)
    path = named or _COMMANDS[engine]
    match engine:
        case "bun":
            return Program(words=(path,), version=_version(host, path), makes_memory=False)
        case "deno":
            words: tuple[str, ...] = (path, "run", "--allow-all", "--no-config", "--unstable-detect-cjs")
            return Program(words=words, version=_version(host, path), makes_memory=False)
        case "webkit":
            # The shell does not say its version; that of its package does.
            return Program(
                words=(path, "-m"), driver=_JSC_DRIVER, arguments=("--",), version=_version_of_jsc(host)
            )
        case "firefox":
            words = (path, "--headless", "--no-remote")
            return Browser(words=words, profile="--profile", home=True, version=_version(host, path))
        case _:
            words = (path, *_CHROMIUM)
            return Browser(words=words, profile="--user-data-dir", home=False, version=_version(host, path))


def _version(host: Host, path: str) -> str:
    done = host.runner.run([path, "--version"], environ=host.environ, timeout=_SECONDS)
    found = _VERSION.search(done.stdout)
    if done.returncode or not found:
        raise MissingError(f"'{path} --version' says no version", hint="name another program")
    return found[1]


def _version_of_jsc(host: Host) -> str:
    """The version of Debian's package that the shell is of."""
    words = ["dpkg-query", "-W", "-f", "${Version}", "libjavascriptcoregtk-4.0-bin"]
    done = host.runner.run(words, environ=host.environ, timeout=_SECONDS)
    found = _VERSION.search(done.stdout)
    if done.returncode or not found:
        raise MissingError("the version of jsc is not known", hint="install libjavascriptcoregtk-4.0-bin")
    return found[1]

"""The programs that run jobs, as the product finds them: command lines, WebKit's shell, and browsers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.process import find_executable
from pyodide_abi.runtime.browser import Browser, find_browser
from pyodide_abi.runtime.engine_program import Bun, Deno, Shell
from pyodide_abi.runtime.find_engine import find_engine_program, program_of
from pyodide_abi.runtime.node import find_node
from pyodide_abi.values import value

if TYPE_CHECKING:
    from pyodide_abi.host import Host
    from pyodide_abi.runtime.engine_program import EngineProgram

_DRIVER = Path(__file__).with_name("driver.mjs")
_JSC_DRIVER = Path(__file__).with_name("driver-jsc.mjs")


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


def find_program(host: Host, engine: str, named: str | None) -> Program | Browser:
    """What runs jobs in an engine.

    Args:
        host: the machine.
        engine: the name of the engine.
        named: the path of the program; None for the one on this machine, or in the cache.

    Raises:
        MissingError: there is none, or it does not say its version.
    """
    found = _named(engine, named, host) if named else find_engine_program(engine, host, fetch=False)
    match found:
        case Browser():
            return found
        case Shell():
            return Program(words=found.words, driver=_JSC_DRIVER, arguments=("--",), version=found.version)
        case Deno():
            words = (*found.words, "--allow-all")
            return Program(words=words, version=found.version, makes_memory=False)
        case Bun():
            return Program(words=found.words, version=found.version, makes_memory=False)
        case _:
            return Program(words=found.words, version=found.version)


def _named(engine: str, path: str, host: Host) -> EngineProgram:
    if engine in {"chromium", "firefox", "webkit"}:
        browser = find_browser(host, path, engine=engine)
        assert browser is not None
        return browser
    if engine.startswith("node"):
        return find_node(host, path)
    return program_of(engine, Path(find_executable(path, host.environ)), host)

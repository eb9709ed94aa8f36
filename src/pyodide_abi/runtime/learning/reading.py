"""Boot a release and read it: what it offers to modules, what it says of itself, the texts of its loader."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyodide_abi.abi.symbols import ENV_SPACES
from pyodide_abi.atomic import temporary
from pyodide_abi.errors import FailedError
from pyodide_abi.platforms.surface import Form, SymbolKind
from pyodide_abi.runtime.node import find_node
from pyodide_abi.runtime.room import Room, environment, is_lockable, locked
from pyodide_abi.values import value
from pyodide_abi.wasm import Kind, read_module
from pyodide_abi.wording import listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyodide_abi.host import Host
    from pyodide_abi.runtime.node import Node
    from pyodide_abi.wasm import Module

#: The engines whose views are recorded, and the Node that each is: our reference engine, which has stack
#: switching as current browsers do, and one that stands for hosts without.
ENGINES: Mapping[str, str | None] = {"node24": None, "node20": "20"}
_RELEASE = Path(__file__).with_name("release.mjs")
_TEXTS = Path(__file__).with_name("texts.mjs")
_QUESTION = Path(__file__).with_name("question.py")
_SECONDS = 300.0
_MAIN = "pyodide.asm.wasm"
#: The JavaScript library functions of the main module: one of these.
_SCRIPTS = ("pyodide.asm.mjs", "pyodide.asm.js")

#: The kind and the type of each symbol, by name.
Symbols = dict[str, Form]


@value
class Reading:
    """What a release is and offers in an engine.

    Attributes:
        python: the full version of its CPython.
        emscripten: the version of its compiler.
        suffixes: Suffixes of extension modules, in the order of its import system.
        sysconfig: configuration variables that builds and installers go by; None for one that it lacks.
        library_path: The release's ``LD_LIBRARY_PATH``.
        libraries: the versions of C libraries in its main module.
        accepted: The tags that an installer takes, by installer (``micropip``, ``packaging``); None where
            that was not asked.
        symbols: what its loader can resolve.
    """

    python: str
    emscripten: str
    suffixes: tuple[str, ...]
    sysconfig: Mapping[str, str | int | None]
    library_path: tuple[str, ...]
    libraries: Mapping[str, str]
    accepted: Mapping[str, tuple[str, ...]] | None
    symbols: Symbols

    def said(self, name: str) -> str | None:
        """A configuration variable as text; None where it has none."""
        given = self.sysconfig.get(name)
        return None if given in {None, ""} else str(given)


def read_release(
    folder: Path, node: Node, host: Host, *, tags: Sequence[str] = (), wheels: Sequence[Path] = ()
) -> Reading:
    """Boot a release and ask it.

    Args:
        folder: with its files.
        node: the engine.
        host: the machine.
        tags: that its installers are asked about.
        wheels: that have these installers.

    Raises:
        FailedError: it does not boot, or it holds something that cannot be described.
        WasmError: its main module cannot be read.
    """
    asked = {
        "folder": str(folder),
        "main": _types(read_module((folder / _MAIN).read_bytes())),
        "question": _QUESTION.read_text("utf-8"),
        "tags": list(tags),
        "wheels": [[wheel.name, base64.b64encode(wheel.read_bytes()).decode()] for wheel in wheels],
    }
    said = _run(_RELEASE, asked, folder, node, host)
    if said["unseen"]:
        raise FailedError(f"the release exports what its loader does not offer: {listed(said['unseen'])}")
    facts = said["facts"]
    accepted = facts["accepted"]
    return Reading(
        python=facts["python"],
        emscripten=facts["platform"].split("-")[1],
        suffixes=tuple(facts["suffixes"]),
        sysconfig=facts["sysconfig"],
        library_path=tuple(facts["library_path"]),
        libraries=facts["libraries"],
        accepted=None if accepted is None else {name: tuple(taken) for name, taken in accepted.items()},
        symbols={name: (SymbolKind(kind), type_) for name, (kind, type_) in said["symbols"].items()},
    )


def read_texts(
    folder: Path, host: Host, *, loader: Sequence[str], installer: Sequence[str]
) -> tuple[dict[str, str | None], dict[str, str | None]]:
    """The texts of functions in a release's JavaScript; None for one that it does not have.

    Args:
        folder: with its files.
        host: the machine.
        loader: names of functions of the loader.
        installer: The same for what loads a wheel's libraries ahead; local names become numbers.

    Raises:
        FailedError: they cannot be read.
    """
    scripts = (folder / name for name in _SCRIPTS)
    script = next(path for path in scripts if path.is_file())
    asked = {"script": str(script), "loader": list(loader), "installer": list(installer)}
    said = _run(_TEXTS, asked, folder, find_node(host), host)
    return said["loader"], said["installer"]


def _run(script: Path, asked: Mapping[str, object], folder: Path, node: Node, host: Host) -> dict[str, Any]:
    """What a script finds out of a release, in a locked room where Node has one."""
    with temporary() as scratch:
        question, result = Path(scratch, "asked.json"), Path(scratch, "result.json")
        words, environ = node.words, host.environ
        if is_lockable(node):
            words = locked(node, Room(reads=(folder,), writes=(scratch,), seconds=_SECONDS), host)
            environ = environment(node, host, scratch)
        question.write_text(json.dumps({**asked, "locked": is_lockable(node)}), "utf-8")
        done = host.runner.run([*words, script, question, result], environ=environ, timeout=_SECONDS)
        if done.returncode or not result.is_file():
            raise FailedError(
                f"the release cannot be read in Node {node.version}:",
                details=(done.stderr or done.stdout).strip()[-2000:].splitlines(),
            )
        said: dict[str, Any] = json.loads(result.read_text("utf-8"))
        return said


def _types(module: Module) -> dict[str, object]:
    """The types of the main module, for the script."""
    functions = [str(entry.type) for entry in module.imports if entry.kind is Kind.FUNCTION]
    functions += [str(module.func_type(index)) for index in module.functions]
    return {
        "exports": {
            entry.name: {"kind": entry.kind.value, "type": str(module.type_of(entry))}
            for entry in module.exports
        },
        "imports": {
            entry.name: {"kind": entry.kind.value, "type": str(entry.type)}
            for entry in module.imports
            if entry.module in ENV_SPACES
        },
        "functions": functions,
    }

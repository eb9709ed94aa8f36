"""A cross environment that stays, for commands that are called one after another (``pyodide-abi exec``).

``cmake -B build`` writes the compiler's path down, and ``cmake --build build`` comes back to it: the
environment has one place as long as nothing that it is made from changes.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from typing import TYPE_CHECKING

from pyodide_abi.build.environment import install_requirements, make_environment
from pyodide_abi.build.tools import parallel, without_leaks
from pyodide_abi.build.tools.library_scripts import refuse_scripts
from pyodide_abi.values import asdict, value
from pyodide_abi.wheel.write import EPOCH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from pyodide_abi.build.environment import CrossEnvironment
    from pyodide_abi.build.model import Target
    from pyodide_abi.host import Host

_DESCRIPTION = "environment.json"
_PATH = "/usr/bin:/bin"
#: Seconds after which nobody waits any more for what a compiler driver left for its linker.
_STALE = 24 * 3600


@value
class PersistentEnvironment:
    """What a command gets.

    Attributes:
        folder: everything that belongs to it.
        own: variables, to be laid over the caller's.
        path: what stands before the caller's own PATH.
        remarks: a file with what the compiler drivers dropped and why, of all commands so far.
    """

    folder: Path
    own: Mapping[str, str]
    path: str
    remarks: Path

    def environ(self, host: Host, *, jobs: int | None = None) -> dict[str, str]:
        """The whole environment of a command's process.

        Args:
            host: the machine, with the caller's variables.
            jobs: how many compilers may run at once; None leaves it to the command.
        """
        kept = without_leaks(host.environ)
        path = self.path + kept.get("PATH", _PATH)
        epoch = {name: kept[name] for name in ("SOURCE_DATE_EPOCH",) if name in kept}
        return {**kept, **self.own, **epoch, **parallel(jobs, self.folder), "PATH": path}


def persistent_environment(
    target: Target, host: Host, *, requirements: Sequence[str] = (), on_line: Callable[[str], None]
) -> PersistentEnvironment:
    """The environment for a target; made on first use.

    Args:
        target: what is built for, and with what.
        host: the machine.
        requirements: build requirements to install in it, as in PEP 508.
        on_line: gets what uv says.

    Raises:
        MissingError: see :func:`~pyodide_abi.build.environment.make_environment`.
        OfflineError: see :func:`~pyodide_abi.build.environment.install_requirements`.
        BuildFailedError: uv refused.
    """
    digest = _digest(target, requirements)
    # A virtual environment cannot be moved, so it is made where it stays; what counts is the description,
    # which the store holds whole or not at all.
    tree = host.store.root / "environments" / ".trees" / digest

    def fill(folder: Path, _place: Path) -> None:
        shutil.rmtree(tree, ignore_errors=True)
        tree.mkdir(parents=True)
        with host.progress.task(f"making an environment for {target.platform.name}"):
            made = make_environment(target, tree, host, on_line=on_line)
            install_requirements(made, requirements, host, cwd=tree, on_line=on_line)
        (folder / _DESCRIPTION).write_text(json.dumps(_described(made)), "utf-8")

    entry = host.store.obtain(f"environments/{digest}", fill)
    said = json.loads((entry / _DESCRIPTION).read_text("utf-8"))
    refuse_scripts(type(tree)(said["refusing"]), host.environ)
    _sweep(tree)
    return PersistentEnvironment(
        folder=tree,
        own=said["own"],
        path=said["path"],
        remarks=tree / "remarks",
    )


def _described(made: CrossEnvironment) -> dict[str, object]:
    """What the environment adds to the caller's variables."""
    own = {
        name: value
        for name, value in made.environ.items()
        if made.host_environ.get(name) != value and name not in {"PATH", "SOURCE_DATE_EPOCH"}
    }
    path = made.environ["PATH"].removesuffix(made.host_environ.get("PATH", _PATH))
    epoch = {"SOURCE_DATE_EPOCH": str(EPOCH)}
    return {"own": {**own, **epoch}, "path": path, "refusing": str(made.build.refusing)}


def _digest(target: Target, requirements: Sequence[str]) -> str:
    """Names everything that the environment is made from, our own code among it."""
    here = target.sysroot.root.__class__(__file__).parent
    stamps = sorted((str(path.relative_to(here)), path.stat().st_mtime_ns) for path in here.rglob("*.py"))
    facts = {
        "platform": target.platform.name,
        "tag": target.tag,
        "exports": asdict(target.exports),
        "compiler": [str(target.toolchain.emcc), target.toolchain.emscripten, target.toolchain.llvm],
        "python": [str(target.python.executable), target.python.version],
        "sysroot": str(target.sysroot.root),
        "rust": str(target.rust),
        "prefixes": [str(prefix) for prefix in target.prefixes],
        "needs": {str(prefix): list(map(str, needs)) for prefix, needs in target.needs.items()},
        "requirements": sorted(requirements),
        "code": stamps,
    }
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def _sweep(tree: Path) -> None:
    """Remove what compiler drivers of earlier commands left behind."""
    limit = time.time() - _STALE
    for path in (tree / "drivers" / ".data").glob("*/*"):
        if path.stat().st_mtime < limit:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

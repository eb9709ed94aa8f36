"""A package of a lock file, loaded from it with ``loadPackage`` in a real release, imported and tested."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pyodide_abi.atomic import temporary
from pyodide_abi.audit.lock_file import read_lock_file
from pyodide_abi.distribution.lock import NAME
from pyodide_abi.runtime.program import Program, run_python
from pyodide_abi.runtime.release_packages import ReleasePackages
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pyodide_abi.audit.lock_file import LockedPackage
    from pyodide_abi.host import Host
    from pyodide_abi.platforms.model import Runtime

#: Seconds for a package: its tests may take long.
_SECONDS = 1800.0
#: Lines of an error that are kept.
_LINES = 12
_CODE = "import importlib\nfor name in {imports!r}:\n    importlib.import_module(name)\n{test}\n"


@value
class Loading:
    """What is loaded, and in what.

    Attributes:
        name: The name of the package, a key of the lock file.
        imports: what is imported then.
        test: Python code that is run behind that.
    """

    name: str
    imports: tuple[str, ...]
    test: str = ""


def key_of_loading(loading: Loading, packages: Mapping[str, LockedPackage], runtime: Runtime) -> str:
    """A digest of all that decides how a package loads."""
    files = [packages[name].sha256 for name in _with_needs(loading.name, packages)]
    facts = [runtime.version, *sorted(files), *loading.imports, loading.test]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()


def load_package(
    loading: Loading, outdir: Path, packages: Mapping[str, LockedPackage], runtime: Runtime, host: Host
) -> tuple[str, ...]:
    """Load a package from the lock file in a folder, beside which its wheels lie.

    Returns:
        the last lines of what went wrong; empty where nothing did.
    """
    names = _with_needs(loading.name, packages)
    files = {packages[name].file_name: outdir / packages[name].file_name for name in names}
    with temporary() as folder:
        program = Program(
            args=("-c", _CODE.format(imports=list(loading.imports), test=loading.test)),
            cwd=folder,
            packages=ReleasePackages(
                names=(loading.name,), files={**files, NAME: outdir / NAME}, own_lock=True
            ),
        )
        done = run_python(program, runtime.release, host, timeout=_SECONDS)
    if done.status == 0 and not done.died:
        return ()
    said = done.stderr.strip().splitlines() or done.stdout.strip().splitlines()
    return (*said[-_LINES:], *([done.died] if done.died else []))


def packages_in(outdir: Path) -> dict[str, LockedPackage]:
    """The packages of a lock file, by key."""
    return {package.key: package for package in read_lock_file(outdir / NAME).packages}


def to_import(imports: Sequence[str]) -> tuple[str, ...]:
    """What of a package's names is imported: what is public, and no folder of tests by the way."""
    public = [name for name in imports if not name.startswith("_") and name not in {"test", "tests"}]
    return tuple(public or imports)


def _with_needs(name: str, packages: Mapping[str, LockedPackage]) -> list[str]:
    found = [name]
    for one in found:
        found += [need for need in packages[one].depends if need not in found]
    return found

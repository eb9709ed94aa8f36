"""Which package of npm holds an engine's program, read from ``data/engine_packages.toml``."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from pyodide_abi.platforms.decode import table_of
from pyodide_abi.platforms.documents import documents
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILE = "engine_packages.toml"
_INTEGRITY = r"sha512-[A-Za-z0-9+/]{86}=="


@value
class EnginePackage:
    """A package with the program of an engine, for one sort of machine.

    Attributes:
        engine: the engine's name.
        package: the name of the package.
        version: the version of both.
        integrity: The digest of the package's archive, ``sha512-<base64>``.
        executable: the program's place in it.
        megabytes: how much is fetched, roughly.
    """

    engine: str
    package: str
    version: str
    integrity: str
    executable: str
    megabytes: int


@functools.cache
def engine_packages() -> Mapping[tuple[str, str], EnginePackage]:
    """All of them, by the engine's name and the machine: ``linux-x86_64``, as :func:`os.uname` has both."""
    return parse_engine_packages(documents()[_FILE])


def parse_engine_packages(document: Mapping[str, Any] | str) -> dict[tuple[str, str], EnginePackage]:
    """The packages of a document.

    Raises:
        PlatformDataError: a fault; the message starts with the file and the dotted path.
    """
    found = {}
    root = table_of(document, _FILE)
    for engine in root:
        entry = root.table(engine)
        entry.text("reason")
        entry.text("source")
        version, executable = entry.text("version"), entry.text("executable")
        megabytes = entry.number("megabytes")
        machines = entry.table("machines")
        for machine in machines:
            package = machines.table(machine)
            found[engine, machine] = EnginePackage(
                engine=engine,
                package=package.text("package"),
                version=version,
                integrity=package.text("integrity", _INTEGRITY),
                executable=executable,
                megabytes=megabytes,
            )
            package.finish()
        machines.finish()
        entry.finish()
    root.finish()
    return found

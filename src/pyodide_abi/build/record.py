"""What a build was made with and what came of it, as data for people and machines to read later."""

from __future__ import annotations

import json
from importlib.metadata import distributions
from typing import TYPE_CHECKING

import pyodide_abi
from pyodide_abi.atomic import replacing
from pyodide_abi.build.compile_commands import compilation_database, read_commands
from pyodide_abi.files import sha256_of
from pyodide_abi.wasm import read_module
from pyodide_abi.wheel import open_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pyodide_abi.build.environment import CrossEnvironment
    from pyodide_abi.build.model import BuildRequest, Target

#: Raised when a key changes its meaning or goes.
FORMAT = 1
_MAGIC = b"\0asm"


def write_record(
    request: BuildRequest,
    target: Target,
    environment: CrossEnvironment,
    *,
    wheel: Path,
    project: Path,
    remarks: tuple[str, ...],
    folder: Path,
) -> Path:
    """Write ``<wheel>.report.json`` and ``<wheel>.compile_commands.json``.

    Folders of the build itself, which are gone by then, are called ``.`` (the project) and ``/build``: the
    same source gives the same report.

    Args:
        request: what was asked for.
        target: with all that was found for it.
        environment: The environment of the build.
        wheel: what came of it.
        project: the staged sources.
        remarks: what the compiler drivers dropped.
        folder: for the two files; made if it is not there.

    Returns:
        the report's path.
    """
    database = compilation_database(read_commands(environment.build.folder / "drivers"))
    document = {
        "format": FORMAT,
        "wheel": {"name": wheel.name, "size": wheel.stat().st_size, "sha256": sha256_of(wheel)},
        "source": {
            "name": request.source.name,
            "sha256": sha256_of(request.source) if request.source.is_file() else None,
        },
        "platform": {"name": target.platform.name, "emscripten": target.platform.emscripten},
        "tools": _tools(target),
        "requirements": _requirements(environment.build.site_packages),
        "settings": dict(request.config_settings),
        "exports": {"mode": target.exports.mode.value, "names": list(target.exports.names)},
        "modules": list(_modules(wheel)),
        "remarks": list(remarks),
        "compile_commands": len(database),
    }
    folder.mkdir(parents=True, exist_ok=True)
    places = {str(project): ".", str(environment.build.folder): "/build"}
    _write(folder / f"{wheel.name}.compile_commands.json", database, places)
    place = folder / f"{wheel.name}.report.json"
    _write(place, document, places)
    return place


def _tools(target: Target) -> dict[str, object]:
    toolchain = target.toolchain
    tools: dict[str, object] = {
        "pyodide-abi": pyodide_abi.__version__,
        "emscripten": toolchain.emscripten,
        "llvm": toolchain.llvm,
        "compiler_source": toolchain.source.value,
        "python": target.python.version,
        "configuration_of_release": target.sysroot.release,
    }
    if target.rust is not None:
        tools["rust"] = target.rust.rust.version
    return tools


def _requirements(site_packages: Path) -> list[str]:
    """What was installed to build it, as ``name==version``."""
    found = distributions(path=[str(site_packages)])
    return sorted(f"{one.metadata['Name']}=={one.version}" for one in found)


def _modules(wheel: Path) -> Iterator[dict[str, object]]:
    with open_wheel(wheel) as opened:
        for member in opened.members:
            data = opened.read(member.name)
            if data[:4] == _MAGIC:
                module = read_module(data)
                yield {
                    "path": member.name,
                    "size": len(data),
                    "exports": sorted(export.name for export in module.exports),
                    "imports": len(module.imports),
                    "needed": list(module.dylink.needed) if module.dylink else [],
                }


def _write(place: Path, document: object, places: dict[str, str]) -> None:
    text = json.dumps(document, indent=1)
    for path, name in places.items():
        text = text.replace(json.dumps(path)[1:-1], name)
    with replacing(place) as partial:
        partial.write_text(text + "\n", "utf-8")

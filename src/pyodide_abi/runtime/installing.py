"""Runs inside the runtime: install with the release's own micropip and tell what that brought."""

from __future__ import annotations

import importlib.metadata
import json
import os
import site


async def install(requirement: str) -> str:
    """Install a requirement as users do.

    Args:
        requirement: as for ``micropip.install``.

    Returns:
        ``error`` (empty where it went well), ``distributions`` (what is there now and was not, with versions)
        and ``files`` (likewise, below ``site-packages``), as JSON.
    """
    distributions, files = _distributions(), _files()
    error = ""
    try:
        import micropip  # type: ignore[import-not-found,unused-ignore] # noqa: PLC0415 - the release brings it

        await micropip.install(requirement)
    except Exception as raised:  # noqa: BLE001 - whatever it is, it is the answer
        error = f"{type(raised).__name__}: {raised}"
    new = {name: version for name, version in _distributions().items() if name not in distributions}
    return json.dumps({"error": error, "distributions": new, "files": sorted(_files() - files)})


def _distributions() -> dict[str, str]:
    return {found.metadata["Name"]: found.version for found in importlib.metadata.distributions()}


def _files() -> set[str]:
    """Every file but bytecode and what only says what is installed."""
    root = site.getsitepackages()[0]
    found = set()
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name != "__pycache__" and not name.endswith(".dist-info")]
        found |= {os.path.relpath(os.path.join(folder, name), root) for name in names}  # noqa: PTH118 - plain
    return found

"""Source to wheel: flags, compiler entry points, and the PEP 517 front end."""

from __future__ import annotations

from pyodide_abi.build.model import BuildRequest, BuildResult, ExportMode, Exports

__all__ = ["BuildRequest", "BuildResult", "ExportMode", "Exports"]

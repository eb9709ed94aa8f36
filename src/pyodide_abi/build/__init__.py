"""Source to wheel: flags, compiler entry points, and the PEP 517 front end.

The names below are found on first use. A compiler entry point imports this package once per source file,
and the values' module costs more than the entry point's whole work.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as in arguments.py
if TYPE_CHECKING:
    from pyodide_abi.build.driver.objects.exports import ExportMode
    from pyodide_abi.build.model import BuildRequest, BuildResult, Exports, Target
    from pyodide_abi.build.wheels import build_wheel

__all__ = ["BuildRequest", "BuildResult", "ExportMode", "Exports", "Target", "build_wheel"]

_HOMES = {"build_wheel": "wheels", "ExportMode": "driver.objects.exports"}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib  # noqa: PLC0415 - for the reason above

    home = importlib.import_module(f"{__name__}.{_HOMES.get(name, 'model')}")
    return getattr(home, name)

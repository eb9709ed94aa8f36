"""What the ABI promises: model, loading, names, tags, and the symbols of every release."""

from pyodide_abi.platforms.known import load_platforms, load_surface
from pyodide_abi.platforms.model import Runtime
from pyodide_abi.platforms.names import default_platform, find_runtime, load_platform
from pyodide_abi.platforms.surface import Surface, Symbol, SymbolKind
from pyodide_abi.platforms.tags import acceptance, platform_of_tag

__all__ = [
    "Runtime",
    "Surface",
    "Symbol",
    "SymbolKind",
    "acceptance",
    "default_platform",
    "find_runtime",
    "load_platform",
    "load_platforms",
    "load_surface",
    "platform_of_tag",
]

"""C and C++ libraries for the target: recipes as data, their sources, and how one is made once and kept."""

from pyodide_abi.libraries.catalogue import Catalogue
from pyodide_abi.libraries.making import MadeLibrary, find_made, make_libraries
from pyodide_abi.libraries.recipe import LibraryBuild, LibraryNames, Origin, Recipe, SourceKind

__all__ = [
    "Catalogue",
    "LibraryBuild",
    "LibraryNames",
    "MadeLibrary",
    "Origin",
    "Recipe",
    "SourceKind",
    "find_made",
    "make_libraries",
]

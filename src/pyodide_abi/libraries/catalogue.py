"""The recipes that are known: ours, those of the user's folders, those of ``pyproject.toml``."""

from __future__ import annotations

import difflib
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.build.lacking import LackingKind
from pyodide_abi.errors import UsageError
from pyodide_abi.libraries.recipe import read_recipe
from pyodide_abi.toml import read_toml
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from pyodide_abi.build.lacking import Lacking
    from pyodide_abi.libraries.recipe import Recipe

_OURS = Path(__file__).parent / "data"


@value
class Catalogue:
    """Recipes by name.

    Attributes:
        recipes: all of them, sorted by name.
    """

    recipes: Mapping[str, Recipe]

    @classmethod
    def read(
        cls,
        folders: Sequence[Path] = (),
        tables: Mapping[str, object] | None = None,
        file: Path | None = None,
    ) -> Catalogue:
        """Our recipes and the user's, which stand before ours.

        Args:
            folders: with a file ``NAME.toml`` for each recipe; the last one counts most.
            tables: recipes of ``pyproject.toml`` by name, which count more than any folder's.
            file: that ``pyproject.toml``.

        Raises:
            UsageError: a folder has no recipe, a recipe is wrong, or libraries need one another in a circle.
        """
        found: dict[str, Recipe] = {}
        for folder in (_OURS, *folders):
            files = sorted(folder.glob("*.toml"))
            if not files:
                raise UsageError(f"{folder} has no recipes", hint="a recipe is a file NAME.toml")
            for each in files:
                found[each.stem] = read_recipe(each.stem, _table(each), each)
        for name, table in (tables or {}).items():
            found[name] = read_recipe(name, table, file or Path())
        catalogue = cls(recipes=dict(sorted(found.items())))
        catalogue.in_order(found)
        return catalogue

    def find(self, name: str) -> Recipe:
        """The recipe of that name.

        Raises:
            UsageError: there is none; the hint has the nearest names.
        """
        if name in self.recipes:
            return self.recipes[name]
        offering = [one.name for one in self.recipes.values() if name.lower() in _lower(one.offers.packages)]
        close = offering or difflib.get_close_matches(name, self.recipes, n=3)
        hint = f"did you mean {' or '.join(close)}?\n" if close else ""
        raise UsageError(
            f"there is no recipe for a library '{name}'",
            hint=f"{hint}'pyodide-abi library list' names those that there are; --recipes takes your own",
        )

    def in_order(self, names: Iterable[str], *, provided: Collection[str] = ()) -> list[Recipe]:
        """The recipes of that name and all that they need, what is needed first.

        Args:
            names: The names of the libraries.
            provided: libraries that the runtime has, as ``-l`` takes them. A library that is only needed, and
                of which the runtime has every part, is left out.

        Raises:
            UsageError: there is no such recipe, or libraries need one another in a circle.
        """
        ordered: dict[str, Recipe] = {}
        for name in names:
            self._visit(name, ordered, (), provided)
        return list(ordered.values())

    def _visit(
        self, name: str, ordered: dict[str, Recipe], above: tuple[str, ...], provided: Collection[str]
    ) -> None:
        if name in above:
            raise UsageError(f"libraries need one another in a circle: {' → '.join((*above, name))}")
        if name in ordered:
            return
        recipe = self.find(name)
        for need in recipe.needs:
            parts = set(self.find(need).offers.link)
            if not parts or not parts.issubset(provided):
                self._visit(need, ordered, (*above, name), provided)
        ordered[name] = recipe

    def offering(self, lacking: Lacking) -> Recipe | None:
        """The first recipe that offers what a build lacks; None if there is none."""
        return next((one for one in self.recipes.values() if _offers(one, lacking)), None)


def _offers(recipe: Recipe, lacking: Lacking) -> bool:
    offers = recipe.offers
    if lacking.kind is LackingKind.HEADER:
        return any(fnmatchcase(lacking.name, pattern) for pattern in offers.headers)
    if lacking.kind is LackingKind.LINK:
        return lacking.name in offers.link
    return lacking.name.lower() in _lower((recipe.name, *offers.packages))


def _lower(names: Iterable[str]) -> list[str]:
    return [name.lower() for name in names]


def _table(file: Path) -> object:
    try:
        return read_toml(file)
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} is not a recipe: {error}") from error

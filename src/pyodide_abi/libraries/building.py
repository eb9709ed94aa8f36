"""A wheel built with the libraries that it asks for: what its build lacks and a recipe offers is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.build import build_wheel
from pyodide_abi.build.lacking import LackingKind, lacking
from pyodide_abi.build.logs import advice
from pyodide_abi.errors import BuildFailedError
from pyodide_abi.libraries.making import make_libraries
from pyodide_abi.values import replace, value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from pyodide_abi.build.lacking import Lacking
    from pyodide_abi.build.model import BuildRequest, BuildResult, Target
    from pyodide_abi.host import Host
    from pyodide_abi.libraries.catalogue import Catalogue

#: What to do about a header in a folder that the project does not name.
_NAME_IT = (
    "{name} is there, in {folder}, which the project has to name among the folders that it searches:\n"
    "as pkg-config tells it, or as /usr/include/{below}, for which the target's own is searched"
)


@value
class Libraries:
    """Libraries for builds.

    Attributes:
        catalogue: reads the recipes; called when a library is wanted.
        host: makes them.
        jobs: how many compilers may run at once; None leaves it to each build system.
        on_line: gets what their builds write; None for nobody.
    """

    catalogue: Callable[[], Catalogue]
    host: Host
    jobs: int | None = None
    on_line: Callable[[str], None] | None = None

    def put_into(self, target: Target, names: Iterable[str]) -> Target:
        """The target with libraries, made if they are not in the cache, behind the prefixes that it has.

        Raises:
            UsageError: there is no such recipe.
            MissingError: sources cannot be had.
            BuildFailedError: a library could not be made.
        """
        made = make_libraries(
            names, self.catalogue(), target, self.host, jobs=self.jobs, on_line=self.on_line
        )
        prefixes = dict.fromkeys([*target.prefixes, *(library.prefix for library in made)])
        needs = {library.prefix: library.needs for library in made}
        return replace(target, prefixes=tuple(prefixes), needs={**target.needs, **needs})


def build_with_libraries(
    request: BuildRequest, libraries: Libraries, *, given: Iterable[str] = (), made: bool = True
) -> tuple[BuildResult, tuple[str, ...]]:
    """Build; where a library is lacking that a recipe offers, make it and build again.

    Args:
        request: what to build.
        libraries: makes what is lacking.
        given: The names of the libraries that are among the target's prefixes already.
        made: False only names what could be made.

    Returns:
        the build, and the names of the libraries that were made for it.

    Raises:
        BuildFailedError: the build failed for another reason, or in spite of the library.
        MissingError: as for :func:`~pyodide_abi.build.build_wheel`, or a library's sources cannot be had.
    """
    tried = dict.fromkeys(given)
    known = set(tried)
    while True:
        try:
            result = build_wheel(request, libraries.host)
        except BuildFailedError as error:
            offers = [(one, libraries.catalogue().offering(one)) for one in lacking(error.cause)]
            # A library that was there and did not help is no reason to build a second time.
            wanted = [(one.name, recipe) for one, recipe in offers if recipe and recipe.name not in tried]
            if not wanted:
                places = [place for one, _ in offers for place in _unsearched(one, request.target)]
                if places:
                    said = _NAME_IT.format(name=offers[0][0].name, folder=places[0], below=places[0].name)
                    # The common advice is to build the library, which is done.
                    hint = (error.hint or "").replace(f"{advice(error.cause)}\n", "")
                    error.hint = f"{said}\n{hint}"
                raise
            name, recipe = wanted[0]
            if not made:
                error.hint = f"'--library {recipe.name}' makes and uses {recipe.name}\n{error.hint}"
                raise
            tried[recipe.name] = None
            libraries.host.progress.say(f"the build lacks '{name}': again with the library {recipe.name}")
            request = replace(request, target=libraries.put_into(request.target, [recipe.name]))
        else:
            return result, tuple(name for name in tried if name not in known)


def _unsearched(one: Lacking, target: Target) -> list[Path]:
    """Folders of the target's libraries that have a header which the project looks for elsewhere."""
    if one.kind is not LackingKind.HEADER:
        return []
    folders = [folder for prefix in target.prefixes for folder in (prefix / "include").glob("*/")]
    return [folder for folder in sorted(folders) if (folder / one.name.lstrip("/")).is_file()]

"""``pyodide-abi library``: C and C++ libraries for the target, made from recipes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from pyodide_abi.cli.session import Session
    from pyodide_abi.libraries import Catalogue, MadeLibrary, Recipe

DESCRIPTION = """\
add       make libraries for a platform, and what they need, from sources: Debian's, or those of crates.
          Once; they are archives with headers, files for pkg-config and CMake packages, in the cache
list      the recipes, and what is in the cache
show      a recipe: where its sources are, how it is built and why so, what it offers; where it lies
remove    delete libraries from the cache, and their sources

'build' and 'exec' use one with --library NAME. 'build' makes by itself what a project lacks and a recipe
offers. Recipes of your own: a folder (--recipes DIR), or [tool.pyodide-abi.library.NAME] in pyproject.toml;
docs/how-to/libraries.md shows how to write one.
"""

EXAMPLES = """\
examples:
  pyodide-abi library list
  pyodide-abi library add libyaml --platform 314_0
  pyodide-abi library show libxslt
  pyodide-abi build lxml==6.1.3 --library libxslt
  pyodide-abi library add spam --recipes recipes
  pyodide-abi library remove libyaml

exit status: 0 done, 1 a library could not be built, 2 there is no recipe of that name, or a wrong call,
3 sources, a compiler or the network cannot be had.
"""
_ACTIONS = ("add", "list", "show", "remove")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add arguments, a description and examples."""
    from pyodide_abi.cli.target import add_compiler_options, add_platforms_option

    parser.description = DESCRIPTION
    parser.epilog = EXAMPLES
    parser.add_argument("action", choices=_ACTIONS, help="see above")
    parser.add_argument("names", nargs="*", metavar="NAME", help="of libraries, as 'list' has them")
    add_platforms_option(parser)
    parser.add_argument("-v", "--verbose", action="store_true", help="show what builds write")
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="for people (the default) or for programs"
    )
    add_compiler_options(parser)
    # What a target has that matters to modules only.
    parser.set_defaults(exports="pyinit", prefix=[], library=[], rust=False, rust_library=None)


def run(args: argparse.Namespace, session: Session) -> int:
    """Do what the action says."""
    from pyodide_abi.cli.target import find_catalogue
    from pyodide_abi.errors import UsageError

    catalogue = find_catalogue(args, session)
    if args.action == "list":
        if args.names:
            raise UsageError("'library list' takes no NAME", hint="pyodide-abi library show NAME")
        _list(catalogue, args, session)
        return 0
    if not args.names:
        raise UsageError(f"'library {args.action}' needs a NAME", hint="'pyodide-abi library list' has them")
    recipes = [catalogue.find(name) for name in dict.fromkeys(args.names)]
    if args.action == "add":
        _add(recipes, catalogue, args, session)
    elif args.action == "show":
        _show(recipes, args, session)
    else:
        _remove(recipes, args, session)
    return 0


def _add(recipes: Sequence[Recipe], catalogue: Catalogue, args: argparse.Namespace, session: Session) -> None:
    from pyodide_abi.cli.target import find_target
    from pyodide_abi.libraries import make_libraries
    from pyodide_abi.platforms import default_platform, load_platform

    names = [recipe.name for recipe in recipes]
    platforms = [load_platform(name) for name in args.platform] or [default_platform()]
    on_line = session.host.progress.say if args.verbose else None
    made: list[MadeLibrary] = []
    for platform in dict.fromkeys(platforms):
        target = find_target(platform, args, session)
        made += make_libraries(names, catalogue, target, session.host, jobs=args.jobs, on_line=on_line)
    _write(made, args, session)


def _list(catalogue: Catalogue, args: argparse.Namespace, session: Session) -> None:
    from pyodide_abi.libraries import find_made

    made = find_made(session.host)
    if args.format == "json":
        from pyodide_abi.report.envelope import to_envelope

        results = [
            _recipe_data(recipe) | {"made": [_made_data(one) for one in made if one.name == recipe.name]}
            for recipe in catalogue.recipes.values()
        ]
        session.out.write(to_envelope("library", results))
        return
    console = session.console()
    for recipe in catalogue.recipes.values():
        present = sorted({f"{one.version} for {one.platform}" for one in made if one.name == recipe.name})
        more = f" [{'; '.join(present)}]" if present else ""
        console.print(f"{recipe.name:<16}{recipe.summary}{more}", markup=False)


def _show(recipes: Sequence[Recipe], args: argparse.Namespace, session: Session) -> None:
    from pyodide_abi.libraries import find_made

    made = find_made(session.host)
    if args.format == "json":
        from pyodide_abi.report.envelope import to_envelope

        results = [
            _recipe_data(recipe) | {"made": [_made_data(one) for one in made if one.name == recipe.name]}
            for recipe in recipes
        ]
        session.out.write(to_envelope("library", results))
        return
    console = session.console()
    for recipe in recipes:
        offers = recipe.offers
        rows = [
            *(("source", str(origin)) for origin in recipe.origins),
            ("built by", recipe.build.value),
            *(("option", f"{word}  ({why})") for word, why in recipe.options.items()),
            *(("variable", f"{name}={word}") for name, word in recipe.environ.items()),
            ("needs", ", ".join(recipe.needs)),
            ("packages", ", ".join(offers.packages)),
            ("link", " ".join(f"-l{name}" for name in offers.link)),
            ("headers", ", ".join(offers.headers)),
            ("recipe", str(recipe.defined_in)),
            *(
                ("made", f"{one.version} for {one.platform}: {one.prefix}")
                for one in made
                if one.name == recipe.name
            ),
        ]
        console.print(f"{recipe.name}: {recipe.summary}", markup=False, style="bold")
        for name, text in rows:
            if text:
                console.print(f"  {name:<10}{text}", markup=False, soft_wrap=True)


def _remove(recipes: Sequence[Recipe], args: argparse.Namespace, session: Session) -> None:
    from pyodide_abi.libraries import find_made
    from pyodide_abi.libraries.library_sources import forget_sources
    from pyodide_abi.platforms import load_platform

    host = session.host
    platforms = {load_platform(name).name for name in args.platform}
    for recipe in recipes:
        chosen = [
            one
            for one in find_made(host)
            if one.name == recipe.name and (not platforms or one.platform in platforms)
        ]
        removed = [
            f"{one.name} {one.version} for {one.platform}" for one in chosen if host.store.remove(one.key)
        ]
        if not platforms and forget_sources(recipe, host):
            removed.append(f"the sources of {recipe.name}")
        host.progress.say(
            f"removed {', '.join(removed)}" if removed else f"{recipe.name} is not in the cache"
        )


def _write(made: Sequence[MadeLibrary], args: argparse.Namespace, session: Session) -> None:
    if args.format == "json":
        from pyodide_abi.report.envelope import to_envelope

        session.out.write(to_envelope("library", [_made_data(one) for one in made]))
        return
    for one in made:
        session.console().print(
            f"{one.name} {one.version} for {one.platform}  {one.prefix}", markup=False, soft_wrap=True
        )


def _recipe_data(recipe: Recipe) -> dict[str, object]:
    return {
        "name": recipe.name,
        "summary": recipe.summary,
        "sources": [str(origin) for origin in recipe.origins],
        "build": recipe.build.value,
        "options": dict(recipe.options),
        "needs": list(recipe.needs),
        "offers": {
            "packages": list(recipe.offers.packages),
            "link": list(recipe.offers.link),
            "headers": list(recipe.offers.headers),
        },
        "recipe": str(recipe.defined_in),
    }


def _made_data(one: MadeLibrary) -> dict[str, object]:
    return {
        "name": one.name,
        "version": one.version,
        "platform": one.platform,
        "origin": one.origin,
        "emscripten": one.emscripten,
        "prefix": str(one.prefix),
    }

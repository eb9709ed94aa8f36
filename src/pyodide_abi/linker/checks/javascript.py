"""The functions of ``EM_JS``: evaluated when the addresses are settled, before any constructor runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.linker.em_js import split_text, taken_names
from pyodide_abi.linker.prediction import Cause, Problem
from pyodide_abi.platforms.engines import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.linker.facts import Facts, Library
    from pyodide_abi.platforms.engines import Engine
    from pyodide_abi.platforms.loaders import Loader


def check_javascript(library: Library, facts: Facts, loader: Loader, engine: Engine) -> Iterator[Problem]:
    """Functions whose parameters JavaScript does not take, in the order of the exports."""
    for name, text in facts.js_texts.items():
        from pyodide_abi.linker.js_parameters import syntax_error  # noqa: PLC0415 - few modules come here

        function = split_text(text)
        error = syntax_error(taken_names(function.parameters, all_stars=loader.all_stars))
        if error is not None or function.marked:
            yield Problem(
                cause=Cause.JAVASCRIPT,
                text=engine.say(Text.SYNTAX, reason=error) if error else "SyntaxError",
                library=library.path,
                symbol=name,
                # Where a text ends in the middle, what is said depends on what is left of it.
                exact=error is not None and Text.SYNTAX not in engine.inexact,
            )

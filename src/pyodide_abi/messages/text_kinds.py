"""What kind of text something is that the table does not know, and what to give instead of it."""

from __future__ import annotations

import functools
import re
import tomllib
from importlib.resources import files

from pyodide_abi.messages.pasted import LONGEST, without_clocks, without_colours
from pyodide_abi.values import value


@value
class TextKind:
    """A kind of text.

    Attributes:
        pattern: over the text with its lines; one match is enough.
        name: what it is, as a noun phrase.
        instead: what tells more than it does.
    """

    pattern: re.Pattern[str]
    name: str
    instead: str


def kind_of(text: str) -> TextKind | None:
    """The kind of a text; none if it looks like none of those that we know."""
    text = without_clocks(without_colours(text[-LONGEST:]))
    return next((kind for kind in _kinds() if kind.pattern.search(text)), None)


@functools.cache
def _kinds() -> tuple[TextKind, ...]:
    """The kinds of ``text_kinds.toml``, the surest first."""
    document = tomllib.loads(files("pyodide_abi.messages").joinpath("text_kinds.toml").read_text("utf-8"))
    return tuple(
        TextKind(
            pattern=re.compile(entry["pattern"], re.MULTILINE), name=entry["name"], instead=entry["instead"]
        )
        for entry in document["kind"]
    )

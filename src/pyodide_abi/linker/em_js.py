"""JavaScript functions of a module: how the loader takes the text behind ``__em_js__NAME`` apart.

``EM_JS`` keeps the parameters as they stand in the C source, the mark ``<::>`` and the body. The loader cuts
the brackets off, splits what is between them at every comma, takes the last word of each part as the
parameter's name, removes stars from it, and evaluates ``(NAMES) => BODY`` (Emscripten's ``libdylink.js``,
``addEmJs``). It knows no C: commas within a type, blanks before a comma and array brackets give names that
JavaScript refuses.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Between the parameters and the body.
MARK = "<::>"
#: How much of a text is looked at, in characters; nobody's list of parameters is longer.
_LONGEST = 10_000


@value
class JavaScript:
    """The text of one JavaScript function.

    Attributes:
        parameters: the list as it stands in the source, with its brackets.
        body: behind the mark; None where there is none.
        marked: the body has the mark once more, where the loader ends it.
    """

    parameters: str
    body: str | None
    marked: bool = False


def split_text(text: str) -> JavaScript:
    """Take the text of a function apart at its marks, as the loader does."""
    parts = text[:_LONGEST].split(MARK)
    parameters, body, *more = [*parts, None] if len(parts) == 1 else parts
    return JavaScript(parameters=parameters or "", body=body, marked=bool(more))


def taken_names(parameters: str, *, all_stars: bool) -> tuple[str, ...]:
    """The names that the loader finds in a list of parameters.

    Args:
        parameters: with its brackets.
        all_stars: every star of a name's word is removed; otherwise the first alone (Emscripten before
            4.0.19).
    """
    inner = parameters[1:-1]
    if inner == "void":
        return ()
    words = [part.split(" ")[-1] for part in inner.split(",")]
    return tuple(word.replace("*", "") if all_stars else word.replace("*", "", 1) for word in words)


def fatal_call(function: JavaScript, names: Sequence[str]) -> str | None:
    """Why the first call ends the interpreter, in V8's words; None where nothing is known against it.

    Args:
        function: one that loads.
        names: The function's parameters, as the loader takes them.
    """
    if any(name.startswith("[") for name in names):
        # A pattern, which takes a list apart; every argument is a number.
        return "TypeError: number is not iterable"
    for name in declared_names(function.parameters):
        used = rf"(?<![\w$.]){re.escape(name)}(?![\w$])"
        if name and name not in names and re.search(used, function.body or ""):
            return f"ReferenceError: {name} is not defined"
    return None


def declared_names(parameters: str) -> tuple[str, ...]:
    """The names of a C or C++ declaration's parameters; empty for one that has none."""
    inner = parameters[1:-1].strip()
    return () if inner in {"", "void"} else tuple(_declared(part) for part in _parts(inner))


def _parts(inner: str) -> Iterator[str]:
    """Divide at the commas that are in no brackets."""
    depth, start = 0, 0
    for place, letter in enumerate(inner):
        if letter in "([{<":
            depth += 1
        elif letter in ")]}>":
            depth -= 1
        elif letter == "," and depth == 0:
            yield inner[start:place]
            start = place + 1
    yield inner[start:]


def _declared(part: str) -> str:
    function = re.search(r"\([*&^ ]+(?:const )?([^\W\d][\w$]*)", part)
    if function:
        return function[1]
    plain = re.sub(r"__attribute__ ?\(\(.*?\)\)", " ", part)
    plain = re.sub(r"=.*|\[.*|(?<!:):(?!:).*", "", plain)
    plain = re.sub(r"(?:\w+ ?:: ?)+|<[^>]*>", "", plain)
    words = re.findall(r"[\w$]+|[^\w\s$]", plain)
    # A lone word is a type.
    alone = not words[1:] or not re.fullmatch(r"[^\W\d][\w$]*", words[-1])
    return "" if alone or words[-1] in _TYPE_WORDS else words[-1]


_TYPE_WORDS = frozenset(
    [
        "void",
        "char",
        "short",
        "int",
        "long",
        "float",
        "double",
        "signed",
        "unsigned",
        "const",
        "volatile",
        "_Bool",
        "bool",
    ]
)

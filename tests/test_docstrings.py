"""What a docstring says of an argument or an attribute can be read by itself."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(__file__).parents[1] / "src" / "pyodide_abi"
#: A description that is a pronoun, or a word for "the same again", and no more than a preposition beside it.
PRONOUN = re.compile(
    r"((of|by|in|with|for) )?(it|its|they|them|theirs?|these|those|this|that|likewise|ditto|as above)"
    r"(,? (by|in|of) \w+)?\W*",
    re.IGNORECASE,
)
#: How a description begins that completes a sentence which is not there.
REST = re.compile(r"(of|where|who|whose|by|they|it|its|their|likewise)\b")


def descriptions(path: Path) -> Iterator[tuple[str, str]]:
    """Each argument and attribute of a file's docstrings, with the first line of what is said of it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            section = ""
            for line in (ast.get_docstring(node) or "").splitlines():
                if line and not line.startswith(" "):
                    section = line
                entry = re.fullmatch(r"    (\*{0,2}\w+): (.*)", line)
                if entry and section in {"Args:", "Attributes:"}:
                    yield f"{node.name}.{entry[1]}", entry[2]


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_description_is_no_bare_pronoun(path: Path) -> None:
    assert not {name: said for name, said in descriptions(path) if PRONOUN.fullmatch(said)}


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_description_stands_by_itself(path: Path) -> None:
    """Write "The name of the file." for ``name``, not "of the file."."""
    assert not {name: said for name, said in descriptions(path) if REST.match(said)}


@pytest.mark.parametrize("said", ["it.", "likewise.", "of it.", "they, by path.", "Its."])
def test_a_bare_pronoun_is_seen(said: str) -> None:
    assert PRONOUN.fullmatch(said)


@pytest.mark.parametrize("said", ["of the file.", "where it lies.", "its name.", "by index, the name."])
def test_a_rest_of_a_sentence_is_seen(said: str) -> None:
    assert REST.match(said)


@pytest.mark.parametrize("said", ["The module.", "it is the older form.", "those that are left out."])
def test_a_phrase_is_none(said: str) -> None:
    assert not PRONOUN.fullmatch(said)

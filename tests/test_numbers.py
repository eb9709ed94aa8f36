"""Numbers in prose that the code knows are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

from pyodide_abi.audit.rules import RULES
from pyodide_abi.cli.commands import COMMANDS
from pyodide_abi.platforms import load_platforms
from pyodide_abi.platforms.engine_documents import engine_names

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
PLATFORMS = load_platforms()
CLASSES = (ROOT / "docs" / "reference" / "failure-classes.md").read_text("utf-8")
#: By the noun that is counted, how many there are.
COUNTS = {
    "rules": len(RULES),
    "classes": len(re.findall(r"^\| <a id=", CLASSES, re.MULTILINE)),
    "platforms": len(PLATFORMS),
    "versions of the ABI": len(PLATFORMS),
    "generations": len({platform.loader for platform in PLATFORMS}),
    "runtime releases": sum(len(platform.releases) for platform in PLATFORMS),
    "engines": len(engine_names()),
    "commands": len(COMMANDS),
}
#: By page, what counts only some of them.
PARTS = {
    "CONTRIBUTING.md": {"seven more commands"},
    "docs/explanation/agreement.md": {"three platforms"},
    "docs/explanation/projects.md": {"two platforms"},
}
WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
#: A number, perhaps a word that is no preposition, and a noun.
COUNT = re.compile(
    rf"\b(\d[\d,]*|{'|'.join(WORDS[1:])})((?: (?!(?:and|for|in|of|to) )\w+)?) ({'|'.join(COUNTS)})\b(?!')",
    re.IGNORECASE,
)


def number(word: str) -> int:
    word = word.lower()
    return WORDS.index(word) + 1 if word in WORDS else int(word.replace(",", ""))


def counted(text: str) -> list[tuple[str, int, str]]:
    """The phrases that count something, with the number and the noun."""
    flat = re.sub(r"\s+", " ", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return [(found[0].lower(), number(found[1]), found[3].lower()) for found in COUNT.finditer(flat)]


def test_it_finds_what_is_wrong() -> None:
    [(phrase, many, noun)] = counted("and it has 64\nrules that see")
    assert (phrase, noun) == ("64 rules", "rules")
    assert many != COUNTS[noun]
    assert counted("all thirteen, and Four versions of the ABI") == [
        ("four versions of the abi", 4, "versions of the abi")
    ]


def test_numbers_in_prose_are_those_of_the_code() -> None:
    counts = {noun.lower(): many for noun, many in COUNTS.items()}
    found = 0
    wrong = []
    for page in PAGES:
        name = str(page.relative_to(ROOT))
        for phrase, many, noun in counted(page.read_text("utf-8")):
            found += 1
            if phrase not in PARTS.get(name, ()) and many != counts[noun]:
                wrong.append((name, phrase, counts[noun]))
    assert wrong == []
    assert found > 5


def test_parts_are_still_said() -> None:
    for name, phrases in PARTS.items():
        said = {phrase for phrase, *_ in counted((ROOT / name).read_text("utf-8"))}
        assert phrases <= said, name

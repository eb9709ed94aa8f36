"""Find the table's texts in what somebody pasted, and tell causes from what follows from them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyodide_abi.messages.pasted import one_line
from pyodide_abi.messages.searched import SearchedText
from pyodide_abi.messages.table import filled, messages_for
from pyodide_abi.platforms import load_platforms
from pyodide_abi.platforms.loaders import load_loaders
from pyodide_abi.values import replace, value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pyodide_abi.messages.table import Message, Wording

#: So many different errors of one text are told apart.
_MOST = 100
#: So vague that it is named only where nothing else is known.
_LAST_RESORT = 3
_ENGINES = frozenset({"V8", "SpiderMonkey", "JavaScriptCore"})

#: Where a text names the file it is about.
_FILES = re.compile(
    r"(?:dynamic lib(?:rary)?:?|Failed to load lib|dynlib) +['\"]?"
    r"(/[^\s'\"]{1,1000}?\.so(?:\.\d{1,9}){0,3})(?=[\s'\":$.]|$)"
)
_PYTHON = re.compile(r"/lib/python(3\.\d{1,3})/")
_OLD_PREFIX = re.compile(r'Import #\d++ module="')


@value
class Recognised:
    """A meaning found in a text.

    Attributes:
        text: the words that gave it away.
        details: what they name: ``symbol``, ``space`` (where it is imported from, such as ``env``), ``file``,
            ``library``, ``module``, ``detail``.
        start: The place in the text as one line where they begin.
        end: The place where they end.
    """

    message: Message
    wording: Wording
    text: str
    details: Mapping[str, str]
    start: int
    end: int

    @property
    def cause(self) -> str:
        """What is wrong, with the names from the text."""
        text = filled(self.message.cause, self.details)
        return text[0].upper() + text[1:]

    @property
    def fix(self) -> str:
        """What to do, likewise."""
        return filled(self.message.fix, self.details)


@value
class Explanation:
    """What a text means.

    Attributes:
        causes: the surest first, and of those that are equally sure the first in the text.
        consequences: what follows from them, or from something that the text does not show.
        file: the library it is about; empty where the text names none.
        platforms: the versions of the ABI whose runtimes word it so; empty where the text does not tell.
        engine: the JavaScript engine that speaks; empty where none does.
    """

    causes: tuple[Recognised, ...]
    consequences: tuple[Recognised, ...]
    file: str
    platforms: tuple[str, ...]
    engine: str

    @property
    def recognised(self) -> tuple[Recognised, ...]:
        """Everything."""
        return (*self.causes, *self.consequences)

    @property
    def is_sure(self) -> bool:
        """Something in it is more than the end of a log, or another text that leaves the cause open."""
        return any(hit.message.vague < _LAST_RESORT for hit in self.recognised)


def recognise(text: str) -> Explanation:
    """What a text means, as far as we know it; nothing is not an error.

    Args:
        text: whatever somebody pasted; only the first ``pasted.LONGEST`` characters are looked at.
    """
    line = one_line(text)
    found = list(_distinct(_search(line)))
    file = _file_in(line, found)
    if file:
        found = [replace(hit, details={"file": file, **hit.details}) for hit in found]
    if any(hit.message.vague < _LAST_RESORT for hit in found):
        found = [hit for hit in found if hit.message.vague < _LAST_RESORT]
    causes = [hit for hit in found if not hit.message.consequence]
    return Explanation(
        causes=tuple(sorted(causes, key=lambda hit: hit.message.vague)),
        consequences=tuple(hit for hit in found if hit.message.consequence),
        file=file,
        platforms=_platforms_in(line, found),
        engine=_engine_in(line, found),
    )


def _search(line: str) -> Iterator[Recognised]:
    text = SearchedText(line)
    for message in messages_for(text):
        for wording in message.wordings:
            if not text.has_any(wording.keys):
                continue
            for match in text.matches(wording.pattern, wording.keys):
                # A pattern that offers a choice names the same thing a second time, as ``detail_2``.
                groups = match.groupdict().items()
                details = {name.partition("_")[0]: value for name, value in groups if value}
                if "bytes" in details:
                    details["detail"] = _spelled(details.pop("bytes"))
                yield Recognised(
                    message=message,
                    wording=wording,
                    text=match.group(),
                    details=details,
                    start=match.start(),
                    end=match.end(),
                )


def _spelled(numbers: str) -> str:
    """The characters of bytes that a text has in hexadecimal, such as ``<!DO`` for ``3c 21 44 4f``."""
    characters = bytes.fromhex(numbers).decode("latin-1")
    return "".join(character if character.isprintable() else "." for character in characters)


def _distinct(hits: Iterator[Recognised]) -> Iterator[Recognised]:
    """Each meaning once for each set of names, without vague ones where another says more."""
    unique: dict[tuple[str, str], Recognised] = {}
    for hit in hits:
        names = "" if hit.message.vague >= _LAST_RESORT else repr(sorted(hit.details.items()))
        if len(unique) < _MOST:
            unique.setdefault((hit.message.name, names), hit)
    named = {hit.message.name for hit in unique.values() if hit.details}
    kept = [hit for hit in unique.values() if hit.details or hit.message.name not in named]
    ordered = sorted(kept, key=lambda hit: (hit.start, hit.message.vague, -hit.end))
    last: dict[str, int] = {}
    for hit in ordered:
        hidden = any(
            other.message.vague < hit.message.vague and other.start < hit.end and hit.start < other.end
            for other in ordered
        )
        if hidden or hit.start < last.get(hit.message.name, -1):
            continue
        last[hit.message.name] = hit.end
        yield hit


def _file_in(line: str, found: Sequence[Recognised]) -> str:
    named = _FILES.search(line)
    if named:
        return named.group(1)
    return next((hit.details["file"] for hit in found if "file" in hit.details), "")


def _platforms_in(line: str, found: Sequence[Recognised]) -> tuple[str, ...]:
    """A path names Python's version, which is exact; else the wordings narrow it down."""
    platforms = load_platforms()
    pythons = set(_PYTHON.findall(line))
    exact = tuple(platform.name for platform in platforms if platform.python.version in pythons)
    if exact:
        return exact
    known = load_loaders()
    # A generation that is not described is taken for one that says what the newest described one says.
    likened = {platform.name: min(platform.loader, len(known)) for platform in platforms}
    left = set(likened.values())
    heads = [loader for loader in known if _stands_alone(loader.failure, line)]
    for said in ({loader.generation for loader in heads}, *(set(hit.wording.loaders) for hit in found)):
        left = left & said or left
    named = tuple(name for name, generation in likened.items() if generation in left)
    return named if len(named) < len(platforms) else ()


def _stands_alone(words: str, line: str) -> bool:
    """A line has these words, and not after a quote: there an installer repeats them, in one spelling."""
    return re.search(f"(?<!'){re.escape(words.rstrip())}", line) is not None


def _engine_in(line: str, found: Sequence[Recognised]) -> str:
    engine = next((hit.wording.by for hit in found if hit.wording.by in _ENGINES), "")
    if _OLD_PREFIX.search(line):
        return "V8 as in Node 20 or a Chrome of its time"
    return engine

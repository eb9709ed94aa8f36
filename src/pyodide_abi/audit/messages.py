"""Recognise what a loader, an engine or an installer says when a wheel does not work.

The table is ``messages.toml``: one entry a meaning, with every wording that is known of it. Texts come out of
browser consoles in all shapes: wrapped, quoted, with colours and with escapes, so all of them are made one
line first.
"""

from __future__ import annotations

import enum
import functools
import html
import re
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from pyodide_abi.errors import PlatformDataError
from pyodide_abi.platforms import load_platforms
from pyodide_abi.platforms.loaders import load_loaders
from pyodide_abi.values import replace, value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: So much of a text is looked at, in characters: a console's of a whole day.
LONGEST = 16_000_000
#: So many different errors of one text are told apart.
_MOST = 100
_IMPORT = (
    r'Import #\d+ (?:module=)?"(?P<space>[^"]{0,300})" '
    r'(?:(?:function|global|memory|table|tag)=)?"(?P<symbol>[^"]{0,2000})"(?: error)?: '
)
_PATH = r"""(?P<file>[^\s'"]{1,1000})"""
_ENGINES = frozenset({"V8", "SpiderMonkey", "JavaScriptCore"})

_ESCAPES = re.compile(r"\x1b\[[0-9;]{0,20}[A-Za-z]|[\u200b\u2060\ufeff]")
_QUOTED = re.compile(r"\n[ \t]{0,20}[>|][ \t]?")
_SPACE = re.compile(r"\s+")
_QUOTES = str.maketrans(
    {
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{LEFT DOUBLE QUOTATION MARK}": '"',
        "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
    }
)

#: Where a text names the file it is about.
_FILES = re.compile(
    r"(?:dynamic lib(?:rary)?:?|Failed to load lib|dynlib) +['\"]?"
    r"(/[^\s'\"]{1,1000}?\.so(?:\.\d{1,9}){0,3})(?=[\s'\":$.]|$)"
)
_PYTHON = re.compile(r"/lib/python(3\.\d{1,3})/")
_OLD_PREFIX = re.compile(r'Import #\d+ module="')


class When(enum.StrEnum):
    """What was going on."""

    COMPILE = "compile"
    LOAD = "load"
    IMPORT = "import"
    CALL = "call"
    INSTALL = "install"
    UPLOAD = "upload"


class Seen(enum.StrEnum):
    """How we know of a wording."""

    RUN = "run"
    """A runtime or an engine was made to say it."""
    THREAD = "thread"
    """A user reported it."""
    SOURCE = "source"
    """It was read in the sources or the documentation."""


@value
class Wording:
    """One way to say it.

    Attributes:
        pattern: over the text as one line.
        example: a real text.
        by: whose words: an engine, ``loader`` for Emscripten's, or a program.
        loaders: generations of the loader that say it; empty where that makes no difference.
        source: where it was seen.
    """

    pattern: re.Pattern[str]
    example: str
    by: str
    loaders: tuple[int, ...]
    seen: Seen
    source: str


@value
class Message:
    """A meaning.

    Attributes:
        name: such as ``undefined-address``.
        summary: one line.
        cause: what is wrong, with placeholders for what a text names.
        fix: what to do, likewise.
        rules: codes of the rules that find it in a wheel, the likeliest first.
        consequence: of what it may be a mere consequence; empty where it is a cause.
        vague: 0, or how vague it is: it is dropped where something less vague lies in the same place.
    """

    name: str
    when: When
    summary: str
    cause: str
    fix: str
    rules: tuple[str, ...]
    consequence: str
    vague: int
    wordings: tuple[Wording, ...]


@value
class Recognised:
    """A meaning found in a text.

    Attributes:
        text: the words that gave it away.
        details: what they name: ``symbol``, ``space`` (where it is imported from, such as ``env``), ``file``,
            ``library``, ``module``, ``detail``.
        start: where they begin in the text as one line.
        end: where they end.
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
        text = self.message.cause.format_map(_Named(self.details))
        return text[0].upper() + text[1:]

    @property
    def fix(self) -> str:
        """What to do, likewise."""
        return self.message.fix.format_map(_Named(self.details))


@value
class Explanation:
    """What a text means.

    Attributes:
        causes: in the order of the text.
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


class _Named(Mapping[str, str]):
    """Names for a cause's placeholders: those of the text, or words that stand for them."""

    _WORDS: Mapping[str, str] = {
        "symbol": "the symbol",
        "file": "the file",
        "library": "a library",
        "module": "the module",
        "detail": "something that is not said",
    }

    def __init__(self, details: Mapping[str, str]) -> None:
        self._details = details

    def __getitem__(self, key: str) -> str:
        return f"`{self._details[key]}`" if key in self._details else self._WORDS[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._WORDS)

    def __len__(self) -> int:
        return len(self._WORDS)


@functools.cache
def load_messages() -> tuple[Message, ...]:
    """The table.

    Raises:
        PlatformDataError: it has a fault; the message names the entry.
    """
    text = files("pyodide_abi.audit").joinpath("messages.toml").read_text("utf-8")
    return decode_messages(tomllib.loads(text))


def decode_messages(table: Mapping[str, Any]) -> tuple[Message, ...]:
    """The table from its TOML document.

    Raises:
        PlatformDataError: it has a fault; the message names the entry.
    """
    messages = []
    for number, entry in enumerate(table.get("message", ())):
        where = f"messages.toml: message[{number}]"
        try:
            messages.append(_message(entry))
        except (KeyError, TypeError, ValueError, re.error) as error:
            raise PlatformDataError(f"{where}: {type(error).__name__}: {error}") from error
    return tuple(messages)


def recognise(text: str) -> Explanation:
    """What a text means, as far as we know it; nothing is not an error.

    Args:
        text: whatever somebody pasted; only the first :data:`LONGEST` characters are looked at.
    """
    line = one_line(text)
    found = list(_distinct(_search(line)))
    file = _file_in(line, found)
    if file:
        found = [replace(hit, details={"file": file, **hit.details}) for hit in found]
    return Explanation(
        causes=tuple(hit for hit in found if not hit.message.consequence),
        consequences=tuple(hit for hit in found if hit.message.consequence),
        file=file,
        platforms=_platforms_in(line, found),
        engine=_engine_in(line, found),
    )


def one_line(text: str) -> str:
    """A text without what consoles, mails and JSON do to it."""
    text = _ESCAPES.sub("", text[:LONGEST]).translate(_QUOTES)
    text = _QUOTED.sub(" ", html.unescape(text))
    text = text.replace('\\"', '"').replace("\\'", "'").replace("\\n", " ")
    return _SPACE.sub(" ", text).strip()


def _message(entry: Mapping[str, Any]) -> Message:
    message = Message(
        name=entry["name"],
        when=When(entry["when"]),
        summary=entry["summary"],
        cause=entry["cause"],
        fix=entry["fix"],
        rules=tuple(entry["rules"]),
        consequence=entry.get("consequence", ""),
        vague=entry.get("vague", 0),
        wordings=tuple(_wording(wording) for wording in entry["wording"]),
    )
    for text in (message.cause, message.fix):
        text.format_map(_Named({}))
    return message


def _wording(entry: Mapping[str, Any]) -> Wording:
    pattern = entry["pattern"].replace("<import>", _IMPORT).replace("<path>", _PATH)
    return Wording(
        pattern=re.compile(pattern),
        example=entry["example"],
        by=entry["by"],
        loaders=tuple(entry.get("loaders", ())),
        seen=Seen(entry["seen"]),
        source=entry["source"],
    )


def _search(line: str) -> Iterator[Recognised]:
    for message in load_messages():
        for wording in message.wordings:
            for match in wording.pattern.finditer(line):
                details = {name: value for name, value in match.groupdict().items() if value}
                yield Recognised(
                    message=message,
                    wording=wording,
                    text=match.group(),
                    details=details,
                    start=match.start(),
                    end=match.end(),
                )


def _distinct(hits: Iterator[Recognised]) -> Iterator[Recognised]:
    """Each meaning once for each set of names, without vague ones where another says more."""
    unique: dict[tuple[str, str], Recognised] = {}
    for hit in hits:
        key = hit.message.name, repr(sorted(hit.details.items()))
        if len(unique) < _MOST:
            unique.setdefault(key, hit)
    ordered = sorted(unique.values(), key=lambda hit: (hit.start, hit.message.vague, -hit.end))
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

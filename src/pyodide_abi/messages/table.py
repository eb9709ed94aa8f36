"""The table of texts: one entry a meaning, with every wording that is known of it.

It is spread over ``texts/*.toml``, a file for each who speaks; ``texts/README.md`` describes the format.
"""

from __future__ import annotations

import enum
import functools
import json
import re
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from pyodide_abi.errors import PlatformDataError
from pyodide_abi.messages.keys import keys_of
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

    from pyodide_abi.messages.searched import SearchedText

#: The files of the table, in the order in which a page lists their entries.
_FILES = (
    "compiling",
    "sources",
    "porting",
    "rust",
    "build_tools",
    "projects",
    "build_files",
    "builders",
    "emscripten",
    "emscripten_programs",
    "linking",
    "file",
    "features",
    "imports",
    "symbols",
    "libraries",
    "python",
    "modules",
    "packages",
    "bindings",
    "objects",
    "traps",
    "limits",
    "asynchronous",
    "programs",
    "installing",
    "requirements",
    "packaging_names",
    "locks",
    "fetching",
    "machine",
    "ci",
    "pages",
    "hosts",
    "engine_hosts",
    "notebooks",
    "javascript_tools",
)
_IMPORT = (
    r'Import #\d++ (?:module=)?"(?P<space>(?!a")[^"]{0,300})" '
    r'(?:(?:function|global|memory|table|tag)=)?"(?P<symbol>[^"]{0,2000})"(?: error)?: '
)
_PATH = r"""(?P<file>[^\s'"]{1,1000})"""

#: Where an entry begins, as the files are written.
_ENTRY = re.compile(r"^\[\[message\]\]$", re.MULTILINE)
#: What ``tools/write_message_keys.py`` writes beside the files.
KEYS = "keys.json"

#: A part of a cause that is left out where the text does not have what it names.
_OPTIONAL = re.compile("«([^«»]*)»")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class When(enum.StrEnum):
    """What was going on."""

    BUILD = "build"
    COMPILE = "compile"
    LOAD = "load"
    IMPORT = "import"
    CALL = "call"
    INSTALL = "install"
    UPLOAD = "upload"


class Seen(enum.StrEnum):
    """How we know of a wording."""

    RUN = "run"
    """A program, a runtime or an engine was made to say it."""
    THREAD = "thread"
    """A user reported it."""
    SOURCE = "source"
    """It was read in the sources or the documentation."""
    KNOWN = "known"
    """The program is known to speak so; nobody here has made it say it, or read it there."""


@value
class Wording:
    """One way to say it.

    Attributes:
        words: A regular expression over the text as one line.
        keys: runs of characters of which one is in every text that the pattern matches.
        example: a real text.
        by: The speaker: an engine, ``loader`` for Emscripten's, or a program.
        loaders: generations of the loader that say it; empty where that makes no difference.
        source: The place where it was seen.
    """

    words: str
    keys: tuple[str, ...]
    example: str
    by: str
    loaders: tuple[int, ...]
    seen: Seen
    source: str

    @property
    def pattern(self) -> re.Pattern[str]:
        """The words, compiled when they are first looked for: of hundreds a text has the keys of few."""
        return _compiled(self.words)


@functools.cache
def _compiled(words: str) -> re.Pattern[str]:
    return re.compile(words)


@value
class Message:
    """A meaning.

    Attributes:
        name: such as ``undefined-address``.
        summary: one line.
        cause: what is wrong, with placeholders for what a text names.
        fix: what to do, likewise.
        rules: codes of the rules that find it in a wheel, the likeliest first.
        consequence: The message of which it may be a mere consequence; empty where it is a cause.
        vague: 0, or how vague: it is dropped where something less vague lies in the same place, and from 3
            on where anything less vague is in the text at all.
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


class Named(Mapping[str, str]):
    """Names for a cause's placeholders: those of the text, or words that stand for them."""

    _WORDS: Mapping[str, str] = {
        "symbol": "the symbol",
        "file": "the file",
        "library": "a library",
        "module": "the module",
        "detail": "…",
    }

    def __init__(self, details: Mapping[str, str]) -> None:
        self._details = details

    def __getitem__(self, key: str) -> str:
        return f"`{self._details[key]}`" if key in self._details else self._WORDS[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._WORDS)

    def __len__(self) -> int:
        return len(self._WORDS)


def filled(text: str, details: Mapping[str, str]) -> str:
    """A cause or a fix with the names of a text, or with words for them.

    Args:
        text: with placeholders such as `{symbol}`, and parts in «…» that are left out where the text names
            nothing for their placeholders.
        details: what the text names.
    """
    kept = _OPTIONAL.sub(
        lambda part: part[1] if set(_PLACEHOLDER.findall(part[1])) <= details.keys() else "", text
    )
    return kept.strip().format_map(Named(details))


@functools.cache
def load_messages() -> tuple[Message, ...]:
    """The table.

    Raises:
        PlatformDataError: it has a fault; the message names the file and the entry.
    """
    return tuple(message for name, text in _texts() for message in decode_messages(tomllib.loads(text), name))


def messages_for(text: SearchedText) -> Iterator[Message]:
    """The entries of which a text may have a wording, in the table's order.

    All others are not read: to read the whole table takes far longer than a search.
    """
    for name, entries in _keys().items():
        for number, keys in enumerate(entries):
            if text.has_any(keys):
                yield _decoded(name, number)


@functools.cache
def _keys() -> dict[str, list[list[str]]]:
    """Of each file, of each entry, the keys of all its wordings."""
    found: dict[str, list[list[str]]] = json.loads(_folder().joinpath(KEYS).read_text("utf-8"))
    return found


@functools.cache
def _decoded(name: str, number: int) -> Message:
    (message,) = decode_messages(tomllib.loads(f"[[message]]{_entries(name)[number]}"), name)
    return message


@functools.cache
def _entries(name: str) -> list[str]:
    """The entries of a file as they are written, in TOML, each without its head."""
    return _ENTRY.split(_folder().joinpath(name).read_text("utf-8"))[1:]


def _folder() -> Traversable:
    return files("pyodide_abi.messages").joinpath("texts")


def _texts() -> Iterator[tuple[str, str]]:
    """Each file's name and text."""
    for name in _FILES:
        yield f"{name}.toml", _folder().joinpath(f"{name}.toml").read_text("utf-8")


def keys_as_json() -> str:
    """``texts/keys.json``: of each file, of each entry, what a text must have one of to be held against it.

    To work it out from some thousand patterns would take a fifth of the time of a short ``explain``.
    """
    found = {
        name: [
            sorted({key for wording in message.wordings for key in wording.keys})
            for message in decode_messages(tomllib.loads(text), name)
        ]
        for name, text in _texts()
    }
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def decode_messages(document: Mapping[str, Any], file: str) -> tuple[Message, ...]:
    """The entries of one file from its TOML document.

    Args:
        document: The content of the file.
        file: The file's name, for what is said of a fault.

    Raises:
        PlatformDataError: it has a fault; the message names the entry.
    """
    messages = []
    for number, entry in enumerate(document.get("message", ())):
        where = f"{file}: message[{number}]"
        try:
            messages.append(_message(entry))
        except (KeyError, TypeError, ValueError) as error:
            raise PlatformDataError(f"{where}: {type(error).__name__}: {error}") from error
    return tuple(messages)


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
        filled(text, dict.fromkeys(Named({}), ""))
    return message


def _wording(entry: Mapping[str, Any]) -> Wording:
    pattern = _expanded(entry["pattern"])
    return Wording(
        words=pattern,
        keys=keys_of(pattern),
        example=entry["example"],
        by=entry["by"],
        loaders=tuple(entry.get("loaders", ())),
        seen=Seen(entry["seen"]),
        source=entry["source"],
    )


def _expanded(pattern: str) -> str:
    return pattern.replace("<import>", _IMPORT).replace("<path>", _PATH)

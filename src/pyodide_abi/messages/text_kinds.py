"""What a text is that the table does not know: who speaks, when, which line decides, what to do next."""

from __future__ import annotations

import functools
import re
import tomllib
from importlib.resources import files
from typing import TYPE_CHECKING

from pyodide_abi.messages.pasted import without_clocks, without_colours
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Iterator

#: So much of a longer text is looked at, in characters from its beginning and from its end.
_BEGINNING, _END = 50_000, 200_000
#: A longer line is shown in part, in characters.
_LONGEST_LINE = 300

#: As Python writes a frame, and as notebooks do.
_FRAME = re.compile(
    r"""^[^\w\n]{0,8}(?:File "(?P<file>[^"]{1,1000})", line (?P<line>\d{1,9})"""
    r"""|File (?P<shown>[^\s":]{1,1000}):(?P<at>\d{1,9}), in """
    r"""|(?P<cell>Cell In ?\[\d{1,9}\]), line (?P<row>\d{1,9}))""",
    re.MULTILINE,
)
_PACKAGE = re.compile(
    r"(?:(?:site|dist)-packages/(?:pip/_vendor/)?|/python3(?:\.\d{1,3}|\d{2,3}\.zip)/(?=_?pyodide))"
    r"(?P<package>\w{1,60})"
)
_STANDARD = re.compile(
    r"^<frozen |/lib/python3(?:\.\d{1,3}|\d{2,3}\.zip)/(?!site-packages|dist-packages|_?pyodide)"
)
#: Where Python names code of a notebook or a page, which has no file.
_OWN = re.compile(r"^<(?:exec|stdin|string|input|console|ipython)|ipykernel_|^/tmp/|^Cell In")
_EXCEPTION = re.compile(
    r"^[^\w\n]{0,8}(?:Uncaught (?:\(in promise\) )?)?"
    r"(?P<name>(?:[a-z_]\w{0,60}\.){0,8}[A-Z]\w{0,60})(?:: .{0,4000})?$",
    re.MULTILINE,
)
#: Lines that decide, the surest sort first.
_DECIDING = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        r"^.{0,300}?(?:\b(?:error|ERROR|FATAL|fatal)|Error|Exception)(?:\[\w{1,20}\])?: .{1,4000}$",
        r"^.{0,300}?(?:\b(?:error|ERROR|failed|FAILED|cannot|Could not|[Nn]o such)\b|not found).{0,4000}$",
        r"^.{0,300}?(?:\b(?:warning|WARNING|WARN)|Warning)\b.{1,4000}$",
    )
)


@value
class TextKind:
    """What can be told of a text.

    Attributes:
        name: what it is, as a noun phrase.
        when: what was going on, as ``while a wheel is built``; empty where that is open.
        line: The line that decides, as it stands there; empty where none does.
        means: what sort of fault that line tells; empty where it is open.
        next: what to do about that sort of fault, there.
        instead: what would tell more than the text does.
    """

    name: str
    when: str
    line: str
    means: str
    next: str
    instead: str


@value
class _Kind:
    """A kind of text of ``text_kinds.toml``, over the text with its lines; one match is enough."""

    pattern: re.Pattern[str]
    name: str
    when: str
    where: str
    instead: str


@value
class _Fault:
    """A sort of fault of ``text_kinds.toml``, over the line that decides."""

    pattern: re.Pattern[str]
    name: str
    next: str


def kind_of(text: str) -> TextKind | None:
    """What kind of text it is; none if it looks like none of those that we know."""
    if len(text) > _BEGINNING + _END:
        text = f"{text[:_BEGINNING]}\n{text[-_END:]}"
    text = without_clocks(without_colours(text))
    kind = next((kind for kind in _kinds() if kind.pattern.search(text)), None)
    if kind is None:
        return None
    traced = _traced(text) if _FRAME.search(text) else None
    line = _line_of(text, is_traceback=_FRAME.search(text) is not None)
    fault = next((fault for fault in _faults() if line and fault.pattern.search(line)), None)
    name, when, where = traced or (kind.name, kind.when, kind.where)
    return TextKind(
        name=name,
        when=when,
        line=line,
        means=fault.name if fault else "",
        next=fault.next.replace("{where}", where) if fault else "",
        instead=kind.instead,
    )


def _traced(text: str) -> tuple[str, str, str] | None:
    """Name, stage and place of settings of the program in which a traceback ends; none if nothing tells."""
    frames = [frame for frame in map(_place, _FRAME.finditer(text)) if not _STANDARD.search(frame[0])]
    exceptions = [match["name"] for match in _EXCEPTION.finditer(text)]
    named = exceptions[-1].partition(".")[0] if exceptions and "." in exceptions[-1] else ""
    for file, line in frames[-1:]:
        package = _PACKAGE.search(file)
        if package is not None:
            return _program(package["package"])
        if _OWN.search(file) or named not in _programs():
            name = f"a Python traceback that ends in {file.rsplit('/', 1)[-1]}, line {line}"
            return (name, "", "that line")
    return _program(named) if named else None


def _place(frame: re.Match[str]) -> tuple[str, str]:
    """File and line of a frame."""
    return (
        frame["file"] or frame["shown"] or frame["cell"],
        frame["line"] or frame["at"] or frame["row"],
    )


def _program(package: str) -> tuple[str, str, str]:
    name, when, where = _programs().get(package, (package, "", f"the call of {package}"))
    named = name.replace("{package}", package)
    return (f"a Python traceback that ends in {named}", when, where)


def _line_of(text: str, *, is_traceback: bool) -> str:
    """The line that decides: of a traceback the last exception, else the first line of the surest sort."""
    found = ""
    if is_traceback:
        frames = list(_FRAME.finditer(text))
        found = next((match[0] for match in _EXCEPTION.finditer(text, frames[-1].end())), "")
    if not found:
        found = next(_first_lines(text), "")
    return " ".join(found.split())[:_LONGEST_LINE]


def _first_lines(text: str) -> Iterator[str]:
    for pattern in _DECIDING:
        match = pattern.search(text)
        if match:
            yield match[0]


@functools.cache
def _document() -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = tomllib.loads(
        files("pyodide_abi.messages").joinpath("text_kinds.toml").read_text("utf-8")
    )
    return found


@functools.cache
def _kinds() -> tuple[_Kind, ...]:
    """The kinds, the surest first."""
    return tuple(
        _Kind(
            pattern=re.compile(entry["pattern"], re.MULTILINE),
            name=entry["name"],
            when=entry.get("when", ""),
            where=entry.get("where", "the command or the file that it reads"),
            instead=entry["instead"],
        )
        for entry in _document()["kind"]
    )


@functools.cache
def _faults() -> tuple[_Fault, ...]:
    """The sorts of faults, the surest first."""
    return tuple(
        _Fault(pattern=re.compile(entry["pattern"]), name=entry["name"], next=entry["next"])
        for entry in _document()["fault"]
    )


@functools.cache
def _programs() -> dict[str, tuple[str, str, str]]:
    """Name, stage and place of settings of programs, by the names of their Python packages."""
    return {
        package: (entry["name"], entry["when"], entry["where"])
        for entry in _document()["program"]
        for package in entry["packages"].split()
    }

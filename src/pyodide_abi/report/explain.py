"""Rules and explanations as data, as lines for people, and as the reference page of all known texts."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, TypeAlias

from pyodide_abi.audit.rules import RULES
from pyodide_abi.messages import filled
from pyodide_abi.report.demangled import readable
from pyodide_abi.report.loader_links import linked, places, spelled_out
from pyodide_abi.report.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyodide_abi.audit.rule import Rule
    from pyodide_abi.messages import Explanation, Message, Recognised, TextKind

Data: TypeAlias = dict[str, object]

#: The column of a label, and the width of text, in characters.
_LABEL = 11
_WIDTH = 100

_BY = {"loader": "Emscripten's loader"}
_SEEN = {
    "run": "produced",
    "thread": "reported",
    "source": "read in the sources",
    "known": "known to be said, not seen by us",
}
_WHEN = {
    "build": "While a wheel is built",
    "compile": "While a module is compiled",
    "load": "While a module is loaded",
    "import": "While Python imports a module",
    "call": "When a function is called",
    "install": "While a wheel is installed",
    "upload": "While a wheel is published",
}


def rule_data(rule: Rule) -> Data:
    """One rule."""
    return {
        "type": "rule",
        "code": rule.code,
        "name": rule.name,
        "severity": str(rule.severity),
        "since": rule.since,
        "summary": rule.summary,
        "sections": {heading: spelled_out(body) for heading, body in rule.sections().items()},
    }


def rule_text(rule: Rule) -> str:
    """One rule as Markdown, which people read as it is."""
    sections = "".join(
        f"\n## {heading}\n\n{spelled_out(body)}\n" for heading, body in rule.sections().items()
    )
    head = f"# {rule.code} {rule.name}\n\n{rule.summary}.\n\n"
    return f"{head}Severity: {rule.severity}. Since version {rule.since}.\n{sections}"


def rules_text(rules: Sequence[Rule]) -> str:
    """One line a rule."""
    width = max(len(rule.name) for rule in rules)
    return "".join(f"{rule.code}  {rule.name:<{width}}  {rule.summary}\n" for rule in rules)


def explanation_data(explanation: Explanation, kind: TextKind | None = None) -> Data:
    """What a text means.

    Args:
        explanation: what is known of it.
        kind: The kind of a text of which nothing is known, or only vague things are.
    """
    return {
        "type": "text",
        "kind": _kind(kind) if kind else None,
        "file": explanation.file or None,
        "platforms": list(explanation.platforms),
        "engine": explanation.engine or None,
        "causes": [_recognised(hit) for hit in explanation.causes],
        "consequences": [_recognised(hit) for hit in explanation.consequences],
    }


def explanation_text(explanation: Explanation, kind: TextKind | None = None) -> Iterator[str]:
    """The lines: causes first, then what follows from them.

    Args:
        explanation: what is known of a text.
        kind: The kind of a text of which only vague things are known.
    """
    blocks = [list(_cause(hit, explanation)) for hit in explanation.causes]
    if explanation.causes and explanation.consequences:
        blocks.append(list(_consequences(explanation.consequences)))
    else:
        blocks += [list(_cause(hit, explanation)) for hit in explanation.consequences]
    for number, block in enumerate(blocks):
        if number:
            yield ""
        yield from map(printable, block)
    known = (
        any(hit.text in kind.line or kind.line in hit.text for hit in explanation.recognised)
        if kind
        else True
    )
    if kind is not None and kind.means and not known:
        yield ""
        yield "the line that may say why:"
        yield from _deciding(kind)


def unknown_text(kind: TextKind | None) -> Iterator[str]:
    """The lines for a text of which nothing is known."""
    yield "nothing in this text is known"
    if kind is None:
        yield from wrapped(
            "instead",
            "paste all of it, with the lines that begin with ImportError, LinkError, CompileError or "
            "RuntimeError, or with 'error:' in a build's log; a file's name will do",
        )
    else:
        yield from wrapped("it is", f"{kind.name}, {kind.when}" if kind.when else kind.name)
        yield from _deciding(kind)
        yield from wrapped("instead", f"give {kind.instead}")
    yield from wrapped("or", "'pyodide-abi audit WHEEL.whl' says what it finds in the wheel itself")


def _deciding(kind: TextKind) -> Iterator[str]:
    """The line of a text that decides, and what it tells."""
    if kind.line:
        yield from map(printable, wrapped("line", kind.line))
    if kind.means:
        yield from wrapped("means", kind.means)
        yield from wrapped("next", kind.next)


def message_data(message: Message) -> Data:
    """One meaning without a text."""
    return {
        "type": "meaning",
        "name": message.name,
        "when": str(message.when),
        "summary": message.summary,
        "cause": _plain(message.cause),
        "consequence_of": message.consequence or None,
        "fix": _plain(message.fix),
        "rules": list(message.rules),
        "wordings": [
            {
                "example": wording.example,
                "by": wording.by,
                "loaders": list(wording.loaders),
                "seen": str(wording.seen),
                "source": wording.source,
            }
            for wording in message.wordings
        ],
    }


def message_text(message: Message) -> Iterator[str]:
    """As :func:`message_data`, in lines."""
    yield f"{message.name}: {message.summary}"
    yield from _meaning(_plain(message.cause), message)
    yield from wrapped("fix", _plain(message.fix))
    yield from _rules(message)
    yield from _see(*(wording.source for wording in message.wordings))
    for wording in message.wordings:
        yield from wrapped("says", f"{wording.example.splitlines()[-1]}  ({_by(wording.by)})")


def reference_page(messages: Sequence[Message]) -> str:
    """``docs/reference/loader-messages.md``."""
    lines = [
        "# What the loader says, and what it means",
        "",
        "Made from `src/pyodide_abi/messages/texts` by `python tools/write_message_page.py`.",
        "",
        "`pyodide-abi explain '<text from a console or a log>'` recognises all of these. A text is",
        "*produced* where a program, a runtime or an engine was made to say it, *reported* where a user met",
        "it, and else read in the sources.",
    ]
    for when, heading in _WHEN.items():
        group = [message for message in messages if message.when == when]
        if group:
            lines += ["", f"## {heading}"]
        for message in group:
            lines += _section(message)
    return "\n".join(lines) + "\n"


def _section(message: Message) -> Iterator[str]:
    yield from ("", f"### {message.name}", "", f"{message.summary[0].upper()}{message.summary[1:]}.", "")
    yield from textwrap.wrap(_plain(message.cause), 110)
    if message.consequence:
        yield ""
        yield from textwrap.wrap(f"It may be a mere consequence of {message.consequence}.", 110)
    yield ""
    yield from textwrap.wrap(f"**Fix:** {_plain(message.fix)}.", 110)
    if message.rules:
        names = {rule.code: rule.name for rule in RULES}
        links = [f"[{code}](rules/{code}-{names[code]}.md)" for code in message.rules]
        yield from ("", f"**Rules:** {', '.join(links)}")
    for wording in message.wordings:
        loaders = f", loader generation {', '.join(map(str, wording.loaders))}" if wording.loaders else ""
        source = linked(wording.source, "loader.md")
        yield from ("", f"{_by(wording.by)}{loaders}; {_SEEN[wording.seen]} ({source}):", "")
        yield from (f"    {line}" for line in wording.example.splitlines())


def _plain(text: str) -> str:
    """A cause or a fix without a text to take names from."""
    plain = filled(text, {})
    return plain[0].upper() + plain[1:]


def _kind(kind: TextKind) -> Data:
    return {
        "name": kind.name,
        "when": kind.when or None,
        "line": kind.line or None,
        "means": kind.means or None,
        "next": kind.next or None,
        "instead": kind.instead,
    }


def _recognised(hit: Recognised) -> Data:
    return {
        "name": hit.message.name,
        "when": str(hit.message.when),
        "summary": hit.message.summary,
        "text": hit.text,
        "details": dict(hit.details),
        "cause": hit.cause,
        "consequence_of": hit.message.consequence or None,
        "fix": hit.fix,
        "rules": list(hit.message.rules),
        "by": hit.wording.by,
        "seen": str(hit.wording.seen),
        "source": hit.wording.source,
    }


def _cause(hit: Recognised, explanation: Explanation) -> Iterator[str]:
    yield f"{hit.message.name}: {hit.message.summary}"
    for name in ("symbol", "library", "module"):
        if name in hit.details:
            yield f"  {name:<{_LABEL}}{hit.details[name]}"
            source = readable(hit.details[name])
            if source != hit.details[name]:
                yield f"  {'':<{_LABEL}}{source}"
    if explanation.file:
        yield f"  {'file':<{_LABEL}}{explanation.file}"
    yield from wrapped("said by", _speaker(hit, explanation))
    yield from _meaning(hit.cause, hit.message)
    yield from wrapped("fix", hit.fix)
    yield from _rules(hit.message)
    yield from _see(hit.wording.source)


def _meaning(cause: str, message: Message) -> Iterator[str]:
    yield from wrapped("cause", cause)
    if message.consequence:
        yield from wrapped("or", f"a consequence of {message.consequence}")


def _consequences(hits: Sequence[Recognised]) -> Iterator[str]:
    yield "consequences, which go away with the above:"
    for hit in hits:
        yield f"  {hit.message.name}: {hit.text}"


def _speaker(hit: Recognised, explanation: Explanation) -> str:
    words = [_by(hit.wording.by)]
    if explanation.engine and hit.wording.by == "V8":
        words = [explanation.engine]
    if explanation.platforms:
        words.append(f"in a runtime of {' or '.join(explanation.platforms)}")
    return " ".join(words)


def _by(speaker: str) -> str:
    return _BY.get(speaker, speaker)


def _rules(message: Message) -> Iterator[str]:
    names = {rule.code: rule.name for rule in RULES}
    for number, code in enumerate(message.rules):
        yield f"  {'' if number else 'rules':<{_LABEL}}{code} {names[code]}"
    if not message.rules:
        yield from wrapped("rules", "none: the audit cannot see it in a wheel")


def _see(*sources: str) -> Iterator[str]:
    for number, place in enumerate(places(*sources)):
        yield f"  {'' if number else 'see':<{_LABEL}}{place}"


def wrapped(label: str, text: str) -> Iterator[str]:
    """A labelled paragraph. Long words (mangled names, paths) are never broken: they are for copying."""
    first = f"  {label:<{_LABEL}}"
    yield from textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_long_words=False,
        break_on_hyphens=False,
    )

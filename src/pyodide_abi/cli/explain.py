"""``pyodide-abi explain``: what a rule is about, what an error means, or what is known of a symbol."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from pyodide_abi.audit.rule import Rule
    from pyodide_abi.cli.session import Session
    from pyodide_abi.messages import Explanation, Message
    from pyodide_abi.platforms.symbol_facts import SymbolFacts

DESCRIPTION = """\
What a rule of the audit is about, what an error means that somebody has met, or what is known of a symbol.

Takes the code or the name of a rule, the name of a symbol, or a text as it stands in a browser's console, a
terminal or a log: as words, from a file, or from stdin. Texts of all releases' loaders are known, those of
the engines behind them (V8, SpiderMonkey, JavaScriptCore), of Python and its packages, of installers
(micropip, pip, uv), and of what builds wheels (Emscripten, clang, cargo, CMake, Meson, pyodide-build). It
says what the cause is, which symbol or file it is about, who words it so, which rule of the audit would
have found it, and what to do; of several causes the surest comes first. Of a symbol it says which releases
offer it, as what, and whether the function does less there than it promises.
All texts are listed in docs/reference/loader-messages.md.
"""

EXAMPLES = """\
examples:
  pyodide-abi explain ABI201
      what the rule checks, why it breaks, an example, the fix; 201 will do, several codes, too
  pyodide-abi explain wrong-unwinding
      the same, by the rule's name
  pyodide-abi explain "Error: bad export type for '_ZTVN4absl6StatusE': undefined"
      what an error means
  pyodide-abi explain flock
      who offers a symbol, and what the function does not do there
  pyodide-abi explain console.txt
      a long one, from a file; 'pyodide-abi explain < console.txt' and 'pyodide-abi explain -' read stdin
  pyodide-abi explain
      all rules, one a line; 'pyodide-abi explain ABI4' those of a family

exit status: 0 explained, 1 nothing in the text is known, 2 a file that cannot be read or a wrong call.
"""

#: One word is meant for a rule's code or name.
_WORD = re.compile(r"[A-Za-z0-9_-]{1,60}")
#: A word that may be meant for a symbol, as an import names it.
_SYMBOL = re.compile(r"[A-Za-z_$][\w$.]{1,4000}")
#: A word that is meant for a file.
_PATH = re.compile(r"\S{0,4000}\.(?:txt|log|out|err|md|json|html)", re.IGNORECASE)
#: A longer word is no file's name, in characters.
_LONGEST_PATH = 4096
#: A list of all rules is shorter, in characters.
_LONGEST_LIST = 4000
#: The beginning of codes: a family of rules.
_FAMILY = re.compile(r"(?:ABI)?[1-6]\d?(?:xx)?", re.IGNORECASE)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add arguments, a description and examples."""
    parser.description = DESCRIPTION
    parser.epilog = EXAMPLES
    parser.add_argument(
        "what",
        nargs="*",
        metavar="CODE|TEXT|SYMBOL|FILE",
        help="a rule's code or name, an error, a symbol, or a file that has an error; - reads one from stdin",
    )
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="for people or for machines"
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """Explain.

    Returns:
        0, or 1 if nothing is recognised.

    Raises:
        UsageError: what looks like a rule is none.
    """
    from pyodide_abi.audit.rules import RULES
    from pyodide_abi.errors import UsageError
    from pyodide_abi.messages import load_messages, recognise

    words = args.what
    if words == ["-"] or (not words and _stdin_is_given()):
        text = _read_stdin()
    elif not words:
        return _list_rules(RULES, args, session)
    else:
        text = " ".join(words)
    wanted = text.strip()
    if rules := _rules_called(wanted):
        return _show_rules(rules, args, session)
    if _FAMILY.fullmatch(wanted):
        return _list_rules([rule for rule in RULES if rule.matches(wanted)], args, session)
    if _WORD.fullmatch(wanted):
        message = next((message for message in load_messages() if wanted == message.name), None)
        if message is not None:
            return _show_message(message, args, session)
    if (file := _file_called(words, session)) is not None:
        text = _read_text(file)
    explanation = recognise(text)
    if not explanation.recognised and file is None and len(words) == 1 and _PATH.fullmatch(wanted):
        raise UsageError(f"there is no file {wanted}", hint="an error's own words will do, too")
    if not explanation.recognised and file is None:
        if (facts := _symbol_called(wanted)) is not None:
            return _show_symbol(facts, args, session)
        if _WORD.fullmatch(wanted):
            explanation = _without_module(wanted)
    return _show_explanation(explanation, text, args, session)


def _rules_called(wanted: str) -> list[Rule]:
    """The rules that each of the words names, in their order; none where a word is another thing."""
    from pyodide_abi.audit.rules import RULES

    words = wanted.replace(",", " ").split() if len(wanted) <= _LONGEST_LIST else []
    found = [next((rule for rule in RULES if rule.is_called(word)), None) for word in words]
    rules = [rule for rule in found if rule is not None]
    return list(dict.fromkeys(rules)) if len(rules) == len(found) else []


def _file_called(words: Sequence[str], session: Session) -> Path | None:
    """The one file that is named, if it is there."""
    if len(words) != 1 or len(words[0]) > _LONGEST_PATH or "\n" in words[0]:
        return None
    path = session.cwd / words[0]
    try:
        return path if path.is_file() else None
    except (OSError, ValueError):
        return None


def _read_text(file: Path) -> str:
    """What a file has, as text.

    Raises:
        UsageError: it is a wheel or a module, or too large.
    """
    from pyodide_abi.errors import UsageError
    from pyodide_abi.files import read_head
    from pyodide_abi.messages.pasted import LONGEST

    data, size = read_head(file, most=LONGEST)
    if data.startswith((b"PK\3\4", b"\0asm")):
        raise UsageError(
            f"{file.name} is no text",
            hint=f"'pyodide-abi audit {file.name}' says what is wrong with a wheel or a module",
        )
    _check_length(size)
    return _decoded(data)


def _decoded(data: bytes) -> str:
    """Bytes as text: UTF-8, or UTF-16 with the mark that PowerShell's ``>`` puts before it.

    Bytes that are no text are no reason to fail: the rest of the line may still say it.
    """
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff")) and b"\0" in data[:80]
    encoding = "utf-16" if marked else "utf-8-sig"
    return data.decode(encoding, errors="replace")


def _check_length(size: int) -> None:
    from pyodide_abi.errors import UsageError
    from pyodide_abi.messages.pasted import LONGEST

    if size > LONGEST:
        raise UsageError(
            f"that is more than {LONGEST // 1_000_000} MB of text",
            hint="give the part with the error: the lines around ImportError, LinkError or RuntimeError",
        )


def _stdin_is_given() -> bool:
    """Stdin is a file or a pipe, so that somebody means it; not a terminal, nothing, or the null device."""
    import os
    import stat
    import sys

    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError, ValueError):
        return False
    return stat.S_ISREG(mode) or stat.S_ISFIFO(mode)


def _read_stdin() -> str:
    import sys

    from pyodide_abi.messages.pasted import LONGEST

    data = sys.stdin.buffer.read(LONGEST + 1)
    _check_length(len(data))
    return _decoded(data)


def _unknown(wanted: str) -> Exception:
    from pyodide_abi.errors import UsageError

    close = _near(wanted)
    hint = f"did you mean {' or '.join(close)}?\n" if close else ""
    return UsageError(
        f"there is no rule '{wanted}', and no platform offers a symbol of that name",
        hint=f"{hint}'pyodide-abi explain' lists all rules",
    )


def _near(wanted: str) -> list[str]:
    """Codes and names of rules, and names of meanings, that somebody may have meant."""
    from pyodide_abi.audit.rules import RULES
    from pyodide_abi.messages import load_messages

    names = [rule.name for rule in RULES] + [message.name for message in load_messages()]
    # A code is all digits: another one is near only by a letter too many, not by what it is about.
    codes = {rule.code.lower(): rule.code for rule in RULES}
    near = difflib.get_close_matches(wanted.lower(), codes, n=1, cutoff=0.9)
    return [codes[word] for word in near] or difflib.get_close_matches(wanted.lower(), names, n=2)


def _without_module(wanted: str) -> Explanation:
    """What it means that there is no Python module of some name, where more is known than that there is none.

    Raises:
        UsageError: nothing more is known.
    """
    from pyodide_abi.messages import recognise

    explanation = recognise(f"ModuleNotFoundError: No module named '{wanted}'")
    if not explanation.recognised or any(hit.message.vague for hit in explanation.recognised):
        raise _unknown(wanted)
    return explanation


def _symbol_called(wanted: str) -> SymbolFacts | None:
    """What is known of a symbol, where a word is one: offered, hollow, mangled, or spelled as in C."""
    from pyodide_abi.platforms.symbol_facts import symbol_facts
    from pyodide_abi.report.demangled import demangled

    name = wanted.removesuffix("()")
    if not _SYMBOL.fullmatch(name):
        return None
    for spelled in (name, name.removeprefix("_")):
        facts = symbol_facts(spelled)
        if facts.offered or facts.hollow:
            return facts
    mangled = demangled(name) != name
    return symbol_facts(name) if mangled or ("_" in name.strip("_") and not _near(name)) else None


def _list_rules(chosen: Sequence[Rule], args: argparse.Namespace, session: Session) -> int:
    from pyodide_abi.report.explain import rule_data, rules_text

    rules = sorted(chosen, key=lambda rule: rule.code)
    if args.format == "json":
        _print_json([rule_data(rule) for rule in rules], session)
    else:
        session.out.write(rules_text(rules))
    return 0


def _show_rules(rules: Sequence[Rule], args: argparse.Namespace, session: Session) -> int:
    from pyodide_abi.report.explain import rule_data, rule_text

    text = "\n".join(map(rule_text, rules))
    if args.format == "json":
        _print_json([rule_data(rule) for rule in rules], session)
    elif session.out.isatty():
        from rich.markdown import Markdown

        session.console().print(Markdown(text))
    else:
        session.out.write(text)
    return 0


def _show_message(message: Message, args: argparse.Namespace, session: Session) -> int:
    from pyodide_abi.report.explain import message_data, message_text

    return _show(message_data(message), message_text(message), args, session)


def _show_symbol(facts: SymbolFacts, args: argparse.Namespace, session: Session) -> int:
    from pyodide_abi.report.symbol import symbol_data, symbol_text

    return _show(symbol_data(facts), symbol_text(facts), args, session)


def _show(data: object, lines: Iterable[str], args: argparse.Namespace, session: Session) -> int:
    if args.format == "json":
        _print_json([data], session)
    else:
        session.out.writelines(f"{line}\n" for line in lines)
    return 0


def _show_explanation(explanation: Explanation, text: str, args: argparse.Namespace, session: Session) -> int:
    from pyodide_abi.messages import kind_of
    from pyodide_abi.report.explain import explanation_data, explanation_text, unknown_text

    kind = None if explanation.is_sure else kind_of(text)
    lines = explanation_text(explanation, kind) if explanation.recognised else unknown_text(kind)
    _show(explanation_data(explanation, kind), lines, args, session)
    return 0 if explanation.recognised else 1


def _print_json(results: Sequence[object], session: Session) -> None:
    from pyodide_abi.report.envelope import to_envelope

    session.out.write(to_envelope("explain", results))

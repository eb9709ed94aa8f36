"""What V8 says of a list of parameters in ``(…) => …``, whatever stands in it.

The list is parsed as an expression first, which has to be a list of parameters in the end. The wording was
seen in Node 24, in strict code, as the loader's is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: No list of parameters has more brackets within one another.
_DEEPEST = 30

_TOKEN = re.compile(
    r"\s*(?P<token>(?P<name>[^\W\d][\w$]*|\$[\w$]*)|(?P<number>\d+(?:\.\d+)?(?![\w$]))"
    r"|(?P<text>\"[^\"]*\"|'[^']*')|\.\.\.|\*\*=?|&&|\|\||<<=?|>>>?=?|[=!]==?|[<>+*/%&|^-]=|\+\+|--"
    r"|[-+*/%&|^~!<>=?:;,.()\[\]{}])"
)
#: Words of JavaScript that cannot begin an expression: the parser stops at them.
_STOPS = frozenset(
    [
        "in",
        "var",
        "with",
        "export",
        "extends",
        "debugger",
        "instanceof",
        "throw",
        "try",
        "catch",
        "finally",
        "const",
        "default",
        "case",
        "do",
        "else",
        "for",
        "if",
        "return",
        "switch",
        "while",
        "break",
        "continue",
    ]
)
#: Words that want an operand or more, and meet the end of the list instead.
_UNFINISHED = frozenset({"void", "typeof", "delete", "new", "function", "class"})
_VALUES = frozenset({"this", "null", "true", "false"})
#: Words that strict code refuses.
_STRICT = frozenset(
    ["implements", "interface", "let", "package", "private", "protected", "public", "static", "yield"]
)
_STRICT_VALUES = frozenset({"arguments", "eval"})
_SPECIAL = {
    "enum": "Unexpected reserved word",
    "import": "Cannot use import statement outside a module",
    "super": "'super' keyword unexpected here",
}
_NO_TARGET = "Invalid destructuring assignment target"
_DUPLICATE = "Duplicate parameter name not allowed in this context"
_BINARY = frozenset(
    [
        "*",
        "**",
        "/",
        "%",
        "+",
        "-",
        "<<",
        ">>",
        ">>>",
        "<",
        ">",
        "<=",
        ">=",
        "==",
        "!=",
        "===",
        "!==",
        "&",
        "^",
        "|",
        "&&",
        "||",
    ]
)
_PREFIX = frozenset(["+", "-", "~", "!", "++", "--"])


def syntax_error(names: Sequence[str]) -> str | None:
    """What V8 says of ``(NAMES) => …`` in strict code, as the loader's is; None where it takes them.

    Args:
        names: what stands between the commas, whatever that is.
    """
    tokens = list(_tokens(",".join(names)))
    try:
        _Parser(tokens).formals()
    except _SyntaxError as error:
        return f"SyntaxError: {error}"
    return None


def _tokens(text: str) -> Iterator[re.Match[str] | str]:
    place = 0
    text = text.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            yield text[place]
            return
        yield match
        place = match.end()


class _SyntaxError(Exception):
    """The text of V8's."""


class _Parser:
    """V8's way through ``(…) =>``: an expression first, which has to be a list of parameters in the end."""

    def __init__(self, tokens: list[re.Match[str] | str]) -> None:
        self._tokens = tokens
        self._place = 0
        self._depth = 0
        self._targets = True
        self._names: list[str] = []

    def formals(self) -> None:
        while not self._ended():
            if self._next == "...":
                self._advance()
                self._target()
                if not self._ended():
                    raise _SyntaxError("Rest parameter must be last formal parameter")
                break
            self._target()
            if self._ended():
                break
            self._expect(",")
        if not self._targets:
            raise _SyntaxError(_NO_TARGET)
        if len(set(self._names)) < len(self._names):
            raise _SyntaxError(_DUPLICATE)

    @property
    def _next(self) -> str:
        if self._ended():
            return ")"
        token = self._tokens[self._place]
        return token if isinstance(token, str) else token["token"]

    def _ended(self) -> bool:
        return self._place >= len(self._tokens)

    def _advance(self) -> None:
        self._place += 1

    def _expect(self, wanted: str) -> None:
        if self._next != wanted or self._ended():
            raise self._unexpected()
        self._advance()

    def _unexpected(self) -> _SyntaxError:
        if not self._ended() and isinstance(self._tokens[self._place], str):
            return _SyntaxError("Invalid or unexpected token")
        return _SyntaxError(f"Unexpected token '{self._next}'")

    def _target(self) -> None:
        """A parameter, or whatever stands in the place of one."""
        start = self._place
        named = self._is_name(start)
        self._assignment()
        after = start + 1
        simple = self._place == after or (after < len(self._tokens) and self._word(after) == "=")
        if named and simple:
            self._names.append(self._word(start))
        elif not (self._word(start) == "[" and self._word(start + 1) == "]" and self._place == start + 2):
            self._targets = False

    def _word(self, place: int) -> str:
        token = self._tokens[place] if place < len(self._tokens) else ")"
        return token if isinstance(token, str) else token["token"]

    def _is_name(self, place: int) -> bool:
        token = self._tokens[place] if place < len(self._tokens) else ")"
        return not isinstance(token, str) and bool(token["name"]) and token["name"] not in _VALUES

    def _assignment(self) -> None:
        self._binary()
        if self._next == "?":
            self._advance()
            self._assignment()
            self._expect(":")
            self._assignment()
        elif self._next == "=":
            self._advance()
            self._assignment()

    def _binary(self) -> None:
        self._unary()
        while not self._ended() and self._next in _BINARY:
            self._advance()
            self._unary()

    def _unary(self) -> None:
        while not self._ended() and self._next in _PREFIX:
            self._advance()
        self._primary()
        while not self._ended() and self._next in {"(", "[", "."}:
            opened = self._next
            self._advance()
            if opened == ".":
                self._primary()
            else:
                self._list({"(": ")", "[": "]"}[opened], empty=opened == "(")

    def _primary(self) -> None:
        token = self._tokens[self._place] if not self._ended() else None
        word = self._next
        if token is None or isinstance(token, str):
            raise self._unexpected()
        if token["name"]:
            self._check_word(word)
            self._advance()
            if word in _UNFINISHED:
                self._unary() if word not in {"function", "class"} else self._expect("(")
        elif token["number"] or token["text"]:
            self._advance()
        elif word == "(":
            self._advance()
            self._list(")", empty=False)
        elif word == "[":
            self._advance()
            self._list("]", empty=True)
        else:
            raise self._unexpected()

    def _list(self, closing: str, *, empty: bool) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _SyntaxError(_NO_TARGET)
        self._elements(closing, empty=empty)
        self._depth -= 1

    def _elements(self, closing: str, *, empty: bool) -> None:
        if empty and not self._ended() and self._next == closing:
            self._advance()
            return
        self._assignment()
        while not self._ended() and self._next == ",":
            self._advance()
            self._assignment()
        self._expect(closing)

    def _check_word(self, word: str) -> None:
        if word in _SPECIAL:
            raise _SyntaxError(_SPECIAL[word])
        if word in _STOPS:
            raise self._unexpected()
        if word in _STRICT:
            raise _SyntaxError("Unexpected strict mode reserved word")
        if word in _STRICT_VALUES:
            raise _SyntaxError("Unexpected eval or arguments in strict mode")

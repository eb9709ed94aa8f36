"""How the loader takes the text of an EM_JS function apart; what V8 says was seen in Node 24."""

from __future__ import annotations

import pytest

from pyodide_abi.linker.em_js import declared_names, fatal_call, split_text, taken_names
from pyodide_abi.linker.js_parameters import syntax_error

UNEXPECTED = "SyntaxError: Unexpected token '{}'"
NO_TARGET = "SyntaxError: Invalid destructuring assignment target"
#: Parameters; what the loaders before Emscripten 4.0.19 say, and those from then on. None: it loads.
SEEN = [
    ("()", None, None),
    ("(void)", None, None),
    ("( void )", None, None),
    ("(int first, int second)", None, None),
    ("(char *a, const char * b)", None, None),
    ("(void **args, int n)", UNEXPECTED.format("*"), None),
    ("(void ** args, int n)", None, None),
    ("(void * *args, int n)", None, None),
    ("(void ***args, int n)", UNEXPECTED.format("**"), None),
    ("(char**, int n)", UNEXPECTED.format(","), None),
    ("(void *)", None, None),
    ("(void *, int n)", UNEXPECTED.format(","), UNEXPECTED.format(",")),
    ("(void*, int n)", UNEXPECTED.format(","), UNEXPECTED.format(",")),
    ("(int, double)", None, None),
    ("(int, int)", *["SyntaxError: Duplicate parameter name not allowed in this context"] * 2),
    ("(int first, int second )", None, None),
    ("(int first , int second)", *[UNEXPECTED.format(",")] * 2),
    ("(int a[], int n)", *[UNEXPECTED.format("]")] * 2),
    ("(int a[4], int n)", NO_TARGET, NO_TARGET),
    ("(int a[static 4], int n)", *[UNEXPECTED.format("]")] * 2),
    ("(int a [], int n)", None, None),
    ("(int (*f)(int), int n)", NO_TARGET, NO_TARGET),
    ("(int (*f)(int, int), int n)", NO_TARGET, NO_TARGET),
    ("(int (*f)(void), int n)", *[UNEXPECTED.format(")")] * 2),
    ("(std::pair<int, int> p, int n)", *[UNEXPECTED.format(":")] * 2),
    ("(std::vector<int> *v, int n)", None, None),
    ("(int &a, int n)", *[UNEXPECTED.format("&")] * 2),
    ("(int& a, int n)", None, None),
    ("(int a, int b = 3)", NO_TARGET, NO_TARGET),
    ("(int a, int b=3)", None, None),
    ("(int a, ...)", *[UNEXPECTED.format(")")] * 2),
    ("(int a __attribute__((unused)), int n)", NO_TARGET, NO_TARGET),
    ("(int in, int n)", *[UNEXPECTED.format("in")] * 2),
    ("(int a, int new)", *[UNEXPECTED.format(")")] * 2),
    ("(int function, int n)", *[UNEXPECTED.format(",")] * 2),
    ("(void *this, int n)", NO_TARGET, NO_TARGET),
    ("(int import, int n)", *["SyntaxError: Cannot use import statement outside a module"] * 2),
    ("(int enum, int n)", *["SyntaxError: Unexpected reserved word"] * 2),
    ("(int let, int n)", *["SyntaxError: Unexpected strict mode reserved word"] * 2),
    ("(int arguments, int n)", *["SyntaxError: Unexpected eval or arguments in strict mode"] * 2),
    ("(int await, int n)", None, None),
    ("(int größe, int $a)", None, None),
    ("(int a:3, int n)", *[UNEXPECTED.format(":")] * 2),
]


@pytest.mark.parametrize(("parameters", "early", "late"), SEEN)
def test_what_the_loader_makes_of_parameters(parameters: str, early: str | None, late: str | None) -> None:
    assert syntax_error(taken_names(parameters, all_stars=False)) == early
    assert syntax_error(taken_names(parameters, all_stars=True)) == late


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        ("(int first, char **second)", ("first", "second")),
        ("(void)", ()),
        ("(int, const char *)", ("", "")),
        ("(int (*call)(int, int), int n )", ("call", "n")),
        ("(std::map<int, int> m, int a[4][4])", ("m", "a")),
        ("(unsigned long, int x = 3)", ("", "x")),
        ("(std::string, int n __attribute__((unused)))", ("", "n")),
    ],
)
def test_names_of_a_declaration(parameters: str, names: tuple[str, ...]) -> None:
    assert declared_names(parameters) == names


@pytest.mark.parametrize(
    ("text", "dies"),
    [
        ("(int a, int b )<::>{ return a + b; }", "ReferenceError: b is not defined"),
        ("(int a )<::>{ return HEAP32[a >> 2]; }", "ReferenceError: a is not defined"),
        ("(int a, int b )<::>{ return a + this.b + b2; }", None),
        ("(int a [])<::>{ return 1; }", "TypeError: number is not iterable"),
        ("(int a, int b)<::>{ return a + b; }", None),
        ("(int, int b)<::>{ return b; }", None),
    ],
)
def test_parameters_that_are_lost(text: str, dies: str | None) -> None:
    function = split_text(text)
    assert fatal_call(function, taken_names(function.parameters, all_stars=True)) == dies


def test_marks() -> None:
    assert split_text("(int a)").body is None
    function = split_text("(int a)<::>{ return /<::>/; }")
    assert (function.body, function.marked) == ("{ return /", True)


@pytest.mark.parametrize(
    "text", ["", "(", ")", ",", "((((", "[" * 500, "(a" * 500, "\0", "(a,b", "…", "{}", "a=>b"]
)
def test_whatever_stands_there_there_is_an_answer(text: str) -> None:
    names = taken_names(text, all_stars=True)
    assert syntax_error(names) is None or str(syntax_error(names)).startswith("SyntaxError")
    declared_names(text)

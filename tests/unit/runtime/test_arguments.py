from __future__ import annotations

import pytest

from pyodide_abi.runtime.arguments import divide, is_interactive


@pytest.mark.parametrize(
    ("line", "options", "program"),
    [
        ("", "", ""),
        ("-", "", "-"),
        ("- a", "", "- a"),
        ("script.py -O -c", "", "script.py -O -c"),
        ("-c code -x", "", "-c code -x"),
        ("-ccode -x", "", "-c code -x"),
        ("-m module -m", "", "-m module -m"),
        ("-O -m module", "-O", "-m module"),
        ("-Bc code", "-B", "-c code"),
        ("-OBmmodule a", "-OB", "-m module a"),
        ("-W error -c code", "-W error", "-c code"),
        ("-Werror script.py", "-Werror", "script.py"),
        ("-IX utf8 - a", "-IX utf8", "- a"),
        ("-Xutf8 -W -c script.py", "-Xutf8 -W -c", "script.py"),
    ],
)
def test_options_end_where_the_program_begins(line: str, options: str, program: str) -> None:
    assert divide(line.split()) == (tuple(options.split()), tuple(program.split()))


@pytest.mark.parametrize(
    "line",
    ["-V", "-i script.py", "-xO script.py", "-Oi", "--help", "-- script.py", "-c", "-O -m", "-W", "-Z x"],
)
def test_the_rest_is_for_main_itself(line: str) -> None:
    assert divide(line.split()) is None


def test_what_is_read_from_a_terminal_is_interactive() -> None:
    for program in [(), ("-", "a")]:
        assert is_interactive(program, {}, terminal=True)
        assert not is_interactive(program, {}, terminal=False)
    assert not is_interactive(("-c", "code"), {}, terminal=True)
    assert is_interactive(("-c", "code"), {"PYTHONINSPECT": "1"}, terminal=False)

"""The first real error in a build's output."""

from __future__ import annotations

import pytest

from pyodide_abi.build.logs import excerpt, first_error

SETUPTOOLS = """\
running build_ext
bad.c:1:10: warning: an error: of sorts [-Wfoo]
bad.c:3:67: error: expected ';' after return statement
    3 | int f(void) { return 1 }
      |                       ^
1 error generated.
error: command '/tmp/x/cc' failed with exit code 1
"""


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        (SETUPTOOLS, "bad.c:3:67: error: expected ';' after return statement"),
        (
            "pyodide-abi: error: -pthread is forbidden\nerror: command 'cc' failed with exit code 1",
            "-pthread is forbidden",
        ),
        (
            "a\nwasm-ld: error: x.o: undefined symbol: y\nemcc: error: 'wasm-ld' failed",
            "wasm-ld: error: x.o: undefined symbol: y",
        ),
        (
            "src/a.h:1:10: fatal error: 'gsl.h' file not found",
            "src/a.h:1:10: fatal error: 'gsl.h' file not found",
        ),
        (
            "Traceback (most recent call last):\n  x\nModuleNotFoundError: No module named 'numpy'\n",
            "ModuleNotFoundError: No module named 'numpy'",
        ),
        (
            "ValueError: bad version\nsubprocess.CalledProcessError: Command x returned non-zero exit status",
            "ValueError: bad version",
        ),
        ("something\nthe last word\n\n", "the last word"),
        ("", "it said nothing"),
    ],
)
def test_the_cause_is_found(log: str, expected: str) -> None:
    assert first_error(log)[0] == expected


def test_what_follows_the_cause_is_shown_up_to_its_echo() -> None:
    _, index = first_error(SETUPTOOLS)
    assert excerpt(SETUPTOOLS, index).splitlines()[-1] == "1 error generated."

"""Command lines taken apart: options with their values, response files, inputs."""

from __future__ import annotations

import pytest

from pyodide_abi.build.driver.arguments import Command, expanded


def test_a_value_is_no_input() -> None:
    command = Command(["-include", "config.h", "-MF", "a.d", "-c", "a.c", "-o", "a.o"], "cc")
    assert command.inputs == ("a.c",)
    assert command.output == "a.o"
    assert command.compiles
    assert not command.links


def test_response_files_are_expanded_and_missing_ones_stay() -> None:
    files = {"a": "-O2 @b 'x y.c'", "b": "-DN=1"}

    def read(name: str) -> str:
        if name not in files:
            raise FileNotFoundError(name)
        return files[name]

    assert expanded(["-c", "@a", "@c"], read) == ["-c", "-O2", "-DN=1", "x y.c", "@c"]
    files["b"] = "@b"
    assert expanded(["@b"], read) == ["@b"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('-Wl,-rpath,"\\$ORIGIN" a.o', ["-Wl,-rpath,$ORIGIN", "a.o"]),  # As CMake writes it for make.
        ("'a\\'b' \"\\\\\" c\\ d", ["a'b", "\\", "c d"]),
        ("-DX=\"a b\"c ''\n\t'", ["-DX=a bc", "", ""]),
        (" \n", []),
    ],
)
def test_words_of_a_response_file_are_read_as_compilers_read_them(text: str, expected: list[str]) -> None:
    assert expanded(["@a"], lambda _name: text) == expected

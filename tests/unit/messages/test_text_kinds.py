"""What is told of a text of which nothing is known: who speaks, when, which line decides, what to do."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

from pyodide_abi.messages import kind_of, recognise
from pyodide_abi.report.explain import explanation_text

if TYPE_CHECKING:
    from pyodide_abi.messages import TextKind

SITE = "/home/user/env/lib/python3.13/site-packages"


def told(text: str) -> TextKind:
    kind = kind_of(text)
    assert kind is not None
    return kind


def traceback(*frames: str, ends: str) -> str:
    lines = "".join(
        f'  File "{frame}", line {7 + number}, in f\n    f()\n' for number, frame in enumerate(frames)
    )
    return f"Traceback (most recent call last):\n{lines}{ends}\n"


class TestTracebacks:
    def test_in_a_build_backend(self) -> None:
        kind = told(
            traceback(
                f"{SITE}/pyproject_hooks/_in_process/_in_process.py",
                f"{SITE}/scikit_build_core/build/wheel.py",
                ends="RuntimeError: Field 'readings' must be a list of strings",
            )
        )
        assert kind.name == "a Python traceback that ends in scikit-build-core"
        assert kind.when == "while a wheel is built: CMake is called"
        assert kind.line == "RuntimeError: Field 'readings' must be a list of strings"
        assert "not of the form" in kind.means
        assert "[tool.scikit-build]" in kind.next

    def test_in_the_program_itself(self) -> None:
        kind = told(
            traceback(f"{SITE}/spam/api.py", "/home/user/run.py", ends="ValueError: eggs must be whole")
        )
        assert kind.name == "a Python traceback that ends in run.py, line 8"
        assert "in that line" in kind.next

    def test_in_a_library_that_is_not_known(self) -> None:
        kind = told(
            traceback("/home/user/run.py", f"{SITE}/spam/api.py", ends="ValueError: eggs must be whole")
        )
        assert kind.name == "a Python traceback that ends in spam"

    def test_in_a_library_by_name(self) -> None:
        kind = told(traceback("/home/user/run.py", f"{SITE}/pandas/core/x.py", ends="KeyError: 'price'"))
        assert kind.name == "a Python traceback that ends in pandas, a library that the program calls"

    def test_frames_of_the_standard_library_are_passed_over(self) -> None:
        kind = told(
            traceback(f"{SITE}/twine/cli.py", "/usr/lib/python3.13/shutil.py", ends="OSError: eggs are cold")
        )
        assert "twine" in kind.name

    @pytest.mark.parametrize(
        "place", ["/lib/python313.zip/pyodide/http.py", "/lib/python3.12/_pyodide/_base.py"]
    )
    def test_the_runtimes_own_modules_are_not(self, place: str) -> None:
        assert (
            "Pyodide's own modules" in told(traceback("<exec>", place, ends="ValueError: eggs are cold")).name
        )

    def test_by_the_exception_alone(self) -> None:
        frame = 'File "/usr/lib/python3.13/runpy.py", line 3, in f\n'
        assert "cibuildwheel" in told(f"{frame}cibuildwheel.errors.Cold: eggs are cold").name

    def test_the_last_of_several_exceptions_decides(self) -> None:
        first = traceback("a.py", ends="KeyError: 'x'")
        second = traceback("a.py", ends="RuntimeError: eggs are cold")
        kind = told(f"{first}\nDuring handling of the above exception, another occurred:\n\n{second}")
        assert kind.line == "RuntimeError: eggs are cold"


class TestLines:
    def test_of_a_log_the_first_error_decides(self) -> None:
        kind = told("$ uv sync\nResolved 3 packages\nwarning: x\nerror: eggs are cold\nerror: too late")
        assert (kind.name, kind.line) == ("what uv says", "error: eggs are cold")

    def test_a_warning_alone_fails_nothing(self) -> None:
        assert "nothing fails" in told("$ cargo build\nwarning: field `a` is never read").means

    @pytest.mark.parametrize(
        ("command", "speaker"),
        [
            ("cargo build --release", "cargo, rustc or maturin"),
            ("python -m build", "build (python -m build)"),
            ("twine upload dist/*", "twine"),
            ("pyodide build", "pyodide"),
            ("npx wrangler deploy", "Cloudflare"),
        ],
    )
    def test_the_command_says_who_speaks(self, command: str, speaker: str) -> None:
        assert speaker in told(f"user@host:~/work$ {command}\nerror: eggs are cold").name

    @pytest.mark.parametrize(
        ("line", "sort"),
        [
            ("error: unrecognized arguments: --eggs", "the command has a word"),
            ("error: --eggs cannot be used together with --spam", "the command has a word"),
            ("error: out/eggs already exists", "already"),
            ("error: eggs.cfg does not exist", "not there"),
            ("error: could not connect to index.example", "a server"),
            ("error: writing eggs: Permission denied", "may not be read"),
            ("error: eggs are not supported on this system", "does not do that"),
            ("error: eggs requires spam >= 3", "versions"),
            ("error: invalid TOML in eggs.toml", "not written as"),
            ("error: eggs must be a list", "not of the form"),
            ("error: internal error in eggs", "contradicts itself"),
            ("error: eggs failed", "does not say why"),
        ],
    )
    def test_the_line_says_what_sort_of_fault_it_is(self, line: str, sort: str) -> None:
        kind = told(f"$ spam eggs\n{line}")
        assert sort in kind.means
        assert "{" not in kind.next

    def test_a_long_line_is_shown_in_part(self) -> None:
        assert len(told(f"error: {'eggs ' * 200}").line) == 300

    def test_what_looks_like_nothing_has_no_kind(self) -> None:
        assert kind_of("eggs") is None


def test_every_package_has_one_program() -> None:
    document = tomllib.loads(files("pyodide_abi.messages").joinpath("text_kinds.toml").read_text("utf-8"))
    packages = [package for entry in document["program"] for package in entry["packages"].split()]
    assert sorted(set(packages)) == sorted(packages)


def test_of_a_long_console_the_end_decides() -> None:
    noise = "".join(f"GET /pkg/module{number}.py 200 OK\n" for number in range(60_000))
    assert told(f"$ uv sync\n{noise}error: eggs are cold\n").line == "error: eggs are cold"


class TestVagueMeanings:
    def test_the_end_of_a_log_is_not_sure(self) -> None:
        text = "error[E0308]: mismatched types\n  --> src/lib.rs:1:1\nerror: could not compile `spam` (lib)"
        assert not recognise(text).is_sure
        lines = list(explanation_text(recognise(text), kind_of(text)))
        assert "the line that may say why:" in lines
        assert "  line       error[E0308]: mismatched types" in lines

    def test_a_cause_is(self) -> None:
        assert recognise("RuntimeError: can't start new thread").is_sure

"""The first real error in a build's output."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from pyodide_abi.build.logs import advice, excerpt, first_error, passed_over

BUILDS = Path(__file__).parents[2] / "cases" / "builds"
SETUPTOOLS = """\
running build_ext
bad.c:1:10: warning: an error: of sorts [-Wfoo]
bad.c:3:67: error: expected ';' after return statement
    3 | int f(void) { return 1 }
      |                       ^
1 error generated.
error: command '/tmp/x/cc' failed with exit code 1
"""


CARGO = """\
error: failed to run custom build command for `pyo3-ffi v0.20.3`

Caused by:
  process didn't exit successfully: `target/release/build/pyo3-ffi-1/build-script-build` (exit status: 1)
  --- stderr
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
        (
            "Could not find any valid candidate for cross files: own.cross\nERROR: Cannot find /meson.cross",
            "Could not find any valid candidate for cross files: own.cross",
        ),
        (
            "CMake Error at CMakeLists.txt:3 (message):\n  Could NOT find GSL\n\nCall Stack",
            "CMake Error at CMakeLists.txt:3 (message): Could NOT find GSL",
        ),
        (
            (
                "CMake Error at CMakeLists.txt:3 (find_package):\n"
                '  By not providing "FindGEOS.cmake" in CMAKE_MODULE_PATH this project has\n'
                '  asked CMake to find a package configuration file provided by "GEOS", but\n'
                "  CMake did not find one.\n\n  Could not find\n"
            ),
            (
                'CMake Error at CMakeLists.txt:3 (find_package): By not providing "FindGEOS.cmake" in '
                "CMAKE_MODULE_PATH this project has asked CMake to find a package configuration file "
                'provided by "GEOS", but CMake did not find one.'
            ),
        ),
        ("something\nthe last word\n\n", "the last word"),
        ("", "it said nothing"),
    ],
)
def test_the_cause_is_found(log: str, expected: str) -> None:
    assert first_error(log)[0] == expected


_REFUSED = "spam.c:3:5: error: call to undeclared function '_PyList_Extend'"


@pytest.mark.parametrize(
    ("log", "modules", "expected"),
    [
        (f"cc -c spam.c\nspam.c:1:1: warning: old\n{_REFUSED}\n1 error generated.", False, [_REFUSED]),
        # With modules it may have been a question about the machine.
        (f"cc -c conftest.c\n{_REFUSED}", True, []),
        ("spam.c:1:1: warning: error: is a word", False, []),
        (
            (
                f'{_REFUSED}\nwarning: build_ext: building extension "spam.eggs" failed: no cc\n'
                'warning: build_ext: building extension "ham" failed: none'
            ),
            True,
            ["spam.eggs: no cc", "ham: none"],
        ),
    ],
)
def test_what_a_build_went_on_without_is_said(log: str, modules: bool, expected: list[str]) -> None:
    said = passed_over(log, modules=modules)
    assert len(said) == len(expected)
    assert all(one.endswith(words) for one, words in zip(said, expected, strict=True))


def test_what_follows_the_cause_is_shown_up_to_its_echo() -> None:
    _, index = first_error(SETUPTOOLS)
    assert excerpt(SETUPTOOLS, index).splitlines()[-1] == "1 error generated."


@pytest.mark.parametrize(
    ("log", "word"),
    [
        ("configure: error: cannot run test program while cross compiling", "ac_cv_"),
        ("OSError: [Errno 8] Exec format error: './probe'", "sizeof"),
        ("x.c:1:10: fatal error: 'gsl/gsl_math.h' file not found", "gsl/gsl_math.h"),
        ("wasm-ld: error: unable to find library -lgsl", "libgsl"),
        ('meson.build:4:0: ERROR: Dependency "openblas" not found, tried pkgconfig', "--prefix"),
        ("CMake Error: Could NOT find GSL (missing: GSL_LIBRARY)", "--prefix"),
        ('CMake Error: find a package configuration file provided by "GEOS", but', "there is no GEOS"),
        (
            f"{CARGO}  error: the Python version (3.14) is newer than PyO3's maximum supported version",
            "platform",
        ),
        (
            "error: rustc 1.93.0 is not supported by the following packages:\n  a@1 requires rustc 1.97",
            "newer",
        ),
    ],
)
def test_a_common_cause_has_advice(log: str, word: str) -> None:
    assert word in advice(first_error(log)[0])


def test_a_build_scripts_compiler_comes_before_cargos_words() -> None:
    log = f"warning: mixed@1.0.0: src/root.c:3:21: error: expected ';'\nwarning: mixed@1.0.0:   ^\n{CARGO}"
    line, index = first_error(log)
    assert (line, index) == ("src/root.c:3:21: error: expected ';'", 0)


def test_a_build_scripts_panic_is_shown_with_cargos_words() -> None:
    log = f"{CARGO}  thread 'main' panicked at lib.rs:616:27:\n  Unable to find libclang: nothing matches"
    line, index = first_error(log)
    assert line.startswith("error: failed to run custom build command")
    assert "LIBCLANG_PATH" in advice(f"{line}\n{excerpt(log, index)}")


def test_no_advice_is_made_up() -> None:
    assert advice("bad.c:3:67: error: expected ';'") == ""


def test_a_linker_s_whole_command_line_is_cut() -> None:
    line, _ = first_error("em++: error: 'wasm-ld " + "x.o " * 500 + "' failed (returned 1)")
    assert len(line) < 500
    assert line.endswith("failed (returned 1)")


#: openssl-sys 0.9.117, as its build script writes it.
OPENSSL = """\
   Compiling openssl-sys v0.9.117
error: failed to run custom build command for `openssl-sys v0.9.117`

Caused by:
  process didn't exit successfully: `/build/openssl-sys-1/build-script-main` (exit status: 101)
  --- stdout
  cargo:rustc-check-cfg=cfg(osslconf, values("OPENSSL_NO_OCB", "OPENSSL_NO_SM4"))
  cargo:rustc-check-cfg=cfg(openssl)
  cargo:rustc-check-cfg=cfg(libressl)
  cargo:rustc-check-cfg=cfg(boringssl)
  cargo:rerun-if-env-changed=WASM32_UNKNOWN_EMSCRIPTEN_OPENSSL_LIB_DIR
  WASM32_UNKNOWN_EMSCRIPTEN_OPENSSL_LIB_DIR unset
  cargo:rerun-if-env-changed=OPENSSL_LIB_DIR
  OPENSSL_LIB_DIR unset


  Could not find openssl via pkg-config:

  --- stderr

  Could not find directory of OpenSSL installation, and this `-sys` crate cannot
  proceed without this knowledge. If OpenSSL is installed and this crate had
  trouble finding it,  you can set the `OPENSSL_DIR` environment variable for the
  compilation process.

warning: build failed, waiting for other jobs to finish...
"""
#: Cython 3.3.1, less the frames.
CYTHON = """\
[1/1] Cythonizing spam.pyx
warning: spam.pyx:2:5: cdef variable 'n' declared after it is used

Error compiling Cython file:
------------------------------------------------------------
...
    qsort(values, 4, sizeof(int), one)
                                  ^
------------------------------------------------------------
spam.pyx:4:34: undeclared name not builtin: one
Traceback (most recent call last):
  File "Cython/Build/Dependencies.py", line 1265, in cythonize_one
    raise CompileError(None, pyx_file)
Cython.Compiler.Errors.CompileError: spam.pyx
"""
#: An exception that is raised from another; a layer passes on the last one.
CHAINED = """\
Traceback (most recent call last):
  File "setup.py", line 3, in probe
KeyError: 'GDAL_CONFIG'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "setup.py", line 5, in <module>
RuntimeError: a GDAL API version must be specified

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "hook.py", line 9, in <module>
subprocess.CalledProcessError: Command 'x' returned non-zero exit status 1.
"""


FAILED: dict[str, dict[str, str]] = tomllib.loads((BUILDS / "expected.toml").read_text("utf-8"))


def told(log: str) -> tuple[str, str, str]:
    """The first line of a failed build, what is shown with it, and the advice."""
    line, index = first_error(log)
    context = excerpt(log, index)
    return line, context, advice(f"{line}\n{context}")


def test_there_are_twenty_real_builds_that_fail() -> None:
    assert {file.stem for file in BUILDS.glob("*.txt")} == set(FAILED)
    assert len(FAILED) >= 20


@pytest.mark.parametrize("name", FAILED)
def test_what_stands_first_of_a_real_build(name: str) -> None:
    expected = FAILED[name]
    line, context, helps = told((BUILDS / f"{name}.txt").read_text("utf-8"))
    assert line == expected["first"]
    assert expected.get("more", "") in context
    assert "cargo:" not in context
    assert expected["advice"] in helps


def test_a_crates_own_words_are_shown_without_those_for_cargo() -> None:
    line, context, helps = told(OPENSSL)
    assert line == "error: failed to run custom build command for `openssl-sys v0.9.117`"
    assert "Could not find directory of OpenSSL installation" in context
    assert "cargo:" not in context
    assert "unset" not in context
    assert "there is no OpenSSL" in helps


def test_the_last_exception_of_a_chain_is_the_cause() -> None:
    assert told(CHAINED) == ("RuntimeError: a GDAL API version must be specified", "", "")


def test_cython_says_where_and_what() -> None:
    line, context, _ = told(CYTHON)
    assert line == "spam.pyx:4:34: undeclared name not builtin: one"
    assert "Error compiling" not in context

"""The target's configuration: read without running it, written as pyconfig.h and patchlevel.h."""

from __future__ import annotations

import pytest

from pyodide_abi.errors import UnreadableInputError
from pyodide_abi.toolchain.configuration import names_in, read_variables, write_patchlevel, write_pyconfig

MODULE = """\
# system configuration generated and used by the sysconfig module
import os
PYODIDE_ROOT = os.environ.get("PYODIDE_ROOT", "/root/repo")
build_time_vars = {'AR': f'{PYODIDE_ROOT}/emar', 'SIZEOF_LONG': 4, 'HAVE_FORK': 0, 'NEGATIVE': -1, 'CC': 'cc'}
import os
if os.environ.get("PYODIDE", None) == "1":
    build_time_vars["prefix"] = "/"
"""
HOST = """\
#ifndef Py_PYCONFIG_H
#define Py_PYCONFIG_H
#define SIZEOF_LONG 8
/* #undef HAVE_FORK */
#ifndef _GNU_SOURCE
# define _GNU_SOURCE 1
#endif
/* #undef size_t */
#define HAVE_NEWER_THAN_THE_TARGET 1
#define PY_SUPPORT_TIER 1
#define PY_BUILTIN_HASHLIB_HASHES "md5"
#endif
"""
PATCHLEVEL = """\
#define PY_RELEASE_LEVEL_GAMMA  0xC     /* For release candidates */
#define PY_MAJOR_VERSION        3
#define PY_MINOR_VERSION        14
#define PY_MICRO_VERSION        8
#define PY_RELEASE_LEVEL        PY_RELEASE_LEVEL_FINAL
#define PY_RELEASE_SERIAL       0
/* Version as a string */
#define PY_VERSION              "3.14.8"
"""


def test_values_of_every_kind() -> None:
    assert read_variables(MODULE, "data") == {
        "AR": "/root/repo/emar",
        "SIZEOF_LONG": 4,
        "HAVE_FORK": 0,
        "NEGATIVE": -1,
        "CC": "cc",
    }


@pytest.mark.parametrize(
    ("module", "message"),
    [
        ("x = (", "is not Python"),
        ("x = 1", "does not assign a dictionary"),
        ("build_time_vars = dict(a=1)", "does not assign a dictionary"),
        ("build_time_vars = {'A': __import__('os').getcwd()}", "line 1"),
        ("build_time_vars = {'A': [1]}", "line 1"),
        ("build_time_vars = {1: 1}", "no text"),
        ("build_time_vars = {**other}", "no text"),
        ("build_time_vars = {'A': f'{unknown}'}", "line 1"),
    ],
)
def test_nothing_is_run_and_nothing_guessed(module: str, message: str) -> None:
    with pytest.raises(UnreadableInputError, match=message):
        read_variables(module, "data")


def defines(text: str) -> dict[str, str]:
    lines = (line.removeprefix("#").split(maxsplit=2) for line in text.splitlines() if "define" in line)
    return {words[1]: words[2] if len(words) > 2 else "" for words in lines}


def test_the_targets_values_under_the_hosts_names() -> None:
    variables: dict[str, int | str] = {
        "SIZEOF_LONG": 4,
        "HAVE_FORK": 0,
        "HAVE_ONLY_IN_THE_TARGET": 1,
        "HAVE_DECL_TZNAME": 0,
        "PY_SUPPORT_TIER": 0,
        "PY_BUILTIN_HASHLIB_HASHES": '"md5,sha3"',
        "AR": "emar",
    }
    text = write_pyconfig(variables, names_in(HOST), "the test")
    assert defines(text) == {
        "Py_PYCONFIG_H": "",
        "SIZEOF_LONG": "4",
        "HAVE_ONLY_IN_THE_TARGET": "1",
        "HAVE_DECL_TZNAME": "0",
        "PY_SUPPORT_TIER": "0",
        "PY_BUILTIN_HASHLIB_HASHES": '"md5,sha3"',
        "_GNU_SOURCE": "1",
    }
    assert "/* #undef HAVE_FORK */" in text
    assert "/* #undef size_t */" in text
    assert "/* #undef HAVE_NEWER_THAN_THE_TARGET */" in text
    assert "AR" not in defines(text), "a variable of the Makefile is none of pyconfig.h"


def test_names_in_both_spellings() -> None:
    assert {"SIZEOF_LONG", "HAVE_FORK", "_GNU_SOURCE", "size_t"} <= names_in(HOST)


@pytest.mark.parametrize(
    ("version", "micro", "level", "serial"),
    [("3.14.2", "2", "FINAL", "0"), ("3.15.0rc1", "0", "GAMMA", "1"), ("3.15.0b4", "0", "BETA", "4")],
)
def test_patchlevel(version: str, micro: str, level: str, serial: str) -> None:
    found = defines(write_patchlevel(PATCHLEVEL, version, "patchlevel.h"))
    assert found["PY_MICRO_VERSION"] == micro
    assert found["PY_RELEASE_LEVEL"] == f"PY_RELEASE_LEVEL_{level}"
    assert found["PY_RELEASE_SERIAL"] == serial
    assert found["PY_VERSION"] == f'"{version}"'
    assert found["PY_RELEASE_LEVEL_GAMMA"].startswith("0xC")


def test_patchlevel_of_another_shape() -> None:
    with pytest.raises(UnreadableInputError, match="PY_MAJOR_VERSION"):
        write_patchlevel("", "3.14.2", "patchlevel.h")
    with pytest.raises(UnreadableInputError, match=r"'3\.14'"):
        write_patchlevel(PATCHLEVEL, "3.14", "patchlevel.h")

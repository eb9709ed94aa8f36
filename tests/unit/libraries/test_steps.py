"""The commands of each build system."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyodide_abi.libraries.recipe import read_recipe
from pyodide_abi.libraries.steps import steps


def commands(**table: object) -> list[list[str]]:
    whole = {"summary": "", "source": {"debian": "spam"}, **table}
    recipe = read_recipe("spam", whole, Path("spam.toml"))
    return steps(recipe, "2.1", source=Path("/w/source"), place=Path("/c/spam"), staged=Path("/w/staged"))


def test_configure() -> None:
    configure, make, install = commands(
        build="configure", options={"--with-x={prefix}/x": "", "V={version}": ""}
    )
    assert configure[:3] == ["/w/source/configure", "--prefix=/c/spam", "--libdir=/c/spam/lib"]
    assert "--disable-shared" in configure
    assert configure[-2:] == ["--with-x=/c/spam/x", "V=2.1"]
    assert make == ["make", "all"]
    assert install == ["make", "install", "DESTDIR=/w/staged"]


def test_a_script_that_is_not_autoconfs_gets_no_words_of_it() -> None:
    configure, install = commands(build="configure", program="Configure", targets=[], install=["install_dev"])
    assert configure == ["/w/source/Configure", "--prefix=/c/spam", "--libdir=/c/spam/lib"]
    assert install == ["make", "install_dev", "DESTDIR=/w/staged"]


@pytest.mark.parametrize("build", ["cmake", "meson"])
def test_folders_of_the_build_and_of_the_installation(build: str) -> None:
    first, *_, last = commands(build=build, options={"-Dx=1": ""})
    assert first[-1] == "-Dx=1"
    assert any("/c/spam" in word for word in first)
    assert any(word.endswith("/w/staged") for word in last)


def test_make() -> None:
    words = ["CROSS=1", "PREFIX=/c/spam"]
    assert commands(build="make", options={"CROSS=1": ""}, targets=["libs", "netlib"]) == [
        ["make", "libs", "netlib", *words],
        ["make", "install", *words, "DESTDIR=/w/staged"],
    ]


def test_headers() -> None:
    assert commands(build="headers", options={"boost": ""})[1] == [
        "cp",
        "-R",
        "boost",
        "/w/staged/c/spam/include",
    ]

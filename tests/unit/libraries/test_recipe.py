"""Recipes: what a table of TOML says, and what is refused in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pyodide_abi.errors import UsageError
from pyodide_abi.libraries.recipe import LibraryBuild, SourceKind, read_recipe
from pyodide_abi.toml import parse_toml

if TYPE_CHECKING:
    from pyodide_abi.libraries.recipe import Recipe

DIGEST = "ab" * 32
SPAM = """
summary = "spam"
build = "cmake"
source = { debian = "spam" }
"""


def read(text: str, name: str = "spam") -> Recipe:
    return read_recipe(name, parse_toml(text), Path("recipes/spam.toml"))


def test_what_a_short_recipe_says() -> None:
    recipe = read(SPAM)
    assert (recipe.name, recipe.build, recipe.targets, recipe.install) == (
        "spam",
        LibraryBuild.CMAKE,
        ("all",),
        ("install",),
    )
    (origin,) = recipe.origins
    assert (origin.kind, origin.name, origin.suite) == (SourceKind.DEBIAN, "spam", "stable")
    assert str(origin) == "debian spam (stable)"


def test_sources_in_order() -> None:
    recipe = read(
        'summary = ""\nbuild = "make"\n'
        "[[source]]\ndebian = 'spam'\nsuite = 'testing'\n"
        f"[[source]]\ncrate = 'spam-src'\nversion = '1.0+2.1'\nsha256 = '{DIGEST}'\nfolder = 'upstream'\n"
        f"[[source]]\narchive = 'https://spam.example/s.tar.gz'\nversion = '2.1'\nsha256 = '{DIGEST}'\n"
        "[[source]]\narchive = 'spam.tar.gz'\nversion = '2.1'\n"
    )
    assert [str(origin) for origin in recipe.origins] == [
        "debian spam (testing)",
        "crate spam-src 1.0+2.1",
        "archive https://spam.example/s.tar.gz 2.1",
        "archive recipes/spam.tar.gz 2.1",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "spam.source: is missing"),
        ('build = "cmake"\nsummary = ""', "spam.source: is missing"),
        (SPAM + "option = {}", "spam.option: there is no such key"),
        (SPAM.replace("cmake", "scons"), "spam.build: has to be one of configure, cmake"),
        (SPAM.replace("debian", "gentoo"), "spam.source: has to have one of the keys debian, crate, archive"),
        (SPAM.replace('"spam" }', '"spam", version = "1" }'), "spam.source.version: there is no such key"),
        (SPAM + "needs = 'gmp'", "spam.needs: has to be a list of texts"),
        (SPAM + "options = { '--x' = 1 }", "spam.options.--x: has to be a text"),
        (SPAM + "files = { '../a' = 'x' }", "spam.files.../a: has to be a path in the sources"),
        (SPAM + "files = { '/a' = 'x' }", "spam.files./a: has to be a path in the sources"),
        (SPAM + "folder = 'a/../..'", "spam.folder: has to be a path in the sources"),
        (SPAM + "program = '/bin/sh'", "spam.program: has to be a path in the sources"),
        (
            SPAM.replace('"spam" }', '"spam", folder = ".." }'),
            "spam.source.folder: has to be a path in the sources",
        ),
        (SPAM + "offers = { headers = ['a.h'], libs = [] }", "spam.offers.libs: there is no such key"),
        (
            SPAM.replace('{ debian = "spam" }', '{ crate = "x", version = "1", sha256 = "12" }'),
            "spam.source.sha256: has to be the archive's SHA-256",
        ),
        (
            SPAM.replace('{ debian = "spam" }', '{ archive = "http://x.example/x.tar", version = "1" }'),
            "spam.source.sha256: has to be the archive's SHA-256",
        ),
    ],
)
def test_what_is_refused_is_named_with_its_place(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(text)
    assert caught.value.message.startswith("recipes/spam.toml: ")
    assert message in caught.value.message


@pytest.mark.parametrize("table", ["spam", 3, ["spam"], None])
def test_a_recipe_is_a_table(table: object) -> None:
    with pytest.raises(UsageError, match="spam: has to be a table"):
        read_recipe("spam", table, Path("x.toml"))


@pytest.mark.parametrize("name", ["Spam", "../spam", "a b", "", ".spam"])
def test_names_that_no_cache_could_have(name: str) -> None:
    with pytest.raises(UsageError, match="small letters"):
        read(SPAM, name)


def test_the_digest_is_that_of_what_is_built() -> None:
    digest = read(SPAM).digest
    assert read(SPAM.replace('summary = "spam"', 'summary = "eggs"')).digest == digest
    assert read(SPAM + "offers = { link = ['spam'] }").digest == digest
    assert read(SPAM + "options = { '-DX=1' = 'one reason' }").digest != digest
    assert (
        read(SPAM + "options = { '-DX=1' = 'one reason' }").digest
        == read(SPAM + "options = { '-DX=1' = 'another' }").digest
    )
    assert read(SPAM.replace('"spam" }', '"spam", suite = "testing" }')).digest != digest

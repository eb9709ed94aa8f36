"""The data files as JSON hold what they hold as TOML, and that is sound."""

from __future__ import annotations

from pyodide_abi.platforms import load_platforms
from pyodide_abi.platforms.decode import Table
from pyodide_abi.platforms.documents import DATA, documents, documents_from_toml
from pyodide_abi.platforms.engine_documents import engine_names
from pyodide_abi.platforms.engine_packages import engine_packages, parse_engine_packages
from pyodide_abi.platforms.engines import find_engine, parse_engine
from pyodide_abi.platforms.hollow import decode_hollow, load_hollow
from pyodide_abi.platforms.installers import load_installers, parse_installers
from pyodide_abi.platforms.load import parse_platforms
from pyodide_abi.platforms.loaders import load_loaders, parse_loaders
from pyodide_abi.platforms.stack import load_stacks, parse_stacks


def test_that_both_forms_of_the_data_files_hold_the_same() -> None:
    assert documents() == documents_from_toml(), "run tools/write_documents.py (or ./check bless)"


def test_that_the_data_files_have_no_fault_that_reading_them_passes_over() -> None:
    """What ships is read without checks; from its text, each file is checked."""
    texts = {name: (DATA / name).read_text("utf-8") for name in documents()}
    versions = {name: text for name, text in texts.items() if name[0].isdecimal()}
    assert parse_platforms(texts["common.toml"], versions) == load_platforms()
    assert parse_loaders(texts["loaders.toml"]) == load_loaders()
    assert parse_stacks(texts["stack.toml"]) == load_stacks()
    assert parse_engine_packages(texts["engine_packages.toml"]) == engine_packages()
    assert load_stacks().main.keys() == {*engine_names()}
    assert parse_installers(texts["installers.toml"]) == load_installers()
    assert decode_hollow(Table(documents()["hollow.toml"], file="hollow.toml"))[1] == load_hollow()
    for name in engine_names():
        assert parse_engine(name, lambda each: texts[f"engines/{each}.toml"]) == find_engine(name)

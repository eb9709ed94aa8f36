"""What building needs of the extra is missed before anything is fetched."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import pytest
from fake_host import FakeRunner, completed, make_host

from pyodide_abi.build import environment
from pyodide_abi.errors import MissingError
from pyodide_abi.toolchain import debian, relocate

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.host import Host


@pytest.fixture
def bare(tmp_path: Path) -> Host:
    return make_host(tmp_path, FakeRunner(lambda words, _: completed(words)))


def test_all_is_there(bare: Host) -> None:
    environment.require_tools(bare)


def test_each_that_is_missing_is_named(bare: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "find_uv", lambda _: None)
    with pytest.raises(MissingError, match=r"^building needs uv$") as caught:
        environment.require_tools(bare)
    assert caught.value.hint == "pip install 'pyodide-abi[build]'"
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(MissingError, match=r"^building needs uv and pyproject-hooks$"):
        environment.require_tools(bare)


class NoArchive:
    """An archive that nobody may ask."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"{name} before patchelf was looked for")


def test_patchelf_is_looked_for_before_packages_are_fetched(
    tmp_path: Path, bare: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relocate, "find_program", lambda *_: None)
    with pytest.raises(MissingError, match=r"pip install 'pyodide-abi\[build\]'"):
        debian.unpack_tree(
            NoArchive(),  # type: ignore[arg-type]
            ["emscripten"],
            tmp_path,
            tmp_path,
            bare,
            work=lambda _: None,
        )
    assert not list(tmp_path.glob("tree*"))

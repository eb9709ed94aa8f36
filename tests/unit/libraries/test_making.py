"""A library is made once, what it needs first, and is whole or absent."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fake_host import FakeRunner, completed, make_host
from made_builds import made_target

from pyodide_abi.build.persistent import PersistentEnvironment
from pyodide_abi.errors import BuildFailedError
from pyodide_abi.libraries import Catalogue, making
from pyodide_abi.libraries.library_sources import LibrarySource
from pyodide_abi.libraries.making import find_made, make_libraries
from pyodide_abi.platforms import load_platform
from pyodide_abi.values import replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyodide_abi.build import Target
    from pyodide_abi.process import Completed

CATALOGUE = Catalogue.read(
    tables={
        "base": {"summary": "", "build": "configure", "source": {"debian": "base"}},
        "spam": {
            "summary": "canned",
            "build": "make",
            "source": {"debian": "spam"},
            "needs": ["base"],
            "environ": {"SPAM": "1"},
            "files": {"Makefile": "install:\n", "generate": "#!/bin/sh\n"},
            "pkg-config": {"spam-2": "-lspam"},
            "offers": {"link": ["spam", "z"]},
        },
    }
)


class Machine(FakeRunner):
    """Commands of builds: ``make install`` installs; ``fails`` ends with an error."""

    def __init__(self, fails: str = "") -> None:
        super().__init__(self.reply)
        self.fails = fails
        self.runnable: set[str] = set()

    def reply(self, words: tuple[str, ...], cwd: Path | None) -> Completed:
        assert cwd is not None
        self.runnable |= {file.name for file in cwd.iterdir() if file.is_file() and os.access(file, os.X_OK)}
        place = Path(
            "".join(word for word in words if word.startswith(("PREFIX=", "--prefix="))).partition("=")[2]
        )
        if "--prefix" in words[1]:
            (cwd / "prefix").write_text(str(place))
        if "install" in words and not self.fails:
            staged = Path(words[-1].removeprefix("DESTDIR="))
            place = place if place.name else Path((cwd / "prefix").read_text())
            installed = staged / place.relative_to("/")
            for name in ("lib/libspam.a", "lib/libspam.la", "share/man/man3/spam.3", "include/spam.h"):
                (installed / name).parent.mkdir(parents=True, exist_ok=True)
                (installed / name).write_text(self.environs[-1].get("SPAM", ""))
            (installed / "bin").mkdir(exist_ok=True)
            (installed / "bin" / "spam-config").write_text("#!/bin/sh\n")
            (installed / "bin" / "spamlint").write_text("#!/usr/bin/env node\nvar Module")
        return completed(words, status=1 if self.fails in words else 0)


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Target:
    """What libraries are for; environments are folders, and sources are there."""
    seen: list[Target] = []

    def environment(target: Target, _host: object, **_words: object) -> PersistentEnvironment:
        seen.append(target)
        (tmp_path / "remarks").touch()
        return PersistentEnvironment(folder=tmp_path, own={}, path="", remarks=tmp_path / "remarks")

    def source(recipe: Any, _host: object) -> LibrarySource:
        folder = tmp_path / "sources" / recipe.name
        folder.mkdir(parents=True, exist_ok=True)
        return LibrarySource(folder=folder, version="2.1", origin="debian")

    monkeypatch.setattr(making, "persistent_environment", environment)
    monkeypatch.setattr(making, "fetch_source", source)
    monkeypatch.setattr(making, "_seen", seen, raising=False)
    return made_target(tmp_path)


def test_what_is_made(tmp_path: Path, target: Target) -> None:
    machine = Machine()
    host = make_host(tmp_path, machine)
    spam, base = make_libraries(["spam"], CATALOGUE, target, host)
    assert machine.runnable == {"generate"}
    assert (spam.name, spam.version, base.name) == ("spam", "2.1", "base")
    names = {str(path.relative_to(spam.prefix)) for path in spam.prefix.rglob("*") if path.is_file()}
    assert names == {
        "lib/libspam.a", "include/spam.h", "bin/spam-config", "lib/pkgconfig/spam-2.pc", "library.json"
    }  # fmt: skip
    assert (spam.prefix / "lib/libspam.a").read_text() == "1"
    text = (spam.prefix / "lib/pkgconfig/spam-2.pc").read_text()
    assert f"prefix={spam.prefix}\n" in text
    assert "Libs: -L${prefix}/lib -lspam\n" in text
    # What is needed is a prefix of the build that needs it.
    assert [one.prefixes for one in making._seen] == [(), (base.prefix,)]  # type: ignore[attr-defined]
    assert [one.needs for one in making._seen] == [{}, {base.prefix: ()}]  # type: ignore[attr-defined]
    assert (spam.needs, base.needs) == ((base.prefix,), ())
    assert [one.name for one in find_made(host)] == ["base", "spam"]


def test_what_the_runtime_has_is_used_from_there(tmp_path: Path, target: Target) -> None:
    tables = {
        "squirrel": {
            "summary": "files of tables",
            "build": "make",
            "source": {"debian": "squirrel"},
            "offers": {"link": ["sqlite3"]},
        },
        "spam": {"summary": "canned", "build": "make", "source": {"debian": "spam"}, "needs": ["squirrel"]},
    }
    host = make_host(tmp_path, Machine())
    made = make_libraries(["spam"], Catalogue.read(tables=tables), target, host)
    assert [library.name for library in made] == ["spam"]
    older = replace(target, platform=load_platform("2025_0"))
    with pytest.raises(BuildFailedError, match="has not installed lib/libsqlite3"):
        make_libraries(["spam"], Catalogue.read(tables=tables), older, host)


def test_what_is_there_is_not_made_again(tmp_path: Path, target: Target) -> None:
    runner = Machine()
    host = make_host(tmp_path, runner)
    first = make_libraries(["spam"], CATALOGUE, target, host)
    asked = len(runner.asked)
    assert make_libraries(["spam", "base"], CATALOGUE, target, host) == first
    assert len(runner.asked) == asked
    other = replace(target, toolchain=replace(target.toolchain, emscripten="9.9.9"))
    assert make_libraries(["base"], CATALOGUE, other, host)[0].prefix != first[1].prefix


def test_a_build_that_fails_leaves_nothing(tmp_path: Path, target: Target) -> None:
    host = make_host(tmp_path, Machine(fails="all"))
    with pytest.raises(BuildFailedError, match="base could not be built for 314_0"):
        make_libraries(["spam"], CATALOGUE, target, host)
    assert find_made(host) == []
    assert list((tmp_path / "cache" / "logs").glob("base-314_0-*.log"))


def test_a_build_that_installs_nothing_has_failed(tmp_path: Path, target: Target) -> None:
    tables: Mapping[str, object] = {
        "none": {"summary": "", "build": "make", "source": {"debian": "none"}, "install": ["nothing"]}
    }
    host = make_host(tmp_path, Machine())
    with pytest.raises(BuildFailedError, match="has not installed anything"):
        make_libraries(["none"], Catalogue.read(tables=tables), target, host)


def test_a_build_that_lacks_what_its_recipe_offers_has_failed(tmp_path: Path, target: Target) -> None:
    table = {
        "summary": "",
        "build": "configure",
        "source": {"debian": "x"},
        "offers": {"link": ["spam", "eggs"]},
    }
    host = make_host(tmp_path, Machine())
    with pytest.raises(BuildFailedError, match=r"has not installed lib/libeggs\.a"):
        make_libraries(["x"], Catalogue.read(tables={"x": table}), target, host)
    assert find_made(host) == []

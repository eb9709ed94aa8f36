"""Sources: the first place that has them, proved by digest, kept, and what is said where none has."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from typing import TYPE_CHECKING

import pytest
from fake_host import FakeRunner, completed, make_host

from pyodide_abi.errors import MissingError, OfflineError
from pyodide_abi.libraries import library_sources
from pyodide_abi.libraries.library_sources import fetch_source, forget_sources
from pyodide_abi.libraries.recipe import read_recipe

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.host import Host
    from pyodide_abi.libraries.recipe import Recipe
    from pyodide_abi.process import Completed

DIGEST = "ab" * 32


def tarball(file: Path, content: str = "int spam;\n") -> str:
    """A release; its digest."""
    with tarfile.open(file, "w:gz") as archive:
        for name, text in (("spam-2.1/src/spam.c", content), ("spam-2.1/configure", "#!/bin/sh\n")):
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(text), 1_700_000_000
            archive.addfile(member, io.BytesIO(text.encode()))
    return hashlib.sha256(file.read_bytes()).hexdigest()


def recipe(*origins: dict[str, str], at: Path, **more: str) -> Recipe:
    table = {"summary": "", "build": "cmake", "source": list(origins), **more}
    return read_recipe("spam", table, at / "spam.toml")


def nobody(tmp_path: Path, *, offline: bool = False) -> Host:
    """A machine on which no program ends well."""
    runner = FakeRunner(lambda words, _cwd: completed(words, status=1, stderr="no\n"))
    return make_host(tmp_path, runner, offline=offline)


def test_an_archive_by_path(tmp_path: Path) -> None:
    digest = tarball(tmp_path / "spam.tar.gz")
    origin = {"archive": "spam.tar.gz", "version": "2.1", "sha256": digest}
    found = fetch_source(recipe(origin, at=tmp_path), nobody(tmp_path, offline=True))
    assert found.version == "2.1"
    assert (found.folder / "src" / "spam.c").read_text() == "int spam;\n"
    # make compares times.
    assert (found.folder / "configure").stat().st_mtime == 1_700_000_000


def test_the_project_may_lie_in_a_folder(tmp_path: Path) -> None:
    tarball(tmp_path / "spam.tar.gz")
    origin = {"archive": "spam.tar.gz", "version": "2.1"}
    found = fetch_source(recipe(origin, at=tmp_path, folder="src"), nobody(tmp_path))
    assert (found.folder / "spam.c").is_file()


def test_another_archive_under_the_same_path_is_taken(tmp_path: Path) -> None:
    spam = recipe({"archive": "spam.tar.gz", "version": "2.1"}, at=tmp_path)
    host = nobody(tmp_path)
    for text in ("int one;\n", "int two;\n"):
        tarball(tmp_path / "spam.tar.gz", text)
        assert (fetch_source(spam, host).folder / "src" / "spam.c").read_text() == text


def test_the_next_place_is_asked_and_all_is_told_where_none_has_them(tmp_path: Path) -> None:
    tarball(tmp_path / "spam.tar.gz")
    bad = {"archive": "spam.tar.gz", "version": "2.1", "sha256": DIGEST}
    crate = {"crate": "spam-src", "version": "1.0+2.1", "sha256": DIGEST}
    good = {"archive": "spam.tar.gz", "version": "2.1"}
    host = nobody(tmp_path)
    assert fetch_source(recipe(bad, crate, good, at=tmp_path), host).version == "2.1"
    with pytest.raises(MissingError) as caught:
        fetch_source(recipe(bad, crate, {**good, "archive": "eggs.tar"}, at=tmp_path), host)
    assert caught.value.message == "the sources of spam cannot be had"
    assert [
        word in line for word, line in zip(("digest", "cargo", "eggs.tar"), caught.value.details, strict=True)
    ]


def test_what_a_place_says_itself_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> str:
        raise MissingError("apt could not fetch it", hint="E: Failed to fetch it  404  Not Found")

    monkeypatch.setattr(library_sources, "_from_debian", refuse)
    host = make_host(tmp_path, FakeRunner(vendoring))
    with pytest.raises(MissingError) as caught:
        fetch_source(recipe({"debian": "spam"}, at=tmp_path), host)
    assert list(caught.value.details) == [
        "debian spam (stable): apt could not fetch it",
        "  E: Failed to fetch it  404  Not Found",
    ]


def vendoring(words: tuple[str, ...], cwd: Path | None) -> Completed:
    """What cargo leaves behind."""
    assert words[:2] == ("cargo", "vendor")
    assert cwd is not None
    assert 'spam-src = "=1.0"' in (cwd / "Cargo.toml").read_text()
    crate = cwd / "crates" / "spam-src-1.0+2.1"
    (crate / "upstream").mkdir(parents=True)
    (crate / "upstream" / "spam.c").write_text("")
    (crate / ".cargo-checksum.json").write_text(json.dumps({"files": {}, "package": DIGEST}))
    return completed(words)


@pytest.mark.parametrize("name", ["spam-src-1.0+2.1", "spam-src-1.0"])
def test_a_crate(name: str, tmp_path: Path) -> None:
    """The library's version is the crate's own word or the recipe's."""

    def vendoring_it(words: tuple[str, ...], cwd: Path | None) -> Completed:
        done = vendoring(words, cwd)
        assert cwd is not None
        (cwd / "crates" / "spam-src-1.0+2.1").rename(cwd / "crates" / name)
        return done

    host = make_host(tmp_path, FakeRunner(vendoring_it))
    crate = {"crate": "spam-src", "version": "1.0+2.1", "folder": "upstream"}
    found = fetch_source(recipe({**crate, "sha256": DIGEST}, at=tmp_path), host)
    assert (found.version, found.origin) == ("2.1", "crate spam-src 1.0+2.1")
    assert (found.folder / "spam.c").is_file()
    with pytest.raises(MissingError, match="cannot be had") as caught:
        fetch_source(recipe({**crate, "sha256": "12" * 32}, at=tmp_path), host)
    assert "has the digest abab" in caught.value.details[0]


def test_an_archive_in_a_crate(tmp_path: Path) -> None:
    def carrying(words: tuple[str, ...], cwd: Path | None) -> Completed:
        assert cwd is not None
        crate = cwd / "crates" / "spam-sys-0.3.0"
        crate.mkdir(parents=True)
        tarball(crate / "spam-2.1.tar.gz")
        (crate / "spam.tar.gz").write_bytes((crate / "spam-2.1.tar.gz").read_bytes())
        (crate / ".cargo-checksum.json").write_text(json.dumps({"files": {}, "package": DIGEST}))
        return completed(words)

    host = make_host(tmp_path, FakeRunner(carrying))
    crate = {"crate": "spam-sys", "version": "0.3.0", "sha256": DIGEST}
    spam = recipe({**crate, "folder": "spam-2.1.tar.gz"}, at=tmp_path)
    for _time in range(2):
        found = fetch_source(spam, host)
        assert (found.version, found.origin) == ("2.1", "crate spam-sys 0.3.0")
        assert (found.folder / "src" / "spam.c").is_file()
    forget_sources(spam, host)
    with pytest.raises(MissingError) as caught:
        fetch_source(recipe({**crate, "folder": "spam.tar.gz"}, at=tmp_path), host)
    assert "spam.tar.gz is no tar archive with a version in its name" in caught.value.details[0]


def test_offline_what_is_kept_is_used_and_the_rest_is_one_error(tmp_path: Path) -> None:
    spam = recipe({"crate": "spam-src", "version": "1.0+2.1", "sha256": DIGEST}, at=tmp_path)
    offline = make_host(tmp_path, FakeRunner(vendoring), offline=True)
    with pytest.raises(OfflineError, match="the sources of spam are not in the cache"):
        fetch_source(spam, offline)
    online = make_host(tmp_path, FakeRunner(vendoring))
    fetch_source(spam, online)
    assert fetch_source(spam, offline).version == "2.1"
    assert forget_sources(spam, online)
    assert not forget_sources(spam, online)
    with pytest.raises(OfflineError):
        fetch_source(spam, offline)

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
from typing import TYPE_CHECKING

import pytest
from fake_host import FakeRunner, completed, make_host

from pyodide_abi.errors import DigestError, MissingError, OfflineError, UsageError
from pyodide_abi.platforms.engine_packages import EnginePackage, engine_packages, parse_engine_packages
from pyodide_abi.runtime import browser, find_engine, npm_archive
from pyodide_abi.runtime import node as node_module
from pyodide_abi.runtime.browser import Browser
from pyodide_abi.runtime.engine_program import Bun, Deno, Shell
from pyodide_abi.runtime.find_engine import choose_engines, find_engine_program, machine
from pyodide_abi.runtime.node import Node
from pyodide_abi.runtime.room import walls

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyodide_abi.host import Host
    from pyodide_abi.process import Completed

SAID = {
    "bun": "1.4.5\n",
    "deno": "deno 2.9.6 (stable, release, x86_64-unknown-linux-gnu)\nv8 15.0.245.2\n",
    "firefox": "Mozilla Firefox 153.8.0esr\n",
    "chromium": "Chromium 156.0.8078.108 built on Debian\n",
    "node": "v24.19.0\n",
}


def archive(content: bytes) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        info = tarfile.TarInfo("package/bin/bun")
        info.size, info.mode = len(content), 0o755
        tar.addfile(info, io.BytesIO(content))
    return stream.getvalue()


@pytest.fixture(autouse=True)
def no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_module, "_package_folder", lambda: None)
    monkeypatch.setattr(npm_archive, "find_npm", lambda _host: ("npm",))
    monkeypatch.setattr(browser, "PLACES", {})


def machine_with(tmp_path: Path, *names: str, served: bytes = b"", offline: bool = False) -> Host:
    """A host with these programs on its PATH, and an npm that has one archive."""

    def answer(words: tuple[str, ...], cwd: Path | None) -> Completed:
        name = words[0].rpartition("/")[2]
        if name == "npm":
            assert cwd is not None
            (cwd / "x.tgz").write_bytes(served)
            return completed(words)
        if name == "dpkg-query":
            return completed(words, stdout="2.50.6-1~deb12u1\n\n")
        if name in {"xvfb-run", "bwrap"} and name not in names:
            raise MissingError(f"there is no executable '{name}' on the PATH")
        if name == "xvfb-run":
            return completed(words, stdout="WebKitGTK 2.50.6\n")
        if name == "bwrap":
            return completed(words)
        return completed(words, stdout=SAID[name.partition("-")[0]])

    folder = tmp_path / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()
        (folder / name).chmod(0o755)
    return make_host(tmp_path, FakeRunner(answer), environ={"PATH": str(folder)}, offline=offline)


def pinned(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    digest = base64.b64encode(hashlib.sha512(data).digest()).decode()
    package = EnginePackage(
        engine="bun",
        package="@oven/bun",
        version="1.4.5",
        integrity=f"sha512-{digest}",
        executable="bin/bun",
        megabytes=1,
    )
    packages: Mapping[tuple[str, str], EnginePackage] = {("bun", machine()): package}
    monkeypatch.setattr(find_engine, "engine_packages", lambda: packages)


@pytest.mark.parametrize(
    ("engine", "program", "title", "kind"),
    [
        ("bun", "bun", "bun 1.4.5", Bun),
        ("deno", "deno", "deno 2.9.6", Deno),
        ("firefox", "firefox-esr", "firefox 153.8.0esr", Browser),
        ("chromium", "chromium", "chromium 156.0.8078.108", Browser),
        ("node24", "node", "node 24.19.0", Node),
        ("webkit", "jsc", "webkit 2.50.6 (jsc)", Shell),
    ],
)
def test_what_is_on_the_path(tmp_path: Path, engine: str, program: str, title: str, kind: type) -> None:
    names = (program, "dpkg-query")
    found = find_engine_program(engine, machine_with(tmp_path, *names))
    assert isinstance(found, kind)
    assert (found.engine, found.title, found.path.name) == (engine, title, program)


MINI = ("MiniBrowser", "xvfb-run", "bwrap")


@pytest.mark.parametrize(
    ("names", "lockable", "title"),
    [
        (("jsc", "dpkg-query", *MINI), False, "webkit 2.50.6 (jsc)"),
        (("jsc", "dpkg-query", *MINI), True, "webkit 2.50.6"),
        (("jsc", "dpkg-query"), True, "webkit 2.50.6 (jsc)"),
        (MINI, False, "webkit 2.50.6"),
    ],
)
def test_webkit_has_two_programs(tmp_path: Path, names: tuple[str, ...], lockable: bool, title: str) -> None:
    assert find_engine_program("webkit", machine_with(tmp_path, *names), lockable=lockable).title == title


def test_code_is_locked_away_in_the_browser_of_webkit(tmp_path: Path) -> None:
    host = machine_with(tmp_path, "jsc", "dpkg-query", *MINI)
    (locked,) = choose_engines(["webkit"], host).programs
    (unlocked,) = choose_engines(["webkit"], host, unlocked=True).programs
    assert (type(locked), type(unlocked)) == (Browser, Shell)
    assert walls(locked, host, unlocked=False)[0] == "the browser's sandbox"
    bare = machine_with(tmp_path / "bare", "MiniBrowser", "xvfb-run")
    (open_,) = choose_engines(["webkit"], bare).programs
    assert walls(open_, bare, unlocked=False)[0].startswith("no sandbox: bubblewrap")


def test_webkits_browser_needs_a_display(tmp_path: Path) -> None:
    host = machine_with(tmp_path, "jsc", "dpkg-query", "MiniBrowser", "bwrap")
    with pytest.raises(MissingError, match="MiniBrowser needs a display") as caught:
        find_engine_program("webkit", host, lockable=True)
    assert "apt-get install xvfb" in caught.value.hint


@pytest.mark.parametrize(("engine", "remedy"), [("firefox", "firefox-esr"), ("webkit", "jsc|shell")])
def test_what_is_nowhere(tmp_path: Path, engine: str, remedy: str) -> None:
    with pytest.raises(MissingError) as caught:
        find_engine_program(engine, machine_with(tmp_path))
    assert "apt-get install" in caught.value.hint
    assert any(word in caught.value.hint for word in remedy.split("|"))


def test_a_program_is_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = archive(b"program")
    pinned(monkeypatch, data)
    host = machine_with(tmp_path, served=data)
    found = find_engine_program("bun", host)
    assert found == find_engine_program("bun", host)
    assert (found.path.read_bytes(), found.path.stat().st_mode & 0o777) == (b"program", 0o755)
    assert isinstance(host.runner, FakeRunner)
    assert [words[:3] for words in host.runner.asked if words[0] == "npm"] == [
        ("npm", "pack", "@oven/bun@1.4.5")
    ]


def test_another_program_than_was_promised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pinned(monkeypatch, archive(b"program"))
    host = machine_with(tmp_path, served=archive(b"another"))
    with pytest.raises(DigestError, match=r"@oven/bun@1\.4\.5 from npm is not the published release"):
        find_engine_program("bun", host)
    assert host.store.find("engines/bun-1.4.5") is None


def test_offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pinned(monkeypatch, archive(b"program"))
    with pytest.raises(OfflineError, match=r"bun 1\.4\.5 is not in the cache"):
        find_engine_program("bun", machine_with(tmp_path, offline=True))


def test_nothing_is_fetched_just_to_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pinned(monkeypatch, archive(b"program"))
    with pytest.raises(MissingError) as caught:
        find_engine_program("bun", machine_with(tmp_path), fetch=False)
    assert "--engine bun" in caught.value.hint


def test_the_engines_that_are_there_and_those_that_are_not(tmp_path: Path) -> None:
    host = machine_with(tmp_path, "deno", "bun")
    found = choose_engines(["deno", "firefox", "bun", "deno"], host)
    assert [program.title for program in found.programs] == ["deno 2.9.6"]
    assert [gap.engine for gap in found.gaps] == ["firefox", "bun"]
    assert "no permissions" in found.gaps[1].reason
    unlocked = choose_engines(["deno", "firefox", "bun"], host, unlocked=True)
    assert [program.engine for program in unlocked.programs] == ["deno", "bun"]
    assert [gap.engine for gap in unlocked.gaps] == ["firefox"]


def test_none_of_them_is_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"Bun 1\.4\.5 cannot lock code away"):
        choose_engines(["bun", "firefox"], machine_with(tmp_path, "bun"))
    with pytest.raises(MissingError, match="there is no firefox"):
        choose_engines(["firefox"], machine_with(tmp_path))


def test_the_data() -> None:
    assert {engine for engine, _ in engine_packages()} == {"bun", "deno", "node20", "node26"}
    assert engine_packages()["bun", "linux-x86_64"].executable == "bin/bun"
    entry = """
    [bun]
    reason = 'r'
    source = 's'
    version = '1'
    executable = 'bin/bun'
    megabytes = 1
    [bun.machines.linux-x86_64]
    package = 'p'
    integrity = 'sha512-short'
    """
    with pytest.raises(Exception, match=r"engine_packages\.toml: bun\.machines\.linux-x86_64\.integrity"):
        parse_engine_packages(entry)

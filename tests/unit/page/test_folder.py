"""What the page's folder has, and the server that gives it to browsers of this machine."""

from __future__ import annotations

import io
import json
import re
import socket
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pyodide_abi
from pyodide_abi.cli.main import main
from pyodide_abi.page.core_archive import core_archive
from pyodide_abi.page.folder import CDN, Beside, page_files, write_folder
from pyodide_abi.page.server import PageServer
from pyodide_abi.platforms import find_runtime

if TYPE_CHECKING:
    from pyodide_abi.page.folder import Content

STATIC = Path(pyodide_abi.__file__).parent / "page" / "static"
MAIN = "314.0.7"


@pytest.fixture
def release(tmp_path: Path) -> Path:
    folder = tmp_path / "release"
    folder.mkdir()
    for name in ("pyodide.mjs", "pyodide.asm.wasm", "pyodide-lock.json", "console.html"):
        (folder / name).write_text(name, "utf-8")
    return folder


def made(release: Path, *, cdn: bool) -> dict[str, Content]:
    return page_files(Beside(main=find_runtime(MAIN), folders={MAIN: release}, cdn=cdn))


def read(files: dict[str, Content], name: str) -> str:
    content = files[name]
    return (content if isinstance(content, bytes) else content.read_bytes()).decode()


def test_a_release_lies_beside_the_page_with_what_a_browser_asks_for(release: Path) -> None:
    files = made(release, cdn=False)
    assert {name for name in files if name.startswith("releases/")} == {
        f"releases/{MAIN}/{name}" for name in ("pyodide.mjs", "pyodide.asm.wasm", "pyodide-lock.json")
    }
    settings = json.loads(read(files, "page.json"))
    assert settings["main"] == MAIN
    assert [(one["version"], one["at"]) for one in settings["releases"]] == [(MAIN, f"releases/{MAIN}/")]
    assert set(settings["files"]) | {"page.json", "sw.js"} == set(files)


@pytest.mark.parametrize("cdn", [True, False])
def test_other_releases_come_from_where_they_are_published_or_are_not_known(
    release: Path, *, cdn: bool
) -> None:
    files = made(release, cdn=cdn)
    places = {one["version"]: one["at"] for one in json.loads(read(files, "page.json"))["releases"]}
    assert places.get("315.0.0-alpha.2") == (f"{CDN}/pyodide/v315.0.0a2/full/" if cdn else None)
    policy = re.search(r'content="(default-src [^"]*)"', read(files, "index.html"))
    assert policy is not None
    assert (CDN in policy[1]) == cdn
    assert "ORIGINS" not in read(files, "index.html")


def test_another_content_is_another_page(release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = json.loads(read(made(release, cdn=False), "page.json"))["digest"]
    assert json.loads(read(made(release, cdn=False), "page.json"))["digest"] == first
    monkeypatch.setattr("pyodide_abi.page.folder.core_archive", lambda: b"another")
    assert json.loads(read(made(release, cdn=False), "page.json"))["digest"] != first


def test_no_script_stands_in_the_page() -> None:
    for page in STATIC.glob("*.html"):
        text = page.read_text("utf-8")
        assert not re.search(r"<script(?![^>]*\bsrc=)|\bon\w+=|style=", text), page.name


@pytest.mark.parametrize("script", sorted(STATIC.glob("*.js")), ids=lambda path: path.name)
def test_scripts_set_nothing_as_markup(script: Path) -> None:
    text = script.read_text("utf-8")
    assert not re.search(r"(inner|outer|insertAdjacent)HTML|document\.write|\beval\(|new Function", text)


def test_the_archive_is_the_same_whenever_it_is_made() -> None:
    archive = core_archive()
    assert archive == core_archive()
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        names = set(opened.namelist())
    assert {"pyodide_abi/page/inside.py", "pyodide_abi/platforms/data/documents.json"} <= names
    assert any(name.startswith("packaging/") for name in names)
    assert not any(name.startswith(("pyodide_abi/build/", "pyodide_abi/cli/")) for name in names)


def test_a_folder_is_written_over_an_older_one(release: Path, tmp_path: Path) -> None:
    folder = tmp_path / "public"
    (folder / "releases").mkdir(parents=True)
    (folder / "index.html").write_text("older", "utf-8")
    files = made(release, cdn=False)
    write_folder(folder, files)
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == set(files)
    assert (folder / "index.html").read_text("utf-8") == read(files, "index.html")


def ask(server: PageServer, path: str, *, method: str = "GET", host: str = "", origin: str = "") -> str:
    """One request; the answer's head."""
    name = server.address.removeprefix("http://")
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host or name}", "Connection: close"]
    lines += [f"Origin: {origin}"] if origin else []
    port = int(name.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall("\r\n".join([*lines, "", ""]).encode())
        received = b""
        while piece := client.recv(1 << 16):
            received += piece
    return received.partition(b"\r\n\r\n")[0].decode()


def test_the_server_gives_the_page_s_files_and_nothing_else(release: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret", "utf-8")
    with PageServer({"index.html": b"page", "a.js": b"", "releases/1/pyodide.asm.wasm": release}) as server:
        assert ask(server, "/").startswith("HTTP/1.1 200")
        assert "Content-Type: text/javascript" in ask(server, "/a.js?1", method="HEAD")
        for path in ("/../secret", "/%2e%2e/secret", "/a.js/", "/b.js", "/releases/", "/%ff"):
            assert ask(server, path).split()[1] in {"400", "404"}, path
        assert server.asked[:2] == ["/", "/a.js"]


def test_a_port_that_is_taken_or_none_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    release = tmp_path / "cache" / "runtimes" / MAIN
    release.mkdir(parents=True)
    with PageServer({}) as taken:
        ports = (taken.address.rpartition(":")[2], "65536")
        for port, why in zip(ports, ("in use", "65535"), strict=True):
            words = ["page", "--serve", "--port", port, "--offline", "--cache-dir", str(tmp_path / "cache")]
            assert main(words, {}, tmp_path) == 2
            said = capsys.readouterr().err
            assert f"at port {port}: " in said
            assert why in said


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_the_server_takes_nothing(method: str) -> None:
    with PageServer({"index.html": b"page"}) as server:
        assert ask(server, "/", method=method).split()[1] in {"405", "501"}


def test_the_server_answers_to_its_own_name_and_page_only() -> None:
    with PageServer({"index.html": b"page"}) as server:
        assert ask(server, "/", host="attacker.example").split()[1] == "403"
        assert ask(server, "/", origin="https://attacker.example").split()[1] == "403"
        assert ask(server, "/", origin=server.address).split()[1] == "200"


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        ([], 2, "one of the arguments --serve --out is required"),
        (["--out", "x", "--serve"], 2, "not allowed with"),
        (["--out", "x", "--runtime", "9.9"], 2, "9.9"),
        (["--serve", "--port", "0"], 2, "port"),
        (["--out", "x", "--offline"], 3, "not in the cache"),
    ],
)
def test_calls_that_are_wrong(
    words: list[str], status: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        ended = main(["page", "--cache-dir", str(tmp_path / "cache"), *words], {}, tmp_path)
    except SystemExit as left:
        ended = int(str(left.code))
    assert (ended, said in capsys.readouterr().err) == (status, True)
    assert not (tmp_path / "x").exists()

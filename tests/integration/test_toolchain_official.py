"""Emscripten's official builds, from a local server with a small archive: the real one is out of reach here.

The archive has the shape of the real ones (one top folder ``install`` with ``bin`` and ``emscripten``); its
programs are shell scripts that do what the installation asks of them.
"""

from __future__ import annotations

import hashlib
import http.server
import io
import os
import signal
import subprocess
import sys
import tarfile
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import pytest
from patience import HANGS

from pyodide_abi.errors import DigestError, FailedError, MissingError, OfflineError, UnreadableInputError
from pyodide_abi.host import Host, Silence
from pyodide_abi.process import SystemRunner
from pyodide_abi.store import Store
from pyodide_abi.toolchain import Source, entry, official

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.integration

VERSION = "5.0.3"
EMCC = """\
import os, sys
assert os.path.isfile(os.environ["EM_CONFIG"]) and os.access(os.environ["EMSDK_PYTHON"], os.X_OK)
with open(sys.argv[sys.argv.index("-o") + 1], "w") as output:
    output.write("module")
"""
CLANG = "#!/bin/sh\necho 'clang version 22.0.0git'\n"
#: Bytes that do not compress, so that the archive is larger than one block of a transfer.
PADDING = bytes(hashlib.shake_256(b"padding").digest(3_000_000))


def make_archive(*, emcc: str = EMCC, version: str = VERSION) -> bytes:
    files = dict.fromkeys(
        [f"emscripten/{name}" for name in ("emcc", "em++", "emar", "emranlib")], "#!/bin/sh\n"
    )
    files |= {
        f"bin/{name}": "#!/bin/sh\n" for name in ("clang++", "wasm-ld", "llvm-ar", "llvm-nm", "wasm-opt")
    }
    files["bin/clang"] = CLANG
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:xz", preset=0) as archive:

        def add(name: str, content: bytes, mode: int) -> None:
            info = tarfile.TarInfo(f"install/{name}")
            info.size, info.mode = len(content), mode
            archive.addfile(info, io.BytesIO(content))

        for name, text in files.items():
            add(name, text.encode(), 0o755)
        add("emscripten/emcc.py", emcc.encode(), 0o644)
        add("emscripten/emscripten-version.txt", f'"{version}"\n'.encode(), 0o644)
        add("lib/padding", PADDING, 0o644)
    return out.getvalue()


@dataclass
class Behaviour:
    """What the server sends, and how badly."""

    content: bytes
    ranges: bool = True
    #: Bytes after which the connection is dropped, one per request; none left: no drop.
    drops: list[int] = field(default_factory=list)
    #: Seconds between blocks.
    pause: float = 0.0
    missing: bool = False
    asked: list[str] = field(default_factory=list)


class Handler(http.server.BaseHTTPRequestHandler):
    behaviour: ClassVar[Behaviour]

    def do_GET(self) -> None:
        one = self.behaviour
        asked = self.headers.get("Range", "")
        one.asked.append(asked)
        if one.missing:
            self.send_error(404)
            return
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and one.ranges else 0
        if start >= len(one.content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(one.content)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if asked and one.ranges else 200)
        if asked and one.ranges:
            self.send_header("Content-Range", f"bytes {start}-{len(one.content) - 1}/{len(one.content)}")
        self.send_header("Content-Length", str(len(one.content) - start))
        self.end_headers()
        stop = start + one.drops.pop(0) if one.drops else len(one.content)
        for at in range(start, min(stop, len(one.content)), 1 << 16):
            try:
                self.wfile.write(one.content[at : min(at + (1 << 16), stop)])
            except OSError:
                return
            time.sleep(one.pause)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of what it overrides
        """Not on the terminal."""


@dataclass
class Server:
    url: str
    behaviour: Behaviour


@pytest.fixture(scope="module")
def archive() -> bytes:
    return make_archive()


@pytest.fixture
def server(archive: bytes) -> Iterator[Server]:
    behaviour = Behaviour(archive)
    handler = type("Own", (Handler,), {"behaviour": behaviour})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield Server(f"http://127.0.0.1:{httpd.server_port}/builds", behaviour)
        httpd.shutdown()


@pytest.fixture
def host(server: Server, tmp_path: Path) -> Host:
    return make_host(server.url, tmp_path)


def make_host(url: str, folder: Path, *, offline: bool = False) -> Host:
    return Host(
        environ={**os.environ, official.MIRROR_VARIABLE: url},
        runner=SystemRunner(),
        store=Store(folder / "cache"),
        progress=Silence(),
        offline=offline,
    )


@pytest.fixture(autouse=True)
def _digest_of_the_small_archive(monkeypatch: pytest.MonkeyPatch, archive: bytes) -> None:
    """The data pins the real archive's digest; here it is that of ours, the rest stays as it is."""
    real = official.find_build

    def find_build(version: str, host: Host) -> official.Build:
        build = real(version, host)
        return official.Build(version=version, url=build.url, sha256=hashlib.sha256(archive).hexdigest())

    monkeypatch.setattr(official, "find_build", find_build)


def parts(host: Host) -> list[Path]:
    return list(host.store.downloads().glob("*.part"))


def test_from_server_to_compiler(host: Host, server: Server) -> None:
    found = official.install(VERSION, host)
    assert found.source is Source.OFFICIAL
    assert found.emscripten == VERSION
    assert found.llvm == "22.0.0"
    assert found.root == host.store.root / entry.key(Source.OFFICIAL, VERSION)
    assert (found.root / "tree/lib/padding").read_bytes() == PADDING
    assert str(found.root) in found.emcc.read_text()
    assert ".partial" not in found.emcc.read_text()
    assert not list(host.store.downloads().iterdir()), "the archive has served"
    assert official.install(VERSION, host) == found
    assert len(server.behaviour.asked) == 1, "the second time nothing is fetched"


def test_the_mirror_gets_the_real_ones_path(host: Host) -> None:
    build = official.find_build(VERSION, host)
    assert build.url.startswith(host.environ[official.MIRROR_VARIABLE] + "/")
    assert build.url.endswith("wasm-binaries.tar.xz") or "arm64" in build.url


def test_a_dropped_connection_goes_on_where_it_stopped(host: Host, server: Server) -> None:
    server.behaviour.drops = [700_000, 900_000]
    official.install(VERSION, host)
    assert server.behaviour.asked == ["", "bytes=700000-", "bytes=1600000-"]


def test_dropped_too_often_is_kept_for_the_next_call(host: Host, server: Server) -> None:
    server.behaviour.drops = [100_000] * 4
    with pytest.raises(MissingError, match="interrupted 4 times") as caught:
        official.install(VERSION, host)
    assert "goes on from there" in caught.value.hint
    assert [part.stat().st_size for part in parts(host)] == [400_000]
    assert not official.unreachable(VERSION, host), "it can be reached: the next build goes on"
    official.install(VERSION, host)
    assert server.behaviour.asked[-1] == "bytes=400000-"


def test_a_server_without_ranges(host: Host, server: Server) -> None:
    server.behaviour.ranges = False
    server.behaviour.drops = [700_000]
    official.install(VERSION, host)
    assert server.behaviour.asked == ["", "bytes=700000-"]


def test_corrupt_content_is_refused_and_deleted(host: Host, server: Server, archive: bytes) -> None:
    server.behaviour.content = archive[:-1] + bytes([archive[-1] ^ 1])
    with pytest.raises(DigestError, match="SHA-256"):
        official.install(VERSION, host)
    assert not parts(host)
    assert host.store.find(entry.key(Source.OFFICIAL, VERSION)) is None
    server.behaviour.content = archive
    official.install(VERSION, host)


def test_a_longer_partial_file_than_the_archive(host: Host, server: Server, archive: bytes) -> None:
    part = host.store.downloads() / f"{hashlib.sha256(archive).hexdigest()}.part"
    part.write_bytes(archive + b"more")
    official.install(VERSION, host)
    assert server.behaviour.asked == [f"bytes={len(archive) + 4}-", ""]


def test_a_complete_partial_file(host: Host, server: Server, archive: bytes) -> None:
    part = host.store.downloads() / f"{hashlib.sha256(archive).hexdigest()}.part"
    part.write_bytes(archive)
    official.install(VERSION, host)
    assert server.behaviour.asked == [f"bytes={len(archive)}-"]


def test_a_server_that_has_it_not(host: Host, server: Server) -> None:
    server.behaviour.missing = True
    with pytest.raises(MissingError, match="404"):
        official.install(VERSION, host)
    assert official.unreachable(VERSION, host)


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    host = make_host("http://127.0.0.1:9/builds", tmp_path)
    with pytest.raises(MissingError, match="cannot be reached"):
        official.install(VERSION, host)
    assert official.unreachable(VERSION, host)


def test_offline(server: Server, tmp_path: Path) -> None:
    with pytest.raises(OfflineError):
        official.install(VERSION, make_host(server.url, tmp_path, offline=True))
    assert not server.behaviour.asked


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (make_archive(emcc="raise SystemExit(1)\n"), FailedError, "cannot make a side module"),
        (make_archive(version="4.0.0"), MissingError, "says that it is 4.0.0"),
        (b"not an archive", UnreadableInputError, "cannot be unpacked"),
    ],
    ids=["broken", "another version", "no archive"],
)
def test_what_does_not_work_is_not_kept(
    content: bytes, error: type[Exception], message: str, server: Server, tmp_path: Path
) -> None:
    host = make_host(server.url, tmp_path)
    server.behaviour.content = content
    build = official.find_build(VERSION, host)
    own = official.Build(version=VERSION, url=build.url, sha256=hashlib.sha256(content).hexdigest())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(official, "find_build", lambda _version, _host: own)
        with pytest.raises(error, match=message):
            official.install(VERSION, host)
    assert host.store.find(entry.key(Source.OFFICIAL, VERSION)) is None
    assert not list((host.store.root / ".partial").iterdir())


#: The same in a process of its own, to be killed or doubled.
SCRIPT = """\
import os, sys
from pathlib import Path
from pyodide_abi.host import Host, Silence
from pyodide_abi.process import SystemRunner
from pyodide_abi.store import Store
from pyodide_abi.toolchain import official
real, sha256 = official.find_build, sys.argv[2]
official.find_build = lambda version, host: official.Build(
    version=version, url=real(version, host).url, sha256=sha256
)
store = Store(Path(sys.argv[1]))
host = Host(environ=dict(os.environ), runner=SystemRunner(), store=store, progress=Silence())
print(official.install("5.0.3", host).root)
"""


def start(host: Host, archive: bytes) -> subprocess.Popen[str]:
    argv = [sys.executable, "-c", SCRIPT, str(host.store.root), hashlib.sha256(archive).hexdigest()]
    return subprocess.Popen(argv, env=dict(host.environ), stdout=subprocess.PIPE, text=True)


def test_killed_in_the_middle_of_the_download(host: Host, server: Server, archive: bytes) -> None:
    server.behaviour.pause = 0.02
    with start(host, archive) as process:
        deadline = time.monotonic() + 30
        while not (parts(host) and parts(host)[0].stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    have = parts(host)[0].stat().st_size
    assert 0 < have < len(archive)
    server.behaviour.pause = 0
    official.install(VERSION, host)
    assert server.behaviour.asked == ["", f"bytes={have}-"]
    assert not list((host.store.root / ".partial").iterdir()), "what the dead process left is gone"


def test_two_at_once_fetch_once(host: Host, server: Server, archive: bytes) -> None:
    server.behaviour.pause = 0.01
    with start(host, archive) as one, start(host, archive) as two:
        outputs = {process.communicate(timeout=HANGS)[0] for process in (one, two)}
    assert outputs == {f"{host.store.root / entry.key(Source.OFFICIAL, VERSION)}\n"}
    assert len(server.behaviour.asked) == 1

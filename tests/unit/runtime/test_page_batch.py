"""A browser that is a function: it asks the server for what the page asks for, and answers as that does."""

from __future__ import annotations

import hashlib
import http.client
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from fake_host import FakeRunner, completed, make_host
from fake_node import BOOTED, DONE, entered, imported, left

from pyodide_abi.runtime.browser import END, Browser
from pyodide_abi.runtime.driver import drive
from pyodide_abi.runtime.protocol import Batch, Probe, Request
from pyodide_abi.values import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyodide_abi.process import Completed

PLACE = "/site/m.so"
FINE = [BOOTED, entered(PLACE), left(PLACE), imported(PLACE), DONE]
BROWSERS = [
    Browser(engine="chromium", path=Path("chromium"), version="Chromium 156.0"),
    Browser(engine="firefox", path=Path("firefox"), version="Mozilla Firefox 153.8.0esr"),
]


class Client:
    """What a page can ask of the server at an address."""

    def __init__(self, address: str) -> None:
        self.address, self.netloc = address, urlsplit(address).netloc

    def ask(self, method: str, target: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self.netloc)
        connection.request(method, target, body, {"Host": self.netloc, **headers})
        answer = connection.getresponse()
        found = answer.status, answer.read()
        connection.close()
        return found

    def read(self, target: str) -> bytes:
        status, body = self.ask("GET", target)
        assert status == 200, target
        return body


class FakeBrowser(FakeRunner):
    """Opens the page: `page` gets a client of the server and the batch that it was given."""

    def __init__(self, page: Callable[[Client, dict[str, Any]], None], *, late: bool = False) -> None:
        super().__init__(lambda words, _cwd: completed(words))
        self.page, self.late = page, late
        self.profile: dict[str, str] = {}

    def run(self, argv: Any, *, on_line: Callable[[str], None] | None = None, **more: Any) -> Completed:
        done = super().run(argv, **more)
        profile = next(path for word in done.argv if (path := Path(word.rpartition("=")[2])).is_dir())
        self.profile = {file.name: file.read_text("utf-8") for file in profile.iterdir()}
        client = Client(done.argv[-1])
        batch = json.loads(client.read("/batch.json"))
        self.page(client, batch)
        if self.late:
            return replace(done, returncode=124, timed_out=True)
        assert on_line is not None
        on_line(f"console.log: {END}")
        return done


def say(client: Client, batch: dict[str, Any], messages: Sequence[object]) -> None:
    for message in messages:
        status, _ = client.ask("POST", batch["answer"], json.dumps(message).encode())
        assert status == 200


def begun(request: int, probe: int = 0) -> dict[str, Any]:
    return {"kind": "begun", "request": request, "probe": probe}


def batch_of(tmp_path: Path, *, memory: bytes | None = None) -> Batch:
    for name in ("release", "site/pkg"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "release" / "pyodide.mjs").write_text("export {}", "utf-8")
    (tmp_path / "site" / "pkg" / "a b.so").write_bytes(b"\0asm")
    (tmp_path / "secret").write_text("secret", "utf-8")
    (tmp_path / "site" / "link").symlink_to(tmp_path / "secret")
    file = None
    if memory is not None:
        file = tmp_path / "memory.bin"
        file.write_bytes(memory)
    probe = Probe(module="m", path="m.so")
    request = Request(site=tmp_path / "site", probes=(probe,))
    return Batch(release=tmp_path / "release", requests=(request, request), memory=file)


@pytest.mark.parametrize("browser", BROWSERS, ids=lambda browser: browser.engine)
def test_a_page_that_comes_to_its_end(tmp_path: Path, browser: Browser) -> None:
    def page(client: Client, batch: dict[str, Any]) -> None:
        assert "runHere" in client.read("/").decode()
        assert "runBatch" in client.read("/scripts/page_batch.mjs").decode()
        assert batch["worker"] is False
        assert client.read("/release/pyodide.mjs") == b"export {}"
        assert "pkg/a b.so" in batch["files"]
        assert client.read("/site/pkg/a%20b.so") == b"\0asm"
        assert client.read("/memory") == b"memory"
        say(client, batch, [begun(0), *FINE, begun(1), BOOTED, {"kind": "died", "text": "Error: x"}])

    memory = b"memory" + hashlib.sha256(b"memory").digest()
    runner = FakeBrowser(page)
    first, second = drive(
        batch_of(tmp_path, memory=memory), browser, make_host(tmp_path, runner), timeout=5.0
    )
    assert (first[0].status, second[0].died) == (0, "Error: x")
    words, environ = runner.asked[0], runner.environs[0]
    assert environ.keys() == {"HOME", "XDG_RUNTIME_DIR", "MOZ_HEADLESS"}, "nothing of the caller's"
    netloc = urlsplit(words[-1]).netloc
    if browser.engine == "firefox":
        assert (
            f'user_pref("network.proxy.http_port", {netloc.partition(":")[2]});' in runner.profile["user.js"]
        )
        assert 'user_pref("network.proxy.no_proxies_on", "");' in runner.profile["user.js"]
    else:
        assert f"--proxy-server=http://{netloc}" in words
        assert "--proxy-bypass-list=<-loopback>" in words


def test_what_the_server_refuses(tmp_path: Path) -> None:
    def page(client: Client, batch: dict[str, Any]) -> None:
        secret = (tmp_path / "secret").as_posix()
        outside = ("/site/../secret", "/site/link", f"/site/{secret}", "/release/%2e%2e/secret", "/other")
        for target in outside:
            assert client.ask("GET", target)[0] == 404, target
        # A browser takes it for a proxy: for itself it answers, for nobody else.
        assert client.ask("GET", f"{client.address.rstrip('/')}/batch.json")[0] == 200
        assert client.ask("GET", "http://127.0.0.1:1/x", Host="127.0.0.1:1")[0] == 403
        assert client.ask("CONNECT", "example.org:443", Host="example.org:443")[0] == 501
        assert client.ask("POST", "/answer/guessed", b"{}")[0] == 405
        assert client.ask("POST", batch["answer"], b"{}", Origin="http://example.org")[0] == 403
        client.ask("POST", batch["answer"], b"no message")
        say(client, batch, [begun(0), *FINE])

    ((heard,),) = drive(batch_of(tmp_path), BROWSERS[0], make_host(tmp_path, FakeBrowser(page)), timeout=5.0)
    assert heard.status == 0


def test_a_broken_snapshot_is_not_given_to_a_page(tmp_path: Path) -> None:
    def page(client: Client, batch: dict[str, Any]) -> None:
        assert batch["memory"] is False
        say(client, batch, [begun(0), *FINE])

    batch = batch_of(tmp_path, memory=b"memory" + bytes(32))
    ((heard,),) = drive(batch, BROWSERS[0], make_host(tmp_path, FakeBrowser(page)), timeout=5.0)
    assert heard.status == 0


@pytest.mark.parametrize(
    ("said", "died"),
    [
        ([begun(0)], "it ran out of time while the release started"),
        ([begun(0), BOOTED, entered(PLACE)], "it ran out of time"),
    ],
)
def test_a_page_that_hangs(tmp_path: Path, said: list[Any], died: str) -> None:
    runner = FakeBrowser(lambda client, batch: say(client, batch, said), late=True)
    ((heard,),) = drive(batch_of(tmp_path), BROWSERS[1], make_host(tmp_path, runner), timeout=5.0)
    assert (heard.died, heard.unborn) == (died, False)


def test_a_browser_that_does_not_get_to_the_page(tmp_path: Path) -> None:
    runner = FakeBrowser(lambda _client, _batch: None)
    ((heard,),) = drive(batch_of(tmp_path), BROWSERS[1], make_host(tmp_path, runner), timeout=5.0)
    assert heard.unborn
    assert heard.died == "firefox 153.8.0esr ended with status 0"

"""The server that stands for the network, on this machine: it gives what it has, to whom it is meant for."""

from __future__ import annotations

import contextlib
import json
import socket
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

import pytest
from fake_host import FakeRunner, completed, make_host
from made_wheels import make_wheel

from pyodide_abi.runtime.local_server import ThreadedServer
from pyodide_abi.runtime.mirror import Mirror
from pyodide_abi.runtime.package_index import Sources

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Mirror]:
    wheel = make_wheel(tmp_path / "dist", "demo-1-py3-none-any.whl", {"demo.py": ""})
    release = tmp_path / "release"
    release.mkdir()
    (release / "pyodide-lock.json").write_text('{"packages": {}}', "utf-8")
    (release / "pyodide.mjs").write_text("export", "utf-8")
    (tmp_path / "secret").write_text("secret", "utf-8")
    host = make_host(tmp_path, FakeRunner(lambda words, _cwd: completed(words)), offline=True)
    sources = Sources(wheel=wheel, folders=(), releases={"1.0": release}, index=None, host=host)
    with Mirror(sources) as mirror:
        yield mirror


def say(mirror: Mirror, data: bytes) -> bytes:
    """Send bytes, and read until the server ends the connection."""
    port = int(mirror.address.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall(data)
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_WR)
        received = b""
        with contextlib.suppress(ConnectionError):
            while piece := client.recv(1 << 16):
                received += piece
    return received


def ask(mirror: Mirror, line: str, *, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    """One request; its status and the answer's body."""
    named = {"Host": mirror.address.removeprefix("http://"), "Connection": "close"} | {
        name.replace("_", "-"): text for name, text in headers.items()
    }
    lines = [f"{line} HTTP/1.1", *(f"{name}: {text}" for name, text in named.items() if text), "", ""]
    answer = say(mirror, "\r\n".join(lines).encode("latin-1") + body)
    head, _, content = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), content


def test_what_it_has(served: Mirror) -> None:
    status, content = ask(served, "GET /pypi.org/simple/demo/")
    (listed,) = json.loads(content)["files"]
    assert status == 200
    place = listed["url"].removeprefix(served.address)
    status, content = ask(served, f"GET {place}")
    assert (status, content[:2]) == (200, b"PK")
    assert ask(served, f"HEAD {place}") == (200, b"")
    assert ask(served, "GET /release/1.0/pyodide.mjs", Origin=served.address) == (200, b"export")
    assert ask(served, "GET /page/installing.mjs")[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/release/1.0/..%2f..%2fsecret",
        "/release/1.0/../../secret",
        "/release/1.0/%2e%2e",
        "/release/1.0/..",
        "/release/1.0/x%00",
        "/release/1.1/pyodide.mjs",
        "/file/0/secret",
        "/example.org/",
        "/pypi.org/simple/other/",
        "/pypi.org/simple/a%3fb%23c/",
        "/pypi.org/simple/..%2f/",
        "/pypi.org/simple/%0d%0aX/",
        "/simple//",
        "/page/index.html",
        "/page/..",
        "/answer",
        "/",
        "//[",
        "/%ff",
        "http://[x/",
        "*",
        "x" * 60_000,
    ],
)
def test_what_it_has_not(served: Mirror, path: str, capfd: pytest.CaptureFixture[str]) -> None:
    status, content = ask(served, f"GET {path}")
    assert status in {400, 404}
    assert content != b"secret"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "TRACE", "X" * 100]
)
def test_other_methods(served: Mirror, method: str, capfd: pytest.CaptureFixture[str]) -> None:
    for path in ("/answer", "/answer/", "/", "/pypi.org/simple/demo/", served.answer_path):
        assert ask(served, f"{method} {path}", Content_Length="1", body=b"x")[0] in {405, 501}
    assert served.answers == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "attacker.example"},
        {"Host": "localhost:1"},
        {"Host": "127.0.0.1"},
        {"Host": ""},
        {"Origin": "https://attacker.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1"},
    ],
)
def test_who_calls_by_another_name_or_from_another_page(served: Mirror, headers: dict[str, Any]) -> None:
    served.pages["index.html"] = "page"
    assert ask(served, "GET /page/index.html")[0] == 200
    assert ask(served, "GET /page/index.html", **headers) == (403, b"")
    assert ask(served, f"POST {served.answer_path}", body=b"x", Content_Length="1", **headers)[0] == 403
    assert served.answers == []


@pytest.mark.parametrize("header", ["Host", "Origin"])
@pytest.mark.parametrize("mine_first", [True, False])
def test_who_calls_by_two_names(served: Mirror, header: str, *, mine_first: bool) -> None:
    served.pages["index.html"] = "page"
    mine = {"Host": served.address.removeprefix("http://"), "Origin": served.address}
    named = [f"{header}: {mine[header]}", f"{header}: http://attacker.example"]
    others = [f"{name}: {text}" for name, text in mine.items() if name != header]
    lines = ["GET /page/index.html HTTP/1.1", *others, *(named if mine_first else reversed(named))]
    answer = say(served, "\r\n".join([*lines, "Connection: close", "", ""]).encode())
    assert answer.split()[1] == b"403"


def test_a_page_posts_where_only_it_knows(served: Mirror) -> None:
    served.pages["index.html"] = "page"
    assert ask(served, f"POST {served.answer_path}", body=b"told", Content_Length="4") == (200, b"")
    assert ask(served, f"POST {served.answer_path}", body=b"\xff", Content_Length="1") == (200, b"")
    assert served.answers == ["told", "\ufffd"]


@pytest.mark.parametrize("length", ["", "-1", "x", "1e3", "²", "17000000", "9" * 5000, "+5", "4, 4"])
def test_lengths_are_not_believed(served: Mirror, length: str, capfd: pytest.CaptureFixture[str]) -> None:
    served.pages["index.html"] = "page"
    assert ask(served, f"POST {served.answer_path}", body=b"told", Content_Length=length)[0] == 413
    assert served.answers == []
    assert capfd.readouterr() == ("", "")


def test_a_body_that_does_not_come_is_no_answer(served: Mirror) -> None:
    served.pages["index.html"] = "page"
    ask(served, f"POST {served.answer_path}", body=b"told", Content_Length="400")
    assert served.answers == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/x\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n",
        b"GET / HTTP/1.1\r\nA: " + b"b" * 70_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n: \xff\xfe\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        bytes(range(256)) * 100,
    ],
    ids=range(14),
)
def test_what_is_no_request_ends_quietly(
    served: Mirror, data: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    say(served, data)
    assert ask(served, "GET /release/1.0/pyodide.mjs")[0] == 200, "the next one is served"
    assert capfd.readouterr() == ("", "")


def test_idle_clients_hinder_nobody(served: Mirror) -> None:
    port = int(served.address.rpartition(":")[2])
    idle = [socket.create_connection(("127.0.0.1", port), timeout=60) for _ in range(20)]
    assert ask(served, "GET /release/1.0/pyodide.mjs")[0] == 200
    for client in idle:
        client.close()


@pytest.mark.parametrize(
    ("error", "told"), [(ConnectionResetError, False), (TimeoutError, False), (KeyError, True)]
)
def test_a_client_that_is_gone_is_no_news(
    error: type[Exception], *, told: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    with (
        socket.socket() as request,
        ThreadedServer(BaseHTTPRequestHandler) as server,
        contextlib.suppress(error),
        contextlib.ExitStack() as stack,
    ):
        stack.callback(server.handle_error, request, ("127.0.0.1", 1))
        raise error
    assert (error.__name__ in capfd.readouterr().err) == told

"""One client for whatever fetches, against a server of this process that answers as it is told."""

from __future__ import annotations

import hashlib
import http.server
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from fake_host import FakeRunner, completed, make_host

from pyodide_abi import http as client
from pyodide_abi.errors import DigestError, MissingError, OfflineError, UsageError
from pyodide_abi.values import replace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pyodide_abi.host import Host

CONTENT = bytes(range(256)) * 40
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@dataclass
class Answer:
    """What the server says once: the content may be shorter than announced."""

    content: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Server:
    """Gives its answers in turn, the last one for ever."""

    answers: list[Answer]
    address: str = ""
    #: The headers of every request.
    asked: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Server]:
    told = Server(answers=[])

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked.append(dict(self.headers))
            told.paths.append(self.path)
            answer = told.answers.pop(0) if len(told.answers) > 1 else told.answers[0]
            self.send_response(answer.status)
            for name, text in ({"Content-Length": str(len(answer.content))} | answer.headers).items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of what it overrides
            """Not on the terminal."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as serving:
        told.address = f"http://127.0.0.1:{serving.server_address[1]}/file"
        thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield told
        serving.shutdown()
        thread.join()


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.setattr(client, "_PAUSES", (0.0, 0.0, 0.0))
    return make_host(tmp_path, FakeRunner(lambda words, _cwd: completed(words)))


def part(host: Host) -> Path:
    return host.store.downloads() / f"{SHA256}.part"


def rest(start: int, *, said: str = "") -> Answer:
    content_range = said or f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
    return Answer(CONTENT[start:], status=206, headers={"Content-Range": content_range})


def test_a_whole_file(server: Server, host: Host) -> None:
    server.answers = [Answer(CONTENT)]
    file = client.download(server.address, SHA256, host)
    assert file.read_bytes() == CONTENT
    assert client.download(server.address, SHA256, replace(host, offline=True)) == file
    assert len(server.asked) == 1
    assert not client.unfinished(SHA256, host)


def test_an_interrupted_download_goes_on_where_it_stopped(server: Server, host: Host) -> None:
    server.answers = [Answer(CONTENT[:3000], headers={"Content-Length": str(len(CONTENT))}), rest(3000)]
    assert client.download(server.address, SHA256, host).read_bytes() == CONTENT
    assert [asked.get("Range") for asked in server.asked] == [None, "bytes=3000-"]


@pytest.mark.parametrize(
    "said",
    [
        f"bytes 0-{len(CONTENT) - 1}/{len(CONTENT)}",
        f"bytes 2999-{len(CONTENT) - 1}/{len(CONTENT)}",
        f"bytes 30000-{len(CONTENT) - 1}/{len(CONTENT)}",
        "bytes */10240",
        "-",
    ],
)
def test_a_wrong_range_is_not_appended(server: Server, host: Host, said: str) -> None:
    part(host).write_bytes(CONTENT[:3000])
    server.answers = [rest(3000, said=said), rest(3000)]
    assert client.download(server.address, SHA256, host).read_bytes() == CONTENT
    assert [asked["Range"] for asked in server.asked] == ["bytes=3000-"] * 2, "the first answer added nothing"


def test_a_server_that_only_sends_wrong_ranges(server: Server, host: Host) -> None:
    part(host).write_bytes(CONTENT[:3000])
    server.answers = [rest(3000, said="bytes 17-20/21")]
    with pytest.raises(MissingError, match=r"interrupted 4 times: the server sent 'bytes 17-20/21'"):
        client.download(server.address, SHA256, host)
    assert part(host).read_bytes() == CONTENT[:3000], "what had come is kept"


def test_a_server_without_ranges_sends_all_again(server: Server, host: Host) -> None:
    part(host).write_bytes(b"a wrong beginning")
    server.answers = [Answer(CONTENT)]
    assert client.download(server.address, SHA256, host).read_bytes() == CONTENT


@pytest.mark.parametrize("extra", [b"", b"more"])
def test_nothing_is_lacking_or_too_much_is_there(server: Server, host: Host, extra: bytes) -> None:
    part(host).write_bytes(CONTENT + extra)
    server.answers = [
        Answer(b"", status=416, headers={"Content-Range": f"bytes */{len(CONTENT)}"}),
        Answer(CONTENT),
    ]
    assert client.download(server.address, SHA256, host).read_bytes() == CONTENT
    assert len(server.asked) == 1 + bool(extra)


def test_other_content_is_deleted(server: Server, host: Host) -> None:
    server.answers = [Answer(CONTENT[:-1] + b"x")]
    with pytest.raises(DigestError, match="SHA-256"):
        client.download(server.address, SHA256, host)
    assert list(host.store.downloads().iterdir()) == []


def test_a_complete_file_that_was_changed_is_fetched_again(server: Server, host: Host) -> None:
    server.answers = [Answer(CONTENT)]
    client.download(server.address, SHA256, host).write_bytes(CONTENT[:-1] + b"x")
    assert client.download(server.address, SHA256, host).read_bytes() == CONTENT
    assert len(server.asked) == 2


def test_a_server_that_is_busy_is_asked_again(server: Server, host: Host) -> None:
    server.answers = [Answer(b"", status=503), Answer(b"", status=429), Answer(b'{"a": 1}')]
    assert client.get_json(server.address, host, accept="text/x") == {"a": 1}
    assert [asked["Accept"] for asked in server.asked] == ["text/x"] * 3


@pytest.mark.parametrize(("status", "times"), [(404, 1), (403, 1), (500, 4)])
def test_a_server_that_refuses(server: Server, host: Host, status: int, times: int) -> None:
    server.answers = [Answer(b"", status=status)]
    with pytest.raises(MissingError, match=f"/file: the server answers {status}") as caught:
        client.get(server.address, host)
    assert isinstance(caught.value, client.NotThereError) == (status == 404)
    assert len(server.asked) == times


@pytest.mark.parametrize("content", [b"<html>", b"\xff", b"[" * 100_000])
def test_what_is_no_json(server: Server, host: Host, content: bytes) -> None:
    server.answers = [Answer(content)]
    with pytest.raises(MissingError, match="does not answer with JSON"):
        client.get_json(server.address, host)


def test_an_answer_without_end(server: Server, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "LARGEST", 1 << 20)
    server.answers = [Answer(bytes((1 << 20) + 1))]
    with pytest.raises(MissingError, match="more than 1 MB"):
        client.get(server.address, host)


def test_a_server_that_is_not_there(host: Host) -> None:
    with pytest.raises(MissingError, match=r"http://127\.0\.0\.1:9/x cannot be reached"):
        client.get("http://127.0.0.1:9/x", host)


def test_a_name_and_password_are_sent_and_not_shown(server: Server, host: Host) -> None:
    server.answers = [Answer(b"", status=401)]
    with pytest.raises(MissingError) as caught:
        client.get(server.address.replace("//", "//me:se%40cret@"), host)
    assert server.asked[0]["Authorization"] == "Basic bWU6c2VAY3JldA=="
    assert "cret" not in str(caught.value)


def test_the_proxy_is_that_of_the_host_s_environment(server: Server, host: Host) -> None:
    server.answers = [Answer(b"from the proxy")]
    proxied = replace(host, environ={"http_proxy": server.address, "NO_PROXY": "other.example"})
    assert client.get("http://index.example/simple/", proxied) == b"from the proxy"
    assert server.paths == ["http://index.example/simple/"]
    with pytest.raises(MissingError, match="cannot be reached"):
        client.get("http://127.0.0.1:9/", replace(host, environ={**proxied.environ, "no_proxy": "*"}))


def test_certificates_that_cannot_be_read(host: Host) -> None:
    with pytest.raises(MissingError, match=r"the certificates in /no/such/file cannot be read"):
        client.get("https://127.0.0.1:9/", replace(host, environ={"PIP_CERT": "/no/such/file"}))


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://x/y", "x", ""])
def test_other_addresses_are_refused(host: Host, address: str) -> None:
    with pytest.raises(UsageError, match="not an address to fetch from"):
        client.get(address, host)


def test_offline_nothing_is_asked(server: Server, host: Host) -> None:
    with pytest.raises(OfflineError, match="the network is off limits"):
        client.download(server.address, SHA256, replace(host, offline=True))
    assert server.asked == []

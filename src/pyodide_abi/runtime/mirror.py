"""A web server for one installation: it answers for the index and for the releases' own server.

It listens on 127.0.0.1. What is installed asks for addresses as always; ``installing.mjs`` sends all requests
here, with the host in front of the path. Nothing is passed on: what is none of the below is refused. So is
whoever calls the server by another name or comes from another page, as a website in a browser might.
GET and HEAD are answered, and one POST whose address nobody can guess.

- ``/pypi.org/simple/<project>/`` and ``/simple/<project>/``: the index (for micropip and for pip);
- ``/locked/<release>/simple/<project>/``: a lockfile as an index, as ``pyodide venv`` gives it to pip;
- ``/file/<digest>/<name>``: a wheel that one of them listed;
- ``/cdn.jsdelivr.net/pyodide/v<release>/full/<name>``: a package of a release's lockfile;
- ``/release/<release>/<name>``: a file of the release, else a package of its lockfile, as on that server;
- ``/page/<name>`` and ``POST /answer/<secret>``: for the browser, while it has a page.
"""

from __future__ import annotations

import json
import re
import secrets
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import unquote, urlsplit

from pyodide_abi.errors import MissingError
from pyodide_abi.runtime.package_index import published

if TYPE_CHECKING:
    from collections.abc import Mapping
    from email.message import Message
    from socket import socket
    from types import TracebackType

    from pyodide_abi.runtime.package_index import Listed, Sources

_LISTING = "application/vnd.pypi.simple.v1+json"
_TYPES = {
    ".html": "text/html",
    ".mjs": "text/javascript",
    ".js": "text/javascript",
    ".json": "application/json",
    ".wasm": "application/wasm",
}
_SCRIPTS = Path(__file__).parent
#: So many connections are served at a time; a client that says nothing for so many seconds is let go.
_MOST_CLIENTS, _SECONDS = 64, 60
#: Bytes of the longest answer of a page, and how many answers a page may give.
_LONGEST_ANSWER, _MOST_ANSWERS = 16 << 20, 100_000
_LENGTH = re.compile(r"[0-9]{1,9}")
#: Names of projects (PEP 508), which become parts of the index's addresses.
_PROJECT = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,200}[A-Za-z0-9])?")


class _Server(ThreadingHTTPServer):
    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self._free = threading.BoundedSemaphore(_MOST_CLIENTS)

    def process_request(self, request: socket | tuple[bytes, socket], client_address: object) -> None:
        """Serve so many clients at a time and no more; the next ones wait."""
        self._free.acquire()
        super().process_request(request, client_address)

    def process_request_thread(self, request: socket | tuple[bytes, socket], client_address: object) -> None:
        """As the base class, with an end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: socket | tuple[bytes, socket], client_address: object) -> None:
        """Say nothing of a client that is gone: an interpreter that has ended resets what it had open."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class Mirror:
    """The server, while it is entered.

    Attributes:
        address: such as ``http://127.0.0.1:40123``.
        answers: what pages have posted, in order, a line each.
        answer_path: where the page posts them; nobody else knows it.
    """

    def __init__(self, sources: Sources, pages: Mapping[str, str] | None = None) -> None:
        self._sources = sources
        self.pages: dict[str, str] = dict(pages or {})
        self.answers: list[str] = []
        self.answer_path = f"/answer/{secrets.token_hex(16)}"
        self._listed: dict[str, Listed] = {}
        self._published = {f"v{published(version)}": version for version in sources.releases}
        self._server = _Server(self._handler())
        self._name = f"127.0.0.1:{self._server.server_address[1]}"
        self.address = f"http://{self._name}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            server_version, sys_version = "pyodide-abi", ""
            timeout = _SECONDS

            def do_GET(self) -> None:
                self._give(*mirror._response(self.path, self.headers))

            def do_HEAD(self) -> None:
                self._give(*mirror._response(self.path, self.headers))

            def do_POST(self) -> None:
                # What follows is not read where it is refused, so that the connection ends.
                self.close_connection = True
                status, length = mirror._may_post(self.path, self.headers)
                if status == HTTPStatus.OK:
                    body = self.rfile.read(length)
                    if len(body) == length:
                        mirror.answers.append(body.decode(errors="replace"))
                    self.close_connection = False
                self._give(status, "text/plain", b"")

            def _give(self, status: HTTPStatus, kind: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("X-Content-Type-Options", "nosniff")
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                """Nothing: the report says what matters."""

        return Handler

    def _response(self, target: str, headers: Message) -> tuple[HTTPStatus, str, bytes]:
        """The answer to a request for a target: status, type and content."""
        if not self._is_meant(headers):
            return HTTPStatus.FORBIDDEN, "text/plain", b""
        try:
            path = unquote(urlsplit(target).path, errors="strict")
        except ValueError:
            return HTTPStatus.BAD_REQUEST, "text/plain", b""
        try:
            return HTTPStatus.OK, *self._answer(path)
        except MissingError as error:
            return HTTPStatus.NOT_FOUND, "text/plain", str(error).encode(errors="replace")

    def _may_post(self, target: str, headers: Message) -> tuple[HTTPStatus, int]:
        """What to say to a page that posts, and how many bytes it is going to send."""
        if not self._is_meant(headers):
            return HTTPStatus.FORBIDDEN, 0
        if target != self.answer_path or not self.pages or len(self.answers) >= _MOST_ANSWERS:
            return HTTPStatus.METHOD_NOT_ALLOWED, 0
        length = headers.get("Content-Length", "")
        if not _LENGTH.fullmatch(length) or int(length) > _LONGEST_ANSWER:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, 0
        return HTTPStatus.OK, int(length)

    def _is_meant(self, headers: Message) -> bool:
        """Whether somebody calls us by our own name, and from no page but ours."""
        return headers.get("Host") == self._name and headers.get("Origin", self.address) == self.address

    def _answer(self, path: str) -> tuple[str, bytes]:  # noqa: PLR0911 - one for each kind of address
        match path.strip("/").split("/"):
            case ["pypi.org", "simple", name] | ["simple", name] if _PROJECT.fullmatch(name):
                return self._listing(name, self._sources.project(name))
            case ["locked", version, "simple", name] if version in self._sources.releases:
                return self._listing(name, self._sources.locked_project(version, name))
            case ["file", digest, _] if digest in self._listed:
                return _content(self._sources.file(self._listed[digest]))
            case ["cdn.jsdelivr.net", "pyodide", name, "full", file] if name in self._published:
                return _content(self._sources.locked_file(self._published[name], file))
            case ["release", version, file] if self._has(version):
                here = self._sources.releases[version] / file
                return _content(here if here.is_file() else self._sources.locked_file(version, file))
            case ["page", name] if name in self.pages:
                return _TYPES[".html"], self.pages[name].encode()
            case ["page", "installing.mjs" as name]:
                return _content(_SCRIPTS / name)
            case _:
                raise MissingError(f"{path} is none of ours")

    def _has(self, version: str) -> bool:
        return version in self._sources.releases

    def _listing(self, name: str, files: list[Listed]) -> tuple[str, bytes]:
        if not files:
            raise MissingError(f"nobody has a wheel of {name}")
        self._listed.update({listed.sha256: listed for listed in files})
        listing = {
            "meta": {"api-version": "1.0"},
            "name": name,
            "files": [
                {
                    **listed.more,
                    "filename": listed.name,
                    "url": f"{self.address}/file/{listed.sha256}/{listed.name}",
                    "hashes": {"sha256": listed.sha256},
                }
                for listed in files
            ],
        }
        return _LISTING, json.dumps(listing).encode()


def _content(file: Path) -> tuple[str, bytes]:
    return _TYPES.get(file.suffix, "application/octet-stream"), file.read_bytes()

"""A web server on 127.0.0.1 for pages and programs of this machine.

Whoever calls it by another name, or comes from another page, is refused, as a website in a browser might:
the name of another website can be made to lead here, and any website may send requests. GET and HEAD are
answered; what else is, a subclass says.
"""

from __future__ import annotations

import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self
from urllib.parse import unquote, urlsplit

from pyodide_abi.errors import MissingError

if TYPE_CHECKING:
    from email.message import Message
    from pathlib import Path
    from socket import socket
    from types import TracebackType

_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".mjs": "text/javascript",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
}
#: So many connections are served at a time; a client that says nothing for so many seconds is let go.
_MOST_CLIENTS, _SECONDS = 64, 60


def content_type(name: str) -> str:
    """The media type of a file, by the end of its name."""
    _, dot, end = name.rpartition(".")
    return _TYPES.get(f"{dot}{end}", "application/octet-stream")


def content(file: Path) -> tuple[str, bytes]:
    """A file's media type and all of its bytes."""
    return content_type(file.name), file.read_bytes()


class ThreadedServer(ThreadingHTTPServer):
    """The server of the standard library, within bounds."""

    def __init__(self, handler: type[BaseHTTPRequestHandler], port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), handler)
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


class LocalServer:
    """The server, while it is entered.

    Attributes:
        address: Where it is, such as ``http://127.0.0.1:40123``.
        headers: What each answer has besides.
    """

    headers: tuple[tuple[str, str], ...] = ()

    def __init__(self, port: int = 0) -> None:
        """Take a port.

        Args:
            port: The port, or 0 for any that is free.
        """
        self._server = ThreadedServer(_handler(self), port)
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

    def answer(self, path: str) -> tuple[str, bytes]:
        """The media type and the content that a path leads to, its escapes decoded.

        Raises:
            MissingError: it leads to nothing.
        """
        raise MissingError(f"{path} is none of ours")

    def may_post(self, target: str, headers: Message) -> tuple[HTTPStatus, int]:  # noqa: ARG002 - others look
        """What to say to a page that posts, and how many bytes of it to read."""
        return HTTPStatus.METHOD_NOT_ALLOWED, 0

    def take(self, body: bytes) -> None:
        """Keep what was posted."""

    def is_meant(self, headers: Message) -> bool:
        """Whether somebody calls us by our own name, and from no page but ours."""
        # Of several headers of a name, who reads them may take any.
        names, origins = headers.get_all("Host", []), headers.get_all("Origin", [])
        return names == [self._name] and origins in ([], [self.address])

    def response(self, target: str, headers: Message) -> tuple[HTTPStatus, str, bytes]:
        """The answer to a request for a target: status, type and content."""
        if not self.is_meant(headers):
            return HTTPStatus.FORBIDDEN, "text/plain", b""
        try:
            path = unquote(urlsplit(target).path, errors="strict")
        except ValueError:
            return HTTPStatus.BAD_REQUEST, "text/plain", b""
        try:
            return HTTPStatus.OK, *self.answer(path)
        except MissingError as error:
            return HTTPStatus.NOT_FOUND, "text/plain", str(error).encode(errors="replace")


def _handler(server: LocalServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version, sys_version = "pyodide-abi", ""
        timeout = _SECONDS

        @property
        def target(self) -> str:
            """The path, which a client that takes us for a proxy has behind our address."""
            return self.path.removeprefix(server.address)

        def do_GET(self) -> None:
            self._give(*server.response(self.target, self.headers))

        def do_HEAD(self) -> None:
            self._give(*server.response(self.target, self.headers))

        def do_POST(self) -> None:
            # What follows is not read where it is refused, so that the connection ends.
            self.close_connection = True
            status, length = server.may_post(self.target, self.headers)
            if status == HTTPStatus.OK:
                body = self.rfile.read(length)
                if len(body) == length:
                    server.take(body)
                self.close_connection = False
            self._give(status, "text/plain", b"")

        def _give(self, status: HTTPStatus, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-Content-Type-Options", "nosniff")
            for name, text in server.headers:
                self.send_header(name, text)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Nothing: the report says what matters."""

    return Handler

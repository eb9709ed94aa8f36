"""A web server for one installation: it answers for the index and for the releases' own server.

It listens on 127.0.0.1. What is installed asks for addresses as always; ``installing.mjs`` sends all requests
here, with the host in front of the path. Nothing is passed on: what is none of the below is refused.

- ``/pypi.org/simple/<project>/`` and ``/simple/<project>/``: the index (for micropip and for pip);
- ``/locked/<release>/simple/<project>/``: a lockfile as an index, as ``pyodide venv`` gives it to pip;
- ``/file/<digest>/<name>``: a wheel that one of them listed;
- ``/cdn.jsdelivr.net/pyodide/v<release>/full/<name>``: a package of a release's lockfile;
- ``/release/<release>/<name>``: a file of the release, else a package of its lockfile, as on that server;
- ``/page/<name>`` and ``POST /answer``: for the browser.
"""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import unquote, urlsplit

from pyodide_abi.errors import MissingError
from pyodide_abi.runtime.package_index import published

if TYPE_CHECKING:
    from collections.abc import Mapping
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


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: socket | tuple[bytes, socket], client_address: object) -> None:
        """Say nothing of a client that is gone: an interpreter that has ended resets what it had open."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Mirror:
    """The server, while it is entered.

    Attributes:
        address: such as ``http://127.0.0.1:40123``.
        answers: what pages have posted, in order, a line each.
    """

    def __init__(self, sources: Sources, pages: Mapping[str, str] | None = None) -> None:
        self._sources = sources
        self.pages: dict[str, str] = dict(pages or {})
        self.answers: list[str] = []
        self.answered = threading.Condition()
        self._listed: dict[str, Listed] = {}
        self._published = {f"v{published(version)}": version for version in sources.releases}
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                try:
                    kind, body = mirror._answer(unquote(urlsplit(self.path).path))
                except MissingError as error:
                    self._send(404, "text/plain", str(error).encode())
                else:
                    self._send(200, kind, body)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with mirror.answered:
                    mirror.answers.append(body.decode())
                    mirror.answered.notify_all()
                self._send(200, "text/plain", b"")

            def _send(self, status: int, kind: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                """Nothing: the report says what matters."""

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

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

    def _answer(self, path: str) -> tuple[str, bytes]:  # noqa: PLR0911 - one for each kind of address
        match path.strip("/").split("/"):
            case ["pypi.org", "simple", name] | ["simple", name]:
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

"""Jobs in a browser: a server on this machine gives it page, release and files, and takes the answers.

The browser runs without a window and with a profile of its own. Pages are isolated
(COOP and COEP), as those are that want threads; nothing is fetched from elsewhere.
"""

from __future__ import annotations

import json
import mimetypes
import os
import queue
import subprocess
import tempfile
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pyodide_abi.runtime

if TYPE_CHECKING:
    from collections.abc import Mapping

    from differential.programs import Browser

#: One line of the answers (see ``driver.mjs``).
Answer = dict[str, Any]
_HERE = Path(__file__).parent
#: Compiles a release once for all interpreters of a page.
_MAIN_MODULE = Path(pyodide_abi.runtime.__file__).with_name("main_module.mjs")
_PAGES = {
    "/": _HERE / "browser.html",
    "/interpreting.mjs": _HERE / "interpreting.mjs",
    "/main_module.mjs": _MAIN_MODULE,
}
#: What an observation in a browser depends on, beside the engine and the jobs.
SERVING = (_HERE / "browser.html", Path(__file__))
_ISOLATED = {"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"}
#: Firefox starts without questions, and stops no script that runs for long.
_PREFERENCES = """user_pref("dom.max_script_run_time", 0);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.enabled", false);
user_pref("app.update.enabled", false);
user_pref("browser.aboutwelcome.enabled", false);
"""


def drive_browser(
    browser: Browser, request: Mapping[str, Any], *, timeout: float, page: Path = _PAGES["/"]
) -> tuple[list[Answer], str]:
    """The answers to the jobs of a request (see ``driver.mjs``), and how it ended; ``page`` asks for them."""
    answers: queue.Queue[Answer] = queue.Queue()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(request, answers, {**_PAGES, "/": page}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    said: list[Answer] = []
    with tempfile.TemporaryDirectory(prefix="differential-", ignore_cleanup_errors=True) as profile:
        address = f"http://127.0.0.1:{server.server_port}/"
        environ = {**os.environ, "HOME": profile, "MOZ_HEADLESS": "1"} if browser.home else None
        Path(profile, "user.js").write_text(_PREFERENCES, "utf-8")
        words = [*browser.words, browser.profile, profile, address]
        if not browser.home:
            words[-3:] = [f"{browser.profile}={profile}", address]
        with subprocess.Popen(
            words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environ
        ) as process:
            ending = _listen(answers, said, process, time.monotonic() + timeout)
            process.terminate()
    server.shutdown()
    server.server_close()
    return said, ending


def _listen(
    answers: queue.Queue[Answer],
    said: list[Answer],
    process: subprocess.Popen[bytes],
    end: float,
) -> str:
    while time.monotonic() < end:
        try:
            answer = answers.get(timeout=1)
        except queue.Empty:
            if process.poll() is not None:
                return f"the browser ended with {process.returncode}"
            continue
        if "ended" in answer:
            return str(answer["ended"])
        said.append(answer)
    return "out of time"


def _handler(
    request: Mapping[str, Any], answers: queue.Queue[Answer], pages: Mapping[str, Path]
) -> type[BaseHTTPRequestHandler]:
    release = Path(request["release"])

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/jobs.json":
                self._send(json.dumps(request).encode(), "application/json")
                return
            kind, _, rest = unquote(self.path).removeprefix("/").partition("/")
            file = {"release": release / rest, "host": Path("/", rest)}.get(kind) or pages.get(self.path)
            if file is None or not file.is_file():
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            known = {".mjs": "text/javascript", ".wasm": "application/wasm"}
            type_ = known.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            self._send(file.read_bytes(), type_)

        def do_POST(self) -> None:
            answers.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._send(b"", "text/plain")

        def _send(self, body: bytes, type_: str) -> None:
            self.send_response(HTTPStatus.OK)
            for name, content in _ISOLATED.items():
                self.send_header(name, content)
            self.send_header("Content-Type", type_)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

    return Handler

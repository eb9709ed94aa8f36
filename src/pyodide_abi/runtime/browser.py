"""A release in a real browser: a page in headless Chromium, which posts what it has to say.

The page runs everything on its main thread, as consoles and most pages do: there, an engine compiles no large
module on the spot, so libraries that are not loaded ahead are refused.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.atomic import temporary
from pyodide_abi.errors import MissingError
from pyodide_abi.process import find_executable
from pyodide_abi.runtime.replies import Died, Exited, parse_messages
from pyodide_abi.values import value

if TYPE_CHECKING:
    from pyodide_abi.host import Host
    from pyodide_abi.runtime.mirror import Mirror
    from pyodide_abi.runtime.protocol import Install
    from pyodide_abi.runtime.replies import Message

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
_PAGE = Path(__file__).with_name("page.html")
#: What the page writes to its console at its end; the browser repeats that on stderr.
_END = "pyodide-abi: the page has ended"
_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--no-first-run",
    "--enable-logging=stderr",
    # The mirror is all that can be reached.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


@value
class Browser:
    """A Chromium.

    Attributes:
        path: the executable.
        version: such as ``Chromium 140.0.7339.80``.
    """

    path: Path
    version: str


def find_browser(host: Host, named: str | None = None) -> Browser | None:
    """A browser of the Chromium family.

    Args:
        host: The machine, whose PATH is searched.
        named: an executable; None for the first of the usual names.

    Returns:
        None where there is none of the usual names.

    Raises:
        MissingError: the named one is not there, or does not answer.
    """
    for name in (named,) if named else _NAMES:
        try:
            path = find_executable(Path(name).expanduser(), host.environ)
        except MissingError:
            continue
        done = host.runner.run([path, "--version"], environ=host.environ, timeout=60)
        version = re.search(r"\S.*?\d+(\.\d+)+", done.stdout)
        if done.returncode == 0 and version:
            return Browser(path=Path(path), version=version[0])
    if named:
        raise MissingError(
            f"'{named}' is no browser that answers to --version",
            hint="name one of the Chromium family, or go without: --browser none",
        )
    return None


class _EndedError(Exception):
    """The page has said its last word."""


def browse(
    release: str, install: Install, *, mirror: Mirror, browser: Browser, host: Host, timeout: float
) -> tuple[tuple[Message, ...], str]:
    """Load a page that does what is asked, in a browser of its own.

    Args:
        release: the version.
        install: what it does.
        mirror: serves it.
        browser: which.
        host: starts it.
        timeout: seconds after which it is ended.

    Returns:
        what it said, and why it came to no good end (empty where it did).
    """
    request = json.dumps({**install.to_data(), "release": release, "end": _END, "answer": mirror.answer_path})
    # The text stands in a script: nothing in it may close that.
    mirror.pages["index.html"] = _PAGE.read_text("utf-8").replace("REQUEST", request.replace("<", "\\u003c"))
    mirror.answers.clear()

    def watch(line: str) -> None:
        if _END in line:
            raise _EndedError

    died = ""
    with temporary() as profile:
        words: list[str | Path] = [browser.path, *_FLAGS, f"--user-data-dir={profile}"]
        if os.geteuid() == 0:
            words.append("--no-sandbox")  # Chromium has none for root, who runs the containers of CI.
        try:
            done = host.runner.run(
                [*words, f"{mirror.address}/page/index.html"],
                environ=host.environ,
                timeout=timeout,
                on_line=watch,
            )
        except _EndedError:
            pass
        else:
            died = "it ran out of time" if done.timed_out else f"the browser ended: {done.stdout[-300:]}"
    messages = parse_messages("".join(f"{answer}\n" for answer in mirror.answers))
    if any(isinstance(message, Exited) for message in messages):
        return messages, ""
    said = next((message.text for message in messages if isinstance(message, Died)), "")
    return messages, said or died or "the page ended"

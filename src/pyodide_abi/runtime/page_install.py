"""An installation in a real browser: a page that calls micropip and posts what it has to say.

On a page's main thread an engine compiles no large module on the spot, so libraries that are not loaded ahead
are refused.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.runtime.browser import END, visit
from pyodide_abi.runtime.replies import Died, Exited, parse_messages

if TYPE_CHECKING:
    from pyodide_abi.host import Host
    from pyodide_abi.runtime.browser import Browser
    from pyodide_abi.runtime.mirror import Mirror
    from pyodide_abi.runtime.protocol import Install
    from pyodide_abi.runtime.replies import Message

_PAGE = Path(__file__).with_name("page_install.html")


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
    request = json.dumps({**install.to_data(), "release": release, "end": END, "answer": mirror.answer_path})
    # The text stands in a script: nothing in it may close that.
    mirror.pages["index.html"] = _PAGE.read_text("utf-8").replace("REQUEST", request.replace("<", "\\u003c"))
    mirror.answers.clear()
    done = visit(browser, f"{mirror.address}/page/index.html", host, timeout=timeout)
    died = ""
    if done.timed_out:
        died = "it ran out of time"
    elif done.stdout:
        died = f"the browser ended: {done.stdout[-300:]}"
    messages = parse_messages("".join(f"{answer}\n" for answer in mirror.answers))
    if any(isinstance(message, Exited) for message in messages):
        return messages, ""
    said = next((message.text for message in messages if isinstance(message, Died)), "")
    return messages, said or died or "the page ended"

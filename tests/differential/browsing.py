"""Jobs in a browser: a page of the product's server asks for release and files, and posts the answers.

The browser runs without a window and with a profile of its own, as :mod:`pyodide_abi.runtime.browser` has it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyodide_abi.runtime
from pyodide_abi.runtime.browser import END, visit
from pyodide_abi.runtime.page_batch import BatchServer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyodide_abi.host import Host
    from pyodide_abi.runtime.browser import Browser

#: One line of the answers (see ``driver.mjs``).
Answer = dict[str, Any]
_HERE = Path(__file__).parent
_PAGE = _HERE / "browser.html"
_SCRIPTS = {
    "/interpreting.mjs": _HERE / "interpreting.mjs",
    # Compiles a release once for all interpreters of a page.
    "/main_module.mjs": Path(pyodide_abi.runtime.__file__).with_name("main_module.mjs"),
}
#: What an observation in a browser depends on, beside the engine and the jobs.
SERVING = (_PAGE,)


def drive_browser(
    browser: Browser, request: Mapping[str, Any], host: Host, *, timeout: float, page: Path = _PAGE
) -> tuple[list[Answer], str]:
    """The answers to the jobs of a request (see ``driver.mjs``), and how it ended; ``page`` asks for them."""
    said: list[Answer] = []
    endings: list[str] = []

    def take(text: str) -> None:
        answer = json.loads(text)
        if "ended" in answer:
            endings.append(str(answer["ended"]))
        else:
            said.append(answer)

    files: dict[str, Path | bytes] = {"/": page, **_SCRIPTS}
    folders = {"/release/": Path(request["release"]), "/host/": Path("/")}
    with BatchServer(files, folders, take) as server:
        asked = {**request, "answer": server.answer_path, "end": END}
        files["/jobs.json"] = json.dumps(asked).encode()
        done = visit(browser, f"{server.address}/", host, timeout=timeout)
    ending = "out of time" if done.timed_out else f"the browser ended with {done.returncode}"
    return said, endings[0] if endings else ending

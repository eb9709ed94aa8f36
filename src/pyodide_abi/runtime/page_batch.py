"""A batch in a browser: a page of a server of ours runs it and posts its answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.errors import MissingError
from pyodide_abi.runtime.answer_server import AnswerServer
from pyodide_abi.runtime.browser import END, visit
from pyodide_abi.runtime.local_server import content
from pyodide_abi.runtime.memory_file import read_memory
from pyodide_abi.runtime.replies import Begun, parse_messages

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyodide_abi.host import Host
    from pyodide_abi.process import Completed
    from pyodide_abi.runtime.browser import Browser
    from pyodide_abi.runtime.protocol import Batch

_HERE = Path(__file__).parent
_PAGE = _HERE / "page_batch.html"
_SCRIPTS = ("batch.mjs", "interpreter.mjs", "main_module.mjs", "page_batch.mjs")


class BatchServer(AnswerServer):
    """Gives a page what it asks for, and takes its answers."""

    #: The page is isolated, as those are that want threads.
    headers = (
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Embedder-Policy", "require-corp"),
    )

    def __init__(
        self,
        files: Mapping[str, Path | bytes],
        folders: Mapping[str, Path],
        take: Callable[[str], None],
    ) -> None:
        """Prepare.

        Args:
            files: Files of this machine or bytes, by their paths.
            folders: Folders of this machine, by the paths that they are served below, such as ``/release/``.
            take: gets each answer.
        """
        super().__init__()
        self._files, self._folders, self._take = files, folders, take

    def answer(self, path: str) -> tuple[str, bytes]:
        """A file, by its path or in one of the folders."""
        file = self._files.get(path)
        if isinstance(file, bytes):
            return "application/octet-stream", file
        for start, folder in self._folders.items() if file is None else ():
            inner = folder / path.removeprefix(start)
            if path.startswith(start) and inner.resolve().is_relative_to(folder.resolve()):
                file = inner
        if file is None or not file.is_file():
            raise MissingError(f"{path} is none of ours")
        return content(file)

    def keep(self, answer: str) -> None:
        """Hand an answer on."""
        self._take(answer)


def drive_page(
    batch: Batch, browser: Browser, host: Host, *, channel: Path, clock: Path, timeout: float | None
) -> Completed:
    """Run a batch of interpreters that import modules.

    Args:
        batch: what they do; all of them have the same ``site-packages``.
        browser: The browser that runs it.
        host: starts it.
        channel: the file that answers go to, a line each.
        clock: the file that is touched when something begins.
        timeout: seconds for each module.
    """
    site = batch.requests[0].site
    memory = read_memory(batch.memory) if batch.memory else None
    found = sorted(path for path in site.rglob("*") if path.is_file()) if site else []
    names = [path.relative_to(site).as_posix() for path in found] if site else []

    def take(answer: str) -> None:
        try:
            messages = parse_messages(f"{answer}\n")
        except ValueError:
            return  # Code of the wheel's may post to where the page does.
        if any(isinstance(message, Begun) for message in messages):
            clock.touch()
        with channel.open("a", encoding="utf-8") as stream:
            stream.write(f"{answer}\n")

    files: dict[str, Path | bytes] = {f"/scripts/{name}": _HERE / name for name in _SCRIPTS}
    folders = {"/release/": batch.release, **({"/site/": site} if site else {})}
    with BatchServer(files, folders, take) as server:
        asked = json.loads(batch.to_json(channel, clock))
        asked |= {"files": names, "memory": bool(memory), "worker": browser.worker}
        asked |= {"end": END, "answer": server.answer_path}
        files |= {"/": _PAGE, "/batch.json": json.dumps(asked).encode(), "/memory": memory or b""}
        return visit(browser, f"{server.address}/", host, timeout=timeout, clock=clock)

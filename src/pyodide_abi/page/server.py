"""The page on this machine: its own files and nothing else, to a browser of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.errors import MissingError
from pyodide_abi.runtime.local_server import LocalServer, content_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyodide_abi.page.folder import Content


class PageServer(LocalServer):
    """The server, while it is entered.

    Attributes:
        files: The files of the page, by their paths.
        asked: The paths that browsers have asked for, in order.
    """

    def __init__(self, files: Mapping[str, Content], port: int = 0) -> None:
        """Prepare.

        Args:
            files: What :func:`~pyodide_abi.page.folder.page_files` gives.
            port: The port, or 0 for any that is free.
        """
        super().__init__(port)
        self.files = files
        self.asked: list[str] = []

    def answer(self, path: str) -> tuple[str, bytes]:
        """The file that a path leads to; the folder itself leads to ``index.html``."""
        self.asked.append(path)
        name = path.removeprefix("/") or "index.html"
        content = self.files.get(name)
        if content is None:
            raise MissingError(f"{path} is none of ours")
        return content_type(name), content.read_bytes() if isinstance(content, Path) else content

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
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.errors import MissingError
from pyodide_abi.runtime.answer_server import AnswerServer
from pyodide_abi.runtime.local_server import content, content_type
from pyodide_abi.runtime.package_index import published

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyodide_abi.runtime.package_index import Listed, Sources

_LISTING = "application/vnd.pypi.simple.v1+json"
_SCRIPTS = Path(__file__).parent
#: Names of projects (PEP 508), which become parts of the index's addresses.
_PROJECT = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,200}[A-Za-z0-9])?")


class Mirror(AnswerServer):
    """The server, while it is entered.

    Attributes:
        address: such as ``http://127.0.0.1:40123``.
        answers: what pages have posted, in order, a line each.
    """

    def __init__(self, sources: Sources, pages: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self._sources = sources
        self.pages: dict[str, str] = dict(pages or {})
        self.answers: list[str] = []
        self._listed: dict[str, Listed] = {}
        self._published = {f"v{published(version)}": version for version in sources.releases}

    @property
    def has_page(self) -> bool:
        """Whether there is a page that may post."""
        return bool(self.pages)

    def keep(self, answer: str) -> None:
        """Keep an answer."""
        self.answers.append(answer)

    def answer(self, path: str) -> tuple[str, bytes]:  # noqa: PLR0911 - one for each kind of address
        """What one of the addresses above leads to."""
        match path.strip("/").split("/"):
            case ["pypi.org", "simple", name] | ["simple", name] if _PROJECT.fullmatch(name):
                return self._listing(name, self._sources.project(name))
            case ["locked", version, "simple", name] if version in self._sources.releases:
                return self._listing(name, self._sources.locked_project(version, name))
            case ["file", digest, _] if digest in self._listed:
                return content(self._sources.file(self._listed[digest]))
            case ["cdn.jsdelivr.net", "pyodide", name, "full", file] if name in self._published:
                return content(self._sources.locked_file(self._published[name], file))
            case ["release", version, file] if self._has(version):
                here = self._sources.releases[version] / file
                return content(here if here.is_file() else self._sources.locked_file(version, file))
            case ["page", name] if name in self.pages:
                return content_type(name), self.pages[name].encode()
            case ["page", "installing.mjs" as name]:
                return content(_SCRIPTS / name)
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

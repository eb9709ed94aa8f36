"""What the page's folder has: static files, what is made from the installed package, and runtime releases."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from pyodide_abi import __version__
from pyodide_abi.atomic import replacing
from pyodide_abi.audit.rules import RULES
from pyodide_abi.page.core_archive import core_archive
from pyodide_abi.platforms import load_platforms
from pyodide_abi.report.explain import rule_data
from pyodide_abi.report.html import VIEWS
from pyodide_abi.runtime.package_index import published
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyodide_abi.platforms.model import Runtime

#: A file of the page: where it is, or its bytes.
Content: TypeAlias = Path | bytes

_STATIC = Path(__file__).with_name("static")
#: Where releases are published; packages that a release does not have itself lie there, too.
CDN = "https://cdn.jsdelivr.net"
#: The files of a release that a browser asks for.
_OF_RELEASE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip")
_LOCK = "pyodide-lock.json"
#: What stands in the static files for the origins that the page may fetch from, beside its own.
_ORIGINS = b" ORIGINS"


@value
class Beside:
    """The releases that the page is to find, and where.

    Attributes:
        main: The release that the audit runs in.
        folders: The folders of the releases that lie beside the page, by version.
        cdn: Whether others come from the network that publishes them.
    """

    main: Runtime
    folders: Mapping[str, Path]
    cdn: bool


def page_files(beside: Beside) -> dict[str, Content]:
    """Every file of the page, by its path in the folder.

    Args:
        beside: The releases.
    """
    files: dict[str, Content] = {}
    origins = f" {CDN}".encode() if beside.cdn else b""
    for file in sorted([*_STATIC.iterdir(), *VIEWS.glob("[!s]*.js"), VIEWS / "style.css"]):
        made = file.suffix == ".html"
        files[file.name] = file.read_bytes().replace(_ORIGINS, origins) if made else file
    files["core.zip"] = core_archive()
    files["rules.json"] = _json([rule_data(rule) for rule in sorted(RULES, key=lambda rule: rule.code)])
    own = {name: _digest(content) for name, content in files.items()}
    main = f"releases/{beside.main.version}/"
    for version, folder in beside.folders.items():
        files |= {f"releases/{version}/{file.name}": file for file in _release_files(folder)}
    files["page.json"] = _json(
        {
            "version": __version__,
            # Another content is another page: what browsers have kept of the former one is dropped.
            "digest": hashlib.sha256(_json(own)).hexdigest()[:16],
            "main": beside.main.version,
            "releases": list(_releases(beside)),
            # What the page works with when there is no network.
            "files": sorted(
                name for name in files if (name in own and name != "sw.js") or name.startswith(main)
            ),
        }
    )
    return files


def write_folder(folder: Path, files: Mapping[str, Content]) -> None:
    """Write the page, over an older one if there is one.

    Args:
        folder: Where; made if it is not there.
        files: What :func:`page_files` gives.
    """
    for name, content in files.items():
        with replacing(folder / name) as partial:
            partial.write_bytes(_bytes(content))


def _releases(beside: Beside) -> Iterator[dict[str, object]]:
    """The releases that can be had, the oldest first."""
    for platform in load_platforms():
        for release in platform.releases:
            here = release.version in beside.folders
            if here or beside.cdn:
                yield {
                    "version": release.version,
                    "platform": platform.name,
                    "python": release.python,
                    "prerelease": release.prerelease,
                    "at": f"releases/{release.version}/"
                    if here
                    else f"{CDN}/pyodide/v{published(release.version)}/full/",
                }


def _release_files(folder: Path) -> Iterator[Path]:
    return (file for name in (*_OF_RELEASE, _LOCK) if (file := folder / name).is_file())


def _digest(content: Content) -> str:
    return hashlib.sha256(_bytes(content)).hexdigest()


def _bytes(content: Content) -> bytes:
    return content if isinstance(content, bytes) else content.read_bytes()


def _json(data: object) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()

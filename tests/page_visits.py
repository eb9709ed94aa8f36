"""Visits to the page in real browsers: what a visitor does, step by step, and what there is to see.

``browser/browse.mjs`` drives the browser that is found on the machine, with puppeteer-core, which speaks the
DevTools protocol to Chromium and WebDriver BiDi to Firefox. npm fetches what is locked in that folder.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from patience import HANGS, WORK_HANGS
from real_host import real_host

from pyodide_abi.errors import MissingError
from pyodide_abi.page.folder import Beside, page_files
from pyodide_abi.page.server import PageServer
from pyodide_abi.platforms import find_runtime
from pyodide_abi.process import find_executable
from pyodide_abi.runtime.browser import find_browser
from pyodide_abi.runtime.node import find_node, find_npm
from pyodide_abi.runtime.releases import install_release
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from email.message import Message
    from http import HTTPStatus

    from pyodide_abi.host import Host
    from pyodide_abi.page.folder import Content

_FOLDER = Path(__file__).parent / "browser"
_LOCKED = ("package.json", "package-lock.json")
#: The releases that lie beside the page in tests: the one that the audit runs in, and older ones.
MAIN, OLDER = "314.0.7", "0.29.5"

Step = dict[str, Any]


@value
class Visit:
    """What was seen.

    Attributes:
        seen: What each step saw.
        fault: Why a step could not be done; None where all were.
        complaints: What the browser complained of: errors of scripts, refusals by the page's policy.
        last: What stood on the page when a step could not be done.
    """

    seen: list[Any]
    fault: str | None
    complaints: list[str]
    last: str


def executable_of(browser: str) -> Path:
    """The browser of that family on this machine; the test is skipped where there is none."""
    host = real_host()
    if browser == "chromium":
        found = find_browser(host)
        if found is None:
            pytest.skip("there is no browser of the Chromium family")
        return found.path
    try:
        return Path(find_executable(browser, host.environ))
    except MissingError as error:
        pytest.skip(str(error))


class Unpluggable(PageServer):
    """A server whose network is gone after ``/unplug``, and which has other files after ``/renew``."""

    newer: Mapping[str, Content]

    def response(self, target: str, headers: Message) -> tuple[HTTPStatus, str, bytes]:
        """As the page's server; later nothing, or another page."""
        if "/unplug" in self.asked:
            raise ConnectionAbortedError
        if "/renew" in self.asked:
            self.files = self.newer
        return super().response(target, headers)


def served(*versions: str) -> Unpluggable:
    """The page on this machine, with releases beside it and no other server."""
    host = real_host()
    runtimes = [find_runtime(version) for version in versions or (MAIN,)]
    folders = {runtime.version: install_release(runtime.release, host) for runtime in runtimes}
    return Unpluggable(page_files(Beside(main=find_runtime(MAIN), folders=folders, cdn=False)))


def visit(browser: str, address: str, steps: Sequence[Step], folder: Path, *, sound: bool = True) -> Visit:
    """Do the steps of a visitor.

    Args:
        browser: ``chromium`` or ``firefox``.
        address: The page.
        steps: The steps, as ``browse.mjs`` knows them.
        folder: A folder for what the visit needs.
        sound: All steps can be done, and the browser has nothing to complain of.
    """
    host = real_host()
    plan = {
        "browser": browser,
        "executable": str(executable_of(browser)),
        "address": address,
        "steps": steps,
        "timeout": HANGS * 1000,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plan.json").write_text(json.dumps(plan), "utf-8")
    driver = _driver(host)
    done = subprocess.run(
        [find_node(host).path, driver, folder / "plan.json"],
        capture_output=True,
        text=True,
        timeout=WORK_HANGS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = Visit(**json.loads(done.stdout))
    if sound:
        assert seen.fault is None, f"{seen.fault}\n{seen.complaints}\n{seen.last}"
        assert seen.complaints == []
    return seen


def _driver(host: Host) -> Path:
    """The script that drives browsers, beside the packages that it imports."""
    digest = hashlib.sha256(b"".join((_FOLDER / name).read_bytes() for name in _LOCKED)).hexdigest()[:16]

    def fill(partial: Path, _place: Path) -> None:
        for name in _LOCKED:
            shutil.copy(_FOLDER / name, partial)
        words = [*find_npm(host), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(words, cwd=partial, check=True, capture_output=True, timeout=WORK_HANGS)

    place = host.store.obtain(f"browser-tests/{digest}", fill)
    script = (_FOLDER / "browse.mjs").read_bytes()
    # Imports are looked for beside the script: its name is that of its content, so that trees do not meet.
    driver = place / f"browse-{hashlib.sha256(script).hexdigest()[:16]}.mjs"
    if not driver.is_file():
        driver.write_bytes(script)
    return driver

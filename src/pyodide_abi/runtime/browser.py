"""Browsers: a page of a server of ours, without a window and with a profile that is thrown away.

The page runs everything on its main thread, as consoles and most pages do. Each request of the browser, its
own and those of pages, goes to our server, as if that were a proxy, and it answers for nothing but itself.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pyodide_abi.atomic import temporary
from pyodide_abi.errors import MissingError
from pyodide_abi.process import Completed, find_executable
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyodide_abi.host import Host

#: By engine, the names of its browsers.
NAMES: Mapping[str, tuple[str, ...]] = {
    "chromium": (
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
        "chrome",
        "microsoft-edge",
    ),
    "firefox": ("firefox-esr", "firefox"),
}
#: What a page writes to its console at its end; the browser repeats that on its output.
END = "pyodide-abi: the page has ended"
_CHROMIUM_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--enable-logging=stderr",
    # Our server is all that can be reached, also where a name leads to an address and without TCP.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--proxy-bypass-list=<-loopback>",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
)
#: No questions at the start, no end of scripts that run for long, nothing sent home, no way around the proxy.
_FIREFOX_PREFERENCES: Mapping[str, str] = {
    "app.update.enabled": "false",
    "browser.aboutwelcome.enabled": "false",
    "browser.shell.checkDefaultBrowser": "false",
    "datareporting.policy.dataSubmissionEnabled": "false",
    "devtools.console.stdout.content": "true",
    "dom.max_script_run_time": "0",
    "media.peerconnection.enabled": "false",
    "network.captive-portal-service.enabled": "false",
    "network.connectivity-service.enabled": "false",
    "network.dns.disablePrefetch": "true",
    "network.proxy.allow_hijacking_localhost": "true",
    "network.proxy.no_proxies_on": '""',
    "network.proxy.type": "1",
    "network.webtransport.enabled": "false",
    "toolkit.telemetry.enabled": "false",
}
#: Variables that a browser gets from its caller.
_KEPT = ("LANG", "LC_ALL", "PATH", "TZ")
_SECONDS = 60.0


@value
class Browser:
    """A browser.

    Attributes:
        engine: ``chromium`` for those of its family, or ``firefox``.
        path: the executable.
        version: as it says it: ``Chromium 140.0.7339.80``.
        worker: Whether its pages have a worker do what is to be done.
    """

    engine: str = "chromium"
    path: Path
    version: str
    worker: bool = False

    @property
    def title(self) -> str:
        """The engine's name and the browser's version."""
        found = re.search(r"\d+(\.\d+)+\w*", self.version)
        return f"{self.engine} {found[0] if found else self.version}"

    @property
    def has_sandbox(self) -> bool:
        """Whether it shuts its pages away from the system: Chromium does not for root, who runs CI."""
        return self.engine != "chromium" or os.geteuid() != 0

    def words(self, profile: Path, address: str) -> list[str | Path]:
        """What opens a page.

        Args:
            profile: an empty folder.
            address: The page's address, on a server of ours.
        """
        if self.engine == "firefox":
            return [self.path, "--headless", "--no-remote", "--profile", profile, address]
        parts = urlsplit(address)
        words: list[str | Path] = [self.path, *_CHROMIUM_FLAGS, f"--proxy-server=http://{parts.netloc}"]
        if not self.has_sandbox:
            words.append("--no-sandbox")
        return [*words, f"--user-data-dir={profile}", address]


def find_browser(host: Host, named: str | None = None, *, engine: str = "chromium") -> Browser | None:
    """A browser of an engine.

    Args:
        host: The machine, whose PATH is searched.
        named: an executable; None for the first of the usual names.
        engine: ``chromium`` or ``firefox``.

    Returns:
        None where there is none of the usual names.

    Raises:
        MissingError: the named one is not there, or does not answer.
    """
    for name in (named,) if named else NAMES[engine]:
        try:
            path = find_executable(Path(name).expanduser(), host.environ)
        except MissingError:
            continue
        done = host.runner.run([path, "--version"], environ=host.environ, timeout=_SECONDS)
        version = re.search(r"\S.*?\d+(\.\d+)+\w*", done.stdout)
        if done.returncode == 0 and version:
            return Browser(engine=engine, path=Path(path), version=version[0])
    if named:
        raise MissingError(
            f"'{named}' is no browser that answers to --version",
            hint="name one of the Chromium family, or go without: --browser none",
        )
    return None


class _EndedError(Exception):
    """The page has said its last word."""


def visit(
    browser: Browser, address: str, host: Host, *, timeout: float | None, clock: Path | None = None
) -> Completed:
    """Open a page, until it says that it has come to its end (:data:`END`, on its console).

    Args:
        browser: which; it gets a profile of its own.
        address: The page's address, on a server of ours.
        host: starts the browser.
        timeout: seconds after which it is ended.
        clock: a file: the seconds count from when it was touched last.

    Returns:
        the end: with status 0 where the page came to its own.
    """

    def watch(line: str) -> None:
        if END in line:
            raise _EndedError

    with temporary() as profile:
        words = browser.words(profile, address)
        environ = {name: host.environ[name] for name in _KEPT if name in host.environ}
        environ |= {"HOME": str(profile), "XDG_RUNTIME_DIR": str(profile), "MOZ_HEADLESS": "1"}
        if browser.engine == "firefox":
            (profile / "user.js").write_text(_preferences(address), "utf-8")
        try:
            return host.runner.run(words, environ=environ, timeout=timeout, clock=clock, on_line=watch)
        except _EndedError:
            return Completed(argv=tuple(map(str, words)), returncode=0)


def _preferences(address: str) -> str:
    parts = urlsplit(address)
    proxies = {}
    for scheme in ("http", "ssl"):
        proxies[f"network.proxy.{scheme}"] = f'"{parts.hostname}"'
        proxies[f"network.proxy.{scheme}_port"] = str(parts.port)
    found = {**_FIREFOX_PREFERENCES, **proxies}
    return "".join(f'user_pref("{name}", {setting});\n' for name, setting in found.items())

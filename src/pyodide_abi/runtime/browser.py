"""Browsers: a page of a server of ours, without a window and with a profile that is thrown away.

The page runs everything on its main thread, as consoles and most pages do. Each request of the browser, its
own and those of pages, goes to our server, as if that were a proxy, and it answers for nothing but itself.
"""

from __future__ import annotations

import os
import re
import time
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pyodide_abi.atomic import temporary
from pyodide_abi.errors import MissingError
from pyodide_abi.process import Completed, find_executable
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

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
    "webkit": ("MiniBrowser",),
}
#: By engine, where its browser is, below the root, if it is on no PATH: WebKitGTK's lies beside its library.
PLACES: Mapping[str, tuple[str, ...]] = {
    "webkit": (
        "usr/lib/*/webkit*gtk-*/MiniBrowser",
        "usr/lib/webkit*gtk-*/MiniBrowser",
        "usr/libexec/webkit*gtk-*/MiniBrowser",
    ),
}
#: How to get that of WebKit.
GET_MINIBROWSER = "install WebKitGTK's MiniBrowser (Debian: apt-get install webkit2gtk-driver xvfb)"
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
_WEBKIT_FLAGS = (
    "--private",
    "--enable-write-console-messages-to-stdout=true",
    "--enable-webrtc=false",
    "--enable-dns-prefetching=false",
)
#: It has no mode without a window, so it gets a display that nobody sees.
_DISPLAY = ("xvfb-run", "--auto-servernum")
_GET_DISPLAY = "install Xvfb (Debian: apt-get install xvfb)"
#: What WebKitGTK makes its sandbox of, where a process may have namespaces of its own.
_BUBBLEWRAP = ("bwrap", "--unshare-all", "--ro-bind", "/", "/", "true")
#: Where X servers keep locks and sockets, whatever the variables say (Xserver(1), FILES).
_DISPLAYS = Path("/tmp")  # noqa: S108 - as said
#: Pixels are not looked at, so none is made with the help of a graphics card.
_WEBKIT_ENVIRONMENT = {"WEBKIT_DISABLE_COMPOSITING_MODE": "1", "LIBGL_ALWAYS_SOFTWARE": "1"}
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
#: Seconds until a killed display has ended, at most; and between two looks.
_PATIENCE, _PAUSE = 2.0, 0.05


@value
class Browser:
    """A browser.

    Attributes:
        engine: ``chromium`` for those of its family, ``firefox``, or ``webkit`` for WebKitGTK's MiniBrowser.
        path: the executable.
        version: as it says it: ``Chromium 140.0.7339.80``.
        worker: Whether its pages have a worker do what is to be done.
        has_sandbox: Whether it shuts its pages away from the system here.
    """

    engine: str = "chromium"
    path: Path
    version: str
    worker: bool = False
    has_sandbox: bool = True

    @property
    def title(self) -> str:
        """The engine's name and the browser's version."""
        found = re.search(r"\d+(\.\d+)+\w*", self.version)
        return f"{self.engine} {found[0] if found else self.version}"

    def words(self, profile: Path, address: str) -> list[str | Path]:
        """What opens a page.

        Args:
            profile: an empty folder.
            address: The page's address, on a server of ours.
        """
        if self.engine == "firefox":
            return [self.path, "--headless", "--no-remote", "--profile", profile, address]
        proxy = f"http://{urlsplit(address).netloc}"
        if self.engine == "webkit":
            sandbox = ["--enable-sandbox"] if self.has_sandbox else []
            return [*_DISPLAY, self.path, *_WEBKIT_FLAGS, *sandbox, f"--proxy={proxy}", address]
        words: list[str | Path] = [self.path, *_CHROMIUM_FLAGS, f"--proxy-server={proxy}"]
        if not self.has_sandbox:
            words.append("--no-sandbox")
        return [*words, f"--user-data-dir={profile}", address]


def find_browser(host: Host, named: str | None = None, *, engine: str = "chromium") -> Browser | None:
    """A browser of an engine.

    Args:
        host: The machine, whose PATH is searched.
        named: an executable; None for the first of the usual names.
        engine: ``chromium``, ``firefox`` or ``webkit``.

    Returns:
        None where there is none of the usual names.

    Raises:
        MissingError: the named one is not there, or does not answer; or it needs a display, and what makes
            one is not there.
    """
    display = _DISPLAY if engine == "webkit" else ()
    names = [named] if named else [*NAMES[engine], *_places(engine)]
    for name in names:
        try:
            path = find_executable(Path(name).expanduser(), host.environ)
        except MissingError:
            continue
        try:
            done = host.runner.run([*display, path, "--version"], environ=host.environ, timeout=_SECONDS)
        except MissingError as error:
            if display:
                raise MissingError(f"{path} needs a display: {error.message}", hint=_GET_DISPLAY) from error
            raise
        version = re.search(r"\S.*?\d+(\.\d+)+\w*", done.stdout)
        if done.returncode == 0 and version:
            sandbox = _has_sandbox(engine, host)
            return Browser(engine=engine, path=Path(path), version=version[0], has_sandbox=sandbox)
    if named:
        raise MissingError(
            f"'{named}' is no browser that answers to --version",
            hint="name one of the Chromium family, or go without: --browser none",
        )
    return None


def _places(engine: str) -> list[str]:
    """Where a browser may be besides the PATH, newest first."""
    found = (str(place) for pattern in PLACES.get(engine, ()) for place in Path("/").glob(pattern))
    return sorted(found, reverse=True)


def _has_sandbox(engine: str, host: Host) -> bool:
    """Whether a browser of an engine shuts its pages away here."""
    if engine == "chromium":
        return os.geteuid() != 0  # It does not for root, who runs CI.
    if engine == "webkit":
        try:
            done = host.runner.run(_BUBBLEWRAP, environ=host.environ, timeout=_SECONDS)
        except MissingError:
            return False
        return done.returncode == 0
    return True


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
        displays: AbstractContextManager[None] = nullcontext()
        if browser.engine == "firefox":
            (profile / "user.js").write_text(_preferences(address), "utf-8")
        elif browser.engine == "webkit":
            environ |= {**_WEBKIT_ENVIRONMENT, "TMPDIR": str(profile)}
            displays = _without_traces()
        try:
            with displays:
                return host.runner.run(words, environ=environ, timeout=timeout, clock=clock, on_line=watch)
        except _EndedError:
            return Completed(argv=tuple(map(str, words)), returncode=0)


@contextmanager
def _without_traces() -> Iterator[None]:
    """Remove what displays leave that end with their browser, which is killed."""
    before = set(_locks())
    try:
        yield
    finally:
        for lock in set(_locks()) - before:
            _drop_display(lock)


def _locks() -> list[Path]:
    return list(_DISPLAYS.glob(".X*-lock"))


def _drop_display(lock: Path) -> None:
    """Remove a display's lock, which holds the number of its process, and its socket, once that has ended."""
    given_up = time.monotonic() + _PATIENCE
    try:
        while time.monotonic() < given_up:
            os.kill(int(lock.read_text("ascii")), 0)
            time.sleep(_PAUSE)
    except ProcessLookupError:
        number = lock.name.removeprefix(".X").removesuffix("-lock")
        lock.unlink(missing_ok=True)
        (_DISPLAYS / ".X11-unix" / f"X{number}").unlink(missing_ok=True)
    except (OSError, ValueError):
        return  # It is another user's, or has gone.


def _preferences(address: str) -> str:
    parts = urlsplit(address)
    proxies = {}
    for scheme in ("http", "ssl"):
        proxies[f"network.proxy.{scheme}"] = f'"{parts.hostname}"'
        proxies[f"network.proxy.{scheme}_port"] = str(parts.port)
    found = {**_FIREFOX_PREFERENCES, **proxies}
    return "".join(f'user_pref("{name}", {setting});\n' for name, setting in found.items())

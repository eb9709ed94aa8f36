"""HTTP, once for whatever fetches: whole answers, JSON, and files of known digest.

Proxies and certificates are those that the host's environment names, as curl and pip read them. An
interrupted download goes on where it stopped (RFC 9110, section 14).
"""

from __future__ import annotations

import base64
import http.client
import json
import re
import ssl
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote, urlsplit, urlunsplit

from pyodide_abi.errors import DigestError, MissingError, OfflineError, UsageError
from pyodide_abi.files import sha256_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pyodide_abi.host import Host, Task

_Answer = TypeVar("_Answer")

#: Bytes of the largest answer that is kept in memory; an index's page of the busiest project has a fifth.
LARGEST = 256 << 20
_CHUNK = 1 << 20
#: Seconds without a byte after which a server counts as gone.
_SECONDS = 30.0
#: Seconds before each further attempt.
_PAUSES = (0.0, 1.0, 3.0)
_PARTIAL_CONTENT, _NOT_FOUND, _GONE, _RANGE_NOT_SATISFIABLE = 206, 404, 410, 416
#: Answers that may be another a moment later: a gateway's, and those of a server that has too much to do.
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
#: Variables that name a file of certificates to trust, the strongest first.
_CERTIFICATES = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")


class NotThereError(MissingError):
    """The server has no such thing."""


class _InterruptedError(Exception):
    """The answer did not come whole; another attempt may do better."""


def get(address: str, host: Host, *, accept: str = "*/*") -> bytes:
    """The whole answer to a request.

    Args:
        address: An address of ``http`` or ``https``; a name and password in it are sent, and never shown.
        host: the machine.
        accept: the media types that are wanted.

    Raises:
        OfflineError: the network is off limits.
        NotThereError: the server has no such thing.
        MissingError: the server cannot be reached, does not answer, or answers without end.
        UsageError: the address is not one of HTTP.
    """

    def attempt() -> bytes:
        with _opened(address, host, {"Accept": accept}) as response:
            content = response.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise MissingError(f"{_shown(address)}: the answer has more than {LARGEST >> 20} MB")
        return content

    return _attempted(attempt, address, host)


def get_json(address: str, host: Host, *, accept: str = "application/json") -> Any:  # noqa: ANN401 - JSON is
    """The answer to a request, decoded; see :func:`get`.

    Raises:
        MissingError: it is not JSON.
    """
    try:
        return json.loads(get(address, host, accept=accept))
    except (ValueError, RecursionError) as error:
        raise MissingError(f"{_shown(address)} does not answer with JSON") from error


def download(address: str, sha256: str, host: Host) -> Path:
    """The file, complete and verified, among the cache's downloads, where it is named by its digest.

    Args:
        address: An address of ``http`` or ``https``.
        sha256: The digest of the file, in hexadecimal.
        host: the machine.

    Raises:
        OfflineError: it is not in the cache and the network is off limits.
        NotThereError: the server has no such file.
        MissingError: the server cannot be reached, or broke off again and again.
        DigestError: what came has another digest; it is deleted.
        UsageError: the address is not one of HTTP.
    """
    if not (host.store.root / "downloads" / sha256).is_file():
        _check_allowed(address, host)
    with host.store.locked(f"download+{sha256}"):
        complete = host.store.downloads() / sha256
        if complete.is_file():
            if sha256_of(complete) == sha256:
                return complete
            host.progress.say(f"{complete} is damaged; it is fetched again")
            complete.unlink()
        partial = _partial(sha256, host)
        name = _shown(address).rpartition("/")[2]
        with host.progress.task(f"fetching {name}") as task:
            _attempted(lambda: _transfer(address, partial, name, task, host), address, host)
        found = sha256_of(partial)
        if found != sha256:
            partial.unlink()
            raise DigestError(
                f"{_shown(address)}: what came has the SHA-256 digest {found}, not {sha256}; it was deleted",
                hint="try again; if it happens again, the server or the mirror has another file",
            )
        partial.replace(complete)
        return complete


def unfinished(sha256: str, host: Host) -> bool:
    """Part of the file is here and waits for the rest."""
    return _partial(sha256, host).is_file()


def _partial(sha256: str, host: Host) -> Path:
    return host.store.downloads() / f"{sha256}.part"


def _check_allowed(address: str, host: Host) -> None:
    if urlsplit(address).scheme not in {"http", "https"}:
        raise UsageError(
            f"'{_shown(address)}' is not an address to fetch from", hint="it begins with https://"
        )
    if host.offline:
        raise OfflineError(
            f"{_shown(address)} is not in the cache, and the network is off limits",
            hint="run it once without --offline: what is fetched is kept in the cache",
        )


def _attempted(attempt: Callable[[], _Answer], address: str, host: Host) -> _Answer:
    """What one of several attempts gives."""
    _check_allowed(address, host)
    pauses = iter(_PAUSES)
    while True:
        try:
            return attempt()
        except urllib.error.HTTPError as error:
            error.close()
            kind = NotThereError if error.code in {_NOT_FOUND, _GONE} else MissingError
            reason = f"the server answers {error.code} {error.reason}"
            failure, passing = kind(f"{_shown(address)}: {reason}"), error.code in _PASSING
        except urllib.error.URLError as error:
            reason = str(error.reason) or type(error.reason).__name__
            failure, passing = MissingError(f"{_shown(address)} cannot be reached: {reason}"), False
        except (_InterruptedError, ConnectionError, TimeoutError, http.client.HTTPException) as error:
            reason = str(error) or type(error).__name__
            failure = MissingError(
                f"{_shown(address)}: the download was interrupted {len(_PAUSES) + 1} times: {reason}",
                hint="what has come is kept: the same command goes on from there",
            )
            passing = True
        pause = next(pauses, None)
        if not passing or pause is None:
            raise failure
        time.sleep(pause)


def _transfer(address: str, partial: Path, name: str, task: Task, host: Host) -> None:
    """Append to the partial file what it lacks.

    Raises:
        _InterruptedError: less came than was announced, or another range than was asked for.
    """
    have = partial.stat().st_size if partial.is_file() else 0
    try:
        response = _opened(address, host, {"Range": f"bytes={have}-"} if have else {})
    except urllib.error.HTTPError as error:
        if error.code != _RANGE_NOT_SATISFIABLE:
            raise
        error.close()
        # Nothing is lacking, or what is there is not a beginning of it: the digest will tell.
        if _total(error.headers.get("Content-Range", "")) != have:
            partial.unlink()
            raise _InterruptedError("the partial file did not fit and was dropped") from error
        return
    with response:
        total = _announced(response, have)
        resumed = response.status == _PARTIAL_CONTENT
        with partial.open("ab" if resumed else "wb") as file:
            size = have if resumed else 0
            while chunk := response.read(_CHUNK):
                file.write(chunk)
                size += len(chunk)
                task.describe(f"fetching {name}: {size / 1e6:.0f} of {(total or 0) / 1e6:.0f} MB")
    if total is not None and size < total:
        raise _InterruptedError(f"{size} of {total} bytes came")


def _announced(response: http.client.HTTPResponse, have: int) -> int | None:
    """The whole file's size in bytes, as the server says it; None if it does not.

    Raises:
        _InterruptedError: it sends another range than the one asked for.
    """
    if response.status == _PARTIAL_CONTENT:
        content_range = response.headers.get("Content-Range", "")
        if not content_range.startswith(f"bytes {have}-"):
            raise _InterruptedError(f"the server sent '{content_range}' when asked for bytes {have}-")
        return _total(content_range)
    length = response.headers.get("Content-Length", "")
    return int(length) if re.fullmatch(r"\d{1,18}", length, re.ASCII) else None


def _total(content_range: str) -> int | None:
    match = re.search(r"/([0-9]{1,18})$", content_range)
    return int(match.group(1)) if match else None


def _opened(address: str, host: Host, headers: Mapping[str, str]) -> http.client.HTTPResponse:
    """The server's answer, its body unread."""
    parts = urlsplit(address)
    request = urllib.request.Request(_shown(address), headers=dict(headers))  # noqa: S310 - looked at before
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        token = base64.b64encode(pair.encode()).decode()
        # Not sent on to where the server may lead us.
        request.add_unredirected_header("Authorization", f"Basic {token}")
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler(_proxies(parts.hostname or "", host.environ)),
        urllib.request.HTTPSHandler(context=_trust(host.environ)),
    )
    response: http.client.HTTPResponse = opener.open(request, timeout=_SECONDS)
    return response


def _proxies(name: str, environ: Mapping[str, str]) -> dict[str, str]:
    """The proxies for a server, by scheme, as the environment has them."""

    def read(variable: str) -> str:
        return environ.get(variable) or environ.get(variable.upper(), "")

    # The standard library's own reading of the variable, which its type stubs leave out.
    bypass: Callable[[str, dict[str, str]], bool] = vars(urllib.request)["proxy_bypass_environment"]
    if bypass(name, {"no": read("no_proxy")}):
        return {}
    found = {scheme: read(f"{scheme}_proxy") or read("all_proxy") for scheme in ("http", "https")}
    return {scheme: proxy for scheme, proxy in found.items() if proxy}


def _trust(environ: Mapping[str, str]) -> ssl.SSLContext:
    chosen = next((environ[variable] for variable in _CERTIFICATES if environ.get(variable)), None)
    try:
        return ssl.create_default_context(cafile=chosen)
    except OSError as error:
        raise MissingError(
            f"the certificates in {chosen} cannot be read: {error.strerror}",
            hint=f"one of {', '.join(_CERTIFICATES)} names that file",
        ) from error


def _shown(address: str) -> str:
    """An address without the name and password in it."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))

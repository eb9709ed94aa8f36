"""Fetch a file of known digest over HTTP; an interrupted download goes on where it stopped (RFC 9110, 14)."""

from __future__ import annotations

import hashlib
import http.client
import re
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from pyodide_abi.errors import DigestError, MissingError, OfflineError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.host import Host, Task

_CHUNK = 1 << 20
_SECONDS = 30.0
_TRIES = 4
_PARTIAL_CONTENT, _RANGE_NOT_SATISFIABLE = 206, 416


class _InterruptedError(Exception):
    """The connection ended early; what has come is kept."""


def download(url: str, sha256: str, host: Host) -> Path:
    """The file, complete and verified, among the cache's downloads, where it is named by its digest.

    Args:
        url: its address (``http`` or ``https``).
        sha256: its digest, in hexadecimal.
        host: the machine.

    Raises:
        OfflineError: the network is off limits.
        MissingError: the server cannot be reached, or does not have it.
        DigestError: what came has another digest; it is deleted.
        UsageError: the address is not of HTTP.
    """
    if not url.startswith(("http://", "https://")):
        raise UsageError(f"'{url}' is not an address to download from", hint="it begins with https://")
    complete = host.store.downloads() / sha256
    if complete.is_file():
        return complete
    if host.offline:
        raise OfflineError(f"{url} is not in the cache, and the network is off limits")
    partial = _partial(sha256, host)
    reason = ""
    with host.progress.task(f"fetching {url.rpartition('/')[2]}") as task:
        for _ in range(_TRIES):
            try:
                _transfer(url, partial, task)
                break
            except urllib.error.HTTPError as error:
                raise MissingError(f"{url}: the server answers {error.code} {error.reason}") from error
            except _InterruptedError as error:
                reason = str(error)
            except (OSError, http.client.HTTPException) as error:
                if not partial.is_file():
                    raise MissingError(f"{url} cannot be reached: {_words(error)}") from error
                reason = _words(error)
        else:
            raise MissingError(
                f"{url}: the download was interrupted {_TRIES} times: {reason}",
                hint="what has come is kept: the same command goes on from there",
            )
    found = _digest(partial)
    if found != sha256:
        partial.unlink()
        raise DigestError(
            f"{url}: what came has the SHA-256 digest {found}, not {sha256}; it was deleted",
            hint="try again; if it happens again, the server or the mirror has another file",
        )
    partial.replace(complete)
    return complete


def unfinished(sha256: str, host: Host) -> bool:
    """Part of the file is here and waits for the rest."""
    return _partial(sha256, host).is_file()


def _partial(sha256: str, host: Host) -> Path:
    return host.store.downloads() / f"{sha256}.part"


def _transfer(url: str, partial: Path, task: Task) -> None:
    """Append to the partial file what it lacks.

    Raises:
        _InterruptedError: less came than was announced.
        OSError: the server could not be reached or broke off.
    """
    have = partial.stat().st_size if partial.is_file() else 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - the caller has looked at the scheme
    try:
        response = urllib.request.urlopen(request, timeout=_SECONDS)  # noqa: S310 - likewise
    except urllib.error.HTTPError as error:
        if error.code != _RANGE_NOT_SATISFIABLE:
            raise
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
                task.describe(
                    f"fetching {url.rpartition('/')[2]}: {size / 1e6:.0f} of {(total or 0) / 1e6:.0f} MB"
                )
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
    length = response.headers.get("Content-Length")
    return int(length) if length is not None and length.isdigit() else None


def _total(content_range: str) -> int | None:
    match = re.search(r"/(\d+)$", content_range)
    return int(match.group(1)) if match else None


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _words(error: Exception) -> str:
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    return str(reason) or type(error).__name__

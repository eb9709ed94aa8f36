"""What npm says of the releases of Pyodide: which there are, and the digest of each."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from pyodide_abi.errors import MissingError, OfflineError
from pyodide_abi.platforms.model import Release
from pyodide_abi.platforms.versions import RELEASE, version_key
from pyodide_abi.runtime.node import find_npm

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyodide_abi.host import Host

#: Words that npm has for its newest releases.
NPM_TAGS = ("latest", "next")
_SECONDS = 300.0


def is_version(source: str) -> bool:
    """Whether a source names a release of npm: a version, the beginning of one, or one of npm's tags."""
    return source in NPM_TAGS or re.fullmatch(rf"{RELEASE}|\d+(\.\d+)?", source) is not None


def announced(wanted: str, host: Host) -> tuple[str, str]:
    """The version and the digest of a release, as npm says them.

    Raises:
        OfflineError: the network is off limits.
        MissingError: npm does not know it.
    """
    said = ask_npm((f"pyodide@{wanted}", "version", "dist.integrity"), host)
    found = [
        (str(each["version"]), str(each["dist.integrity"]))
        for each in (said if isinstance(said, list) else [said])
        if isinstance(each, dict) and {"version", "dist.integrity"} <= each.keys()
    ]
    if not found:
        raise MissingError(
            f"npm knows no release 'pyodide@{wanted}'",
            hint="'npm view pyodide versions' lists them; a folder or an archive can be learned, too",
        )
    return max(found, key=lambda one: version_key(one[0]))


def ask_npm(words: tuple[str, ...], host: Host) -> Any:  # noqa: ANN401 - JSON, from npm
    """What ``npm view`` answers; None where it knows nothing.

    Raises:
        OfflineError: the network is off limits.
        MissingError: there is no npm, or it cannot ask.
    """
    if host.offline:
        raise OfflineError("npm is not asked: the network is off limits", hint="leave out --offline")
    done = host.runner.run(
        [*find_npm(host), "view", *words, "--json", "--loglevel=error"],
        environ={**host.environ, "npm_config_update_notifier": "false"},
        timeout=_SECONDS,
    )
    if "E404" in done.stdout + done.stderr:
        return None
    try:
        return json.loads(done.stdout) if done.stdout.strip() else None
    except ValueError as error:
        raise MissingError(
            "npm does not say which releases there are:",
            details=done.stderr.strip()[-2000:].splitlines(),
            hint="'npm config get registry' says whom it asks",
        ) from error


def release_of(version: str, integrity: str) -> Release:
    """A release of which no more is known than where it is."""
    return Release(
        version=version,
        integrity=integrity,
        python="",
        suffixes=(),
        prerelease="-" in version,
        abi_version="",
        pyemscripten_platform_version=None,
        pyemscripten_abi_version=None,
        micropip=None,
        packaging=None,
    )


def newer_on_npm(known: Iterable[str], host: Host) -> list[str]:
    """The releases of npm that follow what is known, the oldest first.

    A release follows if no known one of its line (``0.29``, ``314``) is newer; one of a line that lies before
    all known ones does not.

    Args:
        known: versions.
        host: the machine.

    Raises:
        OfflineError: the network is off limits.
        MissingError: npm does not answer.
    """
    said = ask_npm(("pyodide", "versions"), host) or []
    have = set(known)
    newest: dict[tuple[int, ...], tuple[int, ...]] = {}
    for version in have:
        line = _line(version)
        newest[line] = max(newest.get(line, ()), version_key(version))
    oldest = min(newest, default=())
    there = [version for version in said if isinstance(version, str) and re.fullmatch(RELEASE, version)]
    newer = [
        version
        for version in there
        if version not in have
        and _line(version) >= oldest
        and version_key(version) > newest.get(_line(version), ())
    ]
    return sorted(newer, key=version_key)


def _line(version: str) -> tuple[int, ...]:
    """What releases of one platform have in common: ``0.29``, or ``314``."""
    major, minor = version_key(version)[:2]
    return (major, minor) if major == 0 else (major,)

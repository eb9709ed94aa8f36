"""A lock file's digest is missing, is none, or is not that of the file beside it.

## What it checks

Each `sha256`; and where the named file lies beside the lock file, its digest. Where some of the files lie
there and others do not, those that are missing.

## Why it breaks

`loadPackage` compares the digest of what it fetched, in a browser by the `integrity` of the request, and
refuses another file. Without one, whatever the server gives is installed.

## Example

A wheel was stripped or repaired after the lock file was written.

## How to fix

Write the lock file anew from the files that are served.

## References

- <https://pyodide.org/en/stable/usage/api/js-api.html#pyodide.loadPackage>
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Input, Rule
from pyodide_abi.files import sha256_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding

_FIX = "write the lock file anew from the files that are served"
_SHA256 = re.compile(r"[0-9a-f]{64}")


def check(case: Case) -> Iterator[Finding]:
    """One finding for each package."""
    folder = case.subject.file.parent
    beside = {package.key: _beside(folder, package.file_name) for package in case.lock.packages}
    some = any(beside.values())
    for package in case.lock.packages:
        file = beside[package.key]
        if not package.sha256:
            yield RULE.finding(
                f"`{package.key}` has no digest", fix=_FIX, symbol=package.key, severity=Severity.WARNING
            )
        elif not _SHA256.fullmatch(package.sha256):
            yield RULE.finding(
                f"the digest of `{package.key}` is no SHA-256 in hexadecimal", fix=_FIX, symbol=package.key
            )
        elif file is not None and sha256_of(file) != package.sha256:
            yield RULE.finding(
                f"`{package.file_name}` has another digest than the lock file says",
                fix=_FIX,
                symbol=package.key,
            )
        elif some and file is None:
            yield RULE.finding(
                f"`{package.file_name}` is not beside the lock file, as others are",
                fix="put it there, or leave the package out",
                symbol=package.key,
                severity=Severity.WARNING,
            )


def _beside(folder: Path, name: str) -> Path | None:
    """The file of that bare name in the folder."""
    if "/" in name or "\\" in name or "\0" in name or name in {"", ".", ".."}:
        return None
    path = folder / name
    try:
        return path if path.is_file() and not path.is_symlink() else None
    except OSError:
        return None  # No system has a name as long as that.


RULE = Rule(
    code="ABI704",
    name="wrong-lock-digest",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
    needs=frozenset({Input.LOCK}),
)

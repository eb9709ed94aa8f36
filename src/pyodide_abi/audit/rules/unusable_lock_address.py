"""A lock file names a file in a way that does not lead to it everywhere.

## What it checks

Each `file_name`: an absolute address, a path of one machine, and a name that leads out of the folder of
packages.

## Why it breaks

A `file_name` is taken from the folder or the address of the release's packages. In Node, releases of
2025_0 put that folder in front of it whatever it is, so that an absolute address becomes `…/http://…` and
cannot be fetched. A path of one machine is there on no other, and in a browser it is looked for on the
page's own server. What leads out of the folder may be served, or not, or be another file.

## Example

`"file_name": "https://example.org/spam-1-py3-none-any.whl"` or `"file_name":
"/home/me/dist/spam-1-py3-none-any.whl"`.

## How to fix

Put the file beside the others, and name it alone. In a browser an absolute address works, and can be
allowed with `--ignore ABI703`.

## References

- <https://pyodide.org/en/stable/usage/api/js-api.html#exports.PyodideConfig.packageBaseUrl>
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Input, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding

_FIX = "put the file beside the others, and give its name alone"
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_DRIVE = re.compile(r"[A-Za-z]:")


def check(case: Case) -> Iterator[Finding]:
    """One finding for each name."""
    for package in case.lock.packages:
        reason = _reason(package.file_name)
        if reason:
            yield RULE.finding(f"`{package.file_name}` {reason}", fix=_FIX, symbol=package.key)


def _reason(name: str) -> str:
    """Why a name does not lead to a file; empty where it does."""
    if not name or name.endswith("/"):
        return "is no name of a file"
    if name.lower().startswith("file:") or name.startswith("/") or _DRIVE.match(name):
        return "is a path of one machine"
    if _ADDRESS.match(name):
        return "is an absolute address, which not every release can fetch in Node"
    if "\\" in name or ".." in name.split("/") or not name.isprintable():
        return "leads out of the folder of packages, or is no name that a server knows"
    return ""


RULE = Rule(
    code="ABI703",
    name="unusable-lock-address",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
    needs=frozenset({Input.LOCK}),
)

"""Some index or some release of the platform does not take wheels with this tag.

## What it checks

The wheel's platform tags against the acceptance matrix: which indexes take an upload, and which releases'
own installer (micropip of their lock file) takes the wheel.

## Why it breaks

The same platform has two spellings. PyPI takes only `pyemscripten_…`; stock runtimes knew only `pyodide_…`
until micropip 0.11.1. A wheel with one of them reaches only those who accept it. It is a note as long as
somebody does, and a warning where no release of the platform installs it.

## Example

`pyemscripten_2024_0_wasm32` may be uploaded to PyPI, and no release of that platform installs it.

## How to fix

Publish the wheel under both names; the files differ in the name and in `WHEEL` only. `pyodide-abi platforms
NAME` prints the matrix.

## References

- <https://peps.python.org/pep-0783/>
- <https://github.com/pyodide/micropip/issues/245>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Rule
from pyodide_abi.platforms import platform_of_tag

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.finding import Finding
    from pyodide_abi.audit.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    """One finding for each tag that not everybody takes."""
    for tag in subject.wheel.name.platforms if subject.wheel else ():
        platform = platform_of_tag(tag)
        if platform is None:
            continue
        known = next(entry for entry in platform.tags if entry.tag == tag)
        releases = [release.version for release in platform.releases]
        refusing = [release for release in releases if release not in known.releases]
        said = []
        if not known.indexes:
            said.append("PyPI takes no upload with it")
        if refusing:
            who = "any release" if refusing == releases else ", ".join(refusing)
            said.append(f"the stock installer of {who} does not take it")
        if said:
            others = [entry.tag for entry in platform.tags if entry.tag != tag]
            yield RULE.finding(
                f"the platform tag {tag}: {'; '.join(said)}",
                fix=f"publish under another name as well: {', '.join(others)}",
                releases=refusing,
                severity=Severity.WARNING if refusing == releases else Severity.NOTE,
            )


RULE = Rule(
    code="ABI402",
    name="unaccepted-tag",
    since="0.1",
    severity=Severity.NOTE,
    documentation=__doc__,
    check=check,
)

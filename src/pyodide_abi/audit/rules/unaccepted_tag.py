"""Some index or some release of the platform does not take wheels with these tags.

## What it checks

The wheel's platform tags against the acceptance matrix: which indexes take an upload, and which releases'
own installer (micropip of their lock file) takes the wheel. Where the file name has several tags, an
installer takes the wheel if it knows one of them; an index refuses it if it refuses one of them.

## Why it breaks

The same platform has two spellings. PyPI takes only `pyemscripten_…`; stock runtimes knew only `pyodide_…`
until micropip 0.11.1. A wheel with one of them reaches only those who accept it. It is a note as long as
somebody does, a warning where no release of the platform installs it, and an error where the wheel is held
against a platform that none of its tags is for.

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
from pyodide_abi.audit.rule import Input, Rule
from pyodide_abi.platforms import platform_of_tag

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding
    from pyodide_abi.platforms.model import Platform, Tag


def check(case: Case) -> Iterator[Finding]:
    """One finding for each platform whose tags not everybody takes, and one where no installer takes them."""
    tags: dict[str, tuple[Platform, list[Tag]]] = {}
    for tag in case.wheel.name.platforms:
        if platform := platform_of_tag(tag):
            known = next(entry for entry in platform.tags if entry.tag == tag)
            tags.setdefault(platform.name, (platform, []))[1].append(known)
    judged = case.subject.platform
    if judged is not None and tags and judged.name not in tags:
        written = " and ".join(tag.tag for _, entries in tags.values() for tag in entries)
        yield RULE.finding(
            f"no installer of {judged.name} takes a wheel with the platform tag {written}",
            fix=f"build it for {judged.name}, whose tag is {judged.tags[0].tag}",
            releases=case.releases,
            severity=Severity.ERROR,
        )
        return
    for platform, entries in tags.values():
        yield from _judge(platform, entries)


def _judge(platform: Platform, tags: list[Tag]) -> Iterator[Finding]:
    releases = [release.version for release in platform.releases]
    refusing = [release for release in releases if not any(release in tag.releases for tag in tags)]
    written = " and ".join(tag.tag for tag in tags)
    it = "it" if len(tags) == 1 else "them"
    said = []
    if not all(tag.indexes for tag in tags):
        said.append(f"PyPI takes no upload with {it}")
    if refusing:
        number = f"{len(refusing)} of the {len(releases)} releases"
        said.append(
            f"no release's stock installer takes {it}"
            if refusing == releases
            else f"the stock installer of {number} does not take {it}"
        )
    if said:
        others = [tag.tag for tag in platform.tags if tag not in tags and (tag.indexes or tag.releases)]
        yield RULE.finding(
            f"the platform tag {written}: {'; '.join(said)}",
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
    needs=frozenset({Input.WHEEL}),
)

"""The rules as pages of documentation, from the docstrings of their files."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from pyodide_abi.audit.rules import RULES
from pyodide_abi.report.loader_links import linked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyodide_abi.audit import Rule

_FAMILIES = {
    "1": "Binary form",
    "2": "Imports and exports",
    "3": "Linking",
    "4": "Wheel layout and tags",
    "5": "Features",
}
_NOTE = "<!-- Written by tools/write_rule_pages.py. -->\n"


def pages() -> Mapping[str, str]:
    """Each page's text by its file name; ``index.md`` lists the others."""
    return {"index.md": _index(), **{f"{rule.code}-{rule.name}.md": page(rule) for rule in RULES}}


def page(rule: Rule) -> str:
    """What there is to read about one rule."""
    head = f"# {rule.code}: {rule.name}\n\nSeverity: {rule.severity} (unless a finding says otherwise). "
    body = linked(inspect.cleandoc(rule.documentation), "../loader.md")
    return f"{_NOTE}{head}Since {rule.since}.\n\n{body}\n"


def _index() -> str:
    lines = [_NOTE + "# Rules of the audit", ""]
    lines += ["`pyodide-abi audit --select` and `--ignore` take codes, their beginnings and names.", ""]
    for digit, family in _FAMILIES.items():
        lines += [
            f"## {family}",
            "",
            "| code | name | severity | what it sees |",
            "| --- | --- | --- | --- |",
        ]
        lines += [
            f"| [{rule.code}]({rule.code}-{rule.name}.md) | {rule.name} | {rule.severity} | {rule.summary} |"
            for rule in sorted(RULES, key=lambda rule: rule.code)
            if rule.code[3] == digit
        ]
        lines.append("")
    return "\n".join(lines)

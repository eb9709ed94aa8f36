"""``docs/reference/failure-classes.md``: every class once, every rule somewhere, no link into nowhere."""

from __future__ import annotations

import re
from pathlib import Path

from pyodide_abi.audit.rules import RULES

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "failure-classes.md"
#: Classes in each group.
NUMBERS = {"A": 7, "B": 13, "C": 8, "D": 12, "E": 8, "F": 8, "G": 10, "H": 7, "I": 14}


def test_every_class_has_a_row_and_an_answer() -> None:
    row = r'^\| <a id="([a-i]\d+)"></a>([A-I]\d+) \| (.+) \| (.+) \|$'
    rows = re.findall(row, PAGE.read_text("utf-8"), re.MULTILINE)
    assert all(anchor == name.lower() for anchor, name, _, _ in rows)
    assert [name for _, name, _, _ in rows] == [
        f"{group}{number + 1}" for group, many in NUMBERS.items() for number in range(many)
    ]
    assert all(seen.startswith(("[ABI", "none: ")) for *_, seen in rows)


def test_every_rule_is_named_and_every_link_leads_to_its_page() -> None:
    links = re.findall(r"\[(ABI\d+)\]\((\S+)\)", PAGE.read_text("utf-8"))
    assert {code for code, _ in links} == {rule.code for rule in RULES}
    for code, target in set(links):
        assert (PAGE.parent / target).is_file(), code

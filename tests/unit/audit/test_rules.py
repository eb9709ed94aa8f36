"""Every rule is documented, has cases, and says what its cases expect.

The cases of a rule are in ``tests/cases/audit/<name>.toml``: arrays ``fails`` and ``passes``. A case has

``about``      what it shows
``platform``   to hold it against; without it the one of the wheel's tag
``wheel``      the wheel's name; without it ``x-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl``
``bare``       the name of a file that is audited without a wheel, beside the others
``files``      contents by path: module texts, ``hex: …``, ``text: …`` (see ``assembling.py``)
``metadata``, ``record``   other contents of ``WHEEL`` and ``RECORD`` than the right ones
``info``       another name of the ``.dist-info`` folder than the right one
``findings``   the codes of all findings, in order; in ``passes`` that of the rule must not be among them
``says``       a part of the message of the rule's first finding
``severity``   of the rule's first finding, where it is not the rule's own
``symbol``     of the rule's first finding
``path``, ``releases``   likewise
``fix``        a part of the advice of the rule's first finding
``error``      the predicted text of the import in the newest release, without the line that names the file;
               ``""`` where it loads

What all rules say of them, word for word, is in ``tests/cases/findings``; ``BLESS=1`` writes that anew.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from assembling import contents, make_wheel
from kept_texts import hold_kept

from pyodide_abi.audit import audit_file
from pyodide_abi.audit.rule import HEADINGS
from pyodide_abi.audit.rules import RULES
from pyodide_abi.linker import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit import Report
    from pyodide_abi.audit.rule import Rule

ROOT = Path(__file__).parents[3]
CASES = ROOT / "tests" / "cases" / "audit"
SAID = ROOT / "tests" / "cases" / "findings"
WHEEL = "x-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
FAMILIES = {"1", "2", "3", "4", "5", "6", "7"}

Case = dict[str, Any]


def cases(kind: str) -> list[Any]:
    return [
        pytest.param(rule, case, id=f"{rule.name}: {case['about']}")
        for rule in RULES
        for case in tomllib.loads((CASES / f"{rule.name}.toml").read_text("utf-8")).get(kind, [])
    ]


def judge(case: Case, folder: Path) -> Report:
    files = {path: contents(text) for path, text in case["files"].items()}
    if "bare" in case:
        for path, content in files.items():
            (folder / path).write_bytes(content)
        file = folder / case["bare"]
    else:
        file = make_wheel(
            folder,
            case.get("wheel", WHEEL),
            files,
            metadata=case.get("metadata"),
            record=case.get("record"),
            info=case.get("info"),
        )
    return audit_file(file, platform=case.get("platform"))


def check_error(case: Case, report: Report) -> None:
    """The predicted text is the expected one, and no predicted failure goes without an error."""
    refused = [
        module.path
        for module in report.modules
        if any(prediction.outcome is Outcome.FAILS for prediction in module.imported.values())
        and all(prediction.outcome is Outcome.FAILS for prediction in module.preloaded.values())
    ]
    assert report.failed or not refused
    if "error" in case:
        prediction = report.modules[0].imported[report.releases[-1]]
        text = prediction.problems[0].text if prediction.problems else ""
        assert text == case["error"]


@pytest.mark.parametrize(("rule", "case"), cases("fails"))
def test_the_rule_speaks(rule: Rule, case: Case, tmp_path: Path) -> None:
    report = judge(case, tmp_path)
    assert [finding.code for finding in report.findings] == case["findings"]
    finding = next(finding for finding in report.findings if finding.code == rule.code)
    assert case["says"] in finding.message
    assert finding.severity == case.get("severity", rule.severity)
    assert finding.location.symbol == case.get("symbol", finding.location.symbol)
    assert finding.location.path == case.get("path", finding.location.path)
    assert list(finding.releases) == case.get("releases", list(finding.releases))
    assert finding.fix
    assert case.get("fix", "") in finding.fix
    check_error(case, report)


@pytest.mark.parametrize(("rule", "case"), cases("passes"))
def test_the_rule_is_silent(rule: Rule, case: Case, tmp_path: Path) -> None:
    report = judge(case, tmp_path)
    codes = [finding.code for finding in report.findings]
    assert rule.code not in codes
    assert codes == case.get("findings", [])
    check_error(case, report)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_all_is_said_that_is_kept_and_nothing_else(rule: Rule, tmp_path: Path) -> None:
    document = tomllib.loads((CASES / f"{rule.name}.toml").read_text("utf-8"))
    lines = []
    for number, case in enumerate(document["fails"] + document["passes"]):
        folder = tmp_path / str(number)
        folder.mkdir()
        lines += [f"# {case['about']}", *_said(judge(case, folder))]
    now = "".join(f"{line}\n" for line in lines).replace(str(tmp_path), "/home/user")
    hold_kept(now, SAID / f"{rule.name}.txt")


def _said(report: Report) -> Iterator[str]:
    """All that the findings have, without words for what is the same in all of them."""
    for finding in report.findings:
        place = finding.location
        releases = "" if finding.releases == report.releases else f" [{', '.join(finding.releases)}]"
        yield f"{finding.code} {finding.severity} {place.path or '-'} {place.symbol or '-'}{releases}"
        yield f"  {finding.message!r}"
        yield f"  fix: {finding.fix!r}"
        if finding.evidence is not None:
            yield f"  evidence: {finding.evidence!r}"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_has_both_kinds_of_case(rule: Rule) -> None:
    document = tomllib.loads((CASES / f"{rule.name}.toml").read_text("utf-8"))
    assert document["fails"]
    assert document["passes"]


def test_the_list_of_rules_is_that_of_the_files() -> None:
    folder = ROOT / "src" / "pyodide_abi" / "audit" / "rules"
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert sorted(rule.name.replace("-", "_") for rule in RULES) == sorted(files)
    assert {path.stem for path in CASES.glob("*.toml")} == {rule.name for rule in RULES}


def test_codes_and_names_are_unique() -> None:
    assert len({rule.code for rule in RULES}) == len({rule.name for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_is_documented(rule: Rule) -> None:
    assert tuple(rule.sections()) == HEADINGS
    assert all(rule.sections().values())
    assert rule.summary
    assert rule.code[:3] == "ABI"
    assert rule.code[3] in FAMILIES


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_name_states_the_defect(rule: Rule) -> None:
    first = rule.name.split("-")[0]
    assert first not in {"use", "avoid", "do", "no", "check", "prefer", "must"}

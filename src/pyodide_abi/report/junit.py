"""Audits as JUnit XML, which most services of continuous integration show as tests."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from pyodide_abi.audit.finding import Severity
from pyodide_abi.report.demangled import readable
from pyodide_abi.report.printable import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyodide_abi.audit import Finding, Report


def audits_to_junit(reports: Sequence[Report], unreadable: Mapping[str, str]) -> str:
    """A suite for each file, with a case for each finding; a file without findings has one that passed.

    Args:
        reports: Of the files that were audited.
        unreadable: Why the others were not, by their names.
    """
    root = Element("testsuites", name="pyodide-abi audit")
    for report in reports:
        suite = SubElement(root, "testsuite", name=printable(report.name))
        for finding in report.findings:
            _add_case(suite, finding)
        if not report.findings:
            SubElement(suite, "testcase", name="audit", classname=printable(report.name))
        _count(suite, failures=report.count(Severity.ERROR), errors=0)
    for name, error in unreadable.items():
        suite = SubElement(root, "testsuite", name=printable(name))
        case = SubElement(suite, "testcase", name="audit", classname=printable(name))
        SubElement(case, "error", message=printable(error))
        _count(suite, failures=0, errors=1)
    indent(root)
    return tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _add_case(suite: Element, finding: Finding) -> None:
    """An error is a failure; what else is found passed, with what is to be said of it as its output."""
    place = finding.location.path or suite.get("name", "")
    case = SubElement(suite, "testcase", name=f"{finding.code} {finding.name}", classname=printable(place))
    said = printable(readable(finding.message))
    if finding.severity is Severity.ERROR:
        failure = SubElement(case, "failure", message=said, type=finding.code)
        failure.text = f"fix: {printable(readable(finding.fix))}"
    else:
        SubElement(case, "system-out").text = f"{finding.severity}: {said}"


def _count(suite: Element, *, failures: int, errors: int) -> None:
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(failures))
    suite.set("errors", str(errors))

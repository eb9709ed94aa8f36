"""Judging a wheel or module by the rules. No process is started and nothing is written here."""

from pyodide_abi.audit.finding import Finding, Location, Severity
from pyodide_abi.audit.pipeline import audit_file, open_subject
from pyodide_abi.audit.rule import Rule
from pyodide_abi.audit.run_rules import Report, audit
from pyodide_abi.audit.subject import Binary, Subject

__all__ = [
    "Binary",
    "Finding",
    "Location",
    "Report",
    "Rule",
    "Severity",
    "Subject",
    "audit",
    "audit_file",
    "open_subject",
]

"""Judging a wheel or module by the rules. No process is started and nothing is written here."""

from pyodide_abi.audit.engine import Report, audit, audit_file
from pyodide_abi.audit.finding import Finding, Location, Severity
from pyodide_abi.audit.predicting import Binary
from pyodide_abi.audit.rule import Rule
from pyodide_abi.audit.subject import Subject, open_subject

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

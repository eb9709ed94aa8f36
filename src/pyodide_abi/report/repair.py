"""A repair as text and as data: what is planned, what was done, what is left."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, TextIO

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rules import RULES
from pyodide_abi.repair.edits import Safety
from pyodide_abi.report.demangled import readable
from pyodide_abi.report.printable import printable
from pyodide_abi.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyodide_abi.audit.finding import Finding
    from pyodide_abi.repair.edits import Edit, Plan
    from pyodide_abi.repair.repair_wheel import Repaired

_SHOWN = 8
#: Why a finding is still there.
_PARTLY = "what is left of it may be in use, or is too little for an edit"
_NOTHING_HELPS = "no edit of bytes mends it"
_NOT_AT_ALL = "no edit of bytes answers it"
#: Codes of the findings that an edit answers.
_ANSWERED = frozenset(rule.code for rule in RULES if rule.answered_by)


def write_plan(plan: Plan, out: TextIO) -> None:
    """Write what would be done."""
    out.writelines(f"{printable(readable(line))}\n" for line in _plan(plan))


def write_repaired(repaired: Repaired, out: TextIO) -> None:
    """Write what was done."""
    out.writelines(f"{printable(readable(line))}\n" for line in _repaired(repaired))


def plan_to_data(plan: Plan) -> dict[str, Any]:
    """A plan as JSON values."""
    return {
        "wheel": plan.wheel,
        "platform": plan.platform,
        "edits": [_edit_to_data(edit) for edit in plan.edits],
        "problems": [
            {"path": problem.path, "needs": problem.name, "reason": problem.reason}
            for problem in plan.problems
        ],
    }


def repaired_to_data(repaired: Repaired) -> dict[str, Any]:
    """A repair as JSON values: its plan, and what came of it."""
    errors = [finding for finding in repaired.report.findings if finding.severity is Severity.ERROR]
    return {
        **plan_to_data(repaired.plan),
        "file": str(repaired.path),
        "made": [_edit_to_data(edit) for edit in repaired.made],
        "size": {"before": repaired.before, "after": repaired.after},
        "errors": [
            {"code": finding.code, "path": finding.location.path, "message": finding.message}
            for finding in errors
        ],
    }


def _edit_to_data(edit: Edit) -> dict[str, Any]:
    return {
        "kind": edit.kind,
        "path": edit.path,
        "safety": edit.safety.value,
        "what": edit.what,
        "why": edit.why,
        "mends": list(edit.mends),
    }


def _plan(plan: Plan) -> Iterator[str]:
    yield f"{plan.wheel}  ({f'platform {plan.platform}' if plan.platform else 'no compiled modules'})"
    yield from _edits(plan.edits)
    for problem in plan.problems:
        yield f"  error: {problem.path} needs {problem.name}: {problem.reason}"
    safe = sum(edit.safety is Safety.SAFE for edit in plan.edits)
    risky = len(plan.edits) - safe
    yield from _errors(plan.left)
    errors = f"{len(plan.left)} error{'' if len(plan.left) == 1 else 's'}"
    if plan.problems:
        yield f"{plan.wheel}: cannot be repaired as it is"
    elif not plan.edits:
        yield f"{plan.wheel}: {f'{_NOTHING_HELPS} ({errors})' if plan.left else 'nothing to repair'}"
    else:
        more = f", {risky} risky (made with --apply all)" if risky else ""
        left = f"; {errors} left" if plan.left else ""
        yield f"{plan.wheel}: {safe} safe edit{'' if safe == 1 else 's'}{more}{left}"


def _edits(edits: tuple[Edit, ...]) -> Iterator[str]:
    for path, group in itertools.groupby(edits, key=lambda edit: edit.path):
        if path:
            yield f"  {path}"
        for edit in group:
            answers = f" [{', '.join(edit.mends)}]" if edit.mends else ""
            yield f"    {edit.safety}: {edit.what}{answers}"
            yield f"      {edit.why}"


def _repaired(repaired: Repaired) -> Iterator[str]:
    plan = repaired.plan
    errors = [finding for finding in repaired.report.findings if finding.severity is Severity.ERROR]
    if not repaired.made:
        yield f"{repaired.path}: {_NOTHING_HELPS if errors else 'nothing to repair'}"
    else:
        yield f"{plan.wheel}  ({f'platform {plan.platform}' if plan.platform else 'no compiled modules'})"
        yield from _edits(repaired.made)
        saved = repaired.before - repaired.after
        change = f"{abs(saved)} {'less' if saved >= 0 else 'more'}"
        yield f"{repaired.path}: {repaired.after} bytes, {change} than before"
    left = [edit for edit in plan.edits if edit not in repaired.made]
    if left:
        yield f"  {len(left)} risky edit{'' if len(left) == 1 else 's'} left out; --plan lists them"
    yield from _errors(errors)
    others = [finding for finding in repaired.report.findings if finding.severity is not Severity.ERROR]
    for (code, name), group in itertools.groupby(others, key=lambda finding: (finding.code, finding.name)):
        paths = list(dict.fromkeys(finding.location.path for finding in group if finding.location.path))
        where = f" in {listed(paths)}" if paths else ""
        yield f"  left: {code} {name}{where}: {_PARTLY if code in _ANSWERED else _NOT_AT_ALL}"


def _errors(errors: Sequence[Finding]) -> Iterator[str]:
    """Errors that are left; what to do about those that follow one another, once."""
    for fix, group in itertools.groupby(errors[:_SHOWN], key=lambda finding: finding.fix):
        for finding in group:
            place = f" {finding.location.path}" if finding.location.path else ""
            yield f"  left: {finding.code}{place}: {finding.message}"
        yield f"    fix: {fix}"
    if len(errors) > _SHOWN:
        yield f"  and {len(errors) - _SHOWN} more errors; 'pyodide-abi audit' lists all"

"""A repair from end to end: audit, plan, apply, audit again, and only then put the new wheel in its place."""

from __future__ import annotations

import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.atomic import staging
from pyodide_abi.audit import audit, audit_file, open_subject
from pyodide_abi.audit.rules import RULES
from pyodide_abi.errors import FailedError, MissingError, UsageError, WheelError
from pyodide_abi.linker import Outcome
from pyodide_abi.repair.apply import apply_repair
from pyodide_abi.repair.edits import (
    AddLibrary,
    DropSignature,
    FrontDylink,
    MoveFile,
    Normalise,
    RemoveUnreachable,
    Safety,
)
from pyodide_abi.repair.named_platform import wished_platform
from pyodide_abi.repair.plan import plan_repair, signatures
from pyodide_abi.values import replace, value
from pyodide_abi.wheel import open_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pyodide_abi.audit import Report, Subject
    from pyodide_abi.audit.finding import Finding
    from pyodide_abi.repair.apply import Shrink
    from pyodide_abi.repair.edits import Edit, Plan
    from pyodide_abi.repair.plan import Wishes
    from pyodide_abi.wheel import Wheel

#: Codes of the findings that a repair removes wholly where it answers them.
_PROMISED = frozenset(rule.code for rule in RULES if rule.promised)
#: So often at most is looked again after code was removed; twice is the rule.
_MOST_ROUNDS = 10


@value
class Repaired:
    """What became of a wheel.

    Attributes:
        path: the new file.
        plan: what could be done.
        made: the edits that were.
        before: the size of the wheel, in bytes.
        after: The size of the new one, in bytes.
        report: what the audit says of the new one.
    """

    path: Path
    plan: Plan
    made: tuple[Edit, ...]
    before: int
    after: int
    report: Report


def plan_wheel(file: Path, wishes: Wishes) -> Plan:
    """What a repair of a wheel would do; see :func:`~pyodide_abi.repair.plan.plan_repair`."""
    with open_subject(file, platform=wished_platform(file, wishes.tags)) as subject:
        return plan_repair(subject, audit(subject).findings, wishes)


def repair_wheel(
    file: Path,
    wishes: Wishes,
    folder: Path | None,
    *,
    risky: bool = False,
    shrink: Shrink | None = None,
) -> Repaired:
    """Repair a wheel.

    Args:
        file: the wheel; it stays as it is unless ``folder`` is None.
        wishes: The user's wishes.
        folder: The folder that the new wheel goes to, made if need be; None for that of the old one.
        risky: make the risky edits too.
        shrink: removes unreachable code, where that is wished for.

    Raises:
        MissingError: a needed library is nowhere, or none that would do.
        FailedError: the new wheel does not do what was promised; it is not kept.
        UsageError: the wheel is signed, or belongs to no platform.
        UnreadableInputError: it cannot be read.
        OSError: the new wheel cannot be written.
    """
    # A link stays one: what it leads to is replaced.
    source = file.resolve()
    target = source.parent if folder is None else folder
    with staging(target) as place:
        worker = _Worker(folder=place, wishes=wishes, risky=risky, shrink=shrink)
        rounds = [worker.work(_pinned(file, place))]
        while rounds[-1].unsettled and len(rounds) < _MOST_ROUNDS:
            rounds.append(worker.work(rounds[-1].new))
        new, made = rounds[-1].new, tuple(edit for one in rounds for edit in one.made)
        shutil.copymode(source, new)
        sizes = source.stat().st_size, new.stat().st_size
        path = source if folder is None and new.name == file.name else target / new.name
        if folder is not None and path.exists() and path.samefile(source):
            raise UsageError(
                f"the new wheel would take the place of {file}", hint="--in-place if that is meant"
            )
        if made or folder is not None:
            new.replace(path)
        if folder is None and path != source:
            source.unlink()
    return Repaired(
        path=path,
        plan=rounds[0].plan,
        made=made,
        before=sizes[0],
        after=sizes[1],
        report=rounds[-1].report,
    )


@value
class _Round:
    new: Path
    plan: Plan
    made: tuple[Edit, ...]
    report: Report

    @property
    def unsettled(self) -> bool:
        """There may be more to do: gone code imports nothing, and a section that is found says more."""
        return any(isinstance(edit, RemoveUnreachable | FrontDylink) for edit in self.made)


@value
class _Worker:
    """Makes new wheels in folders of its own."""

    folder: Path
    wishes: Wishes
    risky: bool
    shrink: Shrink | None

    def work(self, file: Path) -> _Round:
        """Audit, plan, apply, audit again."""
        results = Path(tempfile.mkdtemp(dir=self.folder))
        with open_subject(file, platform=wished_platform(file, self.wishes.tags)) as subject:
            before = audit(subject)
            plan = plan_repair(subject, before.findings, self.wishes)
            _refuse(plan, subject, self.wishes, risky=self.risky)
            made = plan.chosen(risky=self.risky)
            same = results / file.name
            new = self._apply(subject, made, results) if made else Path(shutil.copyfile(file, same))
        report = _audit_again(new, made, before)
        _hold_to_promise(made, before, report)
        return _Round(new=new, plan=plan, made=made, report=report)

    def _apply(self, subject: Subject, made: tuple[Edit, ...], results: Path) -> Path:
        """Write the new wheel, and once more where it has become larger without having got anything."""
        apply = partial(
            apply_repair, subject, made, results, timestamp=self.wishes.timestamp, shrink=self.shrink
        )
        new = apply()
        grown = new.stat().st_size > subject.file.stat().st_size
        if grown and not any(isinstance(edit, AddLibrary) for edit in made):
            new = apply(squeeze=True)
        return new


def _audit_again(new: Path, made: Sequence[Edit], before: Report) -> Report:
    """What the audit says of the new wheel."""
    if any(not isinstance(edit, Normalise | DropSignature) for edit in made):
        return audit_file(new)
    # Every file is the same, so what was said of it holds; RECORD is what can be another.
    if made:
        with open_wheel(new) as wheel:
            faults = wheel.verify_record()
        if faults:
            raise FailedError(f"{new.name}: RECORD is wrong after the repair: {faults[0].path}")
    answered = {code for edit in made for code in edit.mends}
    left = tuple(finding for finding in before.findings if finding.code not in answered)
    return replace(before, findings=left)


def _pinned(file: Path, staging: Path) -> Path:
    """The same file under a name that nobody else replaces while we read; itself where that cannot be had."""
    pinned = staging / file.name
    if not file.is_file():  # A pipe or a device is told of under its own name.
        return file
    try:
        pinned.hardlink_to(file.resolve())
    except OSError:
        return file
    return pinned


def _refuse(plan: Plan, subject: Subject, wishes: Wishes, *, risky: bool) -> None:
    if plan.problems:
        raise MissingError(
            f"{plan.wheel}: needed libraries cannot be had",
            details=[f"{problem.path} needs {problem.name}: {problem.reason}" for problem in plan.problems],
            hint="--lib-dir names a folder that has them; --exclude names one that something else provides",
        )
    wheel = subject.wheel
    assert wheel is not None
    _refuse_signed(wheel, plan.chosen(risky=risky), wishes)
    faulty = next((edit for edit in plan.edits if isinstance(edit, Normalise)), None)
    if faulty is not None and faulty.safety is Safety.RISKY and not risky:
        raise WheelError(
            f"{plan.wheel}: {faulty.why}",
            hint="somebody has changed it since it was built; '--apply all' writes RECORD anew",
        )


def _refuse_signed(wheel: Wheel, made: Sequence[Edit], wishes: Wishes) -> None:
    signed = signatures(wheel)
    if signed and made and not wishes.drop_signature:
        raise UsageError(
            f"{wheel.name} is signed ({', '.join(signed)}), and no signature fits an edited wheel",
            hint="repair it before it is signed, or give the signature up with --drop-signature",
        )


def _hold_to_promise(made: Sequence[Edit], before: Report, after: Report) -> None:
    """What the edits answer is gone, and nothing that loaded before fails now.

    Raises:
        FailedError: otherwise.
    """
    moved = {edit.path: edit.to for edit in made if isinstance(edit, MoveFile)}
    worse = list(_worse(before, after, moved))
    broken = [finding for finding in after.findings if _broken(finding, made, moved)]
    if worse or broken:
        said = [f"{path} loads in {release} no more: {error}" for path, release, error in worse]
        said += [f"{finding.location.path}: {finding.message}" for finding in broken]
        raise FailedError(
            f"{after.name}: the repair did not do what it promised, and nothing was written",
            details=dict.fromkeys(said),
            hint="that is a fault of pyodide-abi: please report it with the wheel",
        )


def _worse(before: Report, after: Report, moved: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    now = {binary.path: binary for binary in after.modules}
    for binary in before.modules:
        other = now.get(moved.get(binary.path, binary.path))
        if other is None:
            continue
        for release in binary.imported:
            was, is_ = binary.judged(release), other.judged(release)
            if binary.extension and not other.extension:
                yield other.path, release, "it is no extension module any more"
            if was.outcome is Outcome.LOADS and is_.outcome is Outcome.FAILS:
                yield other.path, release, is_.error or ""


def _broken(finding: Finding, made: Sequence[Edit], moved: Mapping[str, str]) -> bool:
    """A finding that an edit has promised to remove."""
    if finding.code not in _PROMISED:
        return False
    for edit in made:
        places = {edit.path, moved.get(edit.path, edit.path)}
        if finding.code in edit.mends and (not edit.path or finding.location.path in places):
            return True
    return False

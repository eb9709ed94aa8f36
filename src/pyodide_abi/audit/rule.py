"""What a rule is. Each lives in a file of its own in ``rules/``, documented by that file's docstring."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Finding, Location
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Evidence, Severity
    from pyodide_abi.audit.subject import Subject

#: The headings of a rule's documentation, in their order.
HEADINGS = ("What it checks", "Why it breaks", "Example", "How to fix", "References")
#: Letters of what a finding says. A wheel can have a line of a million letters, or so many names.
_MOST_LETTERS = 4_000
#: What every code begins with.
_FAMILY = "ABI"


class Input(enum.Enum):
    """What a rule can be unable to do without, as not every subject has it."""

    WHEEL = enum.auto()
    PLATFORM = enum.auto()
    LOCK = enum.auto()


class EditKind(enum.StrEnum):
    """The sorts of edit that a repair can make, in words with hyphens."""

    ADD_LIBRARY = "add-library"
    MOVE_FILE = "move-file"
    DROP_FILE = "drop-file"
    CHANGE_NEEDED = "change-needed"
    CHANGE_RUN_PATHS = "change-run-paths"
    FRONT_DYLINK = "front-dylink"
    DROP_SECTIONS = "drop-sections"
    DROP_EXPORTS = "drop-exports"
    REMOVE_UNREACHABLE = "remove-unreachable"
    RETAG = "retag"
    DROP_SIGNATURE = "drop-signature"
    NORMALISE = "normalise"


@value
class Rule:
    """A defect that a wheel or a module can have, and how to see it.

    Attributes:
        code: ``ABI`` and three digits, never reused. 1xx binary form, 2xx imports and exports, 3xx linking,
            4xx wheel layout and tags, 5xx features, 6xx calls, 7xx lock files.
        name: The defect's name, so that "allow <name>" reads as English.
        since: the version of this project that first had the rule.
        severity: The severity of its findings, unless a finding says otherwise.
        documentation: the docstring of the rule's file.
        check: yields the findings in one subject.
        needs: What a subject has to have for the rule to be asked; files that cannot be read are for the rule
            to leave out, see :meth:`~pyodide_abi.audit.case.Case.readable`.
        answered_by: The sorts of edit that can mend a finding.
        promised: Whether such an edit removes the finding wholly, so that a repair that leaves it has failed.
    """

    code: str
    name: str
    since: str
    severity: Severity
    documentation: str
    check: Callable[[Case], Iterator[Finding]]
    needs: frozenset[Input] = frozenset()
    answered_by: frozenset[EditKind] = frozenset()
    promised: bool = False

    def fits(self, subject: Subject) -> bool:
        """Whether the subject has what the rule needs."""
        has = {
            Input.WHEEL: subject.wheel is not None,
            Input.PLATFORM: subject.platform is not None,
            Input.LOCK: subject.lock is not None,
        }
        return all(has[need] for need in self.needs)

    def finding(
        self,
        statement: str,
        *,
        fix: str,
        evidence: Evidence | None = None,
        path: str = "",
        symbol: str | None = None,
        releases: Iterable[str] = (),
        severity: Severity | None = None,
    ) -> Finding:
        """A finding of this rule.

        Args:
            statement: What is wrong, without what the loader says.
            fix: What to do about it.
            evidence: What the loader says.
            path: The member of the wheel; empty for the wheel as a whole.
            symbol: The symbol that it is about.
            releases: The releases that it is about.
            severity: How bad it is; None for the rule's own.
        """
        return Finding(
            code=self.code,
            name=self.name,
            severity=severity or self.severity,
            location=Location(path=path, symbol=symbol),
            releases=tuple(releases),
            statement=_cut(statement),
            fix=_cut(fix),
            evidence=evidence,
        )

    @property
    def summary(self) -> str:
        """The first line of the documentation."""
        return self.documentation.strip().splitlines()[0].rstrip(".")

    def sections(self) -> Mapping[str, str]:
        """The documentation by heading, in order; the headings are those of :data:`HEADINGS`."""
        import inspect  # noqa: PLC0415 - an audit has no use for it

        _, *parts = inspect.cleandoc(self.documentation).split("\n## ")
        split = (part.partition("\n") for part in parts)
        return {heading.strip(): body.strip() for heading, _, body in split}

    def is_called(self, word: str) -> bool:
        """Whether a word is this rule's name or code, in whatever case, ``ABI`` or not."""
        wanted = word.strip().lower()
        return wanted in {self.name, self.code.lower(), self.code.removeprefix(_FAMILY)}

    def matches(self, selector: str) -> bool:
        """Whether a selector means this rule: its name, its code or the start of that, ``ABI`` or not."""
        wanted = selector.strip()
        digits = wanted.upper().removesuffix("XX").removeprefix(_FAMILY)
        if wanted.upper() != _FAMILY and not digits.isdecimal():
            return wanted == self.name
        return self.code.removeprefix(_FAMILY).startswith(digits)


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_LETTERS else f"{text[:_MOST_LETTERS]}…"

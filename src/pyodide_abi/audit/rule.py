"""What a rule is. Each lives in a file of its own in ``rules/``, documented by that file's docstring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Finding, Location
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pyodide_abi.audit.finding import Severity
    from pyodide_abi.audit.subject import Subject

#: The headings of a rule's documentation, in their order.
HEADINGS = ("What it checks", "Why it breaks", "Example", "How to fix", "References")
#: What every code begins with.
_FAMILY = "ABI"


@value
class Rule:
    """A defect that a wheel or a module can have, and how to see it.

    Attributes:
        code: ``ABI`` and three digits, never reused. 1xx binary form, 2xx imports and exports, 3xx linking,
            4xx wheel layout and tags, 5xx features.
        name: of the defect, so that "allow <name>" reads as English.
        since: the version of this project that first had the rule.
        severity: of its findings, unless a finding says otherwise.
        documentation: the docstring of the rule's file.
        check: yields the findings in one subject.
    """

    code: str
    name: str
    since: str
    severity: Severity
    documentation: str
    check: Callable[[Subject], Iterator[Finding]]

    def finding(
        self,
        message: str,
        *,
        fix: str,
        path: str = "",
        symbol: str | None = None,
        releases: Iterable[str] = (),
        severity: Severity | None = None,
    ) -> Finding:
        """A finding of this rule."""
        return Finding(
            code=self.code,
            name=self.name,
            severity=severity or self.severity,
            location=Location(path=path, symbol=symbol),
            releases=tuple(releases),
            message=message,
            fix=fix,
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

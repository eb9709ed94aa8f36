"""What the audit says: findings, each with where it is, how bad it is and what to do."""

from __future__ import annotations

import enum

from pyodide_abi.values import value


class Severity(enum.StrEnum):
    """How bad a finding is, worst first.

    An error is a wheel that does not do what its tag promises: it does not load, it kills the interpreter,
    or it breaks the ABI. A warning is a risk. A note is a fact worth knowing.
    """

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """0 is the worst."""
        return list(Severity).index(self)


@value
class Location:
    """Where a finding is.

    Attributes:
        path: the member of the wheel or the file given; empty for the wheel as a whole.
        symbol: the symbol it is about, None for none.
    """

    path: str = ""
    symbol: str | None = None


@value(kw_only=False)
class Evidence:
    """What a finding rests on: the loader's or the engine's own words.

    Attributes:
        text: The words, without the line that names the file.
        aside: Whether they stand in brackets behind the statement, otherwise after a colon.
    """

    text: str
    aside: bool = False


@value
class Finding:
    """One thing that a rule has to say.

    Attributes:
        code: The rule's code, such as ``ABI201``.
        name: The rule's name, such as ``undefined-symbol``.
        releases: The runtime releases it is about; empty where it does not depend on the release.
        statement: What is wrong, in one or two sentences.
        fix: What to do about it.
        evidence: What the loader says; None where the rule's own words are all there is.
    """

    code: str
    name: str
    severity: Severity
    location: Location
    releases: tuple[str, ...]
    statement: str
    fix: str
    evidence: Evidence | None = None

    @property
    def message(self) -> str:
        """The statement with its evidence."""
        if self.evidence is None:
            return self.statement
        text = self.evidence.text
        return f"{self.statement} ({text})" if self.evidence.aside else f"{self.statement}: {text}"

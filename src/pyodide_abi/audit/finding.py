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


@value
class Finding:
    """One thing that a rule has to say.

    Attributes:
        code: of the rule, such as ``ABI201``.
        name: of the rule, such as ``undefined-symbol``.
        releases: runtime releases it is about; empty where it does not depend on the release.
        message: what is wrong, in one or two sentences.
        fix: what to do about it.
    """

    code: str
    name: str
    severity: Severity
    location: Location
    releases: tuple[str, ...]
    message: str
    fix: str

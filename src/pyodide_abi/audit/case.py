"""What every rule is handed: the subject, and what all rules would otherwise work out again."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pyodide_abi.audit.calls import calls_of
from pyodide_abi.audit.undefined import find_gaps
from pyodide_abi.audit.unwinding import unwinds_wrongly, way_of, wrong_way
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyodide_abi.audit.inference import PlatformFit
    from pyodide_abi.audit.lock_file import LockFile
    from pyodide_abi.audit.subject import Binary, Load, Subject
    from pyodide_abi.audit.undefined import Gap
    from pyodide_abi.linker import Facts
    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.platforms.surface import Symbol
    from pyodide_abi.signatures.rows import Row
    from pyodide_abi.wheel import Wheel


@value
class Case:
    """What a rule judges.

    Attributes:
        subject: The wheel or module.
        loads: Every load that a user of the subject would see.
        gaps: Symbols that a load wants and nobody provides.
        calls: Functions that are called through pointers, by the path of their native file.
    """

    subject: Subject
    loads: tuple[Load, ...]
    gaps: tuple[Gap, ...]
    calls: Mapping[str, tuple[Row, ...]]
    _by_path: Mapping[str, Binary]

    @property
    def wheel(self) -> Wheel:
        """The wheel, open; for rules that need one."""
        assert self.subject.wheel is not None
        return self.subject.wheel

    @property
    def lock(self) -> LockFile:
        """What the lock file says; for rules that need one."""
        assert self.subject.lock is not None
        return self.subject.lock

    @property
    def platform(self) -> Platform:
        """The platform that the subject is held against; for rules that need one."""
        assert self.subject.platform is not None
        return self.subject.platform

    @property
    def releases(self) -> tuple[str, ...]:
        """The releases of the platform, as on npm; none without a platform."""
        return self.subject.releases

    @property
    def offers(self) -> Mapping[str, Mapping[str, Symbol]]:
        """By release, what the runtime offers of the names that the subject imports or exports."""
        return self.subject.offers

    @property
    def binaries(self) -> tuple[Binary, ...]:
        """The native files, in the order of the archive."""
        return self.subject.binaries

    def readable(self) -> Iterator[tuple[Binary, Facts]]:
        """The native files that could be read, with what they say of themselves."""
        for binary in self.subject.binaries:
            if binary.library.facts is not None:
                yield binary, binary.library.facts

    @cached_property
    def fits(self) -> tuple[PlatformFit, ...]:
        """The native files held against every platform, the best first; for what has a finding already."""
        from pyodide_abi.audit.inference import infer_platform  # noqa: PLC0415 - few subjects need it

        return infer_platform([binary.library for binary in self.binaries])

    @cached_property
    def retag(self) -> str | None:
        """What to do with a wheel whose contents fit one other platform; None where there is no such one.

        What does not fit the tag's platform is then no fault of its own. The suffix of a file alone may be
        what is wrong, unless the wheel had that platform's tag.
        """
        from pyodide_abi.audit.inference import Sign, only_fit  # noqa: PLC0415 - as above
        from pyodide_abi.audit.misnamed import retag_advice, written_name  # noqa: PLC0415 - as above

        platform, wheel, best = self.subject.platform, self.subject.wheel, only_fit(self.fits)
        if wheel is None or platform is None or best is None or best == platform:
            return None
        signs = {
            misfit.sign
            for fit in self.fits
            for misfit in fit.misfits
            if fit.platform == platform and misfit.telling
        }
        if signs <= {Sign.PYTHON} and written_name(wheel, best) is None:
            return None
        return f"{retag_advice(wheel, best)}, or build it for {platform.name}"

    def retag_for(self, what: str) -> str | None:
        """The same for one symbol or file suffix; None also where no platform has it."""
        misfits = (
            misfit.what
            for fit in self.fits
            if fit.platform == self.subject.platform
            for misfit in fit.misfits
        )
        return self.retag if what in misfits else None

    @cached_property
    def exporters(self) -> Mapping[str, Binary]:
        """By name, the first native file that exports it."""
        found: dict[str, Binary] = {}
        for binary, facts in self.readable():
            for name in facts.exports:
                found.setdefault(name, binary)
        return found

    def excused(self, path: str, symbol: str) -> bool:
        """A symbol's trouble follows from unwinding the wrong way alone, which has a rule of its own."""
        platform = self.subject.platform
        if platform is None or way_of(symbol) is not wrong_way(platform):
            return False
        return path in self._wrongly_unwinding

    @cached_property
    def _wrongly_unwinding(self) -> frozenset[str]:
        """Paths of the native files that unwind in another way than the platform; each is looked at once."""
        platform = self.subject.platform
        return frozenset(
            binary.path
            for binary, facts in self.readable()
            if platform is not None and unwinds_wrongly(facts, platform)
        )

    def facts_of(self, path: str) -> Facts | None:
        """What the native file at a path says of itself; None where nothing can be read."""
        binary = self._by_path.get(path)
        return binary.library.facts if binary else None

    def member_of(self, path: str) -> str:
        """The member of the wheel that is installed at ``path``."""
        binary = self._by_path.get(path)
        return binary.member if binary else path


def case_of(subject: Subject) -> Case:
    """Work out what all rules ask for."""
    by_path = {binary.path: binary for binary in subject.binaries}
    loads = tuple(subject.loads())
    return Case(
        subject=subject,
        loads=loads,
        gaps=find_gaps(loads, by_path),
        calls=calls_of(subject),
        _by_path=by_path,
    )

"""One package's wheel: taken or built, repaired, audited and loaded, and then put into its place at once.

The work may be done in another process or on another machine that sees the same folders: what goes there
(:class:`Job`) and comes back (:class:`Made`) are plain values.
"""

from __future__ import annotations

import enum
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.atomic import staging
from pyodide_abi.audit import audit_file
from pyodide_abi.build import BuildRequest
from pyodide_abi.build.staging import check_source
from pyodide_abi.distribution.work_plan import Action
from pyodide_abi.errors import DigestError, FailedError, MissingError, PyodideAbiError
from pyodide_abi.files import sha256_of
from pyodide_abi.http import download
from pyodide_abi.libraries import Catalogue
from pyodide_abi.libraries.building import Libraries, build_with_libraries
from pyodide_abi.platforms.known import use_learned
from pyodide_abi.platforms.learned import learned_folder
from pyodide_abi.repair.plan import Wishes
from pyodide_abi.repair.repair_wheel import plan_wheel, repair_wheel
from pyodide_abi.runtime.account import Outcome
from pyodide_abi.runtime.releases import newest
from pyodide_abi.runtime.verify import verify_wheel
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyodide_abi.audit.finding import Finding
    from pyodide_abi.audit.run_rules import Report
    from pyodide_abi.build import Target
    from pyodide_abi.distribution.resolution import File
    from pyodide_abi.distribution.work_plan import Step
    from pyodide_abi.host import Host, HostWishes, Progress
    from pyodide_abi.platforms.model import Platform

#: Below the folder of the wheels: those that are not good, to be looked at.
BAD = "not-good"
#: Outcomes of a load that say nothing against a wheel.
_GOOD = frozenset({Outcome.LOADED, Outcome.NEEDS})


class WorkStatus(enum.StrEnum):
    """How the work on a package ended."""

    TAKEN = "taken"
    BUILT = "built"
    #: There is no wheel, or it is not good.
    FAILED = "failed"
    #: It needs one that failed, and was not tried.
    HELD = "held back"

    @property
    def good(self) -> bool:
        """Whether there is a wheel for the set."""
        return self in {WorkStatus.TAKEN, WorkStatus.BUILT}


@value
class WorkSettings:
    """How packages are worked on; the same for all.

    Attributes:
        platform: what they are for.
        target: what builds are for, and with what; None where nothing is built.
        outdir: The folder that wheels go to.
        recipes: Folders with recipes of the user's own.
        verify: load every wheel with compiled modules.
        ignore: rules of the audit that are left out, as for :func:`~pyodide_abi.audit.run_rules.audit`.
        compilers: how many compilers may run at once in one build; None leaves it to the build.
        wishes: what the user wants of every machine that works.
    """

    platform: Platform
    target: Target | None
    outdir: Path
    recipes: tuple[Path, ...] = ()
    verify: bool = True
    ignore: tuple[str, ...] = ()
    compilers: int | None = None
    wishes: HostWishes


@value
class Job:
    """One package to work on."""

    step: Step
    settings: WorkSettings


@value
class Made:
    """What became of a package, as it is also written down.

    Attributes:
        name: The name of the package.
        version: The version of the package.
        status: what became of it.
        reason: why it was taken or built, or what is in the way.
        details: further lines on what is in the way.
        file: The name of its wheel; empty where there is none.
        sha256: The digest of the wheel, in hexadecimal.
        size: The bytes of the wheel.
        emscripten: the version of the compiler that built it; empty where we compiled nothing.
        libraries: the libraries that were made for it.
        repairs: what was mended in the wheel.
        findings: what the audit says of it: severity, code and message.
        loads: how many of its files loaded, of how many, in the release that was tried; None where none was.
        seconds: how long the work took, rounded.
    """

    name: str
    version: str
    status: WorkStatus
    reason: str
    details: tuple[str, ...] = ()
    file: str = ""
    sha256: str = ""
    size: int = 0
    emscripten: str = ""
    libraries: tuple[str, ...] = ()
    repairs: tuple[str, ...] = ()
    findings: tuple[tuple[str, str, str], ...] = ()
    loads: tuple[int, int] | None = None
    seconds: int = 0


def make(job: Job, progress: Progress | None = None) -> Made:
    """Work on a package; whatever it is, this returns.

    Args:
        job: the package.
        progress: shows the work; None where nobody watches, as in another process.
    """
    began = time.monotonic()
    package = job.step.package

    def failed(reason: str, details: tuple[str, ...] = ()) -> Made:
        return Made(
            name=package.name,
            version=package.version,
            status=WorkStatus.FAILED,
            reason=reason,
            details=details,
            seconds=round(time.monotonic() - began),
        )

    if job.step.action is Action.NONE:
        return failed(job.step.reason)
    if job.settings.wishes.data != learned_folder():
        use_learned(job.settings.wishes.data)
    try:
        with staging(job.settings.outdir) as folder:
            return _Work(job=job, folder=folder, host=job.settings.wishes.host(progress), began=began).done()
    except PyodideAbiError as error:
        return failed(error.message, (*error.details, *error.hint.splitlines()))
    except OSError as error:
        return failed(f"{error.filename or package.name}: {error.strerror or error}")


@value
class _Work:
    job: Job
    folder: Path
    host: Host
    began: float

    def done(self) -> Made:
        step, settings = self.job.step, self.job.settings
        libraries: tuple[str, ...] = ()
        repairs: tuple[str, ...] = ()
        emscripten = ""
        if step.action is Action.BUILD:
            assert settings.target is not None
            wheel, libraries = self._built(settings.target)
            wheel, repairs = self._repaired(wheel)
            emscripten = settings.target.toolchain.emscripten
        else:
            wheel = self._fetched(self.folder)
        report = audit_file(wheel, platform=settings.platform, ignore=settings.ignore)
        loads = self._loaded(wheel) if settings.verify and not report.pure else None
        bad = _first_error(report) or (loads[1] if loads else "")
        final = settings.outdir / (BAD if bad else "") / wheel.name
        final.parent.mkdir(exist_ok=True)
        wheel.replace(final)
        status = WorkStatus.BUILT if step.action is Action.BUILD else WorkStatus.TAKEN
        return Made(
            name=step.package.name,
            version=step.package.version,
            status=WorkStatus.FAILED if bad else status,
            reason=bad or step.reason,
            file=final.name,
            sha256=sha256_of(final),
            size=final.stat().st_size,
            emscripten="" if report.pure else emscripten,
            libraries=libraries,
            repairs=repairs,
            findings=tuple(map(told, report.findings)),
            loads=loads[0] if loads else None,
            seconds=round(time.monotonic() - self.began),
        )

    def _built(self, target: Target) -> tuple[Path, tuple[str, ...]]:
        settings = self.job.settings
        source = self._sources()
        check_source(source)
        request = BuildRequest(
            source=source, target=target, outdir=self.folder / "built", jobs=settings.compilers
        )
        libraries = Libraries(catalogue=self._recipes(), host=self.host, jobs=settings.compilers)
        result, made = build_with_libraries(request, libraries)
        return result.wheel, made

    def _recipes(self) -> Callable[[], Catalogue]:
        folders = self.job.settings.recipes
        return lambda: Catalogue.read(folders)

    def _sources(self) -> Path:
        file = self._file()
        place = Path(file.place)
        if "://" not in file.place and place.is_dir():
            return place
        return self._fetched(self.folder)

    def _repaired(self, wheel: Path) -> tuple[Path, tuple[str, ...]]:
        """The wheel with all safe edits that the audit asks for."""
        if wheel.stem.endswith("-any") or not plan_wheel(wheel, Wishes()).edits:
            return wheel, ()
        repaired = repair_wheel(wheel, Wishes(), self.folder / "repaired")
        return repaired.path, tuple(f"{edit.path}: {edit.what}" for edit in repaired.made)

    def _fetched(self, folder: Path) -> Path:
        """The file of the step, its digest proved, in a folder."""
        file = self._file()
        target = folder / file.name
        if "://" in file.place:
            if not file.sha256:
                raise MissingError(f"the index gives no SHA-256 digest of {file.name}")
            kind = "wheels" if file.name.endswith(".whl") else "sdists"
            entry = self.host.store.obtain(f"{kind}/{file.sha256}", self._fill)
            shutil.copyfile(next(entry.iterdir()), target)
            return target
        shutil.copyfile(file.place, target)
        if file.sha256 and (found := sha256_of(target)) != file.sha256:
            raise DigestError(f"{file.place} has the digest {found}, not {file.sha256}")
        return target

    def _fill(self, folder: Path, _place: Path) -> None:
        file = self._file()
        download(file.place, file.sha256, self.host).replace(folder / file.name)

    def _file(self) -> File:
        assert self.job.step.file is not None
        return self.job.step.file

    def _loaded(self, wheel: Path) -> tuple[tuple[int, int], str]:
        """How many of its files load in the platform's newest release; what the first failure says."""
        runtime = newest(self.job.settings.platform.runtimes)
        try:
            verification = verify_wheel(wheel, [runtime], self.host)
        except FailedError as error:
            return (0, 0), error.message
        bad = [result for result in verification.results if result.outcome not in _GOOD]
        loaded = sum(result.outcome is Outcome.LOADED for result in verification.results)
        said = f"{bad[0].path}: {bad[0].outcome}: {bad[0].message}" if bad else ""
        return (loaded, len(verification.results)), said


def _first_error(report: Report) -> str:
    return next((f"{one.code}: {one.message}" for one in report.findings if one.severity == "error"), "")


def told(finding: Finding) -> tuple[str, str, str]:
    """A finding as it is written down: severity, code and message."""
    where = f"{finding.location.path}: " if finding.location.path else ""
    return (finding.severity.value, finding.code, where + finding.message)

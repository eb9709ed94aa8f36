"""What is done already, in a file for each package: a run that begins again goes on where the last one was.

A package counts as done while what it was made from is the same (its file, the platform, the rules that were
left out; where it was built, the compiler and the recipes) and its wheel is what it was. One that failed is
tried again.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from pyodide_abi import __version__
from pyodide_abi.atomic import replacing
from pyodide_abi.distribution.work import Made, WorkStatus, make
from pyodide_abi.distribution.work_plan import Action
from pyodide_abi.files import sha256_of
from pyodide_abi.values import asdict, value

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pyodide_abi.distribution.work import Job, WorkSettings
    from pyodide_abi.distribution.work_plan import Step
    from pyodide_abi.host import Progress

#: The folder of the files, below that of the wheels.
FOLDER = ".distribute"
#: Raised when packages are worked on in another way, so that what was done before is done again.
_EDITION = 1


@value
class ProgressFiles:
    """The files of one distribution.

    Attributes:
        outdir: The folder of the wheels.
    """

    outdir: Path

    def find(self, step: Step, settings: WorkSettings) -> Made | None:
        """What became of a package; None where it has to be worked on."""
        try:
            said = json.loads(self._file(step.package.name).read_text("utf-8"))
            made = _read(said["made"])
            if said["key"] != key_of(step, settings) or not said["key"] or not made.status.good:
                return None
            there = sha256_of(self.outdir / made.file) == made.sha256
        except (OSError, ValueError, KeyError, TypeError):
            return None  # It was never done, or another version of the program wrote the file.
        return made if there else None

    def write(self, step: Step, settings: WorkSettings, made: Made) -> None:
        """Remember it; a wheel that was made before under another name goes."""
        file = self._file(step.package.name)
        before = _wheel_in(file)
        if before != made.file or not made.status.good:
            self._remove(before)
        said = {"key": key_of(step, settings), "made": asdict(made)}
        with replacing(file) as partial:
            partial.write_text(json.dumps(said, indent=1) + "\n", "utf-8")

    def locked(self, name: str) -> FileLock:
        """The lock of a package, which one process at a time holds; a dead one holds none."""
        (self.outdir / FOLDER).mkdir(parents=True, exist_ok=True)
        return FileLock(self.outdir / FOLDER / f"{name}.lock")

    def loaded(self) -> dict[str, str]:
        """For each package that was loaded from the lock file, what it was loaded with."""
        try:
            found = json.loads((self.outdir / FOLDER / "loaded").read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write_loaded(self, loaded: dict[str, str]) -> None:
        """Remember that."""
        with replacing(self.outdir / FOLDER / "loaded") as partial:
            partial.write_text(json.dumps(loaded, indent=1) + "\n", "utf-8")

    def together(self, key: str) -> tuple[tuple[str, str, str], ...] | None:
        """What was said of these wheels as a set; None where they have not been judged together."""
        try:
            said = json.loads((self.outdir / FOLDER / "together").read_text("utf-8"))
            found = tuple((str(severity), str(code), str(text)) for severity, code, text in said["found"])
            return found if said["key"] == key else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write_together(self, key: str, found: Sequence[tuple[str, str, str]]) -> None:
        """Remember that."""
        with replacing(self.outdir / FOLDER / "together") as partial:
            partial.write_text(json.dumps({"key": key, "found": found}, indent=1) + "\n", "utf-8")

    def forget_others(self, steps: Sequence[Step]) -> None:
        """Remove the wheels of packages that were part of an earlier run and are not of this one."""
        names = {step.package.name for step in steps}
        for file in (self.outdir / FOLDER).glob("*.json"):
            if file.stem not in names:
                self._remove(_wheel_in(file))
                file.unlink()

    def _remove(self, wheel: str) -> None:
        if wheel:
            (self.outdir / wheel).unlink(missing_ok=True)

    def _file(self, name: str) -> Path:
        return self.outdir / FOLDER / f"{name}.json"


def key_of(step: Step, settings: WorkSettings) -> str:
    """A digest of what decides how a package comes out; empty where that cannot be told, as of a folder."""
    file, target = step.file, settings.target
    if file is None:
        return ""
    digest = file.sha256
    if not digest and "://" not in file.place:
        try:
            digest = sha256_of(type(settings.outdir)(file.place))
        except OSError:
            return ""
    if not digest:
        return ""
    facts = [_EDITION, step.package.name, step.package.version, step.action, file.name, digest]
    facts += [settings.platform.name, settings.verify, settings.ignore]
    if step.action is Action.BUILD and target is not None:
        facts += [target.toolchain.emscripten, str(target.exports), target.tag]
        facts += [[str(prefix) for prefix in target.prefixes]]
        facts += [sorted(str(folder) for folder in settings.recipes)]
    return hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()


def key_of_set(good: Sequence[Made], lock: str, settings: WorkSettings) -> str:
    """A digest of what decides how wheels are judged together: these, what is known of each, and who judges.

    Args:
        good: the wheels.
        lock: The text of the lock file that names them.
        settings: how they were made.
    """
    platform = settings.platform
    facts: list[object] = [_EDITION, __version__, platform.name, settings.ignore, lock]
    facts += [[release.version, release.integrity] for release in platform.releases]
    facts += [[made.file, made.sha256, made.findings] for made in good]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def carry_out(job: Job, progress: Progress | None = None) -> Made:
    """Work on a package, unless that is done already, and remember it; what an executor calls.

    Whoever does the work remembers it, so that nothing is lost with whoever asked for it.
    """
    files = ProgressFiles(outdir=job.settings.outdir)
    with files.locked(job.step.package.name):
        found = files.find(job.step, job.settings)
        if found is None:
            found = make(job, progress)
            files.write(job.step, job.settings, found)
    return found


def _wheel_in(file: Path) -> str:
    """The name of the good wheel that a file tells of; empty where there is none."""
    try:
        made = _read(json.loads(file.read_text("utf-8"))["made"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return made.file if made.status.good else ""


def _read(said: dict[str, Any]) -> Made:
    """A :class:`Made` from what was written of it."""
    loads = said["loads"]
    return Made(
        **{
            **said,
            "status": WorkStatus(said["status"]),
            "findings": tuple(tuple(one) for one in said["findings"]),
            "loads": tuple(loads) if loads else None,
            **{name: tuple(said[name]) for name in ("details", "libraries", "repairs")},
        }
    )

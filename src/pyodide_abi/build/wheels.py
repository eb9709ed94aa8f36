"""Build one wheel: the steps in order."""

from __future__ import annotations

import hashlib
import itertools
import shutil
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from pyodide_abi.build.environment import make_environment
from pyodide_abi.build.frontend import HookFailedError, run_backend
from pyodide_abi.build.logs import explained, passed_over
from pyodide_abi.build.model import BuildResult
from pyodide_abi.build.record import write_record
from pyodide_abi.build.staging import stage
from pyodide_abi.build.tools.cargo import equip
from pyodide_abi.errors import UsageError
from pyodide_abi.wheel import open_wheel, retag
from pyodide_abi.wheel.metadata import COMPILER_FIELD
from pyodide_abi.wheel.write import NewMember, members_of, timestamp_of, write_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.build.model import BuildRequest, Target
    from pyodide_abi.host import Host

_ANY = "any"


def build_wheel(request: BuildRequest, host: Host) -> BuildResult:
    """Build ``request.source`` into a wheel in ``request.outdir``.

    Nothing appears in ``outdir`` before the wheel is whole.

    Raises:
        UsageError: the source is no project, or the tag is none of the platform's.
        UnreadableInputError: the sdist or ``pyproject.toml`` is damaged.
        BuildFailedError: a compiler or the backend refused; the log is kept, its path is in the hint.
        OfflineError: a build requirement is not in uv's cache and the network is off limits.
        MissingError: uv or pyproject-hooks is not installed.
    """
    _check_tag(request)
    lines: list[str] = []

    def on_line(line: str) -> None:
        lines.append(line)
        if request.verbose:
            host.progress.say(line)

    named = f"{request.source.name}\0{request.target.platform.name}"
    with work_folder(named, host.store.root / "builds") as work:
        project = stage(request.source, _made(work / "project"), leave_out=[request.outdir])
        with host.progress.task(f"building {request.source.name} for {request.target.platform.name}"):
            target = equip(request.target, project, host)
            environment = make_environment(
                target, work, host, on_line=on_line, source=project, jobs=request.jobs
            )
            try:
                built = run_backend(
                    project,
                    environment,
                    host,
                    outdir=_made(work / "built"),
                    config_settings=request.config_settings,
                    jobs=request.jobs,
                    on_line=on_line,
                )
            except HookFailedError as error:
                log = "\n".join(lines).replace(f"{project}/", "")
                raise explained(request.source.name, request.target.platform.name, log, host) from error
        remarks = tuple(dict.fromkeys(environment.remarks.read_text("utf-8").splitlines()))
        remarks += passed_over("\n".join(lines), modules=_has_modules(built))
        wheel = _finish(_without_place(built, work), request, host)
        report = write_record(
            request,
            target,
            environment,
            wheel=wheel,
            project=project,
            remarks=remarks,
            folder=request.report or host.store.root / "logs",
        )
    return BuildResult(wheel=wheel, log="\n".join(lines), remarks=remarks, report=report)


def _check_tag(request: BuildRequest) -> None:
    known = [tag.tag for tag in request.target.platform.tags]
    if request.target.tag and request.target.tag not in known:
        raise UsageError(
            f"{request.target.tag!r} is no tag of the platform {request.target.platform.name}",
            hint=f"one of: {', '.join(known)}",
        )


@contextmanager
def work_folder(named: str, locks: Path) -> Iterator[Path]:
    """A folder for one build alone, gone with it.

    It has the same name each time, unless another build is in it: some projects write its path into their
    files, and compiler caches know by paths what they have seen. What builds have left that were killed goes.

    Args:
        named: A name that says what is built, and for what.
        locks: the folder of the locks, made if need be.
    """
    digest = hashlib.sha256(named.encode()).hexdigest()[:16]
    locks.mkdir(parents=True, exist_ok=True)
    names = (f"{digest}-{number}" if number else digest for number in itertools.count())
    with ExitStack() as stack:
        for left in locks.glob("*.lock"):
            if _folder_of(left).exists():
                with ExitStack() as briefly:
                    _take(left, briefly)
        yield next(filter(None, (_take(locks / f"{name}.lock", stack) for name in names)))


def _take(lock: Path, stack: ExitStack) -> Path | None:
    """The folder of a lock, empty, until the stack is left; None if it is another build's or user's."""
    held, folder = FileLock(lock, blocking=False), _folder_of(lock)
    try:
        held.acquire()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
    except (Timeout, FileExistsError):
        held.release()
        return None
    stack.callback(held.release)
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _folder_of(lock: Path) -> Path:
    # A real path: the compiler's prefix maps compare text.
    return Path(tempfile.gettempdir()).resolve() / f"pyodide-abi-{lock.stem}"


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _without_place(built: Path, work: Path) -> Path:
    """The wheel; its bills of materials (PEP 770) name the project by where it lay, which nobody can use."""
    place, named = str(work).encode(), b"/build"
    with open_wheel(built) as wheel:
        bills = [member.name for member in wheel.members if "/sboms/" in member.name]
        texts = {name: text for name in bills if place in (text := wheel.read(name))}
        if not texts:
            return built
        members = [
            NewMember(name=member.name, content=texts[member.name].replace(place, named), mode=member.mode)
            if member.name in texts
            else member
            for member in members_of(wheel)
        ]
        return write_wheel(members, _made(work / "finished") / built.name)


def _has_modules(built: Path) -> bool:
    with open_wheel(built) as wheel:
        # Without an interpreter's suffixes every module is a shared library.
        return bool(wheel.shared_libraries(()))


def _finish(built: Path, request: BuildRequest, host: Host) -> Path:
    """Write the wheel anew: the platform's tag, a true RECORD, one time for all members."""
    timestamp = timestamp_of(host.environ)
    with open_wheel(built) as wheel:
        if wheel.name.platforms == (_ANY,):
            return write_wheel(members_of(wheel), request.outdir / built.name, timestamp=timestamp)
        name = wheel.name.with_tags(platform=request.target.tag or request.target.platform.tag)
        fields = _other_compiler(request.target)
        return retag(wheel, name, request.outdir, timestamp=timestamp, fields=fields)


def _other_compiler(target: Target) -> tuple[tuple[str, str], ...]:
    """The field of ``WHEEL`` that says which compiler made a wheel, where it is not the platform's."""
    used, named = target.toolchain.emscripten, target.platform.emscripten
    said = f"Emscripten {used}; {target.platform.name} names {named}"
    return () if used == named else ((COMPILER_FIELD, said),)

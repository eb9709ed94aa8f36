"""Many files at once: each audited by itself, in this process or by whatever executes for the caller.

An executor is anything with the interface of :class:`concurrent.futures.Executor`: a pool of processes on
this machine, or the client of a cluster. What goes there and back are names and plain values.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pyodide_abi.audit.pipeline import open_subject
from pyodide_abi.audit.run_rules import audit
from pyodide_abi.errors import PyodideAbiError, UnreadableInputError
from pyodide_abi.linker.elide.fast_reading import read_files
from pyodide_abi.platforms.known import use_learned
from pyodide_abi.platforms.learned import learned_folder
from pyodide_abi.values import replace, value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Executor
    from pathlib import Path

    from pyodide_abi.audit.run_rules import Report
    from pyodide_abi.linker.elide.fast_reading import Spread
    from pyodide_abi.linker.plain_reading import ReadFiles


@value
class Request:
    """One file and how to audit it; the same for all files of a call.

    Attributes:
        learned: the folder of the user's data, for whoever has not named it yet.
    """

    file: Path
    platform: str | None
    usual: str | None
    beside: tuple[Path, ...]
    engine: str | None
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    learned: Path | None


@value
class Audited:
    """What became of one file; exactly one of ``report`` and ``error`` is there.

    Attributes:
        report: as of :func:`~pyodide_abi.audit.pipeline.audit_file`, without the facts of the modules: they
            are large, and no report shows them.
        error: why there is none.
    """

    file: Path
    report: Report | None = None
    error: PyodideAbiError | None = None


def audit_files(
    files: Iterable[Path],
    *,
    platform: str | None = None,
    usual: str | None = None,
    beside: Iterable[Path] = (),
    engine: str | None = None,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    executor: Executor | None = None,
    spread: Spread | None = None,
) -> Iterator[Audited]:
    """Audit files, each as if it were the only one.

    Args:
        files: wheels and modules.
        platform: the name of one to hold them against, whatever their tags.
        usual: The name of the one for what carries no tag; None for the only one that its contents fit.
        beside: Files that form a set with modules.
        engine: that predictions are for; None for every current one.
        select: as for :func:`~pyodide_abi.audit.run_rules.audit`.
        ignore: The rules to leave out, as for :func:`~pyodide_abi.audit.run_rules.audit`.
        executor: What does the work; None for the caller itself, file by file as results are asked for.
        spread: Without an executor, what reads the modules of a large wheel at the same time, such as
            :class:`pyodide_abi.copies.Copies`; None for one after another.

    Yields:
        a result for each file, in the order of ``files``. A file that cannot be read, ends a worker or shows
        a fault of ours has an error as its result, and the others have theirs.
    """
    requests = [
        Request(
            file=file,
            platform=platform,
            usual=usual,
            beside=tuple(beside),
            engine=engine,
            select=tuple(select),
            ignore=tuple(ignore),
            learned=learned_folder(),
        )
        for file in files
    ]
    if executor is None:
        read = partial(read_files, spread=spread)
        yield from (audit_one(request, read) for request in requests)
        return
    futures = [(request, executor.submit(audit_one, request)) for request in requests]
    for request, future in futures:
        try:
            yield future.result()
        except Exception as error:  # noqa: BLE001 - whatever a stranger's executor raises, this file has no result
            yield Audited(file=request.file, error=_failed(request.file, error))


def audit_one(request: Request, read: ReadFiles = read_files) -> Audited:
    """Audit a file; whatever it is, this returns.

    Args:
        request: The file, and how.
        read: How native files are read.
    """
    file = request.file
    if request.learned != learned_folder():
        use_learned(request.learned)
    try:
        with open_subject(
            file,
            platform=request.platform,
            usual=request.usual,
            engine=request.engine,
            beside=request.beside,
            read=read,
        ) as subject:
            report = audit(subject, select=request.select, ignore=request.ignore)
    except PyodideAbiError as error:
        return Audited(file=file, error=error)
    except OSError as error:
        return Audited(file=file, error=UnreadableInputError(f"{file}: {error.strerror or error}"))
    except MemoryError:
        return Audited(file=file, error=UnreadableInputError(f"{file.name}: needs more memory than there is"))
    except Exception as error:  # noqa: BLE001 - a fault of ours over one file must not hide the other files
        return Audited(file=file, error=_failed(file, error))
    return Audited(file=file, report=_without_facts(report))


def _without_facts(report: Report) -> Report:
    modules = tuple(replace(binary, library=replace(binary.library, facts=None)) for binary in report.modules)
    return replace(report, modules=modules)


def _failed(file: Path, error: Exception) -> UnreadableInputError:
    what = f"{type(error).__name__}: {error}".rstrip(": ")
    failed = UnreadableInputError(
        f"{file.name}: the audit did not end as it should: {what}",
        hint="that is a fault of pyodide-abi, whatever the file is: please report it with the file",
    )
    failed.__cause__ = error
    return failed

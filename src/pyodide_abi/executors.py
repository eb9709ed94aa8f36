"""What does the work of a command that has much of it: processes of ours, or an executor of the user's.

The user's is anything with the interface of :class:`concurrent.futures.Executor`, such as a cluster's client:
``module:factory`` names a function that gives one, in a module that Python finds here or beside the user.
"""

from __future__ import annotations

import importlib
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pyodide_abi.errors import FailedError, MissingError, PyodideAbiError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor, Future

_Result = TypeVar("_Result")
_EXAMPLE = "such as cluster:executor, for a function executor() in cluster.py"
_MEMORY = Path("/proc/meminfo")


def free_memory(file: Path = _MEMORY) -> int | None:
    """The bytes that new processes can have without swapping; None where the system does not say."""
    try:
        lines = file.read_text("ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:")), None)


@contextmanager
def opened_executor(named: str | None, jobs: int, folder: Path) -> Iterator[Executor | None]:
    """An executor, while it is wanted; what was handed to it and has not begun is dropped in the end.

    Args:
        named: ``module:factory`` of the user's own; None for processes of ours.
        jobs: how many processes; one is the caller itself, for which there is no executor.
        folder: The folder of the user, whose modules are found, too.

    Raises:
        UsageError: there is no such factory, or it gives another thing.
        MissingError: The system does not let this user begin so many processes.
    """
    executor = _made_by(named, folder) if named else _processes(jobs)
    try:
        yield executor
    finally:
        if named and executor is not None:
            # Not every executor of others takes cancel_futures: Dask's does not.
            executor.shutdown(wait=False)
        elif executor is not None:
            executor.shutdown(cancel_futures=True)


def _processes(jobs: int) -> Executor | None:
    if jobs == 1:
        return None
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 - one job needs none

    from pyodide_abi.copies import can_begin  # noqa: PLC0415 - as above
    from pyodide_abi.process import end_with_starter  # noqa: PLC0415 - as above

    if not can_begin(jobs):
        raise MissingError(
            f"the system lets this user begin no {jobs} more processes, with the threads that each needs",
            hint="ask for fewer with --jobs; one needs no other process",
        )
    return ProcessPoolExecutor(jobs, initializer=end_with_starter)


def _made_by(named: str, folder: Path) -> Executor:
    module, _, name = named.partition(":")
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    try:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError, ValueError) as error:
        raise UsageError(f"--executor {named} is not there: {error}", hint=_EXAMPLE) from error
    factory = cast("Callable[[], Executor]", found)
    if not callable(factory):
        raise UsageError(f"--executor {named} is no function", hint=_EXAMPLE)
    try:
        executor = factory()
    except Exception as error:  # whatever a stranger's function raises, there is no executor
        raise UsageError(f"--executor {named} failed: {type(error).__name__}: {error}") from error
    if not callable(getattr(executor, "submit", None)):
        raise UsageError(f"--executor {named} gives no executor: it has no method submit", hint=_EXAMPLE)
    return executor


def result_of(future: Future[_Result]) -> _Result:
    """What an executor's work came to.

    Raises:
        PyodideAbiError: the work raised that; whatever else it raised, a FailedError has in words.
    """
    try:
        return future.result()
    except PyodideAbiError:
        raise
    except Exception as error:  # whatever a stranger's executor raises, there is no result
        raise FailedError(f"the work did not end as it should: {type(error).__name__}: {error}") from error

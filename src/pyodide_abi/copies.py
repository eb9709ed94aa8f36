"""Work that copies of this process do, to which nothing has to be handed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class Copies:
    """Does a piece of work for each item in copies of this process.

    They have all that is in memory here, so the work may be any function; what it comes to is sent back.
    """

    def __init__(self, number: int) -> None:
        """Begin.

        Args:
            number: So many copies at most.
        """
        self._number = number

    def __call__(self, work: Callable[[_Item], _Result], items: Sequence[_Item]) -> Iterator[_Result]:
        """What the work comes to for each item, in their order.

        Where there are no copies, as the system has none or lets this user begin no more processes, the
        work is done here, one by one.

        Raises:
            MemoryError: A copy was ended from outside, as systems do that are short of memory.
            Exception: Whatever the work raised for an item.
        """
        number = min(self._number, len(items))
        if number == 1 or not _can_copy(number):
            yield from map(work, items)
            return
        from concurrent.futures.process import (  # noqa: PLC0415 - few need it
            BrokenProcessPool,
            ProcessPoolExecutor,
        )
        from multiprocessing import active_children, get_context  # noqa: PLC0415 - as above

        others = set(active_children())
        copies = ProcessPoolExecutor(
            number,
            mp_context=get_context("fork"),
            initializer=_begin_copy,
            initargs=(work, items),
        )
        try:
            coming = copies.map(_work_of_copy, range(len(items)))
        except OSError:
            # Some may have begun; they would wait for ever, as nobody hands anything to them.
            for copy in set(active_children()) - others:
                copy.kill()
                copy.join()
            yield from map(work, items)
            return
        try:
            yield from coming
        except BrokenProcessPool as error:
            raise MemoryError from error
        finally:
            copies.shutdown(cancel_futures=True)


def _can_copy(number: int) -> bool:
    """Copies are to be had, and sound: the libraries of macOS are not, nor what other threads were at."""
    import threading  # noqa: PLC0415 - small audits need none

    return sys.platform == "linux" and threading.active_count() == 1 and can_begin(number)


def can_begin(number: int) -> bool:
    """Whether the system lets this user begin so many processes of a pool, each with a thread.

    Where it does not, the standard library's pool waits for ever, or ends with a traceback. Systems that
    bound a user's processes count threads as well, so that these are tried, which is quick; the pool has two
    of its own.
    """
    import threading  # noqa: PLC0415 - as above

    over = threading.Event()
    threads = [threading.Thread(target=over.wait) for _ in range(2 * number + 2)]
    try:
        for thread in threads:
            thread.start()
    except RuntimeError:
        return False
    finally:
        over.set()
        for thread in threads:
            if thread.ident is not None:
                thread.join()
    return True


#: In a copy, what is to be done with which items.
_copied: tuple[Callable[[Any], Any], Sequence[Any]]


def _begin_copy(work: Callable[[Any], Any], items: Sequence[Any]) -> None:
    import signal  # noqa: PLC0415 - as below

    from pyodide_abi.process import end_with_starter  # noqa: PLC0415 - copies alone need it

    global _copied  # noqa: PLW0603 - a copy does one kind of work in its life
    _copied = (work, items)
    # Ctrl-C is told to every process of a terminal; the one that began this ends its copies.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_starter()


def _work_of_copy(place: int) -> Any:  # noqa: ANN401 - of whatever type the work is
    work, items = _copied
    return work(items[place])

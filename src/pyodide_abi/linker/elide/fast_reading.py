"""The door to the fast path: files read as they arrive, without the names that are their own business."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

from pyodide_abi.linker.budget import Budget
from pyodide_abi.linker.elide.outline import outline_of, settle
from pyodide_abi.linker.elide.stream import outline_stream
from pyodide_abi.linker.module_facts import anatomy_of
from pyodide_abi.linker.plain_reading import Read, module_in
from pyodide_abi.signatures import recovered_from
from pyodide_abi.wasm import read_module

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from typing import TypeAlias

    from pyodide_abi.linker.elide.outline import Outline
    from pyodide_abi.linker.module_facts import Anatomy
    from pyodide_abi.linker.native_file import NativeFile
    from pyodide_abi.signatures import Recovered

    #: A file's outline, what it is made of, and what it hands over to be called.
    _Outlined: TypeAlias = tuple[Outline, Anatomy, Recovered]

_Item = TypeVar("_Item")
_Done = TypeVar("_Done")

#: Bytes of all files but the largest. With fewer, other processes gain less than they cost to begin.
_WORTH_SPREADING = 8_000_000


class Spread(Protocol):
    """Does a piece of work for each item, somewhere else; gives what it came to in the order of the items."""

    def __call__(self, work: Callable[[_Item], _Done], items: Sequence[_Item], /) -> Iterator[_Done]:
        """Begin."""
        ...


def read_files(
    files: Sequence[NativeFile],
    *,
    known: Callable[[], frozenset[bytes]],
    sought: Collection[str] = (),
    budget: Budget | None = None,
    spread: Spread | None = None,
) -> dict[str, Read]:
    """Read files, whatever they are, one after another, so that never more than a part of one is held.

    Predictions and findings are those that :mod:`pyodide_abi.linker.plain_reading` leads to. The facts lack
    names that decide nothing as long as no load fails, see :mod:`pyodide_abi.linker.elide.outline`.

    Args:
        files: The files that can be loaded together.
        known: Gives the names of C++ and Rust that some release of the platform has; asked for a module that
            exports such names.
        sought: Names of features to look for in code, which takes time; those that an engine refuses.
        budget: The work that may be done; None for what the sizes of the files give.
        spread: Reads some files at the same time where they are large; None for one after another.

    Returns:
        What was read, by path, in the order of the files.

    Raises:
        UnreadableInputError: The budget is used up.
    """
    budget = budget or Budget(size=sum(file.size for file in files))
    budget.share_out({file.path: file.size for file in files})
    by_path = {file.path: file for file in files}
    # The largest first, while nothing is kept of the others: that takes the least memory.
    largest_first = sorted(files, key=lambda file: -file.size)
    read_one = partial(_read, known=known, sought=sought)
    if spread and sum([file.size for file in largest_first[1:]]) > _WORTH_SPREADING:
        outlined = _read_elsewhere(largest_first, read_one, budget, spread)
    else:
        outlined = {file.path: read_one(file, budget) for file in largest_first}

    def export_at(path: str, place: int) -> str:
        return read_module(by_path[path].read()).exports[place].name

    libraries = settle([outlined[path][0] for path in by_path], export_at)
    return {library.path: Read(library, *outlined[library.path][1:]) for library in libraries}


def _read_elsewhere(
    files: Sequence[NativeFile],
    read: Callable[[NativeFile, Budget], _Outlined],
    budget: Budget,
    spread: Spread,
) -> dict[str, _Outlined]:
    """Files read by others; what they have paid, and proved, is noted here."""
    *others, smallest = files
    # What is made for the first file, of data and of patterns, need not be made by each of the others.
    found = {smallest.path: read(smallest, budget)}

    def work(file: NativeFile) -> tuple[_Outlined, int, tuple[int, bytes] | None]:
        before = budget.left
        outlined = read(file, budget)
        return outlined, before - budget.left, file.proved.get(file.member)

    for file, (outlined, steps, proof) in zip(others, spread(work, others), strict=True):
        budget.spend_elsewhere(steps)
        if proof is not None:
            file.proved[file.member] = proof
        found[file.path] = outlined
    return found


def _read(
    file: NativeFile, budget: Budget, *, known: Callable[[], frozenset[bytes]], sought: Collection[str]
) -> _Outlined:
    budget.spend_file()
    pieces = file.pieces()
    found = outline_stream(file, pieces, known=known, sought=sought, budget=budget)
    if found is None:
        return _read_whole(file, budget, known=known, sought=sought)
    # Whether the archive's member is sound shows behind its last piece.
    for _ in pieces:
        pass
    return found


def _read_whole(
    file: NativeFile, budget: Budget, *, known: Callable[[], frozenset[bytes]], sought: Collection[str]
) -> _Outlined:
    """Read a file that is not as usual."""
    data = file.read()
    module = module_in(data, budget)
    outline = outline_of(file.path, data, module, known=known, sought=sought)
    anatomy = anatomy_of(outline.library, module, checksum=file.checksum)
    return outline, anatomy, recovered_from(module, most=budget.share_of(file.path))

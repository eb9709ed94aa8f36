"""The door to the fast path: files read as they arrive, without the names that are their own business."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.linker.budget import Budget
from pyodide_abi.linker.elide.outline import outline_of, settle
from pyodide_abi.linker.elide.stream import outline_stream
from pyodide_abi.linker.module_facts import anatomy_of
from pyodide_abi.linker.plain_reading import Read, module_in
from pyodide_abi.signatures import recovered_from
from pyodide_abi.wasm import read_module

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from pyodide_abi.linker.elide.outline import Outline
    from pyodide_abi.linker.module_facts import Anatomy
    from pyodide_abi.linker.native_file import NativeFile
    from pyodide_abi.signatures import Recovered


def read_files(
    files: Sequence[NativeFile],
    *,
    known: Callable[[], frozenset[bytes]],
    sought: Collection[str] = (),
    budget: Budget | None = None,
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

    Returns:
        What was read, by path, in the order of the files.

    Raises:
        UnreadableInputError: The budget is used up.
    """
    budget = budget or Budget(size=sum(file.size for file in files))
    by_path = {file.path: file for file in files}
    # The largest first, while nothing is kept of the others: that takes the least memory.
    largest_first = sorted(files, key=lambda file: -file.size)
    read = {file.path: _read(file, known, sought, budget) for file in largest_first}

    def export_at(path: str, place: int) -> str:
        return read_module(by_path[path].read()).exports[place].name

    libraries = settle([read[path][0] for path in by_path], export_at)
    return {library.path: Read(library, *read[library.path][1:]) for library in libraries}


def _read(
    file: NativeFile, known: Callable[[], frozenset[bytes]], sought: Collection[str], budget: Budget
) -> tuple[Outline, Anatomy, Recovered]:
    budget.spend_file()
    pieces = file.pieces()
    found = outline_stream(file, pieces, known=known, sought=sought, budget=budget)
    if found is None:
        return _read_whole(file, known, sought, budget)
    # Whether the archive's member is sound shows behind its last piece.
    for _ in pieces:
        pass
    return found


def _read_whole(
    file: NativeFile, known: Callable[[], frozenset[bytes]], sought: Collection[str], budget: Budget
) -> tuple[Outline, Anatomy, Recovered]:
    """Read a file that is not as usual."""
    data = file.read()
    module = module_in(data, budget)
    outline = outline_of(file.path, data, module, known=known, sought=sought)
    anatomy = anatomy_of(outline.library, module, checksum=file.checksum)
    return outline, anatomy, recovered_from(module)

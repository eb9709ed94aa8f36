"""Reading files, plainly: each as a whole, with all that its bytes say.

Read this before :mod:`pyodide_abi.linker.elide.fast_reading`, which audits use because it takes less time and
memory. Both lead to the same predictions and findings, which a test over random modules holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from pyodide_abi.errors import WasmError
from pyodide_abi.linker.budget import Budget
from pyodide_abi.linker.facts import read_library
from pyodide_abi.linker.module_facts import anatomy_of
from pyodide_abi.signatures import recovered_from
from pyodide_abi.wasm import read_module

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from pyodide_abi.linker.facts import Library
    from pyodide_abi.linker.module_facts import Anatomy
    from pyodide_abi.linker.native_file import NativeFile
    from pyodide_abi.signatures import Recovered
    from pyodide_abi.wasm import Module


class Read(NamedTuple):
    """What is kept of a file.

    Attributes:
        library: What the linker sees of it.
        anatomy: What it is made of beside that.
        recovered: What it hands over to be called through pointers.
    """

    library: Library
    anatomy: Anatomy
    recovered: Recovered


class ReadFiles(Protocol):
    """A way to read files; the arguments are those of :func:`read_files_plainly`."""

    def __call__(
        self,
        files: Sequence[NativeFile],
        *,
        known: Callable[[], frozenset[bytes]],
        sought: Collection[str],
        budget: Budget | None = None,
    ) -> Mapping[str, Read]:
        """What was read, by path, in the order of the files."""
        ...


def read_files_plainly(
    files: Sequence[NativeFile],
    *,
    known: Callable[[], frozenset[bytes]],
    sought: Collection[str] = (),
    budget: Budget | None = None,
) -> dict[str, Read]:
    """Read files, whatever they are.

    Args:
        files: The files that can be loaded together.
        known: Gives the mangled names that some release of the platform has; here they make no difference.
        sought: Names of features to look for in code, which takes time; those that an engine refuses.
        budget: The work that may be done; None for what the sizes of the files give.

    Returns:
        What was read, by path, in the order of the files.

    Raises:
        UnreadableInputError: The budget is used up.
    """
    del known
    budget = budget or Budget(size=sum(file.size for file in files))
    budget.share_out({file.path: file.size for file in files})
    found: dict[str, Read] = {}
    for file in files:
        budget.spend_file()
        data = file.read()
        module = module_in(data, budget)
        library = read_library(file.path, data, module=module, sought=sought)
        anatomy = anatomy_of(library, module, checksum=file.checksum)
        recovered = recovered_from(module, most=budget.share_of(file.path))
        found[file.path] = Read(library, anatomy, recovered)
    return found


def module_in(data: bytes, budget: Budget) -> Module | None:
    """The module that bytes are; None where they are none.

    Raises:
        UnreadableInputError: The budget is used up.
    """
    try:
        module = read_module(data)
    except WasmError:
        return None
    for section in module.sections:
        budget.spend_section(module, section)
    return module

"""The global offset table (GOT) of one interpreter: which addresses are known and which are wanted.

All libraries share one table (loader.md, section 2). An entry is made when the first library asks for the
address of a symbol, and gets its value from the first library that defines it, or from the main module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.linker.checks.addresses import check_address
from pyodide_abi.linker.name_set import NameSet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pyodide_abi.linker.checks.addresses import GotRequester
    from pyodide_abi.linker.main_module import MainModule
    from pyodide_abi.linker.offers import Offer
    from pyodide_abi.linker.prediction import Problem


class GlobalOffsetTable:
    """The table in the course of loads.

    Attributes:
        defined: Names of entries that have an address, because some loaded library defines them.
        undefined: Entries without an address so far, in order, with the library that asked first, or first
            asked for a symbol that is not weak.
        required: The undefined entries that at least one library does not call weak.
    """

    def __init__(self, *, main_module: MainModule, find: Callable[[str], Offer | None]) -> None:
        """An empty table.

        Args:
            main_module: The main module, with its loader and engine.
            find: Gives what the loader has under a name: the main module's, or what was loaded for all.
        """
        self._main_module = main_module
        self._find = find
        self.defined = NameSet()
        self.undefined: dict[str, GotRequester] = {}
        self.required: set[str] = set()

    def copy(self, *, find: Callable[[str], Offer | None]) -> GlobalOffsetTable:
        """A second table in the same state, of another interpreter; ``find`` as for this one."""
        other = GlobalOffsetTable(main_module=self._main_module, find=find)
        other.defined = self.defined.copy()
        other.undefined = {**self.undefined}
        other.required = {*self.required}
        return other

    def request(self, names: Iterable[str], requester: GotRequester, weak: frozenset[str]) -> None:
        """Make the entries that a library asks for.

        Args:
            names: The names of the entries.
            requester: The library.
            weak: The symbols that the library can do without.
        """
        self._main_module.budget.spend_compare(self.defined.parts)
        wanted = dict.fromkeys(self.defined.lacking(names), requester)
        required = wanted.keys() - weak
        if self.undefined:
            # Who asked first stays where it is, but for one who could do without.
            known = self.undefined.keys() - (required - self.required)
            self.undefined |= {name: requester for name in wanted if name not in known}
        else:
            self.undefined = wanted
        self.required |= required

    def request_object(self, name: str, requester: GotRequester) -> None:
        """Make the entry of an export that has no address, which the loader finds out when it reports."""
        self.undefined.setdefault(name, requester)

    def define(self, names: frozenset[str]) -> None:
        """Give entries the addresses of a library's exports."""
        self.defined.update(names)
        met = names.intersection(self.undefined)
        for name in met:
            del self.undefined[name]
        self.required -= met

    def report_undefined(self) -> Iterator[Problem]:
        """Give the entries of the table that are still open their addresses, as far as there are any."""
        self._main_module.budget.spend_compare(len(self.undefined))
        for name, requester in list(self.undefined.items()):
            problem = check_address(
                name,
                self._find(name),
                requester,
                required=name in self.required,
                main_module=self._main_module,
            )
            if problem is not None:
                yield problem
            elif self._find(name) is None and not self._main_module.loader.weak_stays_null:
                # A later library may still define it, or want it for sure.
                continue
            else:
                self.defined.add(name)
            del self.undefined[name]
            self.required.discard(name)

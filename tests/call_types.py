# ruff: noqa: E501 - lines of C
"""A type with a slot whose function fits or does not, as a module in C writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from call_modules import Expected
from call_slots import SUBTABLES, function, wasm_type, wrong

if TYPE_CHECKING:
    from call_slots import Slot


FLAGS = "Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE"


class Made:
    """A type: its name, its slot, and whether the function fits."""

    def __init__(self, module: str, number: int, slot: Slot, *, fits: bool, variety: int) -> None:
        self.name = f"{'Q' if fits else 'P'}{number}"
        self.full = f"{module}.{self.name}"
        self.slot = slot
        self.function = f"{self.name}_{slot.name}"
        self.have = slot.signature if fits else wrong(slot.signature, variety)
        self.flags = f"{FLAGS} | {slot.flags}" if slot.flags else FLAGS
        self.size = "sizeof(PyObject)"
        self.fits = fits

    @property
    def definition(self) -> str:
        return function(self.function, self.have, self.slot.body if self.fits else "")

    @property
    def extra(self) -> list[tuple[str, str]]:
        """Slots that the type needs so that the one is called."""
        more = []
        if self.slot.name == "bf_releasebuffer":
            more.append(("bf_getbuffer", "some_buffer"))
        if self.slot.flags and self.slot.name != "tp_traverse":
            more.append(("tp_traverse", "some_traverse"))
        if self.slot.name == "tp_free":
            more.append(("tp_new", "PyType_GenericNew"))
        if self.slot.name == "am_send":
            more.append(("tp_iter", "PyObject_SelfIter"))
            more.append(("tp_iternext", "some_next"))
        return more

    @property
    def members(self) -> list[tuple[str, str]]:
        return [(self.slot.name, f"(void *)(void (*)(void)){self.function}"), *self.extra]

    @property
    def parts(self) -> list[str]:
        """The beginnings of names of members that lie in tables of their own, each once."""
        found = dict.fromkeys(member.partition("_")[0] for member, _ in self.members)
        return [part for part in found if part in SUBTABLES]

    def stores(self, *, type_: str, table: str) -> str:
        """Statements that store all members, in the type or in the table that the name leads to."""
        text = ""
        for member, value in self.members:
            part = member.partition("_")[0]
            place = table.format(part=part) if part in SUBTABLES else type_
            text += f"{place}{member} = (void *){value};"
        return text

    @property
    def slots(self) -> str:
        """Rows of an array of PyType_Slot."""
        return "".join(f"{{Py_{name}, (void *){value}}}, " for name, value in self.members) + "{0, NULL}"

    def static(self, *, filled: bool = True) -> str:
        """A static type."""
        tables: dict[str, list[str]] = {}
        direct = []
        names = [name for name, _ in self.members]
        for name, value in self.members if filled else ():
            part = name.partition("_")[0]
            if part in SUBTABLES:
                tables.setdefault(part, []).append(f".{name} = (void *){value}")
            else:
                direct.append(f".{name} = (void *){value}")
        text = ""
        for part, rows in tables.items():
            kind, member = SUBTABLES[part]
            text += f"static {kind} {self.name}_{part} = {{ {', '.join(rows)} }};\n"
            direct.append(f".{member} = &{self.name}_{part}")
        new = "" if "tp_new" in names else ".tp_new = PyType_GenericNew, "
        return text + (
            f'static PyTypeObject {self.name}_type = {{ PyVarObject_HEAD_INIT(NULL, 0) .tp_name = "{self.full}", '
            f".tp_basicsize = {self.size}, .tp_flags = {self.flags}, {new}{', '.join(direct)} }};\n"
        )

    @property
    def spec(self) -> str:
        return (
            f"static PyType_Slot {self.name}_slots[] = {{ {self.slots} }};\n"
            f'static PyType_Spec {self.name}_spec = {{ "{self.full}", {self.size}, 0, {self.flags}, {self.name}_slots }};\n'
        )

    def expected(self, *, static: bool) -> Expected:
        table = "PyType_Slot"
        if static:
            table = SUBTABLES.get(self.slot.name.partition("_")[0], ("PyTypeObject", ""))[0]
        call = self.slot.call.format(o=f"m.{self.name}()", t=f"m.{self.name}")
        return Expected(
            f"{self.full} {self.slot.name}", wasm_type(self.have), wasm_type(self.slot.signature), call, table
        )

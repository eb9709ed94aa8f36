"""Of the functions that Python sees in a module, how many the audit recovers from the module's code.

Imports every extension module of published wheels in the newest release of their platform and asks for
what C has defined: functions of the module and of the modules in it, and of its types their own methods,
getters and slots. Prints a row for each wheel, and what is lacking::

    python tests/differential/recall.py [WHEEL ...]

Without arguments, the wheels of ``tests/real_wheels.py``. Functions that a binding library makes at run time
out of one function of its own (pybind11, nanobind, Boost.Python) are counted by themselves: the tables of a
module hold that one alone. A type whose name is put together at run time is known by its members.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

if __name__ == "__main__":
    # The modules beside this file are one package for pytest and for this command.
    sys.path[0] = str(Path(__file__).parents[1])

from real_wheels import PINNED, real_wheel

from pyodide_abi.audit.pipeline import open_subject

#: Prints what C has defined in modules: functions as ``name``, members of types as ``Type.name``, slots as
#: ``Type __name__``; and how many functions a binding library has made.
_LOOK = Path(__file__).with_name("looking.py")
#: The slots that a method of Python's stands for.
_SLOTS = {
    "call": "tp_call", "getattribute": "tp_getattro tp_getattr", "setattr": "tp_setattro tp_setattr",
    "delattr": "tp_setattro tp_setattr", "next": "tp_iternext", "get": "tp_descr_get", "set": "tp_descr_set",
    "delete": "tp_descr_set", "del": "tp_finalize tp_del", "len": "mp_length sq_length",
    "getitem": "mp_subscript sq_item", "setitem": "mp_ass_subscript sq_ass_item",
    "delitem": "mp_ass_subscript sq_ass_item", "add": "nb_add sq_concat", "mul": "nb_multiply sq_repeat",
    "rmul": "nb_multiply sq_repeat", "iadd": "nb_inplace_add sq_inplace_concat",
    "imul": "nb_inplace_multiply sq_inplace_repeat", "contains": "sq_contains", "pow": "nb_power",
    "ipow": "nb_inplace_power", "neg": "nb_negative", "pos": "nb_positive", "abs": "nb_absolute",
    "sub": "nb_subtract", "mod": "nb_remainder", "truediv": "nb_true_divide", "floordiv": "nb_floor_divide",
    "matmul": "nb_matrix_multiply", "await": "am_await", "aiter": "am_aiter", "anext": "am_anext",
    "buffer": "bf_getbuffer", "release_buffer": "bf_releasebuffer",
    **dict.fromkeys(("lt", "le", "eq", "ne", "gt", "ge"), "tp_richcompare"),
}  # fmt: skip


class Count(NamedTuple):
    """What was seen of a wheel.

    Attributes:
        seen: functions that C has defined.
        lacking: those of them that were not recovered.
        made: functions that a binding library has made.
        modules: how many of its modules could be imported, and how many there are.
    """

    seen: list[str]
    lacking: list[str]
    made: int
    modules: tuple[int, int]

    def row(self, name: str) -> str:
        """A row of the table."""
        found = len(self.seen) - len(self.lacking)
        share = f"{100 * found / len(self.seen):.1f} %" if self.seen else ""
        imported = "{} of {}".format(*self.modules)
        return f"| {name} | {imported} | {len(self.seen)} | {found} | {share} | {self.made or ''} |"


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("wheels", nargs="*", type=Path, metavar="WHEEL")
    print("| wheel | modules | seen | recovered | share | made by a binding library |")  # noqa: T201 - a command
    print("| --- | --- | --- | --- | --- | --- |")  # noqa: T201 - likewise
    for wheel in parser.parse_args().wheels or [real_wheel(*pinned) for pinned in PINNED]:
        count = _count(wheel)
        distribution, version, python, *_ = wheel.name.split("-")
        print(count.row(f"{distribution} {version} ({python})"), flush=True)  # noqa: T201 - likewise
        if count.lacking:
            more = " …" if count.lacking[20:] else ""
            sys.stderr.write(f"{wheel.name} lacks {', '.join(count.lacking[:20])}{more}\n")
    return 0


def _count(wheel: Path) -> Count:
    with open_subject(wheel) as subject:
        modules = {binary.path: binary for binary in subject.binaries if binary.extension}
        entries = [entry for binary in subject.binaries for entry in binary.recovered.entries]
    recovered = {entry.name.removesuffix(" (get)").removesuffix(" (set)") for entry in entries}
    # Each with its owner alone, as Python says it: types may say that they are of another module.
    short = {".".join(name.split(".")[-2:]) for name in recovered}
    short |= {name.rpartition(".")[2] for name in recovered}
    seen, made, imported = _seen(wheel, list(modules)) if modules else ([], 0, 0)
    return Count(
        seen=seen,
        lacking=[name for name in seen if not _is_in(name, short)],
        made=made,
        modules=(imported, len(modules)),
    )


def _seen(wheel: Path, modules: list[str]) -> tuple[list[str], int, int]:
    """What Python sees of them."""
    command = [sys.executable, "-m", "pyodide_abi", "run", "-q", "--no-deps", "-w", str(wheel), "--"]
    done = subprocess.run(
        [*command, "-c", _LOOK.read_text("utf-8"), *modules], capture_output=True, text=True, check=False
    )
    sys.stderr.write(done.stderr)
    if not done.stdout:
        return [], 0, 0
    answer = json.loads(done.stdout.splitlines()[-1])
    return answer["names"], answer["made"], answer["imported"]


def _is_in(name: str, recovered: set[str]) -> bool:
    owner, blank, method = name.partition(" ")
    if not blank:
        # Where a type's name is put together at run time, its entries are named after their member alone.
        return not recovered.isdisjoint({name, f"?.{name.rpartition('.')[2]}"})
    word = method.strip("_")
    names = {
        f"tp_{word}",
        f"nb_{word}",
        f"nb_{word.removeprefix('r')}",
        f"nb_inplace_{word.removeprefix('i')}",
    }
    slots = _SLOTS.get(word, _SLOTS.get(word.removeprefix("r"), ""))
    names |= {
        *slots.split(),
        *(slot.replace("nb_", "nb_inplace_") for slot in _SLOTS.get(word[1:], "").split()),
    }
    return any(f"{one} {slot}" in recovered for one in (owner, "?") for slot in names)


if __name__ == "__main__":
    sys.exit(main())

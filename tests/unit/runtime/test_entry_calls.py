"""What is concluded from calls; the calls themselves are proved in the integration tests."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from fake_node import BOOTED, DONE, entered, imported, left, make_node_host
from made_wheels import make_wheel
from rich.console import Console

from pyodide_abi.platforms import load_platform
from pyodide_abi.report.called_entries import calls_to_data, write_calls
from pyodide_abi.runtime.entry_calls import CallSeen, call_entries
from pyodide_abi.runtime.node import find_node
from pyodide_abi.runtime.verify import verify_wheel
from pyodide_abi.signatures import CalledFunction, TableEntry
from pyodide_abi.signatures.layouts import load_layouts
from pyodide_abi.signatures.outcomes import CallResult
from pyodide_abi.signatures.rows import Row

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.runtime.entry_calls import CalledEntry

RUNTIME = load_platform("314_0").runtimes[0]
SUFFIX = ".cpython-314-wasm32-emscripten.so"
ONE = f"/lib/python3.14/site-packages/one{SUFFIX}"
LOADED = [BOOTED, entered(ONE), left(ONE), entered(ONE), left(ONE), imported(ONE)]
CALLING = {"kind": "probe", "calling": "x"}
TRAP = {"kind": "died", "text": "RuntimeError: null function or function signature mismatch"}
DEATH = {"kind": "died", "text": "RuntimeError: memory access out of bounds"}


LATE = "SystemError: <built-in function len> returned a result with an exception set"


def called(error: str = "") -> dict[str, Any]:
    return {"kind": "probe", "called": "x", "error": error}


def row(
    predicted: str, name: str = "one.f", *, within: int | None = None, prototyped: str = "PyCFunction"
) -> Row:
    prototype = load_layouts().prototypes[prototyped]
    target = CalledFunction(index=3, type=prototype.type)
    table = "qsort" if within else "PyMethodDef"
    entry = TableEntry(table=table, name=name, target=target, prototype=prototype, within=within)
    calls = {RUNTIME.version: CallResult(predicted)} if predicted else {}
    return Row(entry=entry, have=prototype.type, certainty=entry.certainty, calls=calls)


def call(tmp_path: Path, told: list[Any], *rows: Row) -> tuple[CalledEntry, ...]:
    def driver(request: dict[str, Any]) -> list[Any]:
        return [*LOADED, *told] if request["probe"]["call"] else [*LOADED, DONE]

    path = f"one{SUFFIX}"
    wheel = make_wheel(tmp_path, "one-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl", {path: b"\0asm"})
    host = make_node_host(tmp_path, driver, [RUNTIME.version])
    verification = verify_wheel(wheel, [RUNTIME], host)
    return call_entries(
        verification, [RUNTIME], {path: rows}, host, program=find_node(host), jobs=1, timeout=9.0
    )


@pytest.mark.parametrize(
    ("told", "predicted", "seen", "ok"),
    [
        ([CALLING, called(), DONE], "survives", CallSeen.SURVIVES, True),
        ([CALLING, called("TypeError: no"), DONE], "survives", CallSeen.SURVIVES, True),
        (
            [CALLING, called("SystemError: Handler takes too many arguments"), DONE],
            "raises",
            CallSeen.RAISES,
            True,
        ),
        ([CALLING, called("SystemError: of its own"), DONE], "survives", CallSeen.SURVIVES, True),
        ([CALLING, called(LATE), DONE], "survives", CallSeen.SURVIVES, True),
        ([CALLING, called(), DONE], "raises", CallSeen.SURVIVES, False),
        ([CALLING, called(), DONE], "traps", CallSeen.SURVIVES, False),
        ([CALLING, TRAP, 134], "traps", CallSeen.TRAPS, False),
        ([CALLING, TRAP, 134], "survives", CallSeen.TRAPS, False),
        ([CALLING, DEATH, 134], "survives", CallSeen.DIES, True),
        ([CALLING, DEATH, 134], "garbage", CallSeen.DIES, True),
        ([CALLING, called(), DONE], "", CallSeen.SURVIVES, True),
        ([TRAP, 134], "survives", CallSeen.UNTRIED, True),
        ([{"kind": "probe", "untried": "why"}, DONE], "traps", CallSeen.UNTRIED, True),
    ],
)
def test_what_happened_and_whether_it_is_as_predicted(
    told: list[Any], predicted: str, seen: CallSeen, ok: bool, tmp_path: Path
) -> None:
    (entry,) = call(tmp_path, told, row(predicted))
    assert (entry.seen, entry.ok) == (seen, ok)


def test_a_function_that_hands_a_wrong_one_over_is_not_wrong_itself(tmp_path: Path) -> None:
    method, callback = call(tmp_path, [CALLING, TRAP, 134], row("survives"), row("traps", within=3))
    assert (method.seen, method.agrees) == (CallSeen.DIES, True)
    assert (callback.seen, callback.agrees) == (CallSeen.TRAPS, True)


def test_an_error_of_a_setter_comes_late(tmp_path: Path) -> None:
    setter = row("raises", "one.T.x (set)", prototyped="setter")
    (entry,) = call(tmp_path, [CALLING, called(LATE), DONE], setter)
    assert (entry.seen, entry.agrees) == (CallSeen.RAISES, True)


@pytest.mark.parametrize(
    ("slot", "seen"), [("one.T tp_vectorcall", CallSeen.DIES), ("one.U tp_vectorcall", CallSeen.TRAPS)]
)
def test_what_makes_an_instance_is_called_before_its_other_slots(
    slot: str, seen: CallSeen, tmp_path: Path
) -> None:
    told = [CALLING, TRAP, 134]
    made, _ = call(tmp_path, told, row("survives", "one.T tp_new"), row("traps", slot))
    assert (made.seen, made.agrees) == (seen, seen is CallSeen.DIES)


def test_a_callback_that_nobody_was_seen_to_call(tmp_path: Path) -> None:
    (entry,) = call(tmp_path, [CALLING, called(), DONE], row("traps", within=3))
    assert (entry.seen, entry.ok) == (CallSeen.NEVER, True)


def test_the_import_is_the_call_of_an_init_function(tmp_path: Path) -> None:
    (entry,) = call(tmp_path, [TRAP, 134], row("survives", "PyInit_one"))
    assert (entry.seen, entry.text) == (CallSeen.SURVIVES, "")


def test_a_callback_without_a_known_function_is_not_tried(tmp_path: Path) -> None:
    (entry,) = call(tmp_path, [TRAP, 134], row("traps", "qsort", within=3))
    assert entry.seen is CallSeen.UNTRIED
    (data,) = calls_to_data([entry])
    assert data["called"] == {
        RUNTIME.version: {
            "seen": "not tried",
            "message": "no function that Python can call is seen to hand it over",
            "agrees": True,
        }
    }


@pytest.mark.parametrize("entries", [0, 1])
def test_modules_that_may_have_more_entries_are_named(entries: int, tmp_path: Path) -> None:
    done = call(tmp_path, [CALLING, called(), DONE], *[row("survives")] * entries)
    told = StringIO()
    console = Console(file=told, width=200)
    write_calls(done, console, ["long.so"])
    write_calls(done, console)
    assert told.getvalue().count("long.so: not all code was followed") == 1
    assert told.getvalue().count("calls: ") == 2

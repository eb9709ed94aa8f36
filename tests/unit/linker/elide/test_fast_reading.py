"""The fast way to read files and the plain one lead to the same predictions and the same findings."""

from __future__ import annotations

import pickle
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import pytest
from assembling import make_wheel
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_modules import native_file, side_module

from pyodide_abi.audit import audit, open_subject
from pyodide_abi.errors import UnreadableInputError
from pyodide_abi.linker.budget import Budget
from pyodide_abi.linker.elide.fast_reading import read_files
from pyodide_abi.linker.plain_reading import read_files_plainly
from pyodide_abi.platforms import load_platform
from pyodide_abi.values import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from pyodide_abi.audit import Report, Subject
    from pyodide_abi.linker.plain_reading import ReadFiles

_Item = TypeVar("_Item")
_Done = TypeVar("_Done")

#: Names that are a module's own business unless another one uses them, and others that never are.
MANGLED = [f"_ZN{length}{'n' * length}Ev" for length in (1, 2, 9, 40)] + [
    "_RNvC1a1b",
    "_ZTI5Class",
    "_ZTIN1a1bE",
]
KNOWN_MANGLED = ["_ZdlPv", "_Znwm"]
NAMES = [*MANGLED, *KNOWN_MANGLED, "plain", "printf", "pthread_create", "invoke_vi", "__cxa_throw"]
#: A platform whose installers give names to all, one whose loader is the oldest, and the newest.
PLATFORMS = ("2024_0", "314_0", "2026_5")
TYPES = ("", "(param i32)", "(param i64) (result i32)")


class Named(NamedTuple):
    """How a module uses a name: it imports a function, imports an address, exports a function or data."""

    name: str
    called: bool
    address: str
    defined: str
    type: int
    other_type: bool


uses = st.builds(
    Named,
    name=st.sampled_from(NAMES),
    called=st.booleans(),
    address=st.sampled_from(["", "", "GOT.func", "GOT.mem"]),
    defined=st.sampled_from(["", "function", "function", "data", "wide"]),
    type=st.integers(0, len(TYPES) - 1),
    other_type=st.integers(0, 4).map(lambda number: not number),
)


class Made(NamedTuple):
    """A module of a wheel."""

    uses: list[Named]
    needed: bool
    #: What runs during the load calls the imported functions, in this hook.
    hook: str
    tagged: bool


modules = st.builds(
    Made,
    uses=st.lists(uses, max_size=9, unique_by=lambda use: use.name),
    needed=st.booleans(),
    hook=st.sampled_from(["", "", "__wasm_call_ctors", "__wasm_apply_data_relocs", "start"]),
    tagged=st.booleans(),
)


def text_of(made: Made, init: str) -> str:
    """A module's fields in WebAssembly's text format."""
    imports, defined = [], []
    for index, use in enumerate(made.uses):
        type_ = TYPES[use.type]
        if use.called:
            imports.append(f'(import "env" "{use.name}" (func $f{index} {type_}))')
        if use.address:
            imports.append(f'(import "{use.address}" "{use.name}" (global (mut i32)))')
        if use.defined == "function":
            own = TYPES[(use.type + use.other_type) % len(TYPES)]
            defined.append(f'(func (export "{use.name}") {own} unreachable)')
        elif use.defined:
            kind = "i32 (i32.const 8)" if use.defined == "data" else "i64 (i64.const 8)"
            defined.append(f'(global (export "{use.name}") {kind})')
    calls = [f"(call $f{at})" for at, use in enumerate(made.uses) if use.called and not use.type]
    if made.hook == "start":
        defined.append(f"(func $hook {' '.join(calls)}) (start $hook)")
    elif made.hook:
        defined.append(f'(func (export "{made.hook}") {" ".join(calls)})')
    if made.tagged:
        defined.append("(tag (param i32)) (func try catch_all end)")
    if init:
        defined.append(f'(func (export "PyInit_{init}") (result i32) i32.const 0)')
    return " ".join(imports + defined)


def audited(wheel: Path, read: ReadFiles) -> tuple[Subject, Report]:
    """The wheel with its predictions, but the facts, which may have fewer names; and the findings."""
    with open_subject(wheel, read=read) as subject:
        report = audit(subject)
        binaries = tuple(
            replace(binary, library=replace(binary.library, facts=None)) for binary in subject.binaries
        )
        return replace(subject, binaries=binaries, wheel=None, offers={}), replace(report, modules=())


def elsewhere(work: Callable[[_Item], _Done], items: Sequence[_Item]) -> Iterator[_Done]:
    """Work that is done in another process, as far as the work can see."""
    return (pickle.loads(pickle.dumps(work(item))) for item in items)  # noqa: S301 - our own


@pytest.fixture
def always_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyodide_abi.linker.elide.fast_reading._WORTH_SPREADING", 0)


@pytest.mark.usefixtures("always_spread")
@pytest.mark.parametrize("name", PLATFORMS)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(library=modules, extensions=st.lists(modules, min_size=1, max_size=3))
def test_all_ways_say_the_same(tmp_path: Path, name: str, library: Made, extensions: list[Made]) -> None:
    platform = load_platform(name)
    files = {"pack.libs/libone.so": side_module(text_of(library, ""))}
    for number, made in enumerate(extensions):
        needed = ("libone.so",) if made.needed else ()
        data = side_module(text_of(made, f"m{number}"), needed=needed, run_paths=("$ORIGIN/pack.libs",))
        files[f"m{number}{platform.python.suffixes[0]}"] = data
    tag = platform.python.tag
    wheel = make_wheel(tmp_path, f"pack-1.0-{tag}-{tag}-{platform.tags[0].tag}.whl", files)
    found = audited(wheel, read_files)
    assert found == audited(wheel, read_files_plainly)
    assert found == audited(wheel, partial(read_files, spread=elsewhere))


@pytest.mark.usefixtures("always_spread")
def test_what_others_pay_and_prove_is_noted() -> None:
    files = [
        native_file(side_module(f'(import "env" "f{number}" (func))'), path=f"{number}.so")
        for number in range(3)
    ]

    def work_elsewhere(work: Callable[[_Item], _Done], items: Sequence[_Item]) -> Iterator[_Done]:
        for item, file in zip(items, files, strict=False):
            before = budget.left
            file.proved[file.member] = (file.size, b"digest")
            done = work(item)
            file.proved.clear()
            # A copy's budget is not this one.
            budget.spend_elsewhere(budget.left - before)
            yield done

    here, budget = Budget(), Budget()
    read_files(files, known=frozenset, budget=here)
    read_files(files, known=frozenset, budget=budget, spread=work_elsewhere)
    assert budget.left == here.left
    assert [set(file.proved) for file in files] == [{"0.so"}, {"1.so"}, set()]
    with pytest.raises(UnreadableInputError, match="too many"):
        read_files(files, known=frozenset, budget=Budget(steps=200), spread=elsewhere)

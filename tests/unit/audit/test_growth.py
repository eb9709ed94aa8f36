"""An audit's work grows with what a wheel holds, not with its square: calls are counted, for three sizes."""

from __future__ import annotations

import base64
import functools
import gc
import hashlib
import io
import tracemalloc
import zipfile
from typing import TYPE_CHECKING

import pytest
from counting import calls, lines

from pyodide_abi.audit import audit_file
from pyodide_abi.audit.rules import divided_type_information, unmet_requirement
from pyodide_abi.errors import UnreadableInputError
from pyodide_abi.repair.plan import Wishes
from pyodide_abi.repair.repair_wheel import plan_wheel
from pyodide_abi.report.envelope import to_lines
from pyodide_abi.report.json import audit_to_data
from pyodide_abi.report.show import Part, describe
from pyodide_abi.toml import read_toml
from pyodide_abi.wasm import encode as enc
from pyodide_abi.wasm.sections import dylink0
from pyodide_abi.wasm.sections.dylink0 import Dylink, ImportInfo, ImportInfos, MemoryInfo, Needed, RuntimePath

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

WHEEL = "spam-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
INFO = "spam-1.dist-info"
SUFFIX = ".cpython-314-wasm32-emscripten.so"
SMALLEST = 60
#: Calls for longer numbers and the like.
FEW = 1000
#: Work may grow by so much more than input; of calls that are counted nothing is left to chance.
RATIO = 1.02
SECTIONS = {
    "type": 1,
    "import": 2,
    "function": 3,
    "global": 6,
    "export": 7,
    "element": 9,
    "code": 10,
    "data": 11,
}
NOTHING_TO_RETURN = enc.vector([b"\x60\0\0", b"\x60\0\1\x7f"])


def module(
    init: str = "spam",
    *,
    needed: Iterable[str] = (),
    run_paths: Iterable[str] = ("$ORIGIN",),
    weak: Iterable[str] = (),
    imports: Iterable[bytes] = (),
    exports: Iterable[bytes] = (),
    **sections: bytes,
) -> bytes:
    """An extension module; sections by their names take the place of its own."""
    infos = tuple(ImportInfo(module="env", name=name, flags=dylink0.SymbolFlag.WEAK) for name in weak)
    dylink = Dylink(
        subsections=(
            MemoryInfo(memory_size=0, memory_align=0, table_size=0, table_align=0),
            Needed(tuple(needed)),
            ImportInfos(infos),
            RuntimePath(tuple(run_paths)),
        )
    )
    functions = [one for one in imports if one[-2] == 0]
    own = enc.name(f"PyInit_{init}") + b"\0" + enc.unsigned(len(functions))
    contents = {
        "type": NOTHING_TO_RETURN,
        "import": enc.vector(list(imports)),
        "function": enc.vector([b"\1"]),
        "export": enc.vector([own, *exports]),
        "code": enc.vector([enc.sized(b"\0\x41\0\x0b")]),
    } | sections
    head = b"\0asm\1\0\0\0" + b"\0" + enc.sized(enc.name(dylink0.NAME) + dylink0.encode(dylink))
    ordered = sorted((SECTIONS[name], body) for name, body in contents.items())
    return head + b"".join(bytes([number]) + enc.sized(body) for number, body in ordered)


def function(name: str) -> bytes:
    return enc.name("env") + enc.name(name) + b"\0\0"


def address(name: str) -> bytes:
    return enc.name("GOT.mem") + enc.name(name) + b"\3\x7f\1"


def modules_of_one_library(number: int) -> Mapping[str, bytes]:
    users = {f"m{at}{SUFFIX}": module(f"m{at}", needed=["l.so"]) for at in range(number)}
    return {"l.so": module(exports=[enc.name("x") + b"\0\0"]), **users}


def empty_libraries(number: int) -> Mapping[str, bytes]:
    return {f"l{at}.so": b"" for at in range(number)}


def modules_without_what_they_need(number: int) -> Mapping[str, bytes]:
    return {f"m{at}{SUFFIX}": module(f"m{at}", needed=[f"absent{at}.so"]) for at in range(number)}


def modules_that_lack_a_function(number: int) -> Mapping[str, bytes]:
    return {f"m{at}{SUFFIX}": module(f"m{at}", imports=[function(f"absent{at}")]) for at in range(number)}


def refused_and_sound_modules(number: int) -> Mapping[str, bytes]:
    refused = {f"r{at}{SUFFIX}": module(f"r{at}", imports=[address(f"absent{at}")]) for at in range(number)}
    return refused | {f"m{at}{SUFFIX}": module(f"m{at}") for at in range(number)}


def libraries_of_another_system(number: int) -> Mapping[str, bytes]:
    return {f"m{at}.dylib": module(f"m{at}") for at in range(number)}


def folders(number: int) -> Mapping[str, bytes]:
    return {f"f{at}/m{SUFFIX}": module("m", needed=[f"l{at}.so"]) for at in range(number)}


def python_files(number: int) -> Mapping[str, bytes]:
    return {f"p{at}.py": b"import threading\nlock = threading.Lock()\n" for at in range(number)}


def libraries_in_folders(number: int) -> Mapping[str, bytes]:
    """Each module needs a library that lies in a folder, which the loader does not find."""
    users = {f"m{at}{SUFFIX}": module(f"m{at}", needed=[f"l{at}.so"], run_paths=()) for at in range(number)}
    return users | {f"f{at}/l{at}.so": module(f"l{at}") for at in range(number)}


def one(**parts: Callable[[int], Iterable[object]]) -> Callable[[int], Mapping[str, bytes]]:
    """A wheel with one module whose parts have so many entries."""

    def make(number: int) -> Mapping[str, bytes]:
        made = {name: part(number) for name, part in parts.items()}
        return {f"spam{SUFFIX}": module(**made)}  # type: ignore[arg-type] # each part has its own type

    return make


def many(make: Callable[[int], bytes]) -> Callable[[int], list[bytes]]:
    return lambda number: [make(at) for at in range(number)]


def listed(make: Callable[[int], bytes]) -> Callable[[int], bytes]:
    return lambda number: enc.vector(many(make)(number))


def names(prefix: str) -> Callable[[int], list[str]]:
    return lambda number: [f"{prefix}{at}" for at in range(number)]


def metadata(line: str) -> Callable[[int], Mapping[str, bytes]]:
    def make(number: int) -> Mapping[str, bytes]:
        lines = "".join(line.format(at=at) for at in range(number))
        text = f"Metadata-Version: 2.1\nName: spam\nVersion: 1\n{lines}"
        return {f"spam{SUFFIX}": module(), f"{INFO}/METADATA": text.encode()}

    return make


def record_of_absent_files(number: int) -> Mapping[str, bytes]:
    lines = "".join(f"absent{at}.py,sha256=x,1\n" for at in range(number))
    return {f"spam{SUFFIX}": module(), f"{INFO}/RECORD": lines.encode()}


def tags(number: int) -> Mapping[str, bytes]:
    lines = "".join(f"Tag: cp314-cp314-any{at}\n" for at in range(number))
    text = f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\n{lines}"
    return {f"spam{SUFFIX}": module(), f"{INFO}/WHEEL": text.encode()}


def functions_with_too_many_locals(number: int) -> Mapping[str, bytes]:
    body = enc.sized(b"\1" + enc.unsigned(50_001) + b"\x7f\x41\0\x0b")
    return one(function=listed(lambda _: b"\1"), code=listed(lambda _: body))(number)


def names_that_python_imports(number: int) -> Mapping[str, bytes]:
    """Each file wants a name that the module does not have."""
    files = {f"p{at}.py": f"from spam import absent{at}\n".encode() for at in range(number)}
    return {f"spam{SUFFIX}": module(), **files}


def libraries_that_python_may_open(number: int) -> Mapping[str, bytes]:
    """Texts that may name each of the files without an init function."""
    texts = ", ".join(f'"t{at}"' for at in range(number))
    files = {f"m{at}{SUFFIX}": module("other") for at in range(number)}
    return files | {"p.py": f"import ctypes, os\nctypes.CDLL(os.listdir([{texts}])[0])\n".encode()}


def classes_of_two_modules(number: int) -> Mapping[str, bytes]:
    """Two modules that are linked to each other have each its own type information of every class."""
    return linked_with_classes(1, number)


def linked_with_classes(libraries: int, number: int) -> Mapping[str, bytes]:
    """A module, and libraries in a line behind it, each with its own type information of the same classes."""
    text = "".join(f"{len(name)}{name}\0" for name in names("Class")(number))
    data = enc.vector([b"\0\x23\0\x0b" + enc.sized(b"\0" + text.encode())])
    imports = [
        enc.name("env") + enc.name("__memory_base") + b"\3\x7f\0",
        address("_ZTVN10__cxxabiv120__si_class_type_infoE"),
        function("__cxa_begin_catch"),
    ]
    line = ["spam", *names("l")(libraries)]
    return {
        f"{name}{SUFFIX if name == 'spam' else '.so'}": module(
            name, needed=[f"{needed}.so"] if needed else (), imports=imports, data=data
        )
        for name, needed in zip(line, [*line[1:], ""], strict=True)
    }


SHAPES = {
    "modules of one library": modules_of_one_library,
    "empty libraries": empty_libraries,
    "modules without what they need": modules_without_what_they_need,
    "modules that lack a function": modules_that_lack_a_function,
    "refused and sound modules": refused_and_sound_modules,
    "libraries of another system": libraries_of_another_system,
    "folders": folders,
    "libraries in folders": libraries_in_folders,
    "python files": python_files,
    "names that python imports": names_that_python_imports,
    "libraries that python may open": libraries_that_python_may_open,
    "functions with too many locals": functions_with_too_many_locals,
    "needed": one(needed=names("absent")),
    "run paths": one(needed=lambda _: ["absent.so"], run_paths=names("/f")),
    "weak symbols": one(weak=names("w"), imports=many(lambda at: address(f"w{at}"))),
    "types": one(type=lambda number: enc.vector([b"\x60\0\0", b"\x60\0\1\x7f", *[b"\x60\1\x7f\0"] * number])),
    "functions that nobody has": one(imports=many(lambda at: function(f"absent{at}"))),
    "addresses that nobody has": one(imports=many(lambda at: address(f"absent{at}"))),
    "exports": one(exports=many(lambda at: enc.name(f"e{at}") + b"\0\0")),
    "globals": one(**{"global": listed(lambda _: b"\x7f\0\x41\0\x0b")}),
    "elements": one(element=listed(lambda _: b"\0\x41\0\x0b\0")),
    "data segments": one(data=listed(lambda _: b"\0\x41\0\x0b\0")),
    "classes of two modules": classes_of_two_modules,
    "record": record_of_absent_files,
    "requirements": metadata("Requires-Dist: r{at}\n"),
    "requirements of what the runtime brings": metadata('Requires-Dist: numpy>=99; extra == "x"\n'),
    "extras": metadata('Provides-Extra: e{at}\nRequires-Dist: r{at}>1; extra == "e{at}"\n'),
    "classifiers": metadata("Classifier: c{at}\n"),
    "tags": tags,
}


def pack(file: Path, contents: Mapping[str, bytes]) -> None:
    everything = {
        f"{INFO}/METADATA": b"Metadata-Version: 2.1\nName: spam\nVersion: 1\n",
        f"{INFO}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp314-cp314-x\n",
    } | dict(contents)
    lines = [f"{name},sha256={_digest(data)},{len(data)}" for name, data in everything.items()]
    everything.setdefault(f"{INFO}/RECORD", "\n".join([*lines, f"{INFO}/RECORD,,", ""]).encode())
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in everything.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    file.write_bytes(out.getvalue())


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def audit_and_show(file: Path, contents: Mapping[str, bytes]) -> None:
    to_lines([audit_to_data(audit_file(file))])
    for name, data in contents.items():
        if name == f"spam{SUFFIX}":
            describe(name, data, frozenset(Part))


def of_three_sizes(measure: Callable[[int], int]) -> tuple[int, int, int]:
    """What inputs of one, two and four sizes take; one before them fills what is kept for all."""
    measure(SMALLEST)
    return measure(SMALLEST), measure(2 * SMALLEST), measure(4 * SMALLEST)


@pytest.mark.parametrize("shape", SHAPES)
def test_twice_as_much_takes_twice_the_work(shape: str, tmp_path: Path) -> None:
    """What every input takes is taken away: the second step is held against the first."""

    def work(size: int) -> int:
        contents = SHAPES[shape](size)
        file = tmp_path / WHEEL
        pack(file, contents)
        return calls(functools.partial(audit_and_show, file, contents))

    small, middle, large = of_three_sizes(work)
    assert large - middle <= RATIO * 2 * (middle - small) + FEW


def types_that_are_made_with_methods(number: int) -> Mapping[str, bytes]:
    """The init function makes a type and a method of it, again and again, each at another place in memory."""
    base, drop = b"\x23\0", b"\x1a"

    def place(offset: int) -> bytes:
        return base + b"\x41" + enc.signed(offset) + b"\x6a"

    made = (
        place(4 * at) + b"\x10\0" + drop + place(4 * at) + place(4 * at + 8) + b"\x10\1" + drop
        for at in range(number)
    )
    body = b"\0" + b"".join(made) + b"\x41\0\x0b"
    imports = [
        enc.name("env") + enc.name("__memory_base") + b"\3\x7f\0",
        enc.name("env") + enc.name("PyType_Ready") + b"\0\2",
        enc.name("env") + enc.name("PyDescr_NewMethod") + b"\0\3",
    ]
    types = [b"\x60\0\0", b"\x60\0\1\x7f", b"\x60\1\x7f\1\x7f", b"\x60\2\x7f\x7f\1\x7f"]
    data = b"\0" + base + b"\x0b" + enc.sized(b"\1" * (4 * number + 400))
    made_of = {"type": enc.vector(types), "code": enc.vector([enc.sized(body)]), "data": enc.vector([data])}
    return {f"spam{SUFFIX}": module(imports=imports, **made_of)}  # type: ignore[arg-type] # sections only


#: Loops over them call nothing.
IN_LOOPS = {
    "addresses of one way of unwinding": one(imports=many(lambda at: address(f"invoke_v{at}"))),
    "libraries that python may open": libraries_that_python_may_open,
    "types that are made with methods": types_that_are_made_with_methods,
}


@pytest.mark.parametrize("shape", IN_LOOPS)
def test_no_loop_runs_within_another_over_the_same(shape: str, tmp_path: Path) -> None:
    def work(size: int) -> int:
        file = tmp_path / WHEEL
        pack(file, IN_LOOPS[shape](size))
        return lines(functools.partial(audit_file, file))

    small, middle, large = of_three_sizes(work)
    assert large - middle <= RATIO * 2 * (middle - small) + FEW


#: Shapes of whole wheels that a repair looks at; no folder of libraries is named, so nothing is added.
REPAIRED = ("modules of one library", "modules without what they need", "libraries in folders", "needed")


@pytest.mark.parametrize("shape", REPAIRED)
def test_a_repair_is_planned_with_twice_the_work(shape: str, tmp_path: Path) -> None:
    def work(size: int) -> int:
        file = tmp_path / WHEEL
        pack(file, SHAPES[shape](size))
        return calls(functools.partial(plan_wheel, file, Wishes()))

    small, middle, large = of_three_sizes(work)
    assert large - middle <= RATIO * 2 * (middle - small) + FEW


#: Shapes whose entries are kept in other ways than those of the others.
HELD = ("empty libraries", "modules of one library", "exports", "data segments", "record", "requirements")
SETTINGS = {
    "entries": lambda number: "[tool.pyodide-abi]\n" + "".join(f"x{at} = {at}\n" for at in range(number)),
    "tables": lambda number: "".join(f"[tool.other.t{at}]\nx = 1\n" for at in range(number)),
    "lists": lambda number: f"[tool.other]\nx = [{'1, ' * number}]\n",
}


@pytest.mark.parametrize("shape", SETTINGS)
def test_settings_are_read_with_twice_the_work(shape: str, tmp_path: Path) -> None:
    def work(size: int) -> int:
        file = tmp_path / "pyproject.toml"
        file.write_text(SETTINGS[shape](size), "utf-8")
        return calls(functools.partial(read_toml, file))

    small, middle, large = of_three_sizes(work)
    assert large - middle <= RATIO * 2 * (middle - small) + FEW


@pytest.mark.parametrize("shape", HELD)
def test_twice_as_much_takes_twice_the_memory(shape: str, tmp_path: Path) -> None:
    """Bytes that Python holds at most while it audits; what every input takes is taken away, as above.

    The collector of cycles is off: when it runs depends on what ran before, and with it the greatest number.
    The smaller of two counts: what is read once, and kept from then on, belongs to no input.
    """

    def memory(size: int) -> int:
        pack(file, SHAPES[shape](size))
        return min(held(), held())

    def held() -> int:
        gc.collect()
        gc.disable()
        tracemalloc.start()
        try:
            to_lines([audit_to_data(audit_file(file))])
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
            gc.enable()

    file = tmp_path / WHEEL
    small, middle, large = of_three_sizes(memory)
    assert large - middle <= 1.2 * 2 * max(middle - small, 0) + LITTLE


#: Bytes that lists grow by in advance, and the like.
LITTLE = 300_000


def test_more_small_files_or_entries_than_fit_the_size_are_refused(tmp_path: Path) -> None:
    """A bound that is said: reading takes a second for each megabyte of the wheel at most."""
    file = tmp_path / WHEEL
    for contents in (
        empty_libraries(6000),
        {f"spam{SUFFIX}": module(type=enc.unsigned(400_000) + 400_000 * b"\x60\0\0")},
        {
            f"spam{SUFFIX}": module(data=enc.unsigned(90_000) + 90_000 * b"\0\x41\0\x0b\0"),
            **{
                f"s{at}{SUFFIX}": module(f"s{at}", data=enc.unsigned(90_000) + 90_000 * b"\0\x41\0\x0b\0")
                for at in range(2)
            },
        },
    ):
        pack(file, contents)
        with pytest.raises(UnreadableInputError, match="too many small entries"):
            audit_file(file)


@pytest.mark.parametrize(
    "requirement",
    [
        "Requires-Dist: numpy>=99; " + "(" * 400 + 'python_version > "3"' + ")" * 400 + "\n",
        "Requires-Dist: numpy" + ",".join(["!=1"] * 400) + "\n",
    ],
    ids=["long markers", "long versions"],
)
def test_requirements_beyond_the_bound_are_not_parsed(
    requirement: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unmet_requirement, "_MOST_PARSED", SMALLEST * len(requirement))

    def work(size: int) -> int:
        file = tmp_path / WHEEL
        pack(file, metadata(requirement)(size))
        return calls(functools.partial(audit_file, file))

    small, middle, large = of_three_sizes(work)
    assert large - middle <= RATIO * 2 * (middle - small) + FEW
    # Twice as many that are not parsed take less than half of those that are.
    assert middle - small < small - work(SMALLEST // 2)


def test_classes_are_compared_up_to_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of libraries in a line each is held against all behind it."""
    file = tmp_path / WHEEL
    pack(file, linked_with_classes(3, SMALLEST))
    for most, pairs in ((0, 0), (SMALLEST, 1), (3 * SMALLEST, 3), (100 * SMALLEST, 6)):
        monkeypatch.setattr(divided_type_information, "_MOST_COMPARED", most)
        found = [finding for finding in audit_file(file).findings if finding.code == "ABI218"]
        assert len(found) == pairs

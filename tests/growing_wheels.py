"""Wheels of any size, each growing in one way."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from typing import TYPE_CHECKING

from pyodide_abi.wasm import encode as enc
from pyodide_abi.wasm.sections import dylink0
from pyodide_abi.wasm.sections.dylink0 import Dylink, ImportInfo, ImportInfos, MemoryInfo, Needed, RuntimePath

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path


WHEEL = "spam-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl"


INFO = "spam-1.dist-info"


SUFFIX = ".cpython-314-wasm32-emscripten.so"


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

"""Real wheels, read by us and by two engines that share no line with us."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
import wasmtime
from patience import HANGS
from platformdirs import user_cache_path
from real_wheels import real_wheel

from pyodide_abi.host import Host, Silence
from pyodide_abi.process import SystemRunner
from pyodide_abi.runtime.node import find_node
from pyodide_abi.store import Store
from pyodide_abi.wasm import FuncType, GlobalType, Module, SectionId, TagType, encode, read_module
from pyodide_abi.wasm.code import scan_code
from pyodide_abi.wasm.features import Feature
from pyodide_abi.wasm.sections import (
    data,
    dylink0,
    elements,
    exports,
    functions,
    globals,  # noqa: A004 - named after the section
    imports,
    tables,
    tags,
    types,
)
from pyodide_abi.wasm.writer import replace_contents, write_module
from pyodide_abi.wheel import members_of, open_wheel, write_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.wasm import ExternType, Module

pytestmark = pytest.mark.integration

#: Node's own view of the unmodified file, with types; it does not tell those of tags.
DESCRIBE = """
const fs = require("fs");
const module = new WebAssembly.Module(fs.readFileSync(process.argv[1]));
const shape = ({parameters, results}) => `(${parameters})->(${results || ""})`;
const text = ({kind, type}) =>
  kind === "function" ? shape(type) : kind === "tag" ? ""
  : kind === "global" ? type.value + (type.mutable ? " mut" : "")
  : kind === "memory" ? `min=${type.minimum}` : `${type.element} min=${type.minimum}`;
const list = (all) => all.map((one) => [one.module || "", one.name, one.kind, text(one)]);
console.log(JSON.stringify({
  imports: list(WebAssembly.Module.imports(module)),
  exports: list(WebAssembly.Module.exports(module)),
  sections: WebAssembly.Module.customSections(module, "dylink.0").map((one) => one.byteLength),
}));
"""


#: One each of C, Cython, Meson with pybind11, Rust, and CMake with a shared library of its own.
PROJECTS = ("simplejson", "msgpack", "contourpy", "jiter", "awkward-cpp")


@pytest.fixture(params=PROJECTS, scope="module")
def path(request: pytest.FixtureRequest) -> Path:
    return real_wheel(request.param, "pyemscripten_2026_0_wasm32", "3.14")


@pytest.fixture
def modules(path: Path) -> dict[str, bytes]:
    with open_wheel(path) as wheel:
        found = {
            member.name: wheel.read(member.name) for member in wheel.members if member.name.endswith(".so")
        }
    assert found
    return found


def test_modules_are_written_back_identically(modules: dict[str, bytes]) -> None:
    for content in modules.values():
        module = read_module(content)
        assert write_module(module) == content
        same = [replace_contents(section, module.contents(section)) for section in module.sections]
        assert write_module(module, same) == content


def test_sections_decode_and_encode_to_the_same_bytes(modules: dict[str, bytes]) -> None:
    """No tool that made these wheels pads inside sections, so even our own encoding is theirs."""
    for content in modules.values():
        module = read_module(content)
        assert module.dylink is not None
        encoded = {
            SectionId.TYPE: types.encode(module.type_groups),
            SectionId.IMPORT: imports.encode(module.imports),
            SectionId.FUNCTION: functions.encode(module.functions),
            SectionId.TABLE: tables.encode(module.tables),
            SectionId.TAG: tags.encode(module.tags),
            SectionId.GLOBAL: globals.encode(module.globals),
            SectionId.EXPORT: exports.encode(module.exports),
            SectionId.ELEMENT: elements.encode(module.elements),
            SectionId.DATA: data.encode(module.data_segments, content),
        }
        assert dylink0.encode(module.dylink) == module.contents(module.sections[0])
        for id_, code in encoded.items():
            section = module.find(id_)
            assert section is None or code == module.contents(section)


def test_wheels_are_written_back_with_the_same_contents(path: Path, tmp_path: Path) -> None:
    with open_wheel(path) as wheel:
        assert wheel.verify_record() == ()
        made = write_wheel(members_of(wheel), tmp_path / path.name)
        with open_wheel(made) as again:
            record = f"{wheel.dist_info}/RECORD"
            assert again.verify_record() == ()
            assert {member.name for member in again.members} == {member.name for member in wheel.members}
            for member in wheel.members:
                if member.name != record:
                    assert again.read(member.name) == wheel.read(member.name)
            listed = {entry.path: entry for entry in wheel.record}
            assert {entry.path: entry for entry in again.record} == listed


def test_imports_and_exports_as_wasmtime_has_them(modules: dict[str, bytes]) -> None:
    engine = wasmtime.Engine()
    for content in modules.values():
        module = read_module(content)
        other = wasmtime.Module(engine, without_code(module))
        assert [(entry.module, entry.name, str(entry.type)) for entry in module.imports] == [
            (entry.module, entry.name, text_of(entry.type)) for entry in other.imports
        ]
        assert [(entry.name, str(module.type_of(entry))) for entry in module.exports] == [
            (entry.name, text_of(entry.type)) for entry in other.exports
        ]


def test_exceptions_as_wasmtime_has_them(modules: dict[str, bytes]) -> None:
    """Its compiler refuses the legacy encoding by name, and takes everything else that these modules use."""
    engine = wasmtime.Engine()
    for content in modules.values():
        if Feature.LEGACY_EXCEPTIONS in scan_code(read_module(content)):
            with pytest.raises(wasmtime.WasmtimeError, match="legacy_exceptions feature required"):
                wasmtime.Module(engine, content)
        else:
            wasmtime.Module(engine, content)


def test_imports_and_exports_as_node_has_them(modules: dict[str, bytes], tmp_path: Path) -> None:
    host = Host(
        environ=os.environ,
        runner=SystemRunner(),
        store=Store(user_cache_path("pyodide-abi", appauthor=False)),
        progress=Silence(),
    )
    node = find_node(host)
    for content in modules.values():
        file = tmp_path / "module.so"
        file.write_bytes(content)
        words: list[str | Path] = [node.path, "--experimental-wasm-type-reflection", "-e", DESCRIBE, file]
        done = host.runner.run(words, environ=host.environ, timeout=HANGS)
        assert done.returncode == 0, done.stderr
        theirs = json.loads(done.stdout)
        module = read_module(content)
        assert theirs["imports"] == [
            [entry.module, entry.name, str(entry.kind), untagged(entry.type)] for entry in module.imports
        ]
        assert theirs["exports"] == [
            ["", entry.name, str(entry.kind), untagged(module.type_of(entry))] for entry in module.exports
        ]
        assert theirs["sections"] == [len(module.contents(module.sections[0]))]


def untagged(type_: ExternType) -> str:
    return "" if isinstance(type_, TagType) else str(type_)


def without_code(module: Module) -> bytes:
    """The same interface over functions that do nothing: wasmtime compiles no legacy exceptions."""
    body = encode.sized(b"\x00\x00\x0b")
    code = encode.vector([body] * len(module.functions))
    section = module.find(SectionId.CODE)
    assert section is not None
    return write_module(
        module, [replace_contents(part, code) if part == section else part for part in module.sections]
    )


def text_of(type_: object) -> str:
    """A type of wasmtime's in our text form."""
    match type_:
        case wasmtime.FuncType():
            return str(FuncType(tuple(map(str, type_.params)), tuple(map(str, type_.results))))  # type: ignore[arg-type]
        case wasmtime.TagType():
            return text_of(type_.functype)
        case wasmtime.GlobalType():
            return str(GlobalType(value=str(type_.content), mutable=type_.mutable))  # type: ignore[arg-type]
        case wasmtime.MemoryType():
            return limits_of(type_.limits)
        case wasmtime.TableType():
            return f"{type_.element} {limits_of(type_.limits)}"
        case _:
            return str(type_)


def limits_of(limits: wasmtime.Limits) -> str:
    maximum = "" if limits.max is None else f" max={limits.max}"
    return f"min={limits.min}{maximum}"

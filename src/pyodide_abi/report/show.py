"""What is inside a module, an object file, an archive or a wheel, as plain data.

:mod:`pyodide_abi.report.show_text` makes text of it; as JSON it is printed as it is.
"""

from __future__ import annotations

import enum
from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

from pyodide_abi.abi.symbols import INIT_PREFIXES
from pyodide_abi.errors import WasmError
from pyodide_abi.wasm import read_module
from pyodide_abi.wasm.archive import read_archive
from pyodide_abi.wasm.code import scan_code
from pyodide_abi.wasm.features import claimed_features, header_features
from pyodide_abi.wasm.identify import FileKind, identify
from pyodide_abi.wheel.metadata import COMPILER_FIELD

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from pyodide_abi.wasm import Module
    from pyodide_abi.wasm.cursor import Bytes
    from pyodide_abi.wasm.sections.linking import ObjectSymbol
    from pyodide_abi.wheel import Wheel

Data: TypeAlias = dict[str, object]
#: Archives in archives are opened so deep; linkers open none.
_DEEPEST = 3
#: Endings of native files that are no libraries of a wheel.
_NATIVE = (".wasm", ".a", ".o", ".dylib", ".dll", ".pyd")


class Part(enum.StrEnum):
    """What can be asked for."""

    SECTIONS = "sections"
    IMPORTS = "imports"
    EXPORTS = "exports"
    SYMBOLS = "symbols"
    FEATURES = "features"
    PRODUCERS = "producers"
    SIGNATURES = "signatures"


def describe(
    path: str, data: Bytes, parts: Collection[Part], *, depth: int = 0, most: int | None = None
) -> Data:
    """A file that is not a wheel. What cannot be read has its reason under ``error``.

    Args:
        path: what to call it.
        data: all of it.
        parts: what to go into; the overview is always there.
        depth: how many archives it lies in.
        most: how many instructions may be followed to find signatures; None for what the size gives.
    """
    identity = identify(data)
    found: Data = {"path": path, "kind": str(identity.kind), "size": len(data)}
    if identity.machine:
        found["machine"] = identity.machine
    try:
        if identity.kind is FileKind.WASM:
            module = read_module(data)
            found |= _describe_module(module, parts)
            if Part.SIGNATURES in parts:
                found |= _signatures(module, _shares({path: len(data)}, most)[path])
        elif identity.kind is FileKind.ARCHIVE and depth < _DEEPEST:
            members = {str(member.offset): member for member in read_archive(data)}
            sizes = {place: len(member.data) for place, member in members.items()}
            most_in = _shares(sizes, most) if Part.SIGNATURES in parts else {}
            found["members"] = [
                describe(member.name, member.data, parts, depth=depth + 1, most=most_in.get(place))
                | {"offset": member.offset}
                for place, member in members.items()
            ]
    except WasmError as error:
        found["error"] = str(error)
    return found


def describe_wheel(wheel: Wheel, suffixes: Sequence[str], parts: Collection[Part]) -> Data:
    """A wheel: what it says of itself, and each of its modules, libraries and archives.

    Args:
        wheel: open.
        suffixes: Suffixes of extension modules on the wheel's platform.
        parts: what to go into in each module.

    Raises:
        WheelError: it is malformed.
    """
    extensions = {entry.member.name: entry for entry in wheel.extension_modules(suffixes)}
    libraries = {member.name for member in wheel.shared_libraries(suffixes)}
    modules = []
    shown = [
        member
        for member in wheel.members
        if member.name in extensions or member.name in libraries or member.name.endswith(_NATIVE)
    ]
    most = _shares({member.name: member.size for member in shown}) if Part.SIGNATURES in parts else {}
    for member in shown:
        entry = describe(member.name, wheel.read(member.name), parts, most=most.get(member.name))
        if member.name in extensions:
            entry["module"] = extensions[member.name].name
        modules.append(entry)
    metadata = wheel.metadata
    return {
        "path": wheel.path.name,
        "kind": "wheel",
        "size": wheel.path.stat().st_size,
        "distribution": wheel.name.distribution,
        "version": wheel.name.version,
        "tags": list(wheel.name.tags),
        "wheel_tags": list(metadata.tags),
        "generator": metadata.generator,
        **({"compiled_with": compiler} if (compiler := dict(metadata.others).get(COMPILER_FIELD)) else {}),
        "root_is_purelib": metadata.root_is_purelib,
        "members": len(wheel.members),
        "unpacked": sum(member.size for member in wheel.members),
        "record": [
            {"fault": str(fault.fault), "path": fault.path, "detail": fault.detail}
            for fault in wheel.verify_record()
        ],
        "modules": modules,
    }


def needed_in(data: Data) -> list[Data]:
    """What each module of the description needs, and where that is looked for."""
    inner = [*_entries(data, "members"), *_entries(data, "modules")]
    if inner:
        return [found for entry in inner for found in needed_in(entry)]
    dylink = data.get("dylink")
    if not isinstance(dylink, dict):
        return []
    return [{"path": data["path"], "needed": dylink["needed"], "runtime_paths": dylink["runtime_paths"]}]


def faults_in(data: Data) -> bool:
    """Something in the file could not be read."""
    inner = [*_entries(data, "members"), *_entries(data, "modules")]
    return "error" in data or any(faults_in(entry) for entry in inner)


def _entries(data: Data, key: str) -> list[Data]:
    value = data.get(key)
    return value if isinstance(value, list) else []


def _describe_module(module: Module, parts: Collection[Part]) -> Data:
    found: Data = {
        "form": str(module.form),
        "functions": len(module.functions),
        "import_counts": _counts(f"{entry.module} {entry.kind}" for entry in module.imports),
        "export_counts": _counts(str(entry.kind) for entry in module.exports),
        "initialises": [entry.name for entry in module.exports if entry.name.startswith(INIT_PREFIXES)],
    }
    if module.dylink_section:
        found["dylink"] = _dylink(module)
    if module.linking:
        found["symbol_counts"] = _counts(_state(symbol) for symbol in module.linking.symbols)
    makers = {
        Part.SECTIONS: _sections,
        Part.IMPORTS: _imports,
        Part.EXPORTS: _exports,
        Part.SYMBOLS: _symbols,
        Part.FEATURES: _features,
        Part.PRODUCERS: _producers,
    }
    found |= {str(part): make(module) for part, make in makers.items() if part in parts}
    return found


def _counts(names: Iterable[str]) -> dict[str, int]:
    return dict(Counter(names))


def _dylink(module: Module) -> Data:
    dylink, section = module.dylink, module.dylink_section
    assert dylink is not None
    assert section is not None
    memory = dylink.memory
    return {
        "section": section.name,
        "first": module.sections[0] == section,
        "memory": None
        if memory is None
        else {
            "size": memory.memory_size,
            "align": 1 << min(memory.memory_align, 63),
            "table_size": memory.table_size,
            "table_align": 1 << min(memory.table_align, 63),
        },
        "needed": list(dylink.needed),
        "runtime_paths": list(dylink.runtime_paths),
        "weak_imports": sorted(dylink.weak_imports),
        "excess": dylink.excess,
    }


def _sections(module: Module) -> list[Data]:
    return [
        {"id": section.id, "name": section.name, "offset": section.start, "size": section.end - section.start}
        for section in module.sections
    ]


def _imports(module: Module) -> list[Data]:
    return [
        {"module": entry.module, "name": entry.name, "kind": str(entry.kind), "type": str(entry.type)}
        for entry in module.imports
    ]


def _exports(module: Module) -> list[Data]:
    return [
        {"name": entry.name, "kind": str(entry.kind), "type": str(module.type_of(entry))}
        for entry in module.exports
    ]


def _symbols(module: Module) -> list[Data]:
    return [
        {
            "name": symbol.name,
            "kind": str(symbol.kind),
            "defined": symbol.defined,
            "binding": str(symbol.binding),
            "hidden": symbol.hidden,
        }
        for symbol in (module.linking.symbols if module.linking else ())
    ]


def _state(symbol: ObjectSymbol) -> str:
    if not symbol.defined:
        return "undefined"
    return "local" if symbol.binding == "local" else "hidden" if symbol.hidden else "visible"


def _features(module: Module) -> Data:
    return {
        "claimed": sorted(claimed_features(module)),
        "headers": sorted(header_features(module)),
        "code": sorted(scan_code(module)),
    }


def _shares(sizes: Mapping[str, int], most: int | None = None) -> Mapping[str, int]:
    """How many instructions may be followed in each file, as an audit of all of them shares them out."""
    from pyodide_abi.linker.budget import followed_in, shares  # noqa: PLC0415 - as below

    return shares(followed_in(sum(sizes.values())) if most is None else most, sizes)


def _signatures(module: Module, most: int) -> Data:
    """The functions that CPython and the C library call through pointers, as far as the code shows them."""
    # Half of the time to start, which nothing else here needs.
    from pyodide_abi.audit.mistyped import written  # noqa: PLC0415
    from pyodide_abi.signatures import recovered_from  # noqa: PLC0415

    recovered = recovered_from(module, most=most)
    entries = [
        {
            "table": entry.table,
            "entry": entry.name,
            "function": entry.target.name or str(entry.target.index),
            "have": None if entry.target.type is None else written(entry.target.type),
            "want": written(entry.prototype.type),
            "flags": entry.flags,
            "certainty": str(entry.certainty),
        }
        for entry in recovered.entries
    ]
    return {"signatures": entries, "signatures_complete": recovered.complete}


def _producers(module: Module) -> dict[str, list[str]]:
    return {
        field.name: [f"{name} {version}".strip() for name, version in field.values]
        for field in module.producers
    }

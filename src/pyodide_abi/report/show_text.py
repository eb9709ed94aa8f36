"""The data of :mod:`pyodide_abi.report.show` as lines for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyodide_abi.report.printable import printable
from pyodide_abi.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: A label's column, in characters.
_LABEL = 14
#: Exports of a module that are named in its overview.
_FEW = 4

_Block = dict[str, Any]


def text_of(data: Mapping[str, Any]) -> Iterator[str]:
    """The lines."""
    yield from map(printable, _wheel(dict(data)) if data["kind"] == "wheel" else _file(dict(data)))


def needed_text(modules: list[_Block]) -> Iterator[str]:
    """The lines for :func:`pyodide_abi.report.show.needed_in`."""
    for module in modules:
        yield printable(f"{module['path']}: {', '.join(module['needed']) or 'needs nothing'}")
        if module["runtime_paths"]:
            yield printable(_line("looked for in", ", ".join(module["runtime_paths"])))


def _wheel(wheel: _Block) -> Iterator[str]:
    yield f"{wheel['path']}: wheel, {wheel['size']:,} bytes, {wheel['members']} files"
    yield _line("tags", ", ".join(wheel["tags"]))
    if sorted(wheel["tags"]) != sorted(wheel["wheel_tags"]):
        yield _line("WHEEL says", ", ".join(wheel["wheel_tags"]) or "no tag")
    yield _line("made by", wheel["generator"] or "unknown")
    if "compiled_with" in wheel:
        yield _line("compiled with", wheel["compiled_with"])
    if wheel["record"]:
        for fault in wheel["record"]:
            yield _line("RECORD", f"{fault['path']}: {fault['fault']} {fault['detail']}".rstrip())
    else:
        yield _line("RECORD", "every file is listed and as listed")
    for module in wheel["modules"]:
        yield ""
        yield from _file(module)


def _file(entry: _Block) -> Iterator[str]:
    kind = entry.get("form") or entry["kind"]
    if "machine" in entry:
        kind = f"{entry['kind']} for {entry['machine']}"
    yield f"{entry['path']}: {kind}, {entry['size']:,} bytes"
    if "error" in entry:
        yield _line("error", entry["error"])
    if "form" in entry:
        yield from _module(entry)
    for member in entry.get("members", ()):
        for line in _file(member):
            yield f"  {line}"


def _module(entry: _Block) -> Iterator[str]:
    if entry.get("module"):
        yield _line("import as", entry["module"])
    if "dylink" in entry:
        yield from _dylink(entry["dylink"])
    yield _line("imports", _counted(entry["import_counts"]))
    yield _line("exports", _counted(entry["export_counts"]) + _few(entry))
    if "symbol_counts" in entry:
        yield _line("symbols", _counted(entry["symbol_counts"]))
    if "features" in entry:
        for label, names in entry["features"].items():
            yield _line("features" if label == "claimed" else "", f"{label}: {', '.join(names) or 'none'}")
    for label, values in entry.get("producers", {}).items():
        yield _line(label, ", ".join(values))
    yield from _lists(entry)


def _dylink(dylink: _Block) -> Iterator[str]:
    if not dylink["first"]:
        yield _line("dylink", f"{dylink['section']} is not the first section")
    elif dylink["section"] != "dylink.0":
        yield _line("dylink", f"the old section {dylink['section']}")
    yield _line("needed", ", ".join(dylink["needed"]) or "nothing")
    if dylink["runtime_paths"]:
        yield _line("run paths", ", ".join(dylink["runtime_paths"]))
    memory = dylink["memory"]
    if memory:
        yield _line("memory", f"{memory['size']:,} bytes aligned to {memory['align']}")
        yield _line("table", f"{memory['table_size']:,} elements")
    else:
        yield _line("memory", "not said")
    if dylink["weak_imports"]:
        yield _line("weak imports", ", ".join(dylink["weak_imports"]))
    if dylink["excess"]:
        yield _line("dylink", f"{dylink['excess']} bytes belong to no entry")


def _lists(entry: _Block) -> Iterator[str]:
    if entry.get("sections"):
        yield "  sections (offset, size)"
        for section in entry["sections"]:
            name = section["name"] if section["id"] else f"custom {section['name']!r}"
            yield f"    {section['offset']:#010x} {section['size']:>12,}  {name}"
    if entry.get("imports"):
        yield "  imports"
        for item in entry["imports"]:
            yield f"    {item['kind']:<8}  {item['module']}.{item['name']}  {item['type']}"
    if entry.get("exports"):
        yield "  exports"
        for item in entry["exports"]:
            yield f"    {item['kind']:<8}  {item['name']}  {item['type']}"
    if entry.get("signatures"):
        yield "  signatures: what CPython and the C library call through pointers"
        for item in entry["signatures"]:
            mark = " " if item["have"] in {item["want"], None} else "!"
            have = "the function of that name" if item["have"] is None else item["have"]
            what = f"{item['table']:<18}  {item['entry']}  {item['flags']}".rstrip()
            yield f"  {mark} {what}  {have}, called as {item['want']}  function {item['function']}"
    if not entry.get("signatures_complete", True):
        yield "  not all code was followed for signatures: there may be more"
    if entry.get("symbols"):
        yield "  symbols"
        for item in entry["symbols"]:
            state = "defined" if item["defined"] else "undefined"
            hidden = "hidden" if item["hidden"] else "visible"
            yield f"    {item['kind']:<8}  {state:<9}  {item['binding']:<6}  {hidden:<7}  {item['name']}"


def _counted(counts: Mapping[str, int]) -> str:
    if not counts:
        return "none"
    total = sum(counts.values())
    return f"{total:,} ({', '.join(f'{number:,} {name}' for name, number in counts.items())})"


def _few(entry: _Block) -> str:
    names = entry["initialises"]
    return f": {listed(names, _FEW)}" if names else ""


def _line(label: str, value: str) -> str:
    return printable(f"  {label:<{_LABEL}}{value}")

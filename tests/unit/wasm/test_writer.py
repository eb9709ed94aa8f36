from __future__ import annotations

from pathlib import Path

import pytest

from pyodide_abi.values import replace
from pyodide_abi.wasm import read_module
from pyodide_abi.wasm.sections import dylink0
from pyodide_abi.wasm.writer import NewSection, replace_contents, write_module

CORPUS = Path(__file__).parents[2] / "corpus"
BINARIES = sorted([*CORPUS.glob("*.wasm"), CORPUS / "object.o"])


@pytest.mark.parametrize("path", BINARIES, ids=lambda path: path.name)
def test_unchanged(path: Path) -> None:
    data = path.read_bytes()
    module = read_module(data)
    assert write_module(module) == data
    same = [replace_contents(section, module.contents(section)) for section in module.sections]
    assert write_module(module, same) == data


def test_an_edit_and_its_undoing() -> None:
    data = (CORPUS / "side.wasm").read_bytes()
    module = read_module(data)
    assert module.dylink is not None
    edited = replace(module.dylink, subsections=(dylink0.RuntimePath(("$ORIGIN/" + "x" * 200,)),))
    first, *others = module.sections
    written = write_module(module, [replace_contents(first, dylink0.encode(edited)), *others])
    again = read_module(written)
    assert again.dylink == edited
    assert [again.contents(s) for s in again.sections[1:]] == [module.contents(s) for s in others]
    undone = replace_contents(again.sections[0], dylink0.encode(module.dylink))
    assert write_module(again, [undone, *again.sections[1:]]) == data


def test_padded_headers_stay_padded() -> None:
    data = b"\0asm\x01\0\0\0\x00\x88\x80\x80\x80\x00\x84\x00nameab" + b"\x01\x81\x80\x80\x80\x00\x00"
    module = read_module(data)
    custom, types = module.sections
    same = [replace_contents(custom, b"ab"), replace_contents(types, b"\x00")]
    assert write_module(module, same) == data
    grown = write_module(module, [replace_contents(custom, b"abc"), types])
    assert grown[8:14] == b"\x00\x89\x80\x80\x80\x00"


def test_sections_come_and_go() -> None:
    module = read_module((CORPUS / "side.wasm").read_bytes())
    kept = [section for section in module.sections if section.name != "name"]
    added = NewSection(id=0, name="sourceMappingURL", contents=b"\x03url")
    written = read_module(write_module(module, [*kept, added]))
    assert [section.name for section in written.sections] == [*(s.name for s in kept), "sourceMappingURL"]

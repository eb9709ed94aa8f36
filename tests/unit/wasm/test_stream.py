"""Modules that arrive in pieces."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyodide_abi.errors import WasmError
from pyodide_abi.wasm import SectionId, read_module
from pyodide_abi.wasm.columns import NotUsualError
from pyodide_abi.wasm.stream import StreamedFrame

CORPUS = Path(__file__).parents[2] / "corpus"
FILES = sorted(CORPUS.glob("*.wasm"))


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
@pytest.mark.parametrize("size", [1, 13, 1 << 20])
def test_sections_and_their_contents_are_those_of_the_whole(file: Path, size: int) -> None:
    data = file.read_bytes()
    whole, streamed = read_module(data), StreamedFrame()
    parts = [data[start : start + size] for start in range(0, len(data), size)]
    for section, contents in streamed.receive(parts, len(data), passing={SectionId.EXPORT}):
        if section.id == SectionId.EXPORT:
            assert b"".join(contents) == whole.contents(section)
        else:
            assert bytes(streamed.view(section)) == whole.contents(section)
    assert streamed.sections == whole.sections
    assert streamed.types == whole.types
    assert streamed.functions == whole.functions
    assert data.startswith(streamed.beginning)


@pytest.mark.parametrize("cut", range(1, 200, 7))
def test_a_module_that_is_cut_off_is_refused_as_a_whole_one_is(cut: int) -> None:
    data = (CORPUS / "side.wasm").read_bytes()[:cut]
    try:
        sections = read_module(data).sections
    except WasmError:
        with pytest.raises(WasmError):
            list(StreamedFrame().receive([data], len(data)))
    else:
        module = StreamedFrame()
        list(module.receive([data], len(data)))
        assert module.sections == sections


def test_a_file_that_is_shorter_than_it_was_said_to_be_is_refused() -> None:
    data = (CORPUS / "side.wasm").read_bytes()
    with pytest.raises(WasmError):
        list(StreamedFrame().receive([data[:-5], b""], len(data)))


def test_a_section_that_was_dropped_is_held_no_longer() -> None:
    data = (CORPUS / "side.wasm").read_bytes()
    module = StreamedFrame()
    for section, _ in module.receive([data], len(data)):
        module.drop(section)
    with pytest.raises(NotUsualError):
        _ = module.types

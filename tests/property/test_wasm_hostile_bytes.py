"""Any change to a real file ends in a result or in WasmError, and soon."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pyodide_abi.errors import WasmError
from pyodide_abi.wasm import read_module
from pyodide_abi.wasm.archive import read_archive
from pyodide_abi.wasm.code import scan_code
from pyodide_abi.wasm.features import header_features
from pyodide_abi.wasm.identify import identify

CORPUS = Path(__file__).parents[1] / "corpus"


class TestHostileBytes:
    """Any change to a real file ends in a result or in WasmError, and soon."""

    @settings(max_examples=400, deadline=2000)
    @given(st.data())
    def test_changed_modules(self, data: st.DataObject) -> None:
        name = data.draw(
            st.sampled_from(["side.wasm", "object.o", "linked.wasm", "instructions.wasm", "gc.wasm"])
        )
        raw = bytearray((CORPUS / name).read_bytes())
        for _ in range(data.draw(st.integers(1, 4))):
            place = data.draw(st.integers(8, len(raw) - 1))
            raw[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=6))
        with suppress(WasmError):
            read_everything(bytes(raw))

    @given(st.binary(max_size=200))
    @example(b"\0asm\x01\0\0\0\x01\x06\x01\x60\xff\xff\xff\xff\x0f")
    def test_random_bytes(self, data: bytes) -> None:
        for prefix in (b"", b"\0asm\x01\0\0\0"):
            with suppress(WasmError):
                read_everything(prefix + data)
        for prefix in (b"", b"!<arch>\n"):
            with suppress(WasmError):
                read_archive(prefix + data)
        identify(data)


def read_everything(data: bytes) -> None:
    module = read_module(data)
    readers = (
        lambda: [module.type_of(export) for export in module.exports],
        lambda: (module.elements, module.data_segments, module.start, module.functions),
        lambda: (module.dylink, module.producers, module.target_features),
        lambda: module.linking,
        lambda: module.function_names,
        lambda: header_features(module),
        lambda: scan_code(module),
    )
    for reader in readers:
        with suppress(WasmError):
            reader()

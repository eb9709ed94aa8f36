"""The texts of a module's ``EM_JS`` functions, read from its data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import EM_JS_PREFIX
from pyodide_abi.wasm import Kind, SectionId
from pyodide_abi.wasm.constant import constant_of, offset_from_base

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pyodide_abi.wasm.frame import Frame

#: No text is longer than this, in bytes; generated glue has some ten thousand.
_LONGEST = 1 << 20


def texts_of(module: Frame, exports: Iterable[tuple[str, Kind, int]]) -> Mapping[str, str]:
    """Each function's text by its name, without those that cannot be found in the file.

    Args:
        module: The module.
        exports: Name, kind and index of its exports, at least those of its JavaScript functions.

    Raises:
        WasmError: a section that they come from is malformed.
    """
    found = {}
    first = len(module.imported.types[Kind.GLOBAL])
    for name, kind, index in exports:
        place = index - first
        if (
            kind is not Kind.GLOBAL
            or not name.startswith(EM_JS_PREFIX)
            or not 0 <= place < len(module.globals)
        ):
            continue
        address = constant_of(module.globals[place].initial)
        text = None if address is None else next(_texts_at(module, address), None)
        if text is not None:
            found[name.removeprefix(EM_JS_PREFIX)] = text
    return found


def _texts_at(module: Frame, address: int) -> Iterator[str]:
    """The text that begins at an address, counted from the memory base as exported addresses are."""
    section = module.find(SectionId.DATA)
    if section is None:
        return
    contents = module.view(section)
    for segment in module.data_segments:
        start = None if segment.start is None else offset_from_base(segment.start, module.imported.bases)
        if start is not None and start <= address < start + segment.size:
            begin = segment.offset - section.contents + address - start
            end = segment.offset - section.contents + segment.size
            text = bytes(contents[begin : min(end, begin + _LONGEST)])
            # What no segment fills is zero.
            yield text.partition(b"\0")[0].decode("utf-8", "replace")

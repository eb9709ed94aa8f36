"""Objects to a file: sections byte for byte as they were, but for those that are replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.values import value
from pyodide_abi.wasm import encode as enc
from pyodide_abi.wasm.section_table import CUSTOM, MAGIC, VERSION, Section

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyodide_abi.wasm.module import Module


@value
class NewSection:
    """A section to be written.

    Attributes:
        id: 0 for a custom one.
        contents: without a custom section's name.
        name: The name of a custom section.
        size_length: The bytes that the size takes at least; linkers pad it where they fill it in late.
        name_length: The bytes that the length of a custom section's name takes at least.
    """

    id: int
    contents: bytes
    name: str = ""
    size_length: int = 1
    name_length: int = 1

    def encode(self) -> bytes:
        """The section with its header."""
        payload = self.contents
        if self.id == CUSTOM:
            raw = self.name.encode()
            payload = enc.unsigned(len(raw), length=self.name_length) + raw + payload
        return bytes([self.id]) + enc.unsigned(len(payload), length=self.size_length) + payload


def replace_contents(section: Section, contents: bytes) -> NewSection:
    """The same section with other contents; a padded size stays padded, so that an edit can be undone."""
    size_length = section.payload - section.start - 1
    name_length = section.contents - section.payload - len(section.name.encode())
    padded = size_length > len(enc.unsigned(section.size))
    name_padded = section.custom and name_length > len(enc.unsigned(len(section.name.encode())))
    return NewSection(
        id=section.id,
        contents=contents,
        name=section.name if section.custom else "",
        size_length=size_length if padded else 1,
        name_length=name_length if name_padded else 1,
    )


def write_module(module: Module, sections: Iterable[Section | NewSection] | None = None) -> bytes:
    """Put a module together.

    Args:
        module: The module that unchanged sections come from.
        sections: what to write, in order: the module's own are copied byte for byte. None is all of them.
    """
    out = [MAGIC, VERSION.to_bytes(4, "little")]
    for section in module.sections if sections is None else sections:
        if isinstance(section, Section):
            out.append(module.data[section.start : section.end])  # type: ignore[arg-type]  # join takes views
        else:
            out.append(section.encode())
    return b"".join(out)

"""Make small wheels for tests, from text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.wheel import NewMember, parse_wheel_name, write_wheel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def make_wheel(
    folder: Path, filename: str, files: Mapping[str, str | bytes], *, requires: Sequence[str] = ()
) -> Path:
    """A wheel of these files, with the ``.dist-info`` that its name asks for."""
    name = parse_wheel_name(filename)
    dist_info = f"{name.stem}.dist-info"
    metadata = [f"Name: {name.distribution}", f"Version: {name.version}"]
    metadata += [f"Requires-Dist: {line}" for line in requires]
    wheel = ["Wheel-Version: 1.0", "Root-Is-Purelib: false", *(f"Tag: {tag}" for tag in name.tags)]
    texts = {
        **files,
        f"{dist_info}/METADATA": "Metadata-Version: 2.1\n" + "\n".join(metadata) + "\n",
        f"{dist_info}/WHEEL": "\n".join(wheel) + "\n",
    }
    members = [
        NewMember(name=path, content=text.encode() if isinstance(text, str) else text)
        for path, text in texts.items()
    ]
    folder.mkdir(parents=True, exist_ok=True)
    return write_wheel(members, folder / filename)

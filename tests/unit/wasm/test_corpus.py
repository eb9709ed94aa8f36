"""The corpus is what its recipe says."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import wasmtime

CORPUS = Path(__file__).parents[2] / "corpus"


def test_manifest() -> None:
    lines = (CORPUS / "manifest.sha256").read_text().splitlines()
    listed = {name: digest for digest, name in (line.split() for line in lines)}
    binaries = [path for path in CORPUS.iterdir() if path.suffix in {".wasm", ".o", ".a"}]
    assert listed == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in binaries}


@pytest.mark.parametrize("source", sorted((CORPUS / "sources").glob("*.wat")), ids=lambda path: path.stem)
def test_the_recipe_makes_the_same_module(source: Path) -> None:
    made = bytes(wasmtime.wat2wasm(source.read_text()))
    assert made == (CORPUS / f"{source.stem}.wasm").read_bytes()

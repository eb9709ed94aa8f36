"""The file of a snapshot: an interpreter's memory, then its digest (for Node: ``snapshot.mjs``)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_DIGEST = hashlib.sha256().digest_size


def read_memory(file: Path) -> bytes | None:
    """The memory; None where the file is gone, or broken."""
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        return None
    memory = data[:-_DIGEST]
    return memory if hashlib.sha256(memory).digest() == data[-_DIGEST:] else None


def end_memory(file: Path) -> None:
    """Put the digest behind a memory that an engine has written."""
    with file.open("r+b") as stream:
        digest = hashlib.file_digest(stream, "sha256").digest()
        stream.write(digest)

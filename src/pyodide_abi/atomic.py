"""Results that are written whole or not at all."""

from __future__ import annotations

import shutil
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def write_whole(target: Path, data: bytes, *, like: Path) -> None:
    """Write a file that is complete or not there, with the permissions of another.

    Raises:
        OSError: it cannot be written; the error has its name.
    """
    partial = target.with_name(f".{target.name[:200]}.{uuid.uuid4().hex}.partial")
    try:
        with named_failures(target):
            partial.write_bytes(data)
            shutil.copymode(like, partial)
            partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def named_failures(place: Path) -> Iterator[None]:
    """Say where something could not be written: a full disk is reported without any file's name."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(place)
        raise

"""Texts that are kept as files: what is said today is held against them."""

from __future__ import annotations

import difflib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def hold_kept(now: str, kept: Path) -> None:
    """Hold a text against the file that keeps it.

    Args:
        now: What is said today.
        kept: The file. ``BLESS=1`` writes it, as ``./check bless`` does.
    """
    if os.environ.get("BLESS") == "1":
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(now, "utf-8")
        return
    before = kept.read_text("utf-8")
    changed = "\n".join(difflib.unified_diff(before.splitlines(), now.splitlines(), lineterm="", n=1))
    assert now == before, f"review what changed, BLESS=1 writes it:\n{changed}"

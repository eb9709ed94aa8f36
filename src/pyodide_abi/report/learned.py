"""Releases that were learned, as text and as data: ``schemas/runtime.schema.json`` describes the form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyodide_abi.platforms.learned import fresh_entries
from pyodide_abi.report.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyodide_abi.platforms.learned import LearnedRelease


def entry_to_data(entry: LearnedRelease) -> dict[str, Any]:
    """One learned release as JSON values."""
    learned = entry.learned
    return {
        "release": entry.version,
        "platform": entry.platform,
        "platform_known": entry.document is None,
        "used": entry in fresh_entries(),
        "origin": learned.origin,
        "digest": learned.digest,
        "files": dict(learned.files),
        "loader": learned.loader,
        "installer": learned.installer,
        "micropip": list(entry.micropip),
        "packaging": list(entry.packaging),
        "caveats": list(learned.caveats),
    }


def entry_lines(entry: LearnedRelease) -> Iterator[str]:
    """One learned release for people."""
    learned = entry.learned
    loader = f"loader of generation {learned.loader}" if learned.loader else "a loader that is not known"
    yield printable(f"{entry.version}  platform {entry.platform}, {loader}, from {learned.origin}")
    yield printable(f"  {learned.digest}")
    if entry not in fresh_entries():
        yield "  not used: this version of pyodide-abi knows the release by itself"
    for caveat in learned.caveats:
        yield printable(f"  caveat: {caveat}")


def newer_lines(versions: Sequence[str]) -> Iterator[str]:
    """The releases of npm that are newer than what is known, for people."""
    if not versions:
        yield "npm has no release that is newer than what is known"
        return
    yield f"on npm, and newer than what is known: {', '.join(versions)}"
    yield f"  'pyodide-abi runtime learn {versions[-1]}' makes one known"

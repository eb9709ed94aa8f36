"""Is a release's loader, or its installer, one that is known? The texts of its functions say so."""

from __future__ import annotations

import functools
import hashlib
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.runtime.learning.reading import read_texts
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyodide_abi.host import Host

_FILE = Path(__file__).with_name("texts.toml")
#: Digits of a digest in the file.
_DIGITS = 16


@value
class Recognition:
    """What a release's JavaScript was recognised as.

    Attributes:
        generation: The generation of the loader; None where it is none that is known.
        nearest: the generation that it has most in common with.
        seen: a release with the nearest loader.
        changed: the functions that differ from that one's.
        installers: first releases with the same installer; empty where it is none that is known.
    """

    generation: int | None
    nearest: int
    seen: str
    changed: tuple[str, ...]
    installers: tuple[str, ...]


@value
class _Loader:
    generation: int
    seen: str
    digests: tuple[str, ...]


@value
class _Known:
    loader: tuple[str, ...]
    installer: tuple[str, ...]
    loaders: tuple[_Loader, ...]
    installers: Mapping[tuple[str, ...], tuple[str, ...]]


@functools.cache
def _known() -> _Known:
    document = tomllib.loads(_FILE.read_text("utf-8"))
    return _Known(
        loader=tuple(document["loader"]),
        installer=tuple(document["installer"]),
        loaders=tuple(
            _Loader(generation=row["generation"], seen=row["seen"][-1], digests=tuple(row["digests"]))
            for row in document["loaders"]
        ),
        installers={tuple(row["digests"]): tuple(row["since"]) for row in document["installers"]},
    )


def recognise(folder: Path, host: Host) -> Recognition:
    """Compare a release's functions with those that are known.

    Raises:
        FailedError: its JavaScript cannot be read.
    """
    known = _known()
    loader, installer = read_texts(folder, host, loader=known.loader, installer=known.installer)
    return recognise_texts(loader, installer)


def recognise_texts(loader: Mapping[str, str | None], installer: Mapping[str, str | None]) -> Recognition:
    """The same of texts; None for a function that is not there."""
    known = _known()
    digests = _digests(known.loader, loader)

    def differing(row: _Loader) -> tuple[str, ...]:
        pairs = zip(known.loader, row.digests, digests, strict=True)
        return tuple([name for name, theirs, ours in pairs if theirs != ours])

    # Of several that are as near, the newest is the likelier origin.
    nearest = min(reversed(known.loaders), key=lambda row: len(differing(row)))
    changed = differing(nearest)
    return Recognition(
        generation=None if changed else nearest.generation,
        nearest=nearest.generation,
        seen=nearest.seen,
        changed=changed,
        installers=known.installers.get(_digests(known.installer, installer), ()),
    )


def _digests(names: Sequence[str], texts: Mapping[str, str | None]) -> tuple[str, ...]:
    def digest(text: str | None) -> str:
        return "-" if text is None else hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]

    return tuple([digest(texts[name]) for name in names])

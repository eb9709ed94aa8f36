"""Versions of releases, as npm writes them: their form and their order."""

from __future__ import annotations

import functools
import re

#: The form of a release's version. What stands behind ``+`` names a build of somebody's own.
RELEASE = r"\d+\.\d+\.\d+(-(dev|alpha|beta|rc)\.\d+)?(\+[0-9A-Za-z][0-9A-Za-z.-]{0,40})?"
#: What precedes a final version, in order.
_BEFORE = ("dev", "alpha", "beta", "rc")


@functools.lru_cache
def version_key(version: str) -> tuple[int, ...]:
    """Orders versions: ``0.29.4`` < ``315.0.0-alpha.1`` < ``315.0.0-rc.1`` < ``315.0.0`` < ``315.0.0+x``."""
    public, _, own = version.partition("+")
    final, _, pre = public.partition("-")
    numbers = [int(number) for number in re.findall(r"\d+", final)]
    word = re.match(r"[a-z]*", pre)
    rank = _BEFORE.index(word[0]) if word and word[0] in _BEFORE else len(_BEFORE)
    further = [int(number) for number in re.findall(r"\d+", pre)]
    # A build of somebody's own follows what it was made from; its name orders it among others.
    return (*numbers, *((0, rank, *further) if pre else (1,)), *map(ord, own))

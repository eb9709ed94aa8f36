"""Surface files, written: what ``platforms/surface.py`` reads."""

from __future__ import annotations

import itertools
import json
import zlib
from typing import TYPE_CHECKING

from pyodide_abi.platforms.surface import MAGIC

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyodide_abi.platforms.surface import Form, Surface


def surface_tables(surface: Surface) -> dict[tuple[str, str], dict[str, Form]]:
    """The symbols of a surface as :func:`encode_surface` takes them."""
    return {
        (release, engine): {
            name: (symbol.kind, symbol.type) for name, symbol in surface.symbols(release, engine).items()
        }
        for release in surface.releases
        for engine in surface.engines
    }


def encode_surface(
    *,
    platform: str,
    releases: tuple[str, ...],
    engines: tuple[str, ...],
    tables: Mapping[tuple[str, str], Mapping[str, Form]],
) -> bytes:
    """The counterpart of :func:`~pyodide_abi.platforms.surface.decode_surface`.

    Args:
        platform: The platform's name.
        releases: as on npm, in order.
        engines: The engines with views in ``tables``.
        tables: for each (release, engine) the symbols.
    """
    forms = sorted({form for table in tables.values() for form in table.values()}, key=str)
    numbers = {form: number for number, form in enumerate(forms)}
    offers: dict[str, dict[int, list[int]]] = {}
    for (bit, release), (column, engine) in itertools.product(enumerate(releases), enumerate(engines)):
        for name, form in tables[release, engine].items():
            masks = offers.setdefault(name, {}).setdefault(numbers[form], [0] * len(engines))
            masks[column] |= 1 << bit
    groups: dict[str, list[str]] = {}
    for name in sorted(offers):
        described = [[form, *masks] for form, masks in sorted(offers[name].items())]
        groups.setdefault(json.dumps(described), []).append(name)
    header = {
        "platform": platform,
        "releases": releases,
        "engines": engines,
        "forms": [[kind.value, type_] for kind, type_ in forms],
        "groups": [[len(names), json.loads(described)] for described, names in sorted(groups.items())],
    }
    names = [name for _, group in sorted(groups.items()) for name in group]
    text = "\n".join([json.dumps(header, separators=(",", ":")), *names])
    return MAGIC + zlib.compress(text.encode(), 9)

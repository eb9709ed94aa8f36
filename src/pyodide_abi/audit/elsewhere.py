"""What the current engines other than the one of the predictions refuse.

The outcome of a load differs between engines in nothing but the features that they know: so a module is
predicted for one of them in detail, and held against the lists of the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.linker.checks.imports import ENCODINGS
from pyodide_abi.wasm.code import IN_CODE

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.wasm.features import Feature

#: What platforms call both encodings of exceptions in one module.
MIXTURE = "mixed-exceptions"


def sought_elsewhere(platform: Platform) -> frozenset[str]:
    """Features that only a module's code shows and some current engine refuses.

    The encodings of exceptions are left out: they are asked for in modules with tags, in any audit.
    """
    refused = {feature.name for feature in platform.features if {*feature.refused_by} & {*platform.engines}}
    return frozenset(refused & IN_CODE - ENCODINGS)


def refused_elsewhere(
    features: Collection[Feature], platform: Platform, engine: str
) -> Mapping[str, tuple[str, ...]]:
    """By engine, the features for which it refuses a module.

    Args:
        features: what the module shows.
        platform: the platform, which lists the current engines and what each refuses.
        engine: the one of the predictions, which is left out.
    """
    used: set[str] = {*features, MIXTURE} if {*features} >= ENCODINGS else {*features}
    if not used:
        return {}
    reasons: dict[str, tuple[str, ...]] = {}
    for name in platform.engines:
        found = tuple(
            feature.name
            for feature in platform.features
            if feature.name in used and name in feature.refused_by
        )
        if found and name != engine:
            reasons[name] = found
    return reasons


def refusers(platform: Platform, feature: str) -> tuple[str, ...]:
    """The engines that refuse a feature, by its name."""
    return next((each.refused_by for each in platform.features if each.name == feature), ())

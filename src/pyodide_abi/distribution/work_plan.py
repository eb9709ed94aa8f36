"""What is to be done with each package, in which order and why. Nothing is fetched or written here."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from pyodide_abi.runtime.requirements import tags_of
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from packaging.tags import Tag

    from pyodide_abi.distribution.resolution import File, ResolvedPackage
    from pyodide_abi.platforms.model import Platform


class Action(enum.StrEnum):
    """What is done with a package."""

    #: Its wheel is taken as it was published.
    TAKE = "take"
    #: Its wheel is built from its sources.
    BUILD = "build"
    #: There is nothing that would do.
    NONE = "none"


@value
class Step:
    """One package's part of the work.

    Attributes:
        package: which one.
        action: what is done.
        file: what is taken, or built from; None where there is nothing.
        reason: why so.
    """

    package: ResolvedPackage
    action: Action
    file: File | None
    reason: str


def plan(
    packages: Iterable[ResolvedPackage], platform: Platform, *, from_source: Collection[str] = ()
) -> tuple[Step, ...]:
    """Say what is to be done, each package behind what it needs.

    Packages that need one another in a circle come in the order of their names.

    Args:
        packages: The whole distribution.
        platform: what it is for.
        from_source: The normalised names of packages that are built, whatever wheels there are.
    """
    ranks = {tag: rank for rank, tag in reversed(list(enumerate(tags_of(platform))))}
    ordered = in_order({package.name: package for package in packages})
    return tuple(_step(package, platform, ranks, built=package.name in from_source) for package in ordered)


def in_order(packages: Mapping[str, ResolvedPackage]) -> list[ResolvedPackage]:
    """Packages behind what they need, otherwise by name; of a circle, whatever is met first is last."""
    ordered: dict[str, ResolvedPackage] = {}
    for start in sorted(packages):
        waiting, opened = [start], set[str]()
        while waiting:
            name = waiting[-1]
            new = [need for need in packages[name].needs if need not in ordered and need not in opened]
            if name not in opened and new:
                opened.add(name)
                waiting += reversed(new)
                continue
            waiting.pop()
            ordered.setdefault(name, packages[name])
    return list(ordered.values())


def needed_before(steps: Sequence[Step]) -> dict[str, tuple[str, ...]]:
    """The packages that each has to wait for: what it needs and comes before it."""
    places = {step.package.name: number for number, step in enumerate(steps)}
    return {
        name: tuple(need for need in steps[number].package.needs if places[need] < number)
        for name, number in places.items()
    }


def _step(package: ResolvedPackage, platform: Platform, ranks: Mapping[Tag, int], *, built: bool) -> Step:
    fitting = sorted(
        (rank, wheel.name, wheel) for wheel in package.wheels if (rank := _rank(wheel, ranks)) >= 0
    )
    if fitting and not (built and package.sdist):
        wheel = fitting[0][2]
        return Step(package=package, action=Action.TAKE, file=wheel, reason=f"{wheel.name} fits")
    # uv leaves wheels of other systems out of its lock file: how many there are is not known here.
    there = f"there is no wheel that fits {platform.name}"
    if package.sdist is None:
        return Step(package=package, action=Action.NONE, file=None, reason=f"{there}, and no sdist")
    reason = "it was to be built" if built and fitting else there
    return Step(package=package, action=Action.BUILD, file=package.sdist, reason=reason)


def _rank(wheel: File, ranks: Mapping[Tag, int]) -> int:
    """How well a wheel fits, 0 the best; -1 where it does not."""
    try:
        tags = parse_wheel_filename(wheel.name)[3]
    except InvalidWheelFilename:
        return -1
    return min((ranks[tag] for tag in tags if tag in ranks), default=-1)

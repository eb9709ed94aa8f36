"""Loads that wait for the loads of what they need.

The loader calls itself for each needed library. Libraries can need one another in a line of any length, so
that here the loads that have begun stand in a list, and none calls another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from pyodide_abi.linker.prediction import Problem


class NeededLoad(NamedTuple):
    """A needed library that is to be loaded now: its key in the loader's table, and its path."""

    key: str
    place: str


#: The steps of one load: problems, and needed libraries. What is sent for one of the latter is whether its
#: load went without a problem.
Steps: TypeAlias = "Generator[Problem | NeededLoad, bool | None, None]"


class OpenLoad:
    """A load that has begun.

    Attributes:
        key: The library's key in the loader's table.
        steps: What is still to be done.
        sound: Whether there was no problem so far, in it or in what it needs.
    """

    def __init__(self, key: str, steps: Steps) -> None:
        self.key = key
        self.steps = steps
        self.sound = True


def finish(
    first: OpenLoad, *, begin: Callable[[NeededLoad], OpenLoad], end: Callable[[OpenLoad], None]
) -> Iterator[Problem]:
    """Go on with a load until it ends, and with those of what it needs.

    Args:
        first: The load.
        begin: Begins the load of a needed library.
        end: Is told of each load when it has ended.
    """
    begun = [first]
    ended: bool | None = None
    while begun:
        current = begun[-1]
        try:
            step = current.steps.send(ended)
        except StopIteration:
            begun.pop()
            end(current)
            ended = current.sound
            if begun and not ended:
                begun[-1].sound = False
            continue
        ended = None
        if isinstance(step, NeededLoad):
            begun.append(begin(step))
        else:
            current.sound = False
            yield step

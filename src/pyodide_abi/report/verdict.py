"""Whether a runtime keeps a platform's promises, as text and as data (``schemas/runtime.schema.json``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyodide_abi.report.printable import printable
from pyodide_abi.runtime.learning.promises import Harm
from pyodide_abi.values import value
from pyodide_abi.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.runtime.learning.promises import BrokenPromise

#: So many broken promises about symbols have lines of their own in the text.
_SHOWN = 20


@value
class BrokenWheel:
    """A module of a wheel that works in the release before and not in the runtime."""

    wheel: str
    module: str
    reason: str


@value
class Verdict:
    """What came of holding a runtime against a platform.

    Attributes:
        runtime: The runtime's version.
        origin: The place that it is from.
        platform: The platform whose promises they are.
        earlier: the releases of the platform that it follows, the oldest first.
        broken: the promises that it breaks.
        gone_before: symbols of some earlier release that the one before it had no more.
        wheels: how many were looked at.
        broken_wheels: The modules of wheels that are worse off.
        unlooked: why no wheel could be looked at; empty where they were.
    """

    runtime: str
    origin: str
    platform: str
    earlier: tuple[str, ...]
    broken: tuple[BrokenPromise, ...]
    gone_before: tuple[str, ...]
    wheels: int
    broken_wheels: tuple[BrokenWheel, ...]
    unlooked: str

    @property
    def kept(self) -> bool:
        """No promise is broken in a way that some module or wheel has to meet."""
        return not (self.broken_wheels or any(broken.harm is Harm.ERROR for broken in self.broken))


def verdict_to_data(verdict: Verdict) -> dict[str, Any]:
    """As JSON values."""
    return {
        "runtime": verdict.runtime,
        "origin": verdict.origin,
        "platform": verdict.platform,
        "earlier": list(verdict.earlier),
        "kept": verdict.kept,
        "broken": [
            {
                "aspect": broken.aspect.value,
                "severity": broken.harm.value,
                "what": broken.what,
                "promised": broken.promised,
                "found": broken.found,
                "effect": broken.effect,
            }
            for broken in verdict.broken
        ],
        "gone_before": list(verdict.gone_before),
        "wheels": verdict.wheels,
        "broken_wheels": [
            {"wheel": broken.wheel, "module": broken.module, "reason": broken.reason}
            for broken in verdict.broken_wheels
        ],
        "unlooked": verdict.unlooked,
    }


def verdict_lines(verdict: Verdict) -> Iterator[str]:
    """For people."""
    follows = f", after {verdict.earlier[-1]}" if verdict.earlier else ", its first release"
    yield printable(f"{verdict.runtime} ({verdict.origin})  platform {verdict.platform}{follows}")
    shown: dict[str, int] = {}
    for broken in verdict.broken:
        count = shown[broken.aspect] = shown.get(broken.aspect, 0) + 1
        if count <= _SHOWN:
            what = " ".join(filter(None, (broken.aspect.value, broken.what)))
            yield printable(
                f"  {broken.harm.value}: {what}: promised {broken.promised}, found {broken.found}"
            )
            yield printable(f"    {broken.effect}")
    for aspect, count in shown.items():
        if count > _SHOWN:
            yield f"  and {count - _SHOWN} more of {aspect}; --format json lists all"
    if verdict.gone_before:
        yield printable(f"  gone before it: {listed(verdict.gone_before)}")
    for worse in verdict.broken_wheels:
        yield printable(f"  error: {worse.wheel}: {worse.module}: {worse.reason}")
    if verdict.unlooked:
        yield printable(f"  the wheels were not looked at: {verdict.unlooked}")
    elif verdict.wheels:
        hurt = len({worse.wheel for worse in verdict.broken_wheels})
        yield f"  {verdict.wheels} wheels, {hurt} of which would break"
    breaks = sum(broken.harm is Harm.ERROR for broken in verdict.broken)
    says = "keeps" if verdict.kept else f"breaks {breaks} of" if breaks else "breaks wheels under"
    yield f"{verdict.runtime} {says} the promises of {verdict.platform}"

"""The result of a comparison as text."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from differential.comparing import Comparison


def report(
    comparisons: Sequence[Comparison], left_out: Mapping[tuple[str, str], Sequence[str]], *, engine: str
) -> str:
    """A table of agreement by release, what was left out and why, and each disagreement."""
    return "\n".join(
        [
            *_table(comparisons, engine),
            *_left_out(left_out),
            *_disagreements([one for one in comparisons if not one.agrees]),
        ]
    )


def _table(comparisons: Sequence[Comparison], engine: str) -> Iterator[str]:
    cases = {one.case for one in comparisons}
    yield f"{len(cases)} cases, {len(comparisons)} comparisons, engine {engine}"
    yield ""
    yield "| platform | release | cases | outcome | message | latent | install | call | by kind only |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    for platform, release in dict.fromkeys((one.platform, one.release) for one in comparisons):
        yield _row(platform, release, [one for one in comparisons if one.release == release])
    yield _row("all", "", comparisons)


def _row(platform: str, release: str, ours: Sequence[Comparison]) -> str:
    total = Counter(str(one.aspect) for one in ours)
    good = Counter(str(one.aspect) for one in ours if one.agrees)
    cells = [
        platform,
        release,
        str(len({one.case for one in ours})),
        _share(good["outcome"], total["outcome"]),
        _share(good["message"], total["message"]),
        _share(good["latent"], total["latent"]),
        _share(good["install"], total["install"]),
        _share(good["call"], total["call"]),
        str(sum(not one.exact for one in ours)),
    ]
    return f"| {' | '.join(cells)} |"


def _share(good: int, total: int) -> str:
    return f"{good}/{total}"


def _left_out(left_out: Mapping[tuple[str, str], Sequence[str]]) -> Iterator[str]:
    if left_out:
        yield ""
        yield "Left out:"
    for (case, reason), releases in left_out.items():
        yield f"- {case} in {', '.join(releases)}: {reason}"


def _disagreements(wrong: Sequence[Comparison]) -> Iterator[str]:
    """Each disagreement once, with all releases that show it."""
    yield ""
    yield f"{len(wrong)} disagreements" if wrong else "no disagreement"
    grouped: dict[tuple[str, str, str, str], list[str]] = {}
    for one in wrong:
        key = (one.case, one.aspect, one.predicted, one.observed)
        grouped.setdefault(key, []).append(one.release)
    for (case, aspect, predicted, observed), releases in grouped.items():
        yield f"- {case}, {aspect}, in {', '.join(releases)}"
        yield f"    predicted: {predicted!r}"
        yield f"    observed:  {observed!r}"

"""The data of :mod:`pyodide_abi.report.diff` as lines for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from pyodide_abi.values import value
from pyodide_abi.wording import spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_Block: TypeAlias = Mapping[str, Any]
_SINGULAR = {
    "wasm-function": "function",
    "js-function": "JavaScript function",
    "stub": "placeholder",
    "data": "data symbol",
    "other": "JavaScript value",
}
_FATES = {
    "works": "no effect",
    "converts": "loads; JavaScript gets arguments of the wrong type",
    "dies": "loads, then the first call ends the interpreter",
    "refused": "does not load",
}
_BAD, _GOOD, _HEADING, _DIM = "red", "green", "bold", "dim"


class Line(NamedTuple):
    """A line and how it looks on a terminal."""

    text: str
    style: str = ""


@value(kw_only=False)
class Cut:
    """How long a list may get.

    Attributes:
        most: How many entries are shown; None for all.
        rest: What is said of where the others are.
    """

    most: int | None
    rest: str

    def __call__(self, lines: Iterable[Line], *, indent: str = "    ") -> Iterator[Line]:
        """The lines, and how many are left out."""
        whole = list(lines)
        shown = whole if self.most is None or len(whole) <= self.most + 1 else whole[: self.most]
        yield from shown
        if len(shown) < len(whole):
            yield Line(f"{indent}… and {len(whole) - len(shown):,} more ({self.rest})", _DIM)


def text_of(data: _Block, *, most: int | None = 20, rest: str = "--all") -> Iterator[Line]:
    """The lines.

    Args:
        data: The data of two releases, modules or wheels.
        most: how many entries of a list are shown; None for all.
        rest: what is said of where the others are.
    """
    cut = Cut(most, rest)
    match data["sort"]:
        case "releases":
            yield from _releases(data, cut)
        case "modules":
            yield from _module(data, cut)
        case _:
            yield from _wheels(data, cut)
    if data["used_by"]:
        yield from _used_by(data["used_by"], cut)


def _releases(data: _Block, cut: Cut) -> Iterator[Line]:
    for side in (data["before"], data["after"]):
        yield Line(_about(side), _HEADING)
    breaking = [change for change in data["changed"] if change["breaks"]]
    harmless = [change for change in data["changed"] if not change["breaks"]]
    yield Line(
        f"{data['same']:,} the same, {len(data['came']):,} came, {len(data['went']):,} went, "
        f"{len(data['changed']):,} changed"
        + (f", {len(breaking):,} of them for the worse" if breaking else "")
    )
    if data["made_late"]:
        yield Line(data["made_late"])
    if data["used_by"]:
        if data["before"]["platform"] != data["after"]["platform"]:
            yield Line("these are symbols only: no wheel of one platform works on another anyhow", _DIM)
        return
    yield from _group("went", data["went"], "before", cut, style=_BAD)
    if data["went"]:
        yield Line("  a module that calls such a function loads, and dies when it calls it;", _DIM)
        yield Line("  one that uses an address, a data symbol or anything else of these does not load", _DIM)
    if breaking:
        yield Line("")
        yield Line(f"changed for the worse: {len(breaking):,}", _HEADING)
        yield from cut(_changes(breaking))
    if harmless:
        yield Line("")
        yield Line(f"changed without effect: {len(harmless):,}", _HEADING)
        if cut.most is None:
            yield from _changes(harmless)
        else:
            yield Line("    (--all lists them)", _DIM)
    yield from _group("came", data["came"], "after", cut, style=_GOOD)
    yield from _partial(data["before"], cut)
    if data["after"] != data["before"]:
        yield from _partial(data["after"], cut)


def _about(side: _Block) -> str:
    symbols = _counted(side["symbols"], "symbol")
    if len(side["releases"]) == 1 and side["label"] == side["releases"][0]:
        return f"{side['label']} (platform {side['platform']}): {symbols}"
    return (
        f"{side['label']} ({len(side['releases'])} releases): {symbols}, "
        f"{side['in_every_release']:,} of them in every one"
    )


def _group(title: str, changes: Sequence[_Block], side: str, cut: Cut, *, style: str) -> Iterator[Line]:
    if not changes:
        return
    yield Line("")
    yield Line(f"{title}: {len(changes):,}", _HEADING)
    kinds: dict[str, list[_Block]] = {}
    for change in changes:
        kinds.setdefault(change[side][0]["kind"], []).append(change)
    for kind, members in sorted(kinds.items(), key=lambda item: -len(item[1])):
        yield Line(f"  {_counted(len(members), _SINGULAR.get(kind, kind))}")
        yield from cut(
            Line(f"    {change['name']}  {change[side][0]['type'] or ''}".rstrip(), style)
            for change in members
        )


def _counted(number: int, noun: str) -> str:
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def _changes(changes: Iterable[_Block]) -> Iterator[Line]:
    for change in changes:
        yield Line(f"    {change['name']}", _BAD if change["breaks"] else "")
        yield Line(f"      {_forms(change['before'])}  ->  {_forms(change['after'])}")
        if change["imported"] != "works":
            yield Line(f"      imported: {_FATES[change['imported']]}")
        if change["addressed"] != "works":
            yield Line(f"      by address: {_FATES[change['addressed']]}")


def _forms(forms: Sequence[_Block]) -> str:
    if len(forms) == 1:
        return _form(forms[0])
    return " / ".join(f"{_form(form)} in {_span(form['releases'])}" for form in forms)


def _form(form: _Block) -> str:
    return f"{_SINGULAR.get(form['kind'], form['kind'])} {form['type'] or ''}".rstrip()


def _span(releases: Sequence[str]) -> str:
    return releases[0] if len(releases) == 1 else f"{releases[0]} to {releases[-1]}"


def _partial(side: _Block, cut: Cut) -> Iterator[Line]:
    if not side["partial"]:
        return
    yield Line("")
    yield Line(f"only some releases of {side['label']} have: {len(side['partial']):,}", _HEADING)
    by_span: dict[str, list[str]] = {}
    for entry in side["partial"]:
        having = {release for form in entry["forms"] for release in form["releases"]}
        by_span.setdefault(spans(having, side["releases"]), []).append(entry["name"])
    for span, names in by_span.items():
        yield Line(f"  {span}")
        yield from cut(Line(f"    {name}") for name in names)


def _wheels(data: _Block, cut: Cut) -> Iterator[Line]:
    before, after = data["before"], data["after"]
    yield Line(f"{before['path']} -> {after['path']}", _HEADING)
    for label in ("distribution", "version"):
        if before[label] != after[label]:
            yield Line(f"  {label}: {before[label]} -> {after[label]}")
    yield from _lists("tags", before["tags"], after["tags"], cut)
    yield Line(f"  size: {_sizes(before['size'], after['size'])}")
    yield Line(
        f"  modules and libraries: {data['same']:,} the same, {len(data['came']):,} came, "
        f"{len(data['went']):,} went, {len(data['changed']):,} changed"
    )
    for sort in ("came", "went", "changed"):
        if data["files"][sort]:
            yield Line(f"  other files that {sort}: {len(data['files'][sort]):,}")
            yield from cut(Line(f"    {name}") for name in data["files"][sort])
    if data["went"]:
        yield Line("went: whoever imports or needs them is broken", _HEADING)
        yield from cut(Line(f"    {entry['name']}  ({entry['path']})", _BAD) for entry in data["went"])
    if data["came"]:
        yield Line("came:", _HEADING)
        yield from cut(Line(f"    {entry['name']}  ({entry['path']})", _GOOD) for entry in data["came"])
    for library in data["changed"]:
        yield Line("")
        yield from _module(library, cut)


def _module(data: _Block, cut: Cut) -> Iterator[Line]:
    before, after = data["before"], data["after"]
    yield Line(data["name"], _HEADING)
    if data["identical"]:
        yield Line("  the same bytes")
        return
    for label, version in (("before", before), ("after", after)):
        if version["error"]:
            yield Line(f"  {label}: cannot be read: {version['error']}", _BAD)
    yield Line(f"  size: {_sizes(before['size'], after['size'])}")
    if before["memory"] and after["memory"]:
        for label, key in (("memory", "size"), ("table", "table_size")):
            if before["memory"][key] != after["memory"][key]:
                yield Line(f"  {label}: {before['memory'][key]:,} -> {after['memory'][key]:,}")
    for label, key in (("needed", "needed"), ("run paths", "run_paths")):
        yield from _lists(label, data[key]["before"], data[key]["after"], cut)
    for label, key in (("features", "features"), ("weak imports", "weak")):
        for sort, names in data[key].items():
            if names:
                yield from cut([Line(f"  {label} that {sort}: {', '.join(names)}")])
    yield from _exports(data["exports"], cut)
    yield from _imports(data["imports"], cut)


def _exports(exports: Mapping[str, Sequence[_Block]], cut: Cut) -> Iterator[Line]:
    for sort in ("went", "changed", "came"):
        entries = exports[sort]
        if not entries:
            continue
        breaks = any(entry["breaks"] for entry in entries)
        note = ": whoever imports one is broken" if breaks else ""
        yield Line(f"  exports that {sort}: {len(entries):,}{note}")
        yield from cut(
            Line(
                f"    {_typed(entry)}{_users(entry)}",
                _BAD if entry["breaks"] else _GOOD if sort == "came" else "",
            )
            for entry in entries
        )


def _imports(imports: Mapping[str, Sequence[_Block]], cut: Cut) -> Iterator[Line]:
    for sort in ("came", "went", "changed"):
        if imports[sort]:
            yield Line(f"  imports that {sort}: {len(imports[sort]):,}")
            yield from cut(Line(f"    {entry['module']}.{_typed(entry)}") for entry in imports[sort])


def _typed(entry: _Block) -> str:
    types = [f"{side['kind']} {side['type']}" for side in (entry["before"], entry["after"]) if side]
    return f"{entry['name']}  {'  ->  '.join(types)}"


def _users(entry: _Block) -> str:
    return f"  (imported by {', '.join(entry['users'])})" if entry["users"] else ""


def _lists(label: str, before: Sequence[str], after: Sequence[str], cut: Cut) -> Iterator[Line]:
    if list(before) == list(after):
        return
    came = [name for name in after if name not in before]
    went = [name for name in before if name not in after]
    if not came and not went:
        yield Line(f"  {label}: in another order: {', '.join(after)}")
        return
    yield Line(f"  {label}:")
    yield from cut(
        [*(Line(f"    - {name}", _BAD) for name in went), *(Line(f"    + {name}", _GOOD) for name in came)]
    )


def _sizes(before: int, after: int) -> str:
    if before == after:
        return f"{after:,} bytes, as before"
    return f"{before:,} -> {after:,} bytes ({after - before:+,})"


def _used_by(used_by: _Block, cut: Cut) -> Iterator[Line]:
    yield Line("")
    broken = [entry for entry in used_by["met"] if entry["breaks"]]
    spared = [entry for entry in used_by["met"] if not entry["breaks"]]
    verdict = f"{len(broken):,} of them break it" if broken else "none of them breaks it"
    yield Line(f"{used_by['path']} meets {len(used_by['met']):,} of these differences, {verdict}", _HEADING)
    yield from _met(broken, cut, _BAD)
    if spared:
        yield Line(f"  without harm: {len(spared):,}")
        yield from _met(spared, cut, "")


def _met(entries: Sequence[_Block], cut: Cut, style: str) -> Iterator[Line]:
    libraries: dict[str, list[_Block]] = {}
    for entry in entries:
        libraries.setdefault(entry["library"], []).append(entry)
    for library, members in libraries.items():
        yield Line(f"  {library}")
        yield from cut(
            Line(f"    {entry['symbol'] or entry['provider']}  {entry['declared']}: {_effect(entry)}", style)
            for entry in members
        )


def _effect(entry: _Block) -> str:
    if "after" not in entry:
        return str(entry["reason"])
    effect = _FATES[entry["after"]]
    return f"{effect}: {entry['reason']}" if entry["reason"] else effect

"""Findings to edits: what a repair would do to a wheel, before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rules import RULES
from pyodide_abi.errors import UsageError
from pyodide_abi.platforms import platform_of_tag
from pyodide_abi.repair.candidates import Shelf
from pyodide_abi.repair.edits import (
    DropSignature,
    FrontDylink,
    Normalise,
    Plan,
    RemoveUnreachable,
    Retag,
    Safety,
)
from pyodide_abi.repair.named_platform import fitting_platforms
from pyodide_abi.repair.needed_graph import link
from pyodide_abi.repair.placement import Layout
from pyodide_abi.repair.providers import add_providers
from pyodide_abi.repair.references import read_texts
from pyodide_abi.repair.trim import trim_exports, trim_sections
from pyodide_abi.values import replace, value
from pyodide_abi.wasm import read_module
from pyodide_abi.wheel.record import Fault
from pyodide_abi.wheel.write import EPOCH, SIGNATURES, is_normal
from pyodide_abi.wording import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from pyodide_abi.audit import Finding, Subject
    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.repair.edits import (
        DropExports,
        DropSections,
        Edit,
        MissingLibrary,
    )
    from pyodide_abi.repair.needed_graph import LibraryNode
    from pyodide_abi.wheel import Wheel
    from pyodide_abi.wheel.filename import WheelName

#: Faults of RECORD that say that a file is not the one that was recorded.
_DIFFERENT = frozenset({Fault.WRONG_DIGEST, Fault.WRONG_SIZE})


@value
class Wishes:
    """What the user wants of a repair.

    Attributes:
        folders: The folders to take libraries from that are not in the wheel, in order.
        sysroots: gives further folders, the compilers' own; asked where those have not got a library.
        exclude: names of libraries that something else provides at run time.
        tags: the platform tags that the wheel shall have; empty for those it has.
        keep_names: the names of functions stay in the modules.
        remove_unreachable: remove what nothing reaches after exports were dropped.
        drop_signature: give up a signature.
        timestamp: The time of every member of the archive, in seconds since 1970.
    """

    folders: tuple[Path, ...] = ()
    sysroots: Callable[[], tuple[Path, ...]] = tuple
    exclude: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    keep_names: bool = False
    remove_unreachable: bool = False
    drop_signature: bool = False
    timestamp: int = EPOCH


def plan_repair(subject: Subject, findings: Sequence[Finding], wishes: Wishes) -> Plan:
    """Say what a repair would do. Nothing is written.

    Args:
        subject: a wheel, open.
        findings: what the audit says of it.
        wishes: The user's wishes.

    Raises:
        UsageError: the subject is no wheel of a platform that is known, or the wishes make no sense.
        UnreadableInputError: a file of the wheel or of a folder cannot be read.
    """
    wheel = subject.wheel
    if wheel is None:
        raise UsageError(
            f"{subject.file.name} is no wheel", hint="'pyodide-abi patch' edits modules by themselves"
        )
    edits: list[Edit] = []
    problems: tuple[MissingLibrary, ...] = ()
    if subject.binaries:
        if subject.platform is None:
            raise UsageError(
                f"{wheel.name}: its tag names none of our platforms, so nobody knows where it shall load",
                hint=_how_to_tag(subject),
            )
        problems = _plan_binaries(subject, subject.platform, wishes, edits)
    edits += _retag(wheel, subject, wishes.tags)
    edits += _normalise(wheel, wishes.timestamp)
    if edits and wishes.drop_signature:
        edits += [DropSignature(path=path, why="it fits no edited wheel") for path in signatures(wheel)]
    answering = tuple(_answering(edits, findings, subject))
    answered = {code for edit in answering for code in edit.mends}
    # With a problem not all edits are planned.
    errors = (one for one in findings if one.severity is Severity.ERROR and not problems)
    return Plan(
        wheel=str(wheel.name),
        platform=subject.platform.name if subject.platform else None,
        edits=answering,
        problems=problems,
        left=tuple(one for one in errors if one.code not in answered),
    )


def _how_to_tag(subject: Subject) -> str:
    """What helps a wheel whose tag names no platform."""
    fitting = fitting_platforms(subject)
    if not fitting:
        return "'pyodide-abi platforms' lists them"
    wishes = " or ".join(f"--tag {platform.tag}" for platform in fitting)
    return f"its contents fit {listed([platform.name for platform in fitting])}: {wishes} gives it that name"


def signatures(wheel: Wheel) -> tuple[str, ...]:
    """The members that sign ``RECORD``."""
    present = {member.name for member in wheel.members}
    return tuple(path for name in SIGNATURES if (path := f"{wheel.dist_info}/{name}") in present)


def _plan_binaries(
    subject: Subject, platform: Platform, wishes: Wishes, edits: list[Edit]
) -> tuple[MissingLibrary, ...]:
    wheel = subject.wheel
    assert wheel is not None
    wheel_libs = f"{wheel.name.distribution}.libs"
    texts = read_texts(subject)
    members = {binary.path: binary.member for binary in subject.binaries}

    def read(path: str) -> bytes:
        return wheel.read(members[path])

    libraries = {binary.path for binary in subject.binaries}
    edits += _front_dylink(subject)
    graph = link(
        subject.binaries,
        platform,
        wheel_libs=wheel_libs,
        shelf=Shelf(wishes.folders, platform, wishes.sysroots),
        exclude=wishes.exclude,
        named=libraries if texts.by_hand else texts.named,
        read=read,
    )
    if graph.problems:
        return tuple(graph.problems)
    add_providers(graph, platform)
    layout = Layout(
        graph=graph, platform=platform, wheel_libs=wheel_libs, fixed=texts.named, by_hand=texts.by_hand
    )
    layout.settle()
    edits += layout.edits()

    def contents(node: LibraryNode) -> bytes:
        return node.source.read_bytes() if node.source is not None else read(node.path)

    def final(edit: DropSections | DropExports) -> DropSections | DropExports:
        outside = graph.nodes[edit.path].outside
        return replace(edit, path=layout.place(edit.path)) if outside else edit

    customs = {binary.path: binary.anatomy.customs for binary in subject.binaries}
    for path, node in graph.nodes.items():
        sections = _customs(contents(node)) if node.outside else customs[path]
        edits += map(final, trim_sections(path, sections, keep_names=wishes.keep_names))
    dropped = [final(edit) for edit in trim_exports(graph, contents, texts.by_hand)]
    edits += dropped
    if wishes.remove_unreachable:
        edits += [
            RemoveUnreachable(path=edit.path, safety=edit.safety, why="exports kept it alive")
            for edit in dropped
        ]
    return tuple(layout.conflicts())


def _front_dylink(subject: Subject) -> Iterator[FrontDylink]:
    """Modules whose section is not where loaders look for it; what they need is seen when it is."""
    for binary in subject.binaries:
        facts = binary.library.facts
        if facts is not None and facts.dylink_misplaced:
            yield FrontDylink(path=binary.path, why="loaders look nowhere else")


def _customs(data: bytes) -> dict[str, int]:
    sections = [section for section in read_module(data).sections if section.custom]
    return {section.name: section.end - section.start for section in sections}


def _retag(wheel: Wheel, subject: Subject, tags: tuple[str, ...]) -> Iterator[Retag]:
    name, platform = wheel.name, subject.platform
    if tags:
        for tag in tags:
            if platform is None or platform_of_tag(tag) != platform:
                known = ", ".join(entry.tag for entry in platform.tags) if platform else ""
                raise UsageError(
                    f"{tag} is not a name of the platform that {wheel.name} is for",
                    hint=f"its names are {known}" if known else "it has no tag that could be exchanged",
                )
        name = _for_python_of(platform, name).with_tags(platform=".".join(tags))
    if name != wheel.name:
        same = platform is not None and platform in map(platform_of_tag, wheel.name.platforms)
        why = "another spelling of the same platform" if same else "the platform that its contents fit"
        yield Retag(old=str(wheel.name), new=str(name), why=why)
    elif set(wheel.metadata.tags) != set(name.tags) and not _is_of_another(subject):
        why = "installers go by the name and tools by WHEEL, which says otherwise"
        yield Retag(old=str(name), new=str(name), why=why)


def _is_of_another(subject: Subject) -> bool:
    """Whether it is the name that is wrong, as the contents fit another platform."""
    fitting = fitting_platforms(subject)
    return bool(fitting) and subject.platform not in fitting


def _for_python_of(platform: Platform | None, name: WheelName) -> WheelName:
    """The name with a platform's CPython in its tags, where they name that of the platform it had before."""
    old = {known.python.tag for known in map(platform_of_tag, name.platforms) if known is not None}
    if platform is None or platform.python.tag in old or not old & set(name.abis):
        return name  # The stable ABI says the same everywhere.
    return name.with_tags(python=platform.python.tag, abi=platform.python.tag)


def _normalise(wheel: Wheel, timestamp: int) -> Iterator[Normalise]:
    faults = wheel.verify_record()
    different = [fault.path for fault in faults if fault.fault in _DIFFERENT]
    if different:
        shown = ", ".join(different[:3])
        yield Normalise(safety=Safety.RISKY, why=f"files are not those that RECORD lists: {shown}")
    elif faults or not is_normal(wheel, timestamp=timestamp):
        yield Normalise(why="the same contents give the same file")


def _answering(edits: Iterable[Edit], findings: Sequence[Finding], subject: Subject) -> Iterator[Edit]:
    """The edits with the findings that they answer."""
    codes: dict[str, list[str]] = {}
    for finding in findings:
        codes.setdefault(finding.location.path, []).append(finding.code)
    everywhere = {finding.code for finding in findings}
    members = {binary.path: binary.member for binary in subject.binaries}
    for edit in edits:
        found = codes.get(members.get(edit.path, edit.path), ()) if edit.path else everywhere
        answered = sorted(rule.code for rule in RULES if edit.kind in rule.answered_by)
        mends = tuple(code for code in answered if code in found)
        yield replace(edit, mends=mends) if mends else edit

"""Edits to a new wheel: changed files are written anew, all others copied as they are packed."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Protocol

from pyodide_abi.errors import FailedError
from pyodide_abi.repair.edits import (
    AddLibrary,
    ChangeNeeded,
    ChangeRunPaths,
    DropExports,
    DropFile,
    DropSections,
    DropSignature,
    FrontDylink,
    MoveFile,
    Normalise,
    RemoveUnreachable,
    Retag,
)
from pyodide_abi.values import replace
from pyodide_abi.wasm import read_module
from pyodide_abi.wasm.edit import ModuleEdit, edit_module
from pyodide_abi.wheel import KeptMember, NewMember, parse_wheel_name, write_wheel
from pyodide_abi.wheel.metadata import write_metadata
from pyodide_abi.wheel.write import SMALL, normal_mode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from pyodide_abi.audit import Subject
    from pyodide_abi.repair.edits import Edit
    from pyodide_abi.wheel import Wheel
    from pyodide_abi.wheel.record import RecordEntry

_LIBRARY_MODE = 0o755


class Shrink(Protocol):
    """Removes what nothing reaches from a module, keeping what it does."""

    def __call__(self, data: bytes) -> bytes:
        """The smaller module."""
        ...


@dataclass(kw_only=True, slots=True)
class _Changes:
    """All that is to be done to one file."""

    edit: ModuleEdit = field(default_factory=ModuleEdit)
    shrink: bool = False
    to: str | None = None
    dropped: bool = False


def apply_repair(
    subject: Subject,
    edits: Sequence[Edit],
    folder: Path,
    *,
    timestamp: int,
    shrink: Shrink | None = None,
    squeeze: bool = False,
) -> Path:
    """Write the wheel with the edits made.

    Args:
        subject: the wheel, open; it stays as it is.
        edits: The edits of a plan, all or some.
        folder: The folder that the new wheel goes to.
        timestamp: The time of every member of the archive, in seconds since 1970.
        shrink: Removes unreachable code; None where no edit asks for it.
        squeeze: pack small files anew, where that makes them smaller.

    Returns:
        the new file.

    Raises:
        FailedError: a library is not the file any more that it was when the plan was made.
        UnreadableInputError: a file of the wheel cannot be read.
    """
    wheel = subject.wheel
    assert wheel is not None
    changes = _collect(edits)
    retag = next((edit for edit in edits if isinstance(edit, Retag)), None)
    name = parse_wheel_name(retag.new) if retag else wheel.name
    members = [
        *_members(subject, wheel, changes, shrink, squeeze=squeeze),
        *_added(edits, changes, shrink),
    ]
    if retag is not None:
        path = f"{wheel.dist_info}/WHEEL"
        text = write_metadata(replace(wheel.metadata, tags=name.tags))
        changed = NewMember(name=path, content=text.encode())
        members = [changed if member.name == path else member for member in members]
    return write_wheel(members, folder / str(name), timestamp=timestamp)


def _collect(edits: Sequence[Edit]) -> dict[str, _Changes]:
    changes: dict[str, _Changes] = {}
    for edit in edits:
        change = changes.setdefault(edit.path, _Changes())
        match edit:
            case MoveFile():
                change.to = edit.to
            case DropFile():
                change.dropped = True
            case ChangeNeeded():
                change.edit = replace(change.edit, needed=edit.new)
            case ChangeRunPaths():
                change.edit = replace(change.edit, run_paths=edit.new)
            case DropSections():
                change.edit = replace(change.edit, drop_sections=frozenset(edit.names))
            case DropExports():
                change.edit = replace(change.edit, drop_exports=frozenset(edit.names))
            case FrontDylink():
                change.edit = replace(change.edit, dylink_first=True)
            case RemoveUnreachable():
                change.shrink = True
            case AddLibrary() | Retag() | DropSignature() | Normalise():
                pass  # New files and the wheel as a whole: whoever writes the wheel sees to them.
    return changes


def _members(
    subject: Subject, wheel: Wheel, changes: dict[str, _Changes], shrink: Shrink | None, *, squeeze: bool
) -> Iterator[NewMember | KeptMember]:
    """The wheel's own files."""
    right = _right_entries(wheel)
    paths = {binary.member: binary.path for binary in subject.binaries}
    for member in wheel.members:
        path = paths.get(member.name)
        change = _Changes() if path is None else changes.get(path, _Changes())
        if change.dropped:
            continue
        name = change.to or member.name
        mode = normal_mode(member.mode)
        if change.edit != ModuleEdit():
            yield NewMember(name=name, content=_reader(wheel, member.name, change, shrink), mode=mode)
        elif squeeze and member.size < SMALL and _shrinks(wheel.read(member.name), member.compressed_size):
            yield NewMember(name=name, content=partial(wheel.read, member.name), mode=mode)
        else:
            entry = right.get(member.name)
            yield KeptMember(name=name, wheel=wheel, source=member.name, mode=mode, entry=entry)


def _shrinks(content: bytes, packed: int) -> bool:
    """Whether packing a small file as well as can be is worth it."""
    return len(zlib.compress(content, zlib.Z_BEST_COMPRESSION, wbits=-zlib.MAX_WBITS)) < packed


def _right_entries(wheel: Wheel) -> dict[str, RecordEntry]:
    """The lines of ``RECORD`` that were found to be right, and can be taken over."""
    wrong = {fault.path for fault in wheel.verify_record()}
    return {
        entry.path: entry
        for entry in wheel.record
        if entry.path not in wrong and entry.digest.startswith("sha256=") and entry.size is not None
    }


def _reader(wheel: Wheel, member: str, change: _Changes, shrink: Shrink | None) -> Callable[[], bytes]:
    return lambda: _edited(wheel.read(member), change, shrink)


def _added(edits: Sequence[Edit], changes: dict[str, _Changes], shrink: Shrink | None) -> Iterator[NewMember]:
    """Files from outside."""
    for edit in edits:
        if isinstance(edit, AddLibrary):
            content = _source_reader(edit, changes[edit.path], shrink)
            yield NewMember(name=edit.path, content=content, mode=_LIBRARY_MODE)


def _source_reader(edit: AddLibrary, change: _Changes, shrink: Shrink | None) -> Callable[[], bytes]:
    import hashlib  # noqa: PLC0415 - most repairs add nothing

    def read() -> bytes:
        data = edit.source.read_bytes()
        if hashlib.sha256(data).hexdigest() != edit.digest:
            raise FailedError(f"{edit.source} has changed while the wheel was being repaired")
        return _edited(data, change, shrink)

    return read


def _edited(data: bytes, change: _Changes, shrink: Shrink | None) -> bytes:
    if change.shrink and shrink is not None:
        # First the exports, which keep code alive; last the section that the loader reads, as it was.
        exports = ModuleEdit(drop_exports=change.edit.drop_exports)
        bare = edit_module(read_module(data), exports)
        smaller = _with_dylink_of(bare, shrink(bare))
        data = smaller if len(smaller) < len(bare) else bare
    return edit_module(read_module(data), change.edit)


def _with_dylink_of(original: bytes, other: bytes) -> bytes:
    """A module with the ``dylink.0`` section of another, in front."""
    from pyodide_abi.wasm.writer import NewSection, write_module  # noqa: PLC0415 - most repairs shrink nothing

    old, new = read_module(original), read_module(other)
    section = old.dylink_section
    assert section is not None
    dylink = NewSection(id=0, name=section.name, contents=old.contents(section))
    return write_module(new, [dylink, *(one for one in new.sections if one.name != section.name)])

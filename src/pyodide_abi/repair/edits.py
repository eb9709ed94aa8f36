"""What a repair can do to a wheel, each edit with how safe it is, and the plan that they make up."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, TypeAlias

from pyodide_abi.audit.rule import EditKind
from pyodide_abi.values import value
from pyodide_abi.wording import listed

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.audit.finding import Finding


class Safety(enum.StrEnum):
    """Whether an edit can change what a program does, beyond what it mends.

    A safe edit cannot: the audit's facts prove it. A risky one rests on something that bytes do not show,
    such as whether a program looks a symbol up by a name that it puts together.
    """

    SAFE = "safe"
    RISKY = "risky"


@value
class _Edit:
    """One change.

    Attributes:
        path: The path of the file that it changes, below ``site-packages``, where the file is before the
            repair, or where a new one will be; empty for the wheel as a whole.
        safety: whether it is made without being asked for.
        why: the reason, in words.
        mends: codes of the rules whose findings it answers.
    """

    path: str = ""
    safety: Safety = Safety.SAFE
    why: str
    mends: tuple[str, ...] = ()

    @property
    def kind(self) -> EditKind:
        """What sort of edit it is, in words with hyphens."""
        return _KINDS[type(self)]

    @property
    def what(self) -> str:
        """What it does."""
        raise NotImplementedError


@value
class AddLibrary(_Edit):
    """Put a library into the wheel.

    Attributes:
        source: the file.
        digest: SHA-256 of its contents, hexadecimal.
        size: The number of bytes.
    """

    source: Path
    digest: str
    size: int

    @property
    def what(self) -> str:
        """What it does."""
        return f"add {self.source} ({self.size} bytes)"


@value
class MoveFile(_Edit):
    """Move a library within the wheel; ``to`` is its new place below ``site-packages``."""

    to: str

    @property
    def what(self) -> str:
        """What it does."""
        return f"move to {self.to}"


@value
class DropFile(_Edit):
    """Leave a library out that is there under another name; ``same_as`` is the one that stays."""

    same_as: str
    size: int

    @property
    def what(self) -> str:
        """What it does."""
        return f"leave out ({self.size} bytes), the same as {self.same_as}"


@value
class ChangeNeeded(_Edit):
    """Other needed libraries."""

    old: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def what(self) -> str:
        """What it does."""
        return f"needed libraries: {_listed(self.old)} -> {_listed(self.new)}"


@value
class ChangeRunPaths(_Edit):
    """Other run paths."""

    old: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def what(self) -> str:
        """What it does."""
        return f"run paths: {_listed(self.old)} -> {_listed(self.new)}"


@value
class FrontDylink(_Edit):
    """Put the ``dylink.0`` section in front of all others."""

    @property
    def what(self) -> str:
        """What it does."""
        return "put dylink.0 in front of the other sections"


@value
class DropSections(_Edit):
    """Leave out custom sections; ``size`` is what they take, in bytes."""

    names: tuple[str, ...]
    size: int

    @property
    def what(self) -> str:
        """What it does."""
        return f"drop {_listed(self.names)} ({self.size} bytes)"


@value
class DropExports(_Edit):
    """Leave out exports; ``size`` is what their entries take, in bytes."""

    names: tuple[str, ...]
    size: int

    @property
    def what(self) -> str:
        """What it does."""
        number = len(self.names)
        some = f"{number} exports" if number > 1 else "the export"
        return f"drop {some} {_listed(self.names)} ({self.size} bytes)"


@value
class RemoveUnreachable(_Edit):
    """Remove the code that nothing reaches any more, with Binaryen."""

    @property
    def what(self) -> str:
        """What it does."""
        return "remove the code that nothing reaches any more"


@value
class Retag(_Edit):
    """Other tags: the file's name and the ``WHEEL`` file; both are file names."""

    old: str
    new: str

    @property
    def what(self) -> str:
        """What it does."""
        return (
            f"{self.old} -> {self.new}" if self.old != self.new else "write the file name's tags into WHEEL"
        )


@value
class DropSignature(_Edit):
    """Leave out a signature, which fits no edited wheel."""

    @property
    def what(self) -> str:
        """What it does."""
        return f"drop the signature {self.path}"


@value
class Normalise(_Edit):
    """Write the archive as every repair writes it: order, times, modes and ``RECORD``."""

    @property
    def what(self) -> str:
        """What it does."""
        return "bring members, times and modes into their usual order, and write RECORD anew"


#: Any of the changes that a repair knows.
Edit: TypeAlias = (
    AddLibrary
    | MoveFile
    | DropFile
    | ChangeNeeded
    | ChangeRunPaths
    | FrontDylink
    | DropSections
    | DropExports
    | RemoveUnreachable
    | Retag
    | DropSignature
    | Normalise
)

_KINDS: dict[type[_Edit], EditKind] = {
    AddLibrary: EditKind.ADD_LIBRARY,
    MoveFile: EditKind.MOVE_FILE,
    DropFile: EditKind.DROP_FILE,
    ChangeNeeded: EditKind.CHANGE_NEEDED,
    ChangeRunPaths: EditKind.CHANGE_RUN_PATHS,
    FrontDylink: EditKind.FRONT_DYLINK,
    DropSections: EditKind.DROP_SECTIONS,
    DropExports: EditKind.DROP_EXPORTS,
    RemoveUnreachable: EditKind.REMOVE_UNREACHABLE,
    Retag: EditKind.RETAG,
    DropSignature: EditKind.DROP_SIGNATURE,
    Normalise: EditKind.NORMALISE,
}


def _listed(names: tuple[str, ...]) -> str:
    return listed(names, 4) or "none"


@value
class MissingLibrary:
    """A needed library that cannot be had.

    Attributes:
        path: The path of the file that needs it.
        name: as the file records it.
        reason: why not, with where was looked.
    """

    path: str
    name: str
    reason: str


@value
class Plan:
    """What a repair would do.

    Attributes:
        wheel: the file's name.
        platform: The platform that it is for; None for a wheel without native files.
        edits: The edits, in the order in which they are made.
        problems: what no edit mends; with any of them nothing is written.
        left: the audit's errors that none of the edits is an answer to; empty where there are problems.
    """

    wheel: str
    platform: str | None
    edits: tuple[Edit, ...]
    problems: tuple[MissingLibrary, ...] = ()
    left: tuple[Finding, ...] = ()

    def chosen(self, *, risky: bool) -> tuple[Edit, ...]:
        """The edits to make."""
        return tuple(edit for edit in self.edits if risky or edit.safety is Safety.SAFE)

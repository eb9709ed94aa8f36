"""Every exception that this project raises on purpose.

::

    PyodideAbiError                 anything we can explain            exit code 2
    ├── UsageError                  the request makes no sense         2
    │   └── UnknownPlatformError    no platform of that name           2
    ├── UnreadableInputError        a file is not what it should be    2
    │   ├── WasmError               …a WebAssembly module (offset)     2
    │   ├── WheelError              …a wheel (member)                  2
    │   └── PlatformDataError       …our own platform data (path)      2
    ├── FailedError                 the work was done and did not end well  1
    │   └── BuildFailedError        a compiler or a build backend said no   1
    └── MissingError                the environment lacks something    3
        ├── OfflineError            it is not in the cache and the network is off limits  3
        └── DigestError             what arrived is not what was promised                 3

The command line turns them into one message and an exit code; the library raises them.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable


class PyodideAbiError(Exception):
    """What happened and where, and what to do next.

    Attributes:
        message: one line; a line break in it is part of a name, and is never printed as one.
        details: further lines, such as those that a tool wrote, likewise one each.
        hint: what to do next, of one or more lines.
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, message: str, *, details: Iterable[str] = (), hint: str = "") -> None:
        self.message = message
        self.details = tuple(details)
        self.hint = hint
        super().__init__("\n".join((message, *self.details)))


class UsageError(PyodideAbiError):
    """The request cannot be carried out as it was made."""


class UnknownPlatformError(UsageError):
    """A name that belongs to no platform version."""


class UnreadableInputError(PyodideAbiError):
    """A file that was given is not what it should be."""


class WasmError(UnreadableInputError):
    """Bytes that are not a WebAssembly module as its specification has it.

    Attributes:
        offset: The place in the file, in bytes from its start.
    """

    def __init__(self, message: str, *, offset: int, hint: str = "") -> None:
        super().__init__(f"{message} (at offset {offset:#x})", hint=hint)
        self.reason = message
        self.offset = offset

    def __reduce__(self) -> tuple[partial[WasmError], tuple[str]]:
        """Copies and other processes make it anew from what it was made of."""
        return partial(WasmError, offset=self.offset, hint=self.hint), (self.reason,)


class ExcessError(WasmError):
    """More of something in a module than any engine accepts, or than is read here.

    Attributes:
        size: what it is.
        number: how many there are said to be; the offset is where the file says so.
    """

    def __init__(self, within: str, *, size: str, number: int, limit: int, offset: int) -> None:
        super().__init__(f"{within}: claims {number} {size} where engines accept {limit}", offset=offset)
        self.size, self.number = size, number
        self._made_of = {"size": size, "number": number, "limit": limit, "offset": offset}
        self._within = within

    def __reduce__(self) -> tuple[partial[ExcessError], tuple[str]]:  # type: ignore[override] # made of other parts
        """Copies and other processes make it anew from what it was made of."""
        return partial(ExcessError, **self._made_of), (self._within,)  # type: ignore[arg-type] # as above


class WheelError(UnreadableInputError):
    """An archive that is not a wheel, or one that is not safe to open."""


class PlatformDataError(UnreadableInputError):
    """Platform data with a fault; the message starts with a dotted path into the file."""


class FailedError(PyodideAbiError):
    """Something ran to its end and the end was not a good one."""

    exit_code: ClassVar[int] = 1


class BuildFailedError(FailedError):
    """A compiler or a build backend refused the project.

    Attributes:
        cause: the words of the log that name the cause; empty where there is no log.
    """

    def __init__(self, message: str, *, details: Iterable[str] = (), hint: str = "", cause: str = "") -> None:
        super().__init__(message, details=details, hint=hint)
        self.cause = cause


class MissingError(PyodideAbiError):
    """The environment lacks something; ``hint`` says how to get it."""

    exit_code: ClassVar[int] = 3


class OfflineError(MissingError):
    """Something is not in the cache and ``--offline`` forbids fetching it."""


class DigestError(MissingError):
    """What was fetched is not what its pinned digest promised."""

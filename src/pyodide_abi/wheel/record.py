"""``RECORD``: the list of a wheel's files with their digests (PEP 376 and PEP 427)."""

from __future__ import annotations

import binascii
import enum
import hashlib
import io
from typing import TYPE_CHECKING

from pyodide_abi.errors import WheelError
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_COLUMNS = 3
#: Digits of a size: more than any file has bytes, and no work to read.
_LONGEST_SIZE = 20
#: What PEP 427 forbids or nothing verifies any more.
_WEAK = frozenset({"md5", "sha1"})
#: Those of Python's digests that have a fixed length.
_COMPARABLE = frozenset(name for name in hashlib.algorithms_guaranteed if not name.startswith("shake_"))
#: Without these, and with no longer field than this, a line is what stands between its commas.
_NOT_PLAIN, _LONGEST_FIELD = frozenset('"\r\0'), 1 << 17


@value
class RecordEntry:
    """A line of ``RECORD``.

    Attributes:
        path: as in the archive.
        digest: ``algorithm=base64``, empty for ``RECORD`` itself and for signatures.
        size: The number of bytes; None where the line does not say.
    """

    path: str
    digest: str = ""
    size: int | None = None


class Fault(enum.StrEnum):
    """What can be wrong with ``RECORD``."""

    UNLISTED = "unlisted"
    ABSENT = "absent"
    REPEATED = "repeated"
    NO_DIGEST = "no digest"
    WEAK_DIGEST = "weak digest"
    WRONG_DIGEST = "wrong digest"
    WRONG_SIZE = "wrong size"


@value
class RecordFault:
    """One thing that is wrong, and with which file."""

    fault: Fault
    path: str
    detail: str = ""


def digest_of(content: bytes, algorithm: str = "sha256") -> str:
    """A digest as ``RECORD`` writes it: URL-safe base64 without padding."""
    return _written(algorithm, hashlib.new(algorithm, content).digest())


def _written(algorithm: str, digest: bytes) -> str:
    text = binascii.b2a_base64(digest, newline=False).rstrip(b"=").decode()
    return f"{algorithm}={text.replace('+', '-').replace('/', '_')}"


def entry_for(path: str, content: bytes) -> RecordEntry:
    """The line for a file."""
    return RecordEntry(path=path, digest=digest_of(content), size=len(content))


def parse_record(text: str, *, where: str) -> tuple[RecordEntry, ...]:
    """Read ``RECORD``.

    Args:
        text: The file's contents.
        where: the wheel and the member, for messages.

    Raises:
        WheelError: a line is not a path, a digest and a size.
    """
    entries = []
    for number, row in enumerate(_rows(text, where), start=1):
        if not row:
            continue
        if len(row) != _COLUMNS or not row[0] or (row[2] and not row[2].isascii()):
            raise WheelError(f"{where}: line {number} is not a path, a digest and a size: {row!r}")
        path, digest, size = row
        if size and (not size.isdecimal() or len(size) > _LONGEST_SIZE):
            raise WheelError(f"{where}: line {number}: the size of {path!r} is {size[: _LONGEST_SIZE + 1]!r}")
        entries.append(RecordEntry(path=path, digest=digest, size=int(size) if size else None))
    return tuple(entries)


def _rows(text: str, where: str) -> Iterator[list[str]]:
    """The fields of each line.

    Usual lines are taken apart at their commas, all others by ``csv``, whose import takes as long as the
    files of many a wheel.

    Raises:
        WheelError: a line is no CSV.
    """
    lines = text.split("\n")
    if _NOT_PLAIN.isdisjoint(text) and max(map(len, lines)) < _LONGEST_FIELD:
        yield from (line.split(",") if line else [] for line in lines)
        return
    import csv  # noqa: PLC0415 - few wheels come here

    try:
        yield from csv.reader(io.StringIO(text))
    except csv.Error as error:
        raise WheelError(f"{where}: {error}") from error


def write_record(entries: Iterable[RecordEntry]) -> str:
    """The counterpart of :func:`parse_record`."""
    import csv  # noqa: PLC0415 - an audit writes none

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for entry in entries:
        writer.writerow((entry.path, entry.digest, "" if entry.size is None else entry.size))
    return out.getvalue()


def verify_record(
    entries: Iterable[RecordEntry],
    files: Iterable[str],
    read: Callable[[str], bytes],
    known: Mapping[str, tuple[int, bytes]] | None = None,
) -> tuple[RecordFault, ...]:
    """Hold a ``RECORD`` against the files.

    Args:
        entries: The lines of ``RECORD``.
        files: the names of all files in the archive, folders left out.
        read: gives a file's contents; called once a file at most.
        known: the size and the SHA-256 of files that were read before, which are not read again for it.

    Returns:
        all faults, in the order of the lines, then of the files that no line lists.
    """
    listed: dict[str, RecordEntry] = {}
    faults = []
    present = list(files)
    existing = set(present)
    for entry in entries:
        if entry.path in listed:
            faults.append(RecordFault(fault=Fault.REPEATED, path=entry.path))
            continue
        listed[entry.path] = entry
        if entry.path not in existing:
            faults.append(RecordFault(fault=Fault.ABSENT, path=entry.path))
        elif not _exempt(entry.path):
            size, digest = (known or {}).get(entry.path, (0, b""))
            if digest and entry.digest.startswith("sha256="):
                faults += _compare(entry, size, _written("sha256", digest))
            else:
                content = read(entry.path)
                faults += _compare(entry, len(content), _digest_for(entry, content))
    unlisted = [path for path in present if path not in listed and not _exempt(path)]
    return (*faults, *(RecordFault(fault=Fault.UNLISTED, path=path) for path in unlisted))


def _exempt(path: str) -> bool:
    """``RECORD`` cannot hold its own digest, and signatures are made after it."""
    folder, _, name = path.rpartition("/")
    return folder.endswith(".dist-info") and name in {"RECORD", "RECORD.jws", "RECORD.p7s"}


def _digest_for(entry: RecordEntry, content: bytes) -> str:
    """The digest to hold against an entry's; empty where that is of no use."""
    algorithm = entry.digest.partition("=")[0]
    return digest_of(content, algorithm) if algorithm in _COMPARABLE - _WEAK else ""


def _compare(entry: RecordEntry, size: int, found: str) -> list[RecordFault]:
    faults = []
    if entry.size is not None and entry.size != size:
        detail = f"{entry.size} listed, {size} found"
        faults.append(RecordFault(fault=Fault.WRONG_SIZE, path=entry.path, detail=detail))
    if not entry.digest:
        faults.append(RecordFault(fault=Fault.NO_DIGEST, path=entry.path))
    elif not found:
        algorithm = entry.digest.partition("=")[0]
        faults.append(RecordFault(fault=Fault.WEAK_DIGEST, path=entry.path, detail=algorithm))
    elif found != entry.digest.rstrip("=") and not faults:  # of another size, it has another digest anyway
        faults.append(
            RecordFault(
                fault=Fault.WRONG_DIGEST, path=entry.path, detail=f"{entry.digest} listed, {found} found"
            )
        )
    return faults

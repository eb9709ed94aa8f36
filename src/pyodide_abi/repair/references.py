"""What the rest of a wheel shows of loading libraries by hand: ``ctypes``, ``cffi``, ``dlopen``.

A library that is only needed by modules can be moved, and an export that no module imports can go. A program
that opens a library itself knows its place and its symbols by name, and may put either together from parts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyodide_abi.repair.candidates import stem_of
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Collection

    from pyodide_abi.audit import Subject

#: What Python code that opens libraries cannot do without.
_BY_HAND = re.compile(rb"\b(?:ctypes|_ctypes|cffi|_cffi_backend|dlopen|dlsym|CDLL|PyDLL|LoadLibrary)\b")
#: Likewise of native code: its imports.
_NATIVE = frozenset({"dlopen", "dlsym"})


@value
class Texts:
    """What was seen.

    Attributes:
        by_hand: the first file that opens libraries or looks symbols up by itself; empty for none.
        named: paths of libraries whose name stands in a file that is no module.
    """

    by_hand: str
    named: frozenset[str]


def read_texts(subject: Subject) -> Texts:
    """Look through every file of a wheel but its metadata, one at a time.

    Raises:
        WheelError: a file is damaged.
    """
    wheel = subject.wheel
    assert wheel is not None
    native = {binary.member for binary in subject.binaries}
    libraries = {binary.path: _stem(binary.path) for binary in subject.binaries if not binary.extension}
    by_hand = next(
        (
            binary.path
            for binary in subject.binaries
            if binary.library.facts and any(entry.name in _NATIVE for entry in binary.library.facts.imports)
        ),
        "",
    )
    named: set[str] = set()
    pattern = _pattern(libraries.values())
    for member in wheel.members:
        if member.name in native or member.name.startswith(f"{wheel.dist_info}/"):
            continue
        content = wheel.read(member.name)
        if not by_hand and _BY_HAND.search(content):
            by_hand = member.name
        if pattern is not None:
            found = set(pattern.findall(content))
            named.update(path for path, stem in libraries.items() if stem in found)
    return Texts(by_hand=by_hand, named=frozenset(named))


def _stem(path: str) -> bytes:
    name = stem_of(path.rpartition("/")[2])
    return name.rpartition(".")[0].encode()


def _pattern(stems: Collection[bytes]) -> re.Pattern[bytes] | None:
    # The longest first, as one name may begin another.
    words = sorted({re.escape(stem) for stem in stems if stem}, key=len, reverse=True)
    return re.compile(rb"(?<!\w)(?:" + b"|".join(words) + rb")(?!\w)") if words else None

"""Looking for features in a module's code, as fast as Python can.

The code is most of a module, and its instructions can only be told apart by going through them in order. Two
things make that bearable. Instructions follow a regular language but for a few, so one regular expression
steps over thousands of them at once. And an instruction in question has a recognisable beginning: only
functions that hold such bytes, of whatever meaning, are gone through.

This looks, it does not validate: an engine may refuse code that is gone through here.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from pyodide_abi.wasm.bodies import windows
from pyodide_abi.wasm.features import Feature
from pyodide_abi.wasm.instruction_starts import LONGEST, surely_begins_none
from pyodide_abi.wasm.instructions import FAMILIES, feature_of, locals_of, pattern, read_instruction
from pyodide_abi.wasm.section_table import SectionId

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from pyodide_abi.wasm.bodies import Window
    from pyodide_abi.wasm.cursor import Bytes, Cursor
    from pyodide_abi.wasm.module import Module

_INT = rb"(?:[\x80-\xff]*+[\x00-\x7f])"
#: What the first bytes of an instruction in question look like; anything else may look so too.
_BEGINNINGS: dict[Feature, bytes] = {
    # Everything else of the legacy encoding stands inside a try.
    Feature.LEGACY_EXCEPTIONS: rb"\x06",
    # Without a try_table there is nothing to throw again.
    # Of the usual lengths no more is taken than can be: 31 is a frequent number, too.
    Feature.EXNREF: (
        rb"\x1f(?:[\x63\x64]" + _INT + rb"|[\x00-\x40\x69-\x74\x7b-\x7f]|[\x80-\xff]++[\x00-\x7f])"
        rb"(?:\x80*+\x00|(?:\x01|[\x80-\xff]++[\x00-\x7f])[\x00-\x03]"
        rb"|[\x02-\x7f](?:[\x00\x01]" + _INT + _INT + rb"|[\x02\x03]" + _INT + rb")[\x00-\x03])"
    ),
    Feature.TAIL_CALL: rb"[\x12\x13\x15]",
    Feature.ATOMICS: rb"\xfe[\x00-\x03\x10-\x4e\x80-\xff]",
    Feature.SIMD128: rb"\xfd(?:[\x00-\x7f]|[\x80-\xff]{1,4}+[\x00\x01])",
    Feature.RELAXED_SIMD: rb"\xfd[\x80-\x93](?:\x02|\x82\x80{0,2}\x00)",
    Feature.WIDE_ARITHMETIC: rb"\xfc(?:[\x13-\x16]|[\x93-\x96]\x80{0,3}\x00)",
    Feature.GC: rb"\xfb[\x00-\x1e\x80-\x9e]|[\xd3-\xd6\x14]",
}
#: At least so many bytes of code are gone over in one step.
_STRIDE = 1 << 12
#: Places are looked at by themselves only so far behind the beginning of a function, in bytes, and only one
#: for so many bytes of code: to go over these takes no longer.
_WORTH_A_LOOK = 1 << 13
#: Bytes of a section that is held which are looked at together.
AT_A_TIME = 1 << 18

#: What :func:`scan_code` can answer.
IN_CODE = frozenset(_BEGINNINGS)


class Question(NamedTuple):
    """Something to be asked about code.

    Attributes:
        wanted: the features to look for, of :data:`IN_CODE`; the fewer, the faster.
        any_of: the first found is enough, as for "which of the two encodings is it?".
    """

    wanted: frozenset[Feature]
    any_of: bool = False


#: What was found in code, by what was asked.
Answers: TypeAlias = "Mapping[Question, frozenset[Feature]]"


class Scan:
    """A search in code that comes some bodies at a time.

    Attributes:
        question: what is looked for.
        found: The part of it that is there.
    """

    def __init__(self, question: Question) -> None:
        """Begin.

        Raises:
            ValueError: something that is not to be seen in code is asked for.
        """
        if not question.wanted <= IN_CODE:
            raise ValueError(f"cannot be told from code: {', '.join(sorted(question.wanted - IN_CODE))}")
        self.question = question
        self.found: frozenset[Feature] = frozenset()

    def is_done(self) -> bool:
        """Nothing that comes can change what was found."""
        return self.found == self.question.wanted or (self.question.any_of and bool(self.found))

    def take(self, window: Window) -> None:
        """Look at the next bodies.

        Only those that hold bytes like the beginning of a wanted instruction are gone through, and no
        farther than to the last such bytes; long ones only where these bytes can be one.

        Raises:
            WasmError: what stands before such bytes is cut off, or no instruction that this knows.
        """
        position, end = 0, window.ends[-1] if window.ends else 0
        beginnings, looks = _Beginnings(window.data), end // _WORTH_A_LOOK
        while not self.is_done():
            wanted = self.question.wanted - self.found
            at = beginnings.find(wanted, position, end)
            if at is None:
                return
            body = window.body_at(at)
            if body is None:
                position = at + 1
            elif looks and at - body.position > _WORTH_A_LOOK and surely_begins_none(body, at):
                looks -= 1
                position = at + 1
            else:
                position = body.end
                self.found |= _scan_body(body, wanted, at)


def scan_code(
    module: Module, wanted: Collection[Feature] = IN_CODE, *, any_of: bool = False
) -> frozenset[Feature]:
    """Which features the module's instructions use.

    Args:
        module: the module.
        wanted: what to look for.
        any_of: stop at the first found.

    Returns:
        those of ``wanted`` that are there; with ``any_of``, what was found until the search stopped.

    Raises:
        WasmError: the code is cut off, or an instruction that this does not know is in the way.
        ValueError: something that is not to be seen in code is asked for.
    """
    question = Question(frozenset(wanted), any_of)
    return answers_of(module, [question])[question]


def answers_of(module: Module, questions: Iterable[Question]) -> Answers:
    """The answers to some questions about a module's code, found in one walk.

    Raises:
        WasmError: as for :func:`scan_code`.
        ValueError: likewise.
    """
    scans = [Scan(question) for question in set(questions)]
    section = module.find(SectionId.CODE)
    if section is not None and not all(scan.is_done() for scan in scans):
        view = module.view(section)
        pieces = (view[start : start + AT_A_TIME] for start in range(0, len(view), AT_A_TIME))
        for window in windows(pieces, section):
            for scan in scans:
                scan.take(window)
            if all(scan.is_done() for scan in scans):
                break
    return {scan.question: scan.found for scan in scans}


def _scan_body(cursor: Cursor, wanted: frozenset[Feature], at: int) -> frozenset[Feature]:
    """The wanted features of one function, in which the first match is ``at`` a place of the data."""
    for _ in locals_of(cursor):
        pass
    left, data, position, end = wanted, cursor.data, cursor.position, cursor.end
    beginnings = _Beginnings(data)
    while left:
        if position > at:
            # It was a part of something else.
            later = beginnings.find(left, position, end)
            if later is None:
                break
            at = later
        # Matches may come in crowds.
        limit = min(max(at, position + _STRIDE) + LONGEST, end)
        dull, feature = _dull(left), None
        while position <= at and feature not in left:
            stepped = dull.match(data, position, limit)
            position = stepped.end() if stepped else position
            if position <= at:
                cursor.position = position
                feature = feature_of(read_instruction(cursor).opcode)
                position = cursor.position
        left -= {feature}
    return wanted - left


class _Beginnings:
    """A search for what looks like the beginning of an instruction in question.

    Each feature is looked for by itself: a regular expression that begins with one byte takes a tenth of the
    time of one that begins with several.
    """

    def __init__(self, data: Bytes) -> None:
        self._data = data
        self._coming: dict[Feature, int] = {}

    def find(self, wanted: Iterable[Feature], position: int, end: int) -> int | None:
        """The first such place from a position on, which never goes back, up to one that stays."""
        for feature in wanted:
            if self._coming.get(feature, -1) < position:
                match = _beginning(feature).search(self._data, position, end)
                self._coming[feature] = match.start() if match else end
        found = min(self._coming[feature] for feature in wanted)
        return found if found < end else None


@lru_cache
def _beginning(feature: Feature) -> re.Pattern[bytes]:
    return re.compile(_BEGINNINGS[feature])


@lru_cache
def _dull(wanted: frozenset[Feature]) -> re.Pattern[bytes]:
    """Steps over as many instructions as possible that belong to no wanted feature."""
    families = (family for family in FAMILIES if family.feature not in wanted)
    return re.compile(b"(?:" + pattern(families, runs=True) + b")*+")

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
from typing import TYPE_CHECKING, NamedTuple

from pyodide_abi.wasm.bodies import windows
from pyodide_abi.wasm.cursor import Cursor
from pyodide_abi.wasm.features import Feature
from pyodide_abi.wasm.section_table import SectionId

if TYPE_CHECKING:
    from collections.abc import Collection

    from pyodide_abi.wasm.bodies import Window
    from pyodide_abi.wasm.module import Module

_INT = rb"(?:[\x80-\xff]*+[\x00-\x7f])"
_BYTE = rb"[\x00-\xff]"
#: Alignment, then for a memory other than the first its index, then the offset.
_ACCESS = (
    rb"(?:(?:[\x00-\x3f]|[\x80-\xbf]\x80*+\x00)|(?:[\x40-\x7f]|[\xc0-\xff]\x80*+\x00)" + _INT + rb")" + _INT
)
#: A block's type: nothing, a value type or an index. 0x63 and 0x64 begin a reference type of two parts.
_BLOCK = rb"(?:[\x63\x64]" + _INT + rb"|[\x80-\xff]*+[\x00-\x7f])"
_HEAP = _INT

#: How instructions are written (core specification, section 5.4), each with the feature it belongs to.
_PLAIN = (
    rb"[\x20-\x26\x41\x10\x0c\x0d\x42\x08\x3f\x40\xd0\xd2]" + _INT,
    rb"[\x00\x01\x05\x0b\x0f\x1a\x1b\x45-\xc4\xd1]++",
    rb"[\x28-\x3e]" + _ACCESS,
    rb"[\x02-\x04]" + _BLOCK,
    rb"\x11" + _INT + _INT,
    rb"\x43[\x00-\xff]{4}",
    rb"\x44[\x00-\xff]{8}",
    rb"\xfc(?:[\x00-\x07]|[\x09\x0b\x0d\x0f-\x12]" + _INT + rb"|[\x08\x0a\x0c\x0e]" + _INT + _INT + rb")",
)
_SPECIAL: dict[Feature, bytes] = {
    Feature.LEGACY_EXCEPTIONS: rb"\x06" + _BLOCK + rb"|[\x07\x09\x18]" + _INT + rb"|\x19",
    Feature.EXNREF: rb"\x0a",
    Feature.TAIL_CALL: rb"[\x12\x15]" + _INT + rb"|\x13" + _INT + _INT,
    Feature.ATOMICS: rb"\xfe(?:\x03\x00|[\x00-\x02\x10-\x4e]" + _ACCESS + rb")",
    Feature.SIMD128: (
        rb"\xfd(?:[\x0e-\x14\x23-\x53\x5e-\x7f]|[\x80-\xff]\x01|[\x15-\x22]" + _BYTE
        + rb"|[\x00-\x0b\x5c\x5d]" + _ACCESS + rb"|[\x54-\x5b]" + _ACCESS + _BYTE
        + rb"|[\x0c\x0d]" + _BYTE + rb"{16})"
    ),
    Feature.RELAXED_SIMD: rb"\xfd[\x80-\x93]\x02",
    Feature.WIDE_ARITHMETIC: rb"\xfc[\x13-\x16]",
    Feature.GC: (
        rb"\xfb(?:[\x00\x01\x06\x07\x0b-\x0e\x10\x14-\x17]" + _INT
        + rb"|[\x02-\x05\x08-\x0a\x11-\x13]" + _INT + _INT
        + rb"|[\x0f\x1a-\x1e]|[\x18\x19][\x00-\x03]" + _INT + _HEAP + _HEAP + rb")"
        rb"|[\xd3\xd4]|[\xd5\xd6\x14]" + _INT
    ),
}  # fmt: skip
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
    Feature.RELAXED_SIMD: rb"\xfd[\x80-\x93](?:\x02|\x82)",
    Feature.WIDE_ARITHMETIC: rb"\xfc[\x13-\x16\x93-\x96]",
    Feature.GC: rb"\xfb[\x00-\x1e\x80-\x9e]|[\xd3-\xd6\x14]",
}
_BY_OPCODE: dict[int, Feature] = {
    **dict.fromkeys((0x06, 0x07, 0x09, 0x18, 0x19), Feature.LEGACY_EXCEPTIONS),
    **dict.fromkeys((0x0A, 0x1F), Feature.EXNREF),
    **dict.fromkeys((0x12, 0x13, 0x15), Feature.TAIL_CALL),
    **dict.fromkeys((0xFB, 0xD3, 0xD4, 0xD5, 0xD6, 0x14), Feature.GC),
    0xFE: Feature.ATOMICS,
}
_BR_TABLE, _SELECT_TYPED, _TRY_TABLE = 0x0E, 0x1C, 0x1F
_MISCELLANEOUS, _SIMD = 0xFC, 0xFD
_PREFIXES = frozenset({0xFB, 0xFC, 0xFD, 0xFE})
#: No instruction that a regular expression goes over is longer, in bytes.
_LONGEST = 40
#: At least so many bytes of code are gone over in one step.
_STRIDE = 1 << 12
_RELAXED = 0x100
_WIDE = range(0x13, 0x17)
_CLAUSES_WITH_TAG = 2
#: Bytes of a section that is held which are looked at together.
_AT_A_TIME = 1 << 18

#: What :func:`scan_code` can answer.
IN_CODE = frozenset(_SPECIAL)


class Question(NamedTuple):
    """Something to be asked about code.

    Attributes:
        wanted: the features to look for, of :data:`IN_CODE`; the fewer, the faster.
        any_of: the first found is enough, as for "which of the two encodings is it?".
    """

    wanted: frozenset[Feature]
    any_of: bool = False


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
        farther than to the last such bytes.

        Raises:
            WasmError: what stands before such bytes is cut off, or no instruction that this knows.
        """
        position, end = 0, window.ends[-1] if window.ends else 0
        while not self.is_done():
            wanted = self.question.wanted - self.found
            match = _beginnings(wanted).search(window.data, position, end)
            if match is None:
                return
            body = window.body_at(match.start())
            if body is None:
                position = match.start() + 1
            else:
                position = body.end
                self.found |= _scan_body(body, wanted, match.start())


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
    scan = Scan(question)
    section = module.find(SectionId.CODE)
    if section is None or scan.is_done():
        return scan.found
    if question not in module.answers:
        view = module.view(section)
        pieces = (view[start : start + _AT_A_TIME] for start in range(0, len(view), _AT_A_TIME))
        for window in windows(pieces, section):
            scan.take(window)
            if scan.is_done():
                break
        module.answers[question] = scan.found
    return module.answers[question]


def _scan_body(cursor: Cursor, wanted: frozenset[Feature], at: int) -> frozenset[Feature]:
    """The wanted features of one function, in which the first match is ``at`` a place of the data."""
    _skip_locals(cursor)
    left, data, position, end = wanted, cursor.data, cursor.position, cursor.end
    while left:
        if position > at:
            # It was a part of something else.
            match = _beginnings(left).search(data, position, end)
            if match is None:
                break
            at = match.start()
        # Matches may come in crowds.
        limit = min(max(at, position + _STRIDE) + _LONGEST, end)
        dull, feature = _dull(left), None
        while position <= at and feature not in left:
            stepped = dull.match(data, position, limit)
            position = stepped.end() if stepped else position
            if position <= at:
                cursor.position = position
                feature = _step(cursor)
                position = cursor.position
        left -= {feature}
    return wanted - left


def _skip_locals(cursor: Cursor) -> None:
    for _ in range(cursor.count(smallest=2)):
        cursor.u32()
        _skip_type(cursor)


def _skip_type(cursor: Cursor) -> None:
    if cursor.u8() in {0x63, 0x64}:
        cursor.s33()


def _step(cursor: Cursor) -> Feature | None:
    """Go over one instruction that the regular expression left, and say which feature it belongs to."""
    opcode = cursor.data[cursor.position]
    if opcode in {_BR_TABLE, _SELECT_TYPED, _TRY_TABLE}:
        return _step_counted(cursor)
    feature = _feature_of(cursor)
    if feature is not None:
        match = _one(feature).match(cursor.data, cursor.position, cursor.end)
        if match:
            cursor.position = match.end()
            return feature
    if opcode in _PREFIXES and _step_padded(cursor):
        return feature
    raise cursor.fault(f"unknown or broken instruction {opcode:#04x}")


def _feature_of(cursor: Cursor) -> Feature | None:
    opcode = cursor.data[cursor.position]
    if opcode not in {_MISCELLANEOUS, _SIMD}:
        return _BY_OPCODE.get(opcode)
    second = Cursor(cursor.data, start=cursor.position + 1, end=cursor.end, within=cursor.within).u32()
    if opcode == _MISCELLANEOUS:
        return Feature.WIDE_ARITHMETIC if second in _WIDE else None
    return Feature.RELAXED_SIMD if second >= _RELAXED else Feature.SIMD128


def _step_counted(cursor: Cursor) -> Feature | None:
    """The instructions whose length depends on a number inside them, so no regular expression follows."""
    opcode = cursor.u8()
    if opcode == _BR_TABLE:
        for _ in range(cursor.count(limit=cursor.remaining) + 1):
            cursor.u32()
        return None
    if opcode == _SELECT_TYPED:
        for _ in range(cursor.count()):
            _skip_type(cursor)
        return None
    block = re.compile(_BLOCK).match(cursor.data, cursor.position, cursor.end)
    cursor.position = block.end() if block else cursor.end
    for _ in range(cursor.count(smallest=2)):
        if cursor.u8() < _CLAUSES_WITH_TAG:
            cursor.u32()
        cursor.u32()
    return Feature.EXNREF


def _step_padded(cursor: Cursor) -> bool:
    """An instruction whose second opcode is written longer than it has to be."""
    start = cursor.position
    prefix = cursor.u8()
    second = cursor.u32()
    short = bytearray([prefix])
    while second > 0x7F:  # noqa: PLR2004 - LEB128
        short.append(second & 0x7F | 0x80)
        second >>= 7
    short.append(second)
    rest = bytes(cursor.data[cursor.position : min(cursor.position + _LONGEST, cursor.end)])
    match = _everything().match(bytes(short) + rest)
    if match is None or cursor.position - start == len(short):
        cursor.position = start
        return False
    cursor.position += match.end() - len(short)
    return True


@lru_cache
def _beginnings(wanted: frozenset[Feature]) -> re.Pattern[bytes]:
    return re.compile(b"|".join(_BEGINNINGS[feature] for feature in sorted(wanted)))


@lru_cache
def _dull(wanted: frozenset[Feature]) -> re.Pattern[bytes]:
    """Steps over as many instructions as possible that belong to no wanted feature."""
    others = [pattern for feature, pattern in _SPECIAL.items() if feature not in wanted]
    return re.compile(b"(?:" + b"|".join([*_PLAIN, *others]) + b")*+")


@lru_cache
def _one(feature: Feature) -> re.Pattern[bytes]:
    return re.compile(_SPECIAL[feature])


@lru_cache
def _everything() -> re.Pattern[bytes]:
    return re.compile(b"|".join([*_PLAIN, *_SPECIAL.values()]))

"""Going over code that is not reached, to the end of its block."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from pyodide_abi.wasm.cursor import Cursor
from pyodide_abi.wasm.instructions import BLOCK, ELSE, END, IF, LOOP, USUAL, pattern, read_instruction

if TYPE_CHECKING:
    from pyodide_abi.wasm.cursor import Bytes

_TRY, _CATCH, _DELEGATE, _CATCH_ALL, _TRY_TABLE = 0x06, 0x07, 0x18, 0x19, 0x1F
_OPENING = frozenset({BLOCK, LOOP, IF, _TRY, _TRY_TABLE})
_CLOSING = frozenset({END, _DELEGATE})


def skip_block(data: Bytes, position: int) -> tuple[int, bool]:
    """Go over what is left of a block or of a branch of it.

    Args:
        data: a function's body.
        position: The position of the next instruction.

    Returns:
        the place behind the ``else`` or ``end`` that was found, and whether it is the end of the block.

    Raises:
        WasmError: the body is cut off, or an instruction is not known.
    """
    cursor = Cursor(data, start=position, within="code section")
    plain, depth = _plain(), 0
    while True:
        stepped = plain.match(data, cursor.position)
        if stepped:
            cursor.position = stepped.end()
        opcode = read_instruction(cursor).opcode
        if opcode in _OPENING:
            depth += 1
        elif opcode in _CLOSING:
            if not depth:
                return cursor.position, True
            depth -= 1
        elif opcode == ELSE and not depth:
            return cursor.position, False


@lru_cache(maxsize=1)
def _plain() -> re.Pattern[bytes]:
    """As many instructions as possible that neither open nor close a block."""
    without = _OPENING | _CLOSING | {ELSE, _CATCH, _CATCH_ALL}
    return re.compile(b"(?:" + pattern(USUAL, without=without) + b")*+")

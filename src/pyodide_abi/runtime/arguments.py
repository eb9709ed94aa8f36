"""What of the words after ``python`` are options for the interpreter, and what is the program.

As ``_PyOS_GetOpt`` of CPython's ``Python/getopt.c`` reads them, with the letters of ``Python/initconfig.c``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Options that stand alone, and those that take a value: the rest of the word, else the next one. Others
#: (``-i``, ``-x``, ``-V``, long ones) change what ``main`` itself does, or are mistakes.
_ALONE = frozenset("bBdEIOPqRsSuv")
_VALUED = frozenset("WX")
_PROGRAM = frozenset("cm")


def divide(args: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The interpreter's options, and the program with its arguments.

    Returns:
        two parts, of which the second begins with ``-c`` and code, ``-m`` and a name, ``-`` or a script, or
        is empty for a program on stdin; None where only CPython's own ``main`` can tell what to do.
    """
    options: list[str] = []
    words = list(args)
    while words and words[0].startswith("-") and words[0] != "-":
        word = words.pop(0)
        options.append(word)
        for at, letter in enumerate(word[1:], 1):
            if letter in _ALONE:
                continue
            value = word[at + 1 :]
            if letter not in _VALUED | _PROGRAM or not (value or words):
                return None
            if letter in _PROGRAM:
                options[-1:] = [word[:at]] if at > 1 else []
                return tuple(options), (f"-{letter}", value or words.pop(0), *words)
            if not value:
                options.append(words.pop(0))
            break
    return tuple(options), tuple(words)


def is_interactive(program: Sequence[str], environ: Mapping[str, str], *, terminal: bool) -> bool:
    """Whether somebody is to type the program, or to look around after it.

    Args:
        program: as :func:`divide` gives it.
        environ: The environment of the program.
        terminal: Whether its stdin is a terminal.
    """
    return bool(environ.get("PYTHONINSPECT")) or (terminal and (not program or program[0] == "-"))

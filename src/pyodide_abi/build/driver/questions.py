"""Questions to a compiler that emcc does not understand, or answers with a program of the build machine.

libtool, Meson and configure scripts ask them, and take no answer, or another machine's, for the target's.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # as in arguments.py
if TYPE_CHECKING:
    from collections.abc import Sequence

_PROGRAM = "-print-prog-name="
#: What GCC answers for a target with one set of libraries and no sysroot of its own (its manual, "Developer
#: Options").
_ANSWERS = {
    "-print-multi-os-directory": ".",
    "-print-multi-directory": ".",
    "-print-multi-lib": ".;",
    "-print-multiarch": "wasm32-emscripten",
    "-print-sysroot": "",
    "-print-sysroot-headers-suffix": "",
    "-dumpmachine": "wasm32-unknown-emscripten",
}


def answer(words: Sequence[str], drivers: str) -> str | None:
    """The answer to the first question that is known; None if the compiler is to answer.

    Args:
        words: a command without any file.
        drivers: the folder of the target's compiler, archiver and so on.
    """
    for word in words:
        question = word[1:] if word[:2] == "--" else word
        if question in _ANSWERS:
            return _ANSWERS[question]
        if question.startswith(_PROGRAM):
            name = question[len(_PROGRAM) :]
            place = f"{drivers}/{name}"
            ours = "/" not in name and os.access(place, os.X_OK) and not os.path.isdir(place)  # noqa: PTH112 - pathlib costs 10 ms
            # GCC repeats a name that it does not find.
            return place if ours else name
    return None

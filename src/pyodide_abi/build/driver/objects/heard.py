"""What the linker says: passed on under the project's own names, understood where its cause is known."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

#: What wasm-ld says of every shared library, whatever it is.
_NO_NEWS = (
    "creating shared libraries, with -shared, is not yet stable",
    "dynamic imports are not yet stable (--unresolved-symbols=import-dynamic)",
)
_MISMATCH = "function signature mismatch: "
_PLACE, _PLACES = ">>> defined as ", 2
_ERROR = r"^.*wasm-ld\S*: (?:error|fatal): "
#: What helps with whatever another compiler made.
ANEW = "it has to be compiled for the target, with the CC and AR of 'pyodide-abi exec' or of the build"
_NO_PIC = "code that is not position-independent, which no side module can take"
_PIC = (
    "compile it with -fPIC and make the archive anew ('pyodide-abi exec -- make CFLAGS=-fPIC', CMake's\n"
    "CMAKE_POSITION_INDEPENDENT_CODE, Meson's b_staticpic, configure's --with-pic); of Rust's crate cc,\n"
    "which leaves it out for WebAssembly, ask it by pic(true) or CFLAGS_wasm32_unknown_emscripten=-fPIC"
)
#: How an error reads, what is wrong with the object that it names, and what helps.
_CAUSES = tuple(
    (re.compile(_ERROR + pattern), fault, cure)
    for pattern, fault, cure in (
        (
            r"(?P<object>.+): relocation R_WASM_\w+ cannot be used against symbol .*recompile with -fPIC",
            _NO_PIC,
            _PIC,
        ),
        (
            r"(?P<object>.+): must specify -mwasm64 to process wasm64 object files",
            "objects for WebAssembly with addresses of 64 bits, where the platform's have 32",
            f"{ANEW}, without -m64 and -sMEMORY64",
        ),
        (
            r"(?P<object>.+): machine type must be wasm32 or wasm64",
            "LLVM bitcode for another machine",
            ANEW,
        ),
        (
            (
                r"(?P<object>[^:]+): (?:[Ii]nvalid (?:record|bitcode)|[Uu]nknown (?:attribute|type)"
                r"|[Mm]alformed block|[Ee]xpected|.*\(Producer: )"
            ),
            "LLVM bitcode of another compiler or version",
            f"{ANEW}; objects without -flto do not depend on the compiler's version",
        ),
        (
            r"unknown file type: (?P<object>.+)",
            "no object file of the target",
            ANEW,
        ),
    )
)


class Hearing:
    """Passes on what the linker says; keeps mismatches of types, causes and the names of files for itself.

    Args:
        originals: The project's file for each of ours.
        lenient: Mismatches are passed on too.
        traced: Files and members (normalized) of which is told when they are taken; the linker's
            ``--trace`` prints them all.

    Attributes:
        mismatches: What is declared in two ways, and where.
        causes: What is wrong and what helps, with the objects that are said to be so.
        taken: Those of ``traced`` that became part of the module.
    """

    def __init__(
        self, originals: Mapping[str, str], *, lenient: bool = False, traced: Collection[str] = ()
    ) -> None:
        self.mismatches: list[str] = []
        self.causes: dict[tuple[str, str], list[str]] = {}
        self.taken: set[str] = set()
        self._originals = originals
        self._lenient = lenient
        self._traced = traced
        self._places = 0

    def line(self, line: str) -> None:
        """Hear one line."""
        line = renamed(line, self._originals)
        if self._traced and _is_file(line):
            self.taken |= {os.path.normpath(line)} & set(self._traced)
            return
        _, mismatch, name = line.partition(_MISMATCH)
        if not self._lenient and mismatch:
            self.mismatches.append(f"{_MISMATCH}{name}")
            self._places = 0
        elif self.mismatches and line.startswith(_PLACE) and self._places < _PLACES:
            # Each of the two lines that follow names a type and a file.
            self.mismatches[-1] += f"{', ' if self._places else ' is '}{line.removeprefix(_PLACE)}"
            self._places += 1
        elif not line.endswith(_NO_NEWS):
            self._understand(line)
            say(line)

    def _understand(self, line: str) -> None:
        for pattern, fault, cure in _CAUSES:
            if found := pattern.match(line):
                objects = self.causes.setdefault((fault, cure), [])
                if (named := os.path.normpath(found["object"])) not in objects:
                    objects.append(named)
                return


def _is_file(line: str) -> bool:
    """The line is a file's name, as ``--trace`` prints them, and neither a message nor part of one."""
    return ": " not in line and line[:1] not in {">", " ", ""}


def renamed(text: str, originals: Mapping[str, str]) -> str:
    """The text with the project's names for files of ours."""
    for ours, theirs in originals.items():
        text = text.replace(ours, theirs)
    return text


def say(line: str) -> None:
    """Write a line for the user."""
    sys.stderr.write(line + "\n")

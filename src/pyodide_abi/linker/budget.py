"""A bound on what is followed: libraries can be made to want so much of one another that nobody can wait."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from pyodide_abi.errors import UnreadableInputError, WasmError
from pyodide_abi.signatures import MOST_NAMES
from pyodide_abi.wasm.section_table import SectionId
from pyodide_abi.wasm.sections import dylink0, linking, names, target_features

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyodide_abi.wasm.frame import Frame
    from pyodide_abi.wasm.section_table import Section

#: Steps for any wheel, and more for each byte of it: a step is some five microseconds, so that any wheel
#: takes two seconds at most, and one more for each megabyte. Published wheels take less than a tenth, but for
#: one: in an engine that refuses the library that all its modules need it takes a quarter.
_STEPS, _STEPS_FOR_A_BYTE = 400_000, 0.2
#: What is kept and told, a problem or a missing function, weighs more: a kilobyte in the end, and rules that
#: look at each.
_TELLING = 8
#: So does a library that is loaded.
_LOADING = 4
#: Names that are compared in the time of one step.
_COMPARING = 4
#: A file that is read, and each byte or each entry of what is read one by one in its sections. Of code and
#: data nothing is read so; names come in columns.
_READING = 400
_BYTES_READ = frozenset({SectionId.TYPE})
_ENTRIES_READ = {
    SectionId.TABLE: 4,
    SectionId.MEMORY: 4,
    SectionId.TAG: 4,
    SectionId.GLOBAL: 1,
    SectionId.ELEMENT: 6,
    SectionId.DATA: 5,
    SectionId.IMPORT: 1,
    SectionId.EXPORT: 1,
}
#: Instructions of a wheel's modules that are followed to find out what they hand over, and more for each byte
#: of the wheel.
_FOLLOWED, _FOLLOWED_FOR_A_BYTE = 1_000_000, 0.7
#: A section, whatever it holds: its header and its place in the order.
_SECTION = 4
#: Bytes of a segment's references, of small functions or of a custom section that is read entry by entry, in
#: the time of one step; and of names, which come faster. Debugging information is read by nobody here.
_QUICKLY_READ, _NAMES_READ = 8, 26
_CUSTOM_READ = frozenset({dylink0.NAME, dylink0.LEGACY_NAME, linking.NAME, target_features.NAME})


def followed_in(size: int) -> int:
    """How many instructions may be followed in a file with all that lies in it, by its size in bytes."""
    return _FOLLOWED + int(_FOLLOWED_FOR_A_BYTE * size)


def shares(followed: int, sizes: Mapping[str, int]) -> dict[str, int]:
    """How many instructions of all may be followed in each file, by their sizes in bytes.

    Half of all is shared out evenly, half by size: so it makes no difference in which order files are read,
    or where.
    """
    everything = max(sum(sizes.values()), 1)
    return {path: int(followed / 2 * (1 / len(sizes) + size / everything)) for path, size in sizes.items()}


class Budget:
    """The work that may still be done to read a wheel's files and to predict what becomes of them."""

    def __init__(self, name: str = "the wheel", *, size: int = 0, steps: int | None = None) -> None:
        """Begin.

        Args:
            name: The name of the file that the predictions are about, for the message.
            size: The size of that file, in bytes.
            steps: The number of steps; None for what the size gives. To look for a needed library is one.
        """
        self._name = name
        self._followed = followed_in(size)
        self._shares: dict[str, int] = {}
        self._left = _STEPS + int(_STEPS_FOR_A_BYTE * size) if steps is None else steps

    @property
    def left(self) -> int:
        """The steps that may still be done."""
        return self._left

    def share_out(self, sizes: Mapping[str, int]) -> None:
        """Say beforehand how many instructions may be followed in each file, by their sizes in bytes."""
        self._shares = shares(self._followed, sizes)

    def share_of(self, path: str) -> int | None:
        """The instructions that may be followed in a file; None for as many as in a module by itself."""
        return self._shares.get(path)

    def spend_elsewhere(self, number: int) -> None:
        """Pay for files that a copy of this budget has paid for, in another process.

        Raises:
            UnreadableInputError: As for :meth:`spend_file`.
        """
        self._spend_reading(number)

    def spend_search(self, number: int = 1) -> None:
        """Pay for needed libraries that are looked for.

        Raises:
            UnreadableInputError: The budget is used up.
        """
        self._left -= number
        if self._left < 0:
            raise UnreadableInputError(
                f"{self._name}: its libraries need or lack more of one another than can be followed",
                hint="no known wheel comes near; report it with the file if it is meant to be used",
            )

    def spend_load(self) -> None:
        """Pay for a library that is loaded.

        Raises:
            UnreadableInputError: As for :meth:`spend_search`.
        """
        self.spend_search(_LOADING)

    def spend_compare(self, number: int) -> None:
        """Pay for names that are held against what a load has.

        Raises:
            UnreadableInputError: As for :meth:`spend_search`.
        """
        self.spend_search(number // _COMPARING)

    def spend_file(self) -> None:
        """Pay for a file that is read.

        Raises:
            UnreadableInputError: There are too many for the size of what was given.
        """
        self._spend_reading(_READING)

    def spend_section(self, frame: Frame, section: Section) -> None:
        """Pay for a section before anybody reads it; one whose contents have gone by costs by its size.

        A module can have any number of empty custom ones.

        Raises:
            UnreadableInputError: There is too much in all sections for the size of what was given.
        """
        self._spend_reading(_SECTION)
        if section.name in _CUSTOM_READ or section.id in {SectionId.ELEMENT, SectionId.FUNCTION}:
            self._spend_reading(section.size // _QUICKLY_READ)
        if section.name == names.NAME and section.size <= MOST_NAMES:
            self._spend_reading(section.size // _NAMES_READ)
        if section.custom:
            return
        id_ = SectionId(section.id)
        if id_ in _BYTES_READ:
            self._spend_reading(section.size)
        elif id_ in _ENTRIES_READ and frame.holds(section):
            with suppress(WasmError):
                number = frame.cursor(section).u32()
                # An entry has a byte at least.
                self._spend_reading(_ENTRIES_READ[id_] * min(number, section.size))

    def _spend_reading(self, number: int) -> None:
        self._left -= number
        if self._left < 0:
            raise UnreadableInputError(
                f"{self._name}: its native files are too many, or have too many small entries, for its size",
                hint="no known wheel comes near; report it with the file if it is meant to be used",
            )

    def spend_report(self, number: int = 1) -> None:
        """Pay for problems or missing functions that become part of the answer.

        Raises:
            UnreadableInputError: As for :meth:`spend_search`.
        """
        self.spend_search(_TELLING * number)

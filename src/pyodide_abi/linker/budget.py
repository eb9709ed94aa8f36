"""A bound on what is followed: libraries can be made to want so much of one another that nobody can wait."""

from __future__ import annotations

from pyodide_abi.errors import UnreadableInputError

#: Needed libraries that are looked for, in all loads of a wheel together: ten seconds. Of 261 published
#: wheels the one that takes most takes 14,000, and 217,000 for an engine that refuses its largest library.
_MOST_STEPS = 2_000_000
#: What is kept and told, a problem or a missing function, weighs more: a kilobyte in the end.
_TELLING = 4
#: Names that are compared in the time of one step.
_COMPARING = 4


class Patience:
    """What is left of it; one for all predictions about a wheel."""

    def __init__(self, name: str = "the wheel", *, steps: int = _MOST_STEPS) -> None:
        """Begin.

        Args:
            name: of the file that the predictions are about, for the message.
            steps: needed libraries that may be looked for.
        """
        self._name = name
        self._left = steps

    def seek(self, number: int = 1) -> None:
        """Needed libraries are looked for.

        Raises:
            UnreadableInputError: it has come to its end.
        """
        self._left -= number
        if self._left < 0:
            raise UnreadableInputError(
                f"{self._name}: its libraries need or lack more of one another than can be followed",
                hint="no known wheel comes near; report it with the file if it is meant to be used",
            )

    def compare(self, number: int) -> None:
        """Names are held against what a load has.

        Raises:
            UnreadableInputError: as for :meth:`seek`.
        """
        self.seek(number // _COMPARING)

    def tell(self, number: int = 1) -> None:
        """Problems or missing functions become part of the answer.

        Raises:
            UnreadableInputError: as for :meth:`seek`.
        """
        self.seek(_TELLING * number)

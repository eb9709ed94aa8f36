"""A bound on what is followed: libraries can be made to want so much of one another that nobody can wait."""

from __future__ import annotations

from pyodide_abi.errors import UnreadableInputError

#: Needed libraries that are looked for, in all loads of a wheel together: ten seconds. Of 261 published
#: wheels the one that takes most takes 14,000, and 217,000 for an engine that refuses its largest library.
_MOST_STEPS = 2_000_000
#: What is kept and told, a problem or a missing function, weighs more: a kilobyte in the end.
_TELLING = 4
#: So does a library that is loaded.
_LOADING = 4
#: Names that are compared in the time of one step.
_COMPARING = 4


class Budget:
    """The work that may still be done; one budget for all predictions about a wheel."""

    def __init__(self, name: str = "the wheel", *, steps: int = _MOST_STEPS) -> None:
        """Begin.

        Args:
            name: The name of the file that the predictions are about, for the message.
            steps: The number of needed libraries that may be looked for.
        """
        self._name = name
        self._left = steps

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

    def spend_load(self, names: int = 0) -> None:
        """Pay for a library that is loaded.

        Args:
            names: The number of its imports and segments that are looked at.

        Raises:
            UnreadableInputError: As for :meth:`spend_search`.
        """
        self.spend_search(_LOADING + names // _COMPARING)

    def spend_compare(self, number: int) -> None:
        """Pay for names that are held against what a load has.

        Raises:
            UnreadableInputError: As for :meth:`spend_search`.
        """
        self.spend_search(number // _COMPARING)

    def spend_report(self, number: int = 1) -> None:
        """Pay for problems or missing functions that become part of the answer.

        Raises:
            UnreadableInputError: As for :meth:`spend_search`.
        """
        self.spend_search(_TELLING * number)

"""What a driver's messages say of one extension module."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from pyodide_abi.runtime.replies import Entered, Imported, Left
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyodide_abi.runtime.replies import Message

#: CPython's words when a library was loaded and has no initialisation function (Python/importdl.c).
_NO_INIT = "dynamic module does not define"


class Outcome(enum.StrEnum):
    """What became of a module."""

    LOADED = "loaded"
    REFUSED = "refused"
    NO_INIT = "no-init"
    RAISED = "raised"
    KILLED = "killed"
    NEEDS = "needs"
    """Its own start imports a distribution that was not installed: nothing is known of the rest."""


@value
class Account:
    """What was seen of one module in one interpreter.

    Attributes:
        steps: how each of its own steps (create, execute) ended, up to the first failure.
        spoilt: another extension module failed or died before this one was done, and may have spoilt the
            loader's state: an unresolved symbol of one makes every later load fail.
        dead: the interpreter died while the innermost module being loaded was this one.
        died: why it died, whoever did it.
        error: how the whole import ended; empty where it succeeded.
        missing: the module that was not found, if the import ended so.
    """

    steps: tuple[Left, ...]
    spoilt: bool
    dead: bool
    died: str
    error: str
    missing: str

    @classmethod
    def of(cls, messages: Sequence[Message], path: str, *, died: str) -> Account:
        """From what the driver said, and why the interpreter died (empty where it did not)."""
        steps: list[Left] = []
        entered: list[str] = []
        spoilt, error, missing = False, "", ""
        for message in messages:
            match message:
                case Entered():
                    entered.append(message.path)
                case Left() if message.path.endswith(f"/{path}"):
                    entered.pop()
                    if not any(step.error for step in steps):
                        steps.append(message)
                case Left():
                    entered.pop()
                    nested = any(outer.endswith(f"/{path}") for outer in entered)
                    spoilt = spoilt or bool(message.error and not nested and not steps)
                case Imported():
                    error, missing = message.error, message.missing
                case _:
                    pass
        dead = bool(died and entered and entered[-1].endswith(f"/{path}"))
        # What another one killed says nothing of this one.
        spoilt = spoilt or bool(died and entered and not dead)
        return cls(
            steps=tuple(steps),
            spoilt=spoilt,
            dead=dead,
            died=died,
            error=error,
            missing=missing,
        )

    def verdict(self) -> tuple[Outcome, str] | None:
        """The module's own outcome, or None where this interpreter does not tell it."""
        if self.spoilt:
            return None
        if self.dead:
            return Outcome.KILLED, self.died
        failed = next((step for step in self.steps if step.error), None)
        if failed:
            return _classified(failed)
        return (Outcome.LOADED, "") if len(self.steps) == _STEPS else None

    def of_library(self) -> tuple[Outcome, str] | None:
        """The outcome of a library that was opened; None where this interpreter does not tell it."""
        if self.dead:
            return Outcome.KILLED, self.died
        if not self.steps or self.spoilt:
            return None
        (step, *_) = self.steps
        return (Outcome.REFUSED, f"{step.error}: {step.text}") if step.error else (Outcome.LOADED, "")

    @property
    def well(self) -> bool:
        """Nothing failed, in the file or around it, but for a module that is not there."""
        failed = self.error and not self.missing
        return not (self.spoilt or self.died or failed or any(step.error for step in self.steps))

    @property
    def package(self) -> str:
        """How the import ended, where that is not what :meth:`verdict` tells."""
        if self.dead or (not self.spoilt and any(step.error for step in self.steps)):
            return ""
        return self.died or self.error


#: Create and execute: the import system's two calls for an extension module (PEP 451).
_STEPS = 2


def _classified(step: Left) -> tuple[Outcome, str]:
    """What an exception that came out of a module's own loading means.

    The import system names the file in the exceptions that it raises itself; one from the module's
    initialisation names nothing, or another module.
    """
    if not step.own or step.error != "ImportError":
        return Outcome.RAISED, f"{step.error}: {step.text}"
    if step.text.startswith(_NO_INIT):
        return Outcome.NO_INIT, step.text
    return Outcome.REFUSED, step.text

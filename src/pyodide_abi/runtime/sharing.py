"""Which modules may share an interpreter, and what it tells of each as if that had been there alone.

A module is imported behind others of its own package, so that all of them find what the package's own code
has made of the interpreter. :mod:`~pyodide_abi.runtime.probe` and ``interpreter.mjs`` see to it that nothing
but the module itself comes between two, that the second cannot find the first, and that it wants no name that
the first has brought. What they cannot know is whether the second goes well: only if it does, it is believed.
The first that does not is asked again, in a fresh interpreter, where it is the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.runtime.account import Account
from pyodide_abi.runtime.replies import Entered, Left, Prepared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyodide_abi.runtime.attempts import Attempt
    from pyodide_abi.runtime.driver import Heard
    from pyodide_abi.runtime.replies import Message


def families(attempts: Sequence[Attempt]) -> list[list[Attempt]]:
    """Modules of one package together, each library by itself."""
    found: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        package = attempt.module.rpartition(".")[0] if attempt.module else f"/{attempt.path}"
        found.setdefault(package, []).append(attempt)
    return list(found.values())


def divided(attempts: Sequence[Attempt], parts: int) -> list[list[Attempt]]:
    """Families, spread over so many parts at most, the largest first."""
    shares: list[list[Attempt]] = [[] for _ in range(max(parts, 1))]
    for family in sorted(families(attempts), key=len, reverse=True):
        min(shares, key=len).extend(family)
    return [share for share in shares if share] or [[]]


def told_of(family: Sequence[Attempt], heard: Sequence[Heard]) -> dict[Attempt, Account]:
    """What an interpreter tells of modules of one package, as far as it is to be believed.

    Args:
        family: what was to be loaded.
        heard: what was said of those that it came to, in their order.
    """
    first, *others = heard
    packages = _before_the_module(first.messages)
    told = _account(family[0], first.messages, first.died)
    if packages is None and told.error and not told.died and family[0].module:
        # The package's own code has failed, as it does whoever asks for one of its modules.
        return {attempt: _account(attempt, first.messages, "") for attempt in family}
    found = {family[0]: told}
    for attempt, said in zip(family[1:], others, strict=False):
        account = _account(attempt, (*(packages or ()), *said.messages), said.died)
        if account.verdict() is None or account.error or account.died or not _alone(said.messages, attempt):
            break
        found[attempt] = account
    return found


def _account(attempt: Attempt, messages: Sequence[Message], died: str) -> Account:
    return Account.of(messages, attempt.path, died=died)


def _before_the_module(messages: Sequence[Message]) -> Sequence[Message] | None:
    """What was said until a module's packages had been imported; None where they were not."""
    for number, message in enumerate(messages):
        if isinstance(message, Prepared):
            return messages[:number]
    return None


def _alone(messages: Sequence[Message], attempt: Attempt) -> bool:
    """Whether nothing but the module itself was loaded, and nothing of it failed."""
    return all(
        message.path.endswith(f"/{attempt.path}") and not getattr(message, "error", "")
        for message in messages
        if isinstance(message, Entered | Left)
    )

"""What is held against a file that was tried in a real runtime, from the accounts of one or two interpreters.

The first interpreter imports a module as users do, its packages with it. Where that does not tell about the
module, a second one has loaded the very file, below empty parents.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from pyodide_abi.runtime.account import Account, Outcome
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Collection

    from pyodide_abi.runtime.attempts import Attempt

#: What code in C says of a module that it did not find, in place of the import system's own exception:
#: NumPy's ``import_array`` and ``import_umath`` (``generate_numpy_api.py``), Cython where it calls them by
#: itself (``Cython/Utility/NumpyImportArray.c``), CPython's ``PyCapsule_Import`` (``Objects/capsule.c``).
_REPLACED = re.compile(
    r"ImportError: (?:(?P<array>[\w.]+) failed to import(?:$| \(auto-generated (?:because|by) )"
    r'|PyCapsule_Import could not import module "(?P<capsule>[\w.]+)")'
)


@value(kw_only=False)
class Judgement:
    """How a file's load ended.

    Attributes:
        outcome: What became of it.
        message: The words for that, as they came; empty where it loaded.
        package: How the plain import ended where that was another matter; empty for nothing to say.
    """

    outcome: Outcome
    message: str = ""
    package: str = ""


def judge(
    attempt: Attempt, plain: Account, direct: Account | None, *, tops: Collection[str]
) -> Judgement | None:
    """What the accounts say of a file.

    Args:
        attempt: The file, and how it was tried.
        plain: The account of the plain import.
        direct: That of the load by its path; None where that was not tried.
        tops: What the wheel installs at the top of ``site-packages``.

    Returns:
        None where it has to be loaded by its path to be told about.
    """
    of = Account.verdict if attempt.module else Account.of_library
    found = of(plain)
    if found is not None:
        judged = plain
    elif direct is not None:
        judged, found = direct, of(direct) or (Outcome.KILLED, direct.died)
    else:
        return None
    if attempt.module:
        return _of_module(attempt.module, plain, judged, *found, tops=tops)
    return _of_library(plain, *found, tops=tops)


def _of_module(
    module: str, plain: Account, judged: Account, outcome: Outcome, message: str, *, tops: Collection[str]
) -> Judgement:
    # What the package lacks is no excuse for what the module itself raises.
    if outcome is Outcome.RAISED and (needs := _lacking(judged, tops)):
        return Judgement(Outcome.NEEDS, f"needs {needs}, which verify installs only with --as-installed")
    package = plain.package
    if outcome is not Outcome.LOADED or not package or plain.spoilt or _lacking(plain, tops):
        return Judgement(outcome, message, package)
    # The file would do, but a plain import does not get to it, or does not end well.
    if plain.missing == module:
        return Judgement(Outcome.REFUSED, plain.error)
    return Judgement(Outcome.KILLED if plain.died else Outcome.RAISED, package)


def _of_library(plain: Account, outcome: Outcome, message: str, *, tops: Collection[str]) -> Judgement:
    if outcome is not Outcome.LOADED:
        return Judgement(outcome, message)
    package = plain.died or plain.error
    if not package or _lacking(plain, tops):
        return Judgement(outcome, message, package)
    return Judgement(Outcome.KILLED if plain.died else Outcome.RAISED, package)


def _lacking(account: Account, tops: Collection[str]) -> str:
    """The module of no file of this wheel that was not found; empty for none."""
    replaced = _REPLACED.match(account.error)
    missing = account.missing or (replaced and (replaced["array"] or replaced["capsule"])) or ""
    top = missing.partition(".")[0]
    return "" if top in tops or top in sys.stdlib_module_names else top

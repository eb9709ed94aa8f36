"""Loads in the visitor's own browser: what is tried of a file, and what is held against it afterwards.

The page starts the interpreters; the questions and the judgement are those of ``pyodide-abi verify``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyodide_abi.platforms import load_platforms
from pyodide_abi.runtime.account import Account
from pyodide_abi.runtime.attempts import Attempt, attempts_of, platforms_of
from pyodide_abi.runtime.judgement import judge
from pyodide_abi.runtime.protocol import PROBE
from pyodide_abi.runtime.replies import parse_messages
from pyodide_abi.wheel import open_wheel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_UNPACKING = Path(__file__).with_name("unpacking.py")


def plan_of(path: str, beside: Sequence[str]) -> dict[str, Any]:
    """What is tried of a file, and where its parts go.

    Args:
        path: A wheel or a module.
        beside: Files that form a set with a module.

    Raises:
        WheelError: It is no wheel, though it is called one.
    """
    file = Path(path)
    if file.suffix == ".whl":
        with open_wheel(file) as wheel:
            found = attempts_of(wheel, [*platforms_of(wheel), *load_platforms()])
            places = [(member.name, wheel.installed_path(member.name)) for member in wheel.members]
        attempts, tops, untried = found.attempts, found.tops, found.untried
    else:
        names = list(dict.fromkeys(Path(each).name for each in (path, *beside)))
        places = [(name, name) for name in names]
        module = "" if file.name.startswith("lib") else file.name.partition(".")[0]
        attempts, tops, untried = (Attempt(module=module, path=file.name),), frozenset({module}), ()
    return {
        "archive": file.name if file.suffix == ".whl" else "",
        "places": [(member, place) for member, place in places if place is not None],
        "attempts": [
            {"module": attempt.module, "path": attempt.path, "packages": attempt.packages}
            for attempt in attempts
        ],
        "tops": sorted(tops),
        "untried": untried,
        "probe": PROBE.read_text("utf-8"),
        "unpacking": _UNPACKING.read_text("utf-8"),
    }


def judged(attempt: Mapping[str, Any], tops: Sequence[str], plain: str, direct: str | None) -> dict[str, Any]:
    """What became of one attempt.

    Args:
        attempt: One of :func:`plan_of`.
        tops: As there.
        plain: What the interpreter of the plain import said, a line of JSON each.
        direct: What that of a load by path said; None where there was none.

    Returns:
        ``outcome``, ``message`` and ``package``, or ``direct`` where the file has to be loaded by its path.
    """
    tried = Attempt(module=attempt["module"], path=attempt["path"], packages=tuple(attempt["packages"]))
    found = judge(
        tried,
        _account(plain, tried.path),
        None if direct is None else _account(direct, tried.path),
        tops=tops,
    )
    if found is None:
        return {"direct": True}
    return {"outcome": str(found.outcome), "message": found.message, "package": found.package}


def _account(text: str, path: str) -> Account:
    lines = [line for line in text.splitlines() if line]
    died = next((said["text"] for said in map(json.loads, lines) if said["kind"] == "died"), "")
    return Account.of(parse_messages(text), path, died=died)

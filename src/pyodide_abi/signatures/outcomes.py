"""What becomes of a call when the function has another type than its caller expects."""

from __future__ import annotations

import enum
import functools
import re
from typing import TYPE_CHECKING

from pyodide_abi.errors import PlatformDataError
from pyodide_abi.platforms.documents import documents
from pyodide_abi.platforms.versions import version_key
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pyodide_abi.signatures.layouts import Prototype
    from pyodide_abi.wasm import FuncType

_FILE = "callers/outcomes.toml"


class CallResult(enum.StrEnum):
    """What becomes of a call."""

    NEVER = "never called"
    """Nothing in a session calls the function."""
    SURVIVES = "survives"
    """The function runs and its caller goes on with the result."""
    RAISES = "raises"
    """Python raises a SystemError."""
    GARBAGE = "garbage"
    """The caller takes something for an object that is none."""
    TRAPS = "traps"
    """The interpreter comes to its end."""

    @property
    def rank(self) -> int:
        """0 is the worst."""
        return len(CallResult) - 1 - list(CallResult).index(self)


class Caller(enum.StrEnum):
    """Who calls, as far as it makes a difference."""

    METHOD = "method"
    SETTER = "setter"
    CALL = "call"
    INIT = "init"
    JAVASCRIPT = "javascript"
    NOBODY = "nobody"
    CHECKED = "checked"


class Trampoline(enum.StrEnum):
    """What a call of a method goes through."""

    WEBASSEMBLY = "webassembly"
    JAVASCRIPT = "javascript"


#: Callers other than those that check, by the name of the prototype.
_CALLERS = {
    "PyCFunction": Caller.METHOD,
    "PyCFunctionWithKeywords": Caller.METHOD,
    "getter": Caller.METHOD,
    "setter": Caller.SETTER,
    "init": Caller.INIT,
    "handle_signal": Caller.JAVASCRIPT,
    **dict.fromkeys(
        (
            "at_exit", "at_fork", "at_exit_with", "release_value", "thread_routine", "thread_start",
            "interpreter_thread", "inputhook", "readlinefunc",
        ),
        Caller.NOBODY,
    ),
}  # fmt: skip
_CALL = "tp_call"


@value
class _Call:
    caller: Caller
    trampoline: Trampoline | None
    type: re.Pattern[str]
    outcome: CallResult
    before: tuple[int, ...] | None


@value
class _Outcomes:
    calls: tuple[_Call, ...]
    engines: frozenset[str]
    releases: frozenset[str]


@value(kw_only=False)
class Setting:
    """Where a call takes place.

    Attributes:
        release: The release of the runtime.
        python: The feature release of its CPython, such as ``3.14``.
        engine: the JavaScript engine, as the platforms' data know it.
    """

    release: str
    python: str
    engine: str


def caller_of(prototype: Prototype, member: str = "") -> Caller:
    """Who calls a function.

    Args:
        prototype: that it has to have.
        member: The member of a type, where it is one.
    """
    return Caller.CALL if member == _CALL else _CALLERS.get(prototype.name, Caller.CHECKED)


def outcome_of(caller: Caller, have: FuncType, want: FuncType, setting: Setting) -> CallResult:
    """What becomes of a call.

    Args:
        caller: The caller.
        have: the type that the function has.
        want: the type that the caller expects.
        setting: The release and engine of the call.
    """
    if have == want and caller is not Caller.NOBODY:
        return CallResult.SURVIVES
    known = _load()
    javascript = setting.engine in known.engines or setting.release in known.releases
    trampoline = Trampoline.JAVASCRIPT if javascript else Trampoline.WEBASSEMBLY
    text, python = str(have), version_key(setting.python)
    return next(
        call.outcome
        for call in known.calls
        if call.caller is caller
        and call.trampoline in {None, trampoline}
        and (call.before is None or python < call.before)
        and call.type.fullmatch(text)
    )


@functools.cache
def _load() -> _Outcomes:
    try:
        data = documents()[_FILE]
        return _Outcomes(
            calls=tuple(map(_call, data["calls"])),
            engines=frozenset(data["trampolines"]["javascript_engines"]),
            releases=frozenset(data["trampolines"]["javascript_releases"]),
        )
    except (KeyError, ValueError, re.error) as error:
        raise PlatformDataError(f"{_FILE}: {type(error).__name__}: {error}") from error


def _call(entry: Mapping[str, Any]) -> _Call:
    return _Call(
        caller=Caller(entry["caller"]),
        trampoline=Trampoline(entry["trampoline"]) if "trampoline" in entry else None,
        type=re.compile(entry["type"]),
        outcome=CallResult(entry["outcome"]),
        before=version_key(entry["before"]) if "before" in entry else None,
    )

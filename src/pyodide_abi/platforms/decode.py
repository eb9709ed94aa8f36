"""From TOML's untyped values to typed ones; every fault is reported with a dotted path.

The path starts with the file's name: ``2025_0.toml: releases[3].integrity: ...``.
"""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING, Any, TypeVar

from pyodide_abi.errors import PlatformDataError
from pyodide_abi.platforms.documents import is_own

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping
    from typing import NoReturn

Choice = TypeVar("Choice", bound=enum.StrEnum)


def table_of(document: Mapping[str, Any] | str, file: str) -> Table:
    """The outermost table of a document.

    Args:
        document: The text or the values. Those that :func:`~pyodide_abi.platforms.documents.documents` has
            of that file were looked through for faults by a test, and nobody does that again.
        file: The file's name.

    Raises:
        PlatformDataError: the text is not TOML.
    """
    return Table(values_of(document, file), file=file, checked=not is_own(document, file))


def values_of(document: Mapping[str, Any] | str, file: str) -> Mapping[str, Any]:
    """A document's values, for :func:`table_of` and what puts documents together.

    Raises:
        PlatformDataError: the text is not TOML.
    """
    if not isinstance(document, str):
        return document
    import tomllib  # noqa: PLC0415 - takes long to import, and the package's own data are read already

    try:
        return tomllib.loads(document)
    except tomllib.TOMLDecodeError as error:
        raise PlatformDataError(f"{file}: is not valid TOML: {error}") from error


class Table:
    """One TOML table, read key by key; :meth:`finish` rejects what nobody asked for.

    Attributes:
        checked: faults are looked for. Values that are known to be sound are read in a third of the time.
    """

    def __init__(
        self, values: Mapping[str, object], *, file: str, path: str = "", checked: bool = True
    ) -> None:
        self._values = values
        self._file = file
        self._path = path
        self._read: set[str] = set()
        self.checked = checked

    def __iter__(self) -> Iterator[str]:
        """The keys, for a table whose keys are names of things."""
        return iter(self._values)

    def fail(self, key: str, problem: str, *, hint: str = "") -> NoReturn:
        """Refuse the value of ``key``.

        Raises:
            PlatformDataError: always.
        """
        path = f"{self._path}.{key}" if self._path and key else self._path or key
        where = f"{self._file}: {path}" if path else self._file
        raise PlatformDataError(f"{where}: {problem}", hint=hint)

    def has(self, key: str) -> bool:
        """Whether the key is there; asking makes it a known one."""
        self._read.add(key)
        return key in self._values

    def text(self, key: str, pattern: str = "") -> str:
        """A string that is not empty and, where one is given, matches the whole pattern."""
        value: Any = self._take(key)
        if not self.checked:
            return value  # type: ignore[no-any-return]
        if not isinstance(value, str):
            self.fail(key, f"has to be text, not {_kind(value)}")
        if not value.strip():
            self.fail(key, "is empty")
        if pattern and not re.fullmatch(pattern, value):
            self.fail(key, f"{value!r} does not have the form {pattern}")
        return value

    def optional_text(self, key: str, pattern: str = "") -> str | None:
        """As :meth:`text`; None where the key is missing."""
        return self.text(key, pattern) if self.has(key) else None

    def flag(self, key: str) -> bool:
        """True or false."""
        value = self._take(key)
        if not isinstance(value, bool):
            self.fail(key, f"has to be true or false, not {_kind(value)}")
        return value

    def number(self, key: str) -> int:
        """A positive whole number."""
        value = self._take(key)
        if isinstance(value, bool) or not isinstance(value, int):
            self.fail(key, f"has to be a whole number, not {_kind(value)}")
        if value < 1:
            self.fail(key, f"has to be 1 or more, not {value}")
        return value

    def optional_date(self, key: str) -> dt.date | None:
        """A date, written as text such as ``2025-01-15``; None where the key is missing."""
        text = self.optional_text(key)
        if text is None:
            return None
        import datetime as dt  # noqa: PLC0415 - few tables have one

        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            self.fail(key, f"{text!r} is no date")

    def choice(self, key: str, choices: type[Choice]) -> Choice:
        """A member of an enumeration, by its value."""
        return self._member(key, self.text(key), choices)

    def choices(self, key: str, choices: type[Choice], *, may_be_empty: bool = False) -> tuple[Choice, ...]:
        """Members of an enumeration, all different."""
        values = self.texts(key, may_be_empty=may_be_empty)
        return tuple(self._member(f"{key}[{index}]", value, choices) for index, value in enumerate(values))

    def groups(self, key: str, choices: type[Choice]) -> tuple[frozenset[Choice], ...]:
        """An array of arrays, each of members of an enumeration."""
        groups: dict[str, object] = {f"{key}[{index}]": group for index, group in enumerate(self._array(key))}
        inner = Table(groups, file=self._file, path=self._path, checked=self.checked)
        return tuple(frozenset(inner.choices(place, choices)) for place in groups)

    def texts(self, key: str, *, may_be_empty: bool = False, pattern: str = "") -> tuple[str, ...]:
        """Strings, all different."""
        values: list[Any] = self._array(key)
        if not self.checked:
            return tuple(values)
        if not values and not may_be_empty:
            self.fail(key, "is empty")
        seen: list[str] = []
        for index, value in enumerate(values):
            item = f"{key}[{index}]"
            if not isinstance(value, str) or not value:
                self.fail(item, f"has to be text, not {_kind(value)}")
            if pattern and not re.fullmatch(pattern, value):
                self.fail(item, f"{value!r} does not have the form {pattern}")
            if value in seen:
                self.fail(item, f"repeats {value!r}")
            seen.append(value)
        return tuple(seen)

    def table(self, key: str) -> Table:
        """A table inside this one."""
        return self._inner(key, self._take(key))

    def mapping(self, key: str) -> Mapping[str, Any]:
        """The values of a table inside this one, for another reader."""
        value = self._take(key)
        if not isinstance(value, dict):
            self.fail(key, f"has to be a table, not {_kind(value)}")
        return value

    def tables(self, key: str) -> list[Table]:
        """An array of tables; none where the key is missing."""
        if not self.has(key):
            return []
        return [self._inner(f"{key}[{index}]", value) for index, value in enumerate(self._array(key))]

    def finish(self) -> None:
        """Reject keys that nobody read.

        Raises:
            PlatformDataError: there is one; a similar known key is suggested.
        """
        for key in self._values if self.checked else ():
            if key not in self._read:
                import difflib  # noqa: PLC0415 - seldom needed

                close = difflib.get_close_matches(key, self._read, n=1)
                hint = (
                    f"did you mean '{close[0]}'?" if close else f"known here: {', '.join(sorted(self._read))}"
                )
                self.fail(key, "is not a known key", hint=hint)

    def _take(self, key: str) -> object:
        self._read.add(key)
        if key not in self._values:
            self.fail(key, "is missing")
        return self._values[key]

    def _array(self, key: str) -> list[object]:
        value = self._take(key)
        if not isinstance(value, list):
            self.fail(key, f"has to be an array, not {_kind(value)}")
        return value

    def _inner(self, key: str, value: object) -> Table:
        if not isinstance(value, dict):
            self.fail(key, f"has to be a table, not {_kind(value)}")
        path = f"{self._path}.{key}" if self._path else key
        return Table(value, file=self._file, path=path, checked=self.checked)

    def _member(self, key: str, value: str, choices: type[Choice]) -> Choice:
        try:
            return choices(value)
        except ValueError:
            known = ", ".join(member.value for member in choices)
            self.fail(key, f"{value!r} is none of {known}")


def _kind(value: object) -> str:
    """TOML's own name of a value's type."""
    names = {
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "text",
        list: "an array",
        dict: "a table",
    }
    return names.get(type(value), "a date or time")

"""CPython's stable ABI: which symbols it has, and since which version (PEP 384, PEP 652).

The facts are in ``data/stable_abi.txt``, made by ``tools/regenerate_stable_abi.py`` from CPython's own
manifest. Its form: lines that begin with ``#`` say what it is; every other line is a kind (``function`` or
``data``), the version that added the symbols, and their names, sorted, with spaces between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.errors import PlatformDataError
from pyodide_abi.platforms.documents import read_data
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = "stable_abi.txt"
_KINDS = ("function", "data")
_TITLE = "# Written by tools/regenerate_stable_abi.py: the symbols of CPython's stable ABI."
_SOURCE = "# source: "


@value(kw_only=False)
class StableSymbol:
    """A symbol of the stable ABI.

    Attributes:
        added: major and minor version of the first CPython that promises it.
        data: Whether it is an object, not a function.
    """

    name: str
    added: tuple[int, int]
    data: bool

    @property
    def version(self) -> str:
        """``added`` as text."""
        return f"{self.added[0]}.{self.added[1]}"


@value
class StableAbi:
    """All of them; made by :func:`load_stable_abi`.

    Attributes:
        source: The source of the facts, with the version of CPython that it describes.
        symbols: The symbols by name.
    """

    source: str
    symbols: Mapping[str, StableSymbol]

    def find(self, name: str) -> StableSymbol | None:
        """The symbol of that name; None for one that no version promises."""
        return self.symbols.get(name)


def load_stable_abi() -> StableAbi:
    """The stable ABI as CPython's manifest has it.

    Raises:
        PlatformDataError: the file is missing or damaged.
    """
    try:
        text = read_data(FILE).decode()
    except OSError as error:
        raise PlatformDataError(
            f"{FILE}: is missing", hint="tools/regenerate_stable_abi.py makes it"
        ) from error
    return decode_stable_abi(text)


def decode_stable_abi(text: str) -> StableAbi:
    """Read the data file.

    Raises:
        PlatformDataError: it is damaged.
    """
    source, symbols = "", {}
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("#"):
            source = line.removeprefix(_SOURCE) if line.startswith(_SOURCE) else source
            continue
        kind, _, rest = line.partition(" ")
        version, *names = rest.split() or [""]
        major, _, minor = version.partition(".")
        if kind not in _KINDS or not (major.isdecimal() and minor.isdecimal()) or not names:
            raise PlatformDataError(f"{FILE}: line {number} is not 'KIND VERSION NAMES'")
        added = int(major), int(minor)
        symbols.update({name: StableSymbol(name, added, kind == "data") for name in names})
    return StableAbi(source=source, symbols=symbols)


def encode_stable_abi(tables: Mapping[str, Mapping[str, str]], *, source: str) -> str:
    """The counterpart of :func:`decode_stable_abi`.

    Args:
        tables: The version of each symbol, by kind.
        source: The source of the facts.
    """
    lines = [_TITLE, _SOURCE + source]
    for kind in _KINDS:
        versions: dict[tuple[int, ...], list[str]] = {}
        for name, version in tables[kind].items():
            versions.setdefault(tuple(map(int, version.split("."))), []).append(name)
        for added, names in sorted(versions.items()):
            lines.append(f"{kind} {'.'.join(map(str, added))} {' '.join(sorted(names))}")
    return "\n".join(lines) + "\n"

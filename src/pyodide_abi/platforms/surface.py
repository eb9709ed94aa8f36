"""Every symbol that the loader of every release can resolve: ``data/<platform>.surface``.

Which symbols there are depends on the release, and for a few on the engine too: where the host can suspend a
stack (JSPI), some helpers are WebAssembly functions that are JavaScript functions elsewhere.

The file is made by ``tools/regenerate_platforms.py`` from the npm packages. Its form, after one line that
names it, is a zlib stream of text: a line of JSON, then one symbol name a line. Symbols that are offered in
the same way by the same releases follow one another, so that the JSON describes each group once::

    {"platform": …, "releases": […], "engines": […],
     "forms": [[kind, type or null], …],
     "groups": [[number of names, [[form, mask of releases for each engine…], …]], …]}

Bit ``n`` of a mask stands for release ``n``.
"""

from __future__ import annotations

import enum
import functools
import json
import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pyodide_abi.abi.symbols import MANGLED_PREFIXES
from pyodide_abi.errors import PlatformDataError, UsageError
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, KeysView

MAGIC = b"pyodide-abi surface 1\n"
#: The engine whose view is meant unless another is named: the one that the project itself runs, Node 24 with
#: stack switching turned on.
REFERENCE_ENGINE = "node24"


class SymbolKind(enum.StrEnum):
    """What sort of value the loader finds under a name."""

    WASM_FUNCTION = "wasm-function"
    """The engine compares its type with the import's, exactly."""
    JS_FUNCTION = "js-function"
    """It links with any type; its arguments are converted when it is called."""
    STUB = "stub"
    """A name that the loader counts as undefined, though it is there."""
    DATA = "data"
    """An address that cannot change."""
    GLOBAL = "global"
    """A mutable WebAssembly global."""
    TABLE = "table"
    MEMORY = "memory"
    TAG = "tag"
    OTHER = "other"
    """A JavaScript value that no import can use."""


#: Bytes of a surface file, unpacked; the package's own have 0.6 MB.
_LARGEST = 16 << 20
#: The kind and the type of a symbol, as in :class:`Symbol`.
Form = tuple[SymbolKind, str | None]


@value(kw_only=False)
class Symbol:
    """One name that a runtime release offers.

    Attributes:
        name: as an import names it.
        kind: what sort of value it is.
        type: as text: ``(i32,i64)->(i32)`` for functions and tags, ``i32`` or ``i32 mut`` for globals,
            limits for tables and memories. None for a JavaScript function without a signature (its address
            cannot be taken) and for data that is a JavaScript number instead of a WebAssembly global.
    """

    name: str
    kind: SymbolKind
    type: str | None


class ReleaseSymbols(Mapping[str, Symbol]):
    """The symbols of one release; each is made when it is asked for, since most never are."""

    def __init__(self, groups: Mapping[str, int], forms: Mapping[int, Form | None]) -> None:
        self._groups = groups
        self._forms = forms

    def __getitem__(self, name: str) -> Symbol:
        form = self._forms[self._groups[name]]
        if form is None:
            raise KeyError(name)
        return Symbol(name, *form)

    def get(self, name: str, default: Any = None, /) -> Any:  # noqa: ANN401 - as of any mapping
        """As of any mapping, but without an exception: most of what is asked for is not there."""
        group = self._groups.get(name)
        form = None if group is None else self._forms[group]
        return default if form is None else Symbol(name, *form)

    def __contains__(self, name: object) -> bool:
        group = self._groups.get(name) if isinstance(name, str) else None
        return group is not None and self._forms[group] is not None

    def __iter__(self) -> Iterator[str]:
        return (name for name, group in self._groups.items() if self._forms[group] is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


@value
class Surface:
    """The symbols of all releases of a platform; made by :func:`~pyodide_abi.platforms.known.load_surface`.

    Attributes:
        platform: The platform's name.
        releases: as on npm, in order.
        engines: The engines with views of their own.
    """

    platform: str
    releases: tuple[str, ...]
    engines: tuple[str, ...]
    _groups: Mapping[str, int]
    _forms: tuple[Form, ...]
    _offers: tuple[tuple[tuple[int, ...], ...], ...]

    @property
    def names(self) -> KeysView[str]:
        """Every name that some release offers in some engine."""
        return self._groups.keys()

    @functools.cached_property
    def mangled_names(self) -> frozenset[bytes]:
        """Those of them that are C++'s or Rust's, in UTF-8."""
        return frozenset([name.encode() for name in self._groups if name.startswith(MANGLED_PREFIXES)])

    def symbols(self, release: str, engine: str = REFERENCE_ENGINE) -> Mapping[str, Symbol]:
        """What a release offers in an engine.

        Raises:
            UsageError: the data knows no such release of the platform, or no such engine.
        """
        return ReleaseSymbols(self._groups, self._forms_in(release, engine))

    def views(
        self, names: Iterable[str], engine: str = REFERENCE_ENGINE
    ) -> Mapping[str, Mapping[str, Symbol]]:
        """What each release offers of some names; releases that offer the same share one answer.

        Raises:
            UsageError: as for :meth:`symbols`.
        """
        mine = [name for name in names if name in self._groups]
        groups = sorted({self._groups[name] for name in mine})
        known: dict[tuple[Form | None, ...], Mapping[str, Symbol]] = {}
        views: dict[str, Mapping[str, Symbol]] = {}
        for release in self.releases:
            forms = self._forms_in(release, engine)
            key = tuple([forms[group] for group in groups])
            if key not in known:
                every = ReleaseSymbols(self._groups, forms)
                known[key] = {name: every[name] for name in mine if name in every}
            views[release] = known[key]
        return views

    def _forms_in(self, release: str, engine: str) -> _Forms:
        """What a release offers each group of names as."""
        if release not in self.releases:
            raise UsageError(
                f"platform {self.platform} has no release '{release}'",
                hint=f"known: {', '.join(self.releases)}",
            )
        if engine not in self.engines:
            raise UsageError(
                f"the symbols of platform {self.platform} are not known for the engine '{engine}'",
                hint=f"known: {', '.join(self.engines)}",
            )
        bit, column = 1 << self.releases.index(release), 1 + self.engines.index(engine)
        return _Forms(self._forms, self._offers, bit, column)


class _Forms(dict[int, Form | None]):
    """The form of each group of names in one release and engine; worked out when it is asked for."""

    def __init__(
        self, forms: tuple[Form, ...], offers: tuple[tuple[tuple[int, ...], ...], ...], bit: int, column: int
    ) -> None:
        super().__init__()
        self._known = forms
        self._offers = offers
        self._bit = bit
        self._column = column

    def __missing__(self, group: int) -> Form | None:
        for offer in self._offers[group]:
            if offer[self._column] & self._bit:
                form = self._known[offer[0]]
                break
        else:
            form = None
        self[group] = form
        return form


def decode_surface(data: bytes, *, file: str) -> Surface:
    """Read a surface file.

    Args:
        data: the whole file.
        file: The file's name, for errors.

    Raises:
        PlatformDataError: it is not such a file, or it is damaged.
    """
    if not data.startswith(MAGIC):
        raise PlatformDataError(f"{file}: does not begin with {MAGIC.decode().strip()!r}")
    try:
        packed = zlib.decompressobj()
        header, _, body = packed.decompress(data[len(MAGIC) :], _LARGEST).decode().partition("\n")
        surface = _build(json.loads(header), body.split("\n"))
    except (zlib.error, ValueError, KeyError, TypeError, RecursionError) as error:
        raise PlatformDataError(f"{file}: is damaged: {error}") from error
    if not packed.eof:
        raise PlatformDataError(f"{file}: is damaged: it is cut, or has more than {_LARGEST >> 20} MiB")
    return surface


def _build(header: dict[str, Any], names: list[str]) -> Surface:
    groups: dict[str, int] = {}
    start = 0
    for number, (count, _) in enumerate(header["groups"]):
        groups.update(dict.fromkeys(names[start : start + count], number))
        start += count
    if start != len(names) or len(groups) != len(names):
        raise ValueError(f"{len(names)} names, {len(groups)} different ones, {start} described")
    return Surface(
        platform=header["platform"],
        releases=tuple(header["releases"]),
        engines=tuple(header["engines"]),
        _groups=groups,
        _forms=tuple((SymbolKind(kind), type_) for kind, type_ in header["forms"]),
        _offers=tuple(tuple(map(tuple, offers)) for _, offers in header["groups"]),
    )

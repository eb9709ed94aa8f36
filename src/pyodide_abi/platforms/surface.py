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
from pyodide_abi.platforms.documents import read_data
from pyodide_abi.platforms.learned import SYMBOLS, fresh_entries
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, KeysView, Sequence

    from pyodide_abi.platforms.model import Platform

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


#: The kind and the type of a symbol, as in :class:`Symbol`.
_Form = tuple[SymbolKind, str | None]


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

    def __init__(self, groups: Mapping[str, int], forms: Mapping[int, _Form | None]) -> None:
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
    """The symbols of all releases of a platform; made by :func:`load_surface`.

    Attributes:
        platform: The platform's name.
        releases: as on npm, in order.
        engines: The engines with views of their own.
    """

    platform: str
    releases: tuple[str, ...]
    engines: tuple[str, ...]
    _groups: Mapping[str, int]
    _forms: tuple[_Form, ...]
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
        known: dict[tuple[_Form | None, ...], Mapping[str, Symbol]] = {}
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


class _Forms(dict[int, _Form | None]):
    """The form of each group of names in one release and engine; worked out when it is asked for."""

    def __init__(
        self, forms: tuple[_Form, ...], offers: tuple[tuple[tuple[int, ...], ...], ...], bit: int, column: int
    ) -> None:
        super().__init__()
        self._known = forms
        self._offers = offers
        self._bit = bit
        self._column = column

    def __missing__(self, group: int) -> _Form | None:
        for offer in self._offers[group]:
            if offer[self._column] & self._bit:
                form = self._known[offer[0]]
                break
        else:
            form = None
        self[group] = form
        return form


def load_surface(platform: Platform) -> Surface:
    """The symbols of a platform's releases, those that the user has learned among them.

    Raises:
        PlatformDataError: a file is missing or damaged.
    """
    learned = {entry.version: entry.folder / SYMBOLS for entry in fresh_entries()}
    releases = [release.version for release in platform.releases]
    surfaces = [
        decode_surface(_read(learned[version].read_bytes, SYMBOLS), file=f"{version}/{SYMBOLS}")
        for version in releases
        if version in learned
    ]
    if len(surfaces) < len(releases):
        surfaces.insert(0, _own_surface(f"{platform.name}.surface"))
    if other := next((each for each in surfaces if each.engines != surfaces[0].engines), None):
        version = other.releases[0]
        raise PlatformDataError(
            f"{version}/{SYMBOLS}: is of other engines",
            hint=f"'pyodide-abi runtime forget {version}', and learn it again",
        )
    return surfaces[0] if len(surfaces) == 1 else join_surfaces(surfaces, releases)


@functools.cache
def _own_surface(file: str) -> Surface:
    """A surface of the package's own, which cannot change while it runs; reading one takes 20 ms."""
    return decode_surface(_read(lambda: read_data(file), file), file=file)


def _read(read: Callable[[], bytes], file: str) -> bytes:
    try:
        return read()
    except OSError as error:
        raise PlatformDataError(
            f"{file}: is missing",
            hint="tools/regenerate_platforms.py makes it, or 'pyodide-abi runtime learn'",
        ) from error


def join_surfaces(surfaces: Sequence[Surface], releases: Sequence[str]) -> Surface:
    """One surface of several.

    Args:
        surfaces: Surfaces of different releases of a platform, with the same engines.
        releases: all of theirs, in the order that they are to have.
    """
    first = surfaces[0]
    forms: dict[_Form, int] = {}
    groups: dict[tuple[int | None, ...], int] = {}
    offers: list[tuple[tuple[int, ...], ...]] = []
    names: dict[str, int] = {}
    moved = [_moved(each, releases, forms) for each in surfaces]
    for name in dict.fromkeys(name for each in surfaces for name in each.names):
        key = tuple([each._groups.get(name) for each in surfaces])  # noqa: SLF001 - this module's own
        if key not in groups:
            groups[key] = len(offers)
            offers.append(_together([moved[n][group] for n, group in enumerate(key) if group is not None]))
        names[name] = groups[key]
    return Surface(
        platform=first.platform,
        releases=tuple(releases),
        engines=first.engines,
        _groups=names,
        _forms=tuple(forms),
        _offers=tuple(offers),
    )


def _moved(
    surface: Surface, releases: Sequence[str], forms: dict[_Form, int]
) -> list[tuple[tuple[int, ...], ...]]:
    """A surface's offers with the bits of other releases, and with the numbers of forms in a common list."""
    places = [releases.index(release) for release in surface.releases]
    numbers = [forms.setdefault(form, len(forms)) for form in surface._forms]  # noqa: SLF001 - as above

    def mask(old: int) -> int:
        return sum(1 << place for bit, place in enumerate(places) if old >> bit & 1)

    offered = surface._offers  # noqa: SLF001 - as above
    return [tuple([(numbers[form], *map(mask, masks)) for form, *masks in offers]) for offers in offered]


def _together(offers: Sequence[Iterable[tuple[int, ...]]]) -> tuple[tuple[int, ...], ...]:
    """The offers of a name in several surfaces; the same form stands once."""
    masks: dict[int, tuple[int, ...]] = {}
    for form, *added in (offer for some in offers for offer in some):
        known = masks.get(form, (0,) * len(added))
        masks[form] = tuple([old | new for old, new in zip(known, added, strict=True)])
    return tuple([(form, *known) for form, known in masks.items()])


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
        header, _, body = zlib.decompress(data[len(MAGIC) :]).decode().partition("\n")
        surface = _build(json.loads(header), body.split("\n"))
    except (zlib.error, ValueError, KeyError, TypeError) as error:
        raise PlatformDataError(f"{file}: is damaged: {error}") from error
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

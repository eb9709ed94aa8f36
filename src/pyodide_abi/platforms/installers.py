"""How the releases' own installers load a wheel's libraries ahead, read from ``data/installers.toml``.

What the installer does has changed within one generation of the loader, so it is described by release
(loader.md, sections 4 and 5).
"""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING, Any

from pyodide_abi.platforms.decode import table_of
from pyodide_abi.platforms.documents import documents
from pyodide_abi.platforms.learned import installer_version
from pyodide_abi.platforms.versions import RELEASE, version_key
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyodide_abi.platforms.decode import Table

_FILE = "installers.toml"


@value
class Mode:
    """The flags of a load: how it treats symbols.

    Attributes:
        rtld_global: Whether the library's symbols are added to those of all (RTLD_GLOBAL).
        needed_rtld_global: Whether those of the libraries that it needs are.
        local_scope: Whether the libraries of the load see one another's symbols.
        allow_undefined: Whether undefined addresses are no error yet (the loader's allowUndefined).
    """

    rtld_global: bool = False
    needed_rtld_global: bool = False
    local_scope: bool = True
    allow_undefined: bool = False


#: The mode of an import.
ORDINARY = Mode()


@value
class Installer:
    """The installer of some releases.

    Attributes:
        since: the first of them.
        needed_first: what other libraries of the wheel need comes first, and is for all.
        mode: how loads treat symbols.
        subfolders: Whether all folders below that of the library are searched for needed libraries, too.
        all_names: every library is known by its file name afterwards, otherwise those that are for all.
        passes_over: files that are no modules are passed over with a warning.
        no_module: what it says of such a file otherwise, where that is something of its own; ``{path}``.
        failed: what it says when a load fails; ``{path}`` of the library, ``{reason}``.
        loader_reason: which is this: ``{path}``, ``{text}`` of the loader, ``{message}`` without the error's
            class.
        reason_bytes: so many bytes of that are repeated; None for all.
    """

    since: str
    needed_first: bool
    mode: Mode
    subfolders: bool
    all_names: bool
    passes_over: bool
    no_module: str | None
    failed: str
    loader_reason: str
    reason_bytes: int | None


@value
class Installers:
    """All installers.

    Attributes:
        known: in the order of their releases.
        compared: the newest release of each platform whose installer was held against its description.
    """

    known: tuple[Installer, ...]
    compared: tuple[str, ...]


@functools.cache
def load_installers() -> Installers:
    """All installers.

    Raises:
        PlatformDataError: our own data has a fault.
    """
    return parse_installers(documents()[_FILE])


def installer_of(release: str) -> Installer:
    """The installer of a release: the last one described up to it, unless it was learned to be another's."""
    known = load_installers().known
    like = installer_version(release)
    begun = [one for one in known if version_key(one.since) <= version_key(like)]
    return begun[-1] if begun else known[0]


def parse_installers(document: Mapping[str, Any] | str) -> Installers:
    """All installers from their file, its values or its text.

    Raises:
        PlatformDataError: a fault; the message starts with the dotted path.
    """
    root = table_of(document, _FILE)
    compared = root.table("compared")
    for key in ("reason", "source"):
        compared.text(key)
    known = tuple(map(_installer, root.tables("installers")))
    if not known:
        root.fail("installers", "is empty")
    for number, (earlier, later) in enumerate(itertools.pairwise(known), start=1):
        if version_key(earlier.since) >= version_key(later.since):
            root.fail(f"installers[{number}].since", "does not come after the one before it")
    installers = Installers(known=known, compared=compared.texts("releases", pattern=RELEASE))
    for table in (compared, root):
        table.finish()
    return installers


def _installer(table: Table) -> Installer:
    mode = table.table("mode")
    flags = {
        key: mode.flag(key) if mode.has(key) else False
        for key in ("needed_rtld_global", "local_scope", "allow_undefined")
    }
    installer = Installer(
        since=table.text("since", RELEASE),
        needed_first=table.flag("needed_first"),
        mode=Mode(**flags),
        subfolders=table.flag("subfolders"),
        all_names=table.flag("all_names"),
        passes_over=table.flag("passes_over"),
        no_module=table.optional_text("no_module"),
        failed=table.text("failed"),
        loader_reason=table.text("loader_reason"),
        reason_bytes=table.number("reason_bytes") if table.has("reason_bytes") else None,
    )
    for key in ("reason", "source"):
        table.text(key)
    mode.finish()
    table.finish()
    return installer

"""Releases that somebody has learned: user data, which is joined with what the package itself knows.

``pyodide-abi runtime learn`` boots a release, reads it, and keeps what it read in a folder of the user's::

    learned/<version>/release.json      what it is: :class:`LearnedRelease`
    learned/<version>/symbols.surface   what it offers, in the form of the package's own surface files
    learned/<version>/files/            the release itself, where npm does not have it

Nothing is read before a folder is named (:func:`~pyodide_abi.platforms.known.use_learned`). Where a release
of the package's own data has the same version, that one counts: such an entry was learned by an older
version of the package.
"""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

from pyodide_abi.errors import PlatformDataError
from pyodide_abi.platforms.decode import Table
from pyodide_abi.platforms.documents import documents
from pyodide_abi.platforms.model import Learned
from pyodide_abi.platforms.versions import RELEASE, version_key
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: The folder of the entries, below that of the user's data.
FOLDER = "learned"
FACTS, SYMBOLS, FILES = "release.json", "symbols.surface", "files"
#: The form of an entry; grows where a key goes or changes its meaning.
FORM = 1
_ABI_VERSION = r"\d+_\d+"
_SHA256 = r"[0-9a-f]{64}"

Document = dict[str, Any]


@value
class LearnedRelease:
    """A learned release as it is kept.

    Attributes:
        folder: The folder where it is kept.
        platform: the name of its platform.
        release: as a release stands in a platform's data file.
        micropip: the tags that the micropip of its lock file takes.
        packaging: the tags that the ``packaging`` of its lock file lists.
        packages: versions of the compiled packages of its lock file, by normalised name.
        learned: how it became known.
        document: The document of its platform, where the package does not know that; else None.
    """

    folder: Path
    platform: str
    release: Document
    micropip: tuple[str, ...]
    packaging: tuple[str, ...]
    packages: Mapping[str, str]
    learned: Learned
    document: Document | None

    @property
    def version(self) -> str:
        """The release's version."""
        return str(self.release["version"])


class _Place:
    """Where learned releases are looked for; None for nowhere."""

    folder: Path | None = None


def learned_folder() -> Path | None:
    """The folder of the user's data that was named; None where none was."""
    return _Place.folder


def name_folder(folder: Path | None) -> None:
    """Look for learned releases there from now on; see :func:`~pyodide_abi.platforms.known.use_learned`."""
    _Place.folder = folder


def entries() -> tuple[LearnedRelease, ...]:
    """The learned releases, the oldest version first.

    Raises:
        PlatformDataError: an entry is damaged; the hint says how to be rid of it.
    """
    return _entries(_Place.folder) if _Place.folder else ()


@functools.cache
def _entries(folder: Path) -> tuple[LearnedRelease, ...]:
    try:
        # A folder that is not there costs one call of the system.
        places = [place for place in (folder / FOLDER).iterdir() if not place.name.startswith(".")]
    except OSError:
        return ()
    read = list(map(read_entry, places))
    return tuple(sorted(read, key=lambda entry: version_key(entry.version)))


def forget_read() -> None:
    """Read the entries anew when they are asked for: one has come or gone."""
    _entries.cache_clear()


def read_entry(folder: Path) -> LearnedRelease:
    """One learned release.

    Raises:
        PlatformDataError: it is damaged, or of a form that this version does not know.
    """
    name = f"{folder.name}/{FACTS}"
    hint = f"'pyodide-abi runtime forget {folder.name}' removes it; it can be learned again then"
    try:
        document = json.loads((folder / FACTS).read_bytes())
        root = Table(document if isinstance(document, dict) else {}, file=name)
        if root.number("form") != FORM:
            root.fail("form", "is one that this version of pyodide-abi does not know")
        entry = _entry(root, folder)
    except (OSError, ValueError, RecursionError) as error:
        raise PlatformDataError(f"{name}: cannot be read: {error}", hint=hint) from error
    except PlatformDataError as error:
        raise PlatformDataError(error.message, hint=hint) from error
    if entry.version != folder.name:
        raise PlatformDataError(f"{name}: is about {entry.version}", hint=hint)
    return entry


def _entry(root: Table, folder: Path) -> LearnedRelease:
    release = root.mapping("release")
    Table(release, file=folder.name).text("version", RELEASE)
    packages = root.table("packages")
    entry = LearnedRelease(
        folder=folder,
        platform=root.text("platform", _ABI_VERSION),
        release=dict(release),
        micropip=root.texts("micropip", may_be_empty=True),
        packaging=root.texts("packaging", may_be_empty=True),
        packages={name: packages.text(name) for name in packages},
        learned=read_learned(root.table("learned")),
        document=dict(root.mapping("document")) if root.has("document") else None,
    )
    root.finish()
    return entry


def read_learned(table: Table) -> Learned:
    """How a release became known, from its table.

    Raises:
        PlatformDataError: a fault; the message starts with the dotted path.
    """
    files = table.table("files")
    learned = Learned(
        origin=table.text("origin"),
        digest=table.text("digest"),
        files=tuple([(name, files.text(name, _SHA256)) for name in files]),
        loader=table.number("loader") if table.has("loader") else None,
        installer=table.optional_text("installer", RELEASE),
        caveats=table.texts("caveats", may_be_empty=True),
    )
    table.finish()
    return learned


def fresh_entries() -> list[LearnedRelease]:
    """The learned releases that the package's own data do not have.

    Raises:
        PlatformDataError: as for :func:`entries`.
    """
    found = entries()
    if not found:
        return []
    own = (release["version"] for file in documents().values() for release in file.get("releases", ()))
    known = set(own)
    return [entry for entry in found if entry.version not in known]


def joined_documents() -> Mapping[str, Document]:
    """The package's documents with the learned releases in them.

    Raises:
        PlatformDataError: as for :func:`entries`, or nothing says what a release's platform is.
    """
    found = fresh_entries()
    if not found:
        return documents()
    together = dict(documents())
    for entry in found:
        file = f"{entry.platform}.toml"
        document = together.get(file) or entry.document
        if document is None:
            raise PlatformDataError(
                f"{entry.version}/{FACTS}: its platform {entry.platform} is not known",
                hint=f"'pyodide-abi runtime forget {entry.version}' removes it",
            )
        together[file] = _with(document, entry)
    return together


def _with(document: Document, entry: LearnedRelease) -> Document:
    release = {**entry.release, "learned": _learned_data(entry.learned)}
    releases = [*document.get("releases", ()), release]
    releases.sort(key=lambda each: version_key(each["version"]))
    order = [each["version"] for each in releases]

    def takers(tag: Document, key: str, taken: tuple[str, ...]) -> list[str]:
        more = [entry.version] if tag["tag"] in taken else []
        return sorted([*tag[key], *more], key=order.index)

    tags = [
        {
            **tag,
            "micropip": takers(tag, "micropip", entry.micropip),
            "packaging": takers(tag, "packaging", entry.packaging),
        }
        for tag in document["tags"]
    ]
    return {**document, "releases": releases, "tags": tags}


def _learned_data(learned: Learned) -> Document:
    """The counterpart of :func:`read_learned`."""
    data = {
        "origin": learned.origin,
        "digest": learned.digest,
        "files": dict(learned.files),
        "loader": learned.loader,
        "installer": learned.installer,
        "caveats": list(learned.caveats),
    }
    return {key: content for key, content in data.items() if content is not None}


def entry_data(entry: LearnedRelease) -> Document:
    """The counterpart of :func:`read_entry`."""
    data: Document = {
        "form": FORM,
        "platform": entry.platform,
        "release": entry.release,
        "micropip": list(entry.micropip),
        "packaging": list(entry.packaging),
        "packages": dict(entry.packages),
        "learned": _learned_data(entry.learned),
    }
    return data if entry.document is None else {**data, "document": entry.document}


def installer_version(release: str) -> str:
    """The release whose installer a release has: itself, unless it was learned that it is another's."""
    for entry in entries():
        if entry.version == release and entry.learned.installer:
            return entry.learned.installer
    return release

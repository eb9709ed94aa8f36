"""A library's sources: from the first place of its recipe that has them, proved by digest, and kept."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pyodide_abi.errors import DigestError, MissingError, OfflineError
from pyodide_abi.files import sha256_of
from pyodide_abi.http import download
from pyodide_abi.libraries.recipe import SourceKind
from pyodide_abi.toolchain.apt import SOURCE, open_archive
from pyodide_abi.toolchain.unpack import unpack_tar
from pyodide_abi.values import value

if TYPE_CHECKING:
    from pyodide_abi.host import Host
    from pyodide_abi.libraries.recipe import Origin, Recipe

#: Where entries are in the cache.
PREFIX = "library-sources"
_DESCRIPTION = "source.json"
#: The name of a tar archive as projects release it.
_RELEASE = re.compile(r".+-v?(?P<version>\d[\w.]*?)\.(?:tar(?:\.\w+)?|t[gx]z)")
#: A project that has a crate fetched, with its digest for cargo's own check.
_CARGO_TOML = """\
[package]
name = "sources"
version = "0.0.0"
edition = "2021"

[dependencies]
{name} = "={version}"
"""


@value
class LibrarySource:
    """A library's sources, unpacked.

    Attributes:
        folder: with the project.
        version: The version of the library.
        origin: The origin of the sources, in words.
    """

    folder: Path
    version: str
    origin: str


class _Fetch(Protocol):
    def __call__(self, origin: Origin, folder: Path, host: Host) -> str:
        """Put the sources into ``folder/sources``; their version."""
        ...


def fetch_source(recipe: Recipe, host: Host) -> LibrarySource:
    """The sources of a library; from the cache if any of its places was asked before.

    Raises:
        OfflineError: they are not in the cache, and the network is off limits.
        MissingError: no place has them; the details have what each said.
    """
    for origin in recipe.origins:
        if place := host.store.find(_key(recipe, origin)):
            return _described(recipe, origin, place)
    if host.offline and all(origin.kind is not SourceKind.ARCHIVE for origin in recipe.origins):
        raise OfflineError(
            f"the sources of {recipe.name} are not in the cache, and --offline forbids fetching them",
            hint=f"call 'pyodide-abi library add {recipe.name}' once without --offline",
        )
    said = []
    for origin in recipe.origins:
        try:
            with host.progress.task(f"fetching {recipe.name}: {origin}"):
                place = host.store.obtain(_key(recipe, origin), partial(_fill, origin, host))
        except MissingError as error:
            said += [f"{origin}: {error.message}", *(f"  {line}" for line in error.hint.splitlines())]
            continue
        return _described(recipe, origin, place)
    raise MissingError(f"the sources of {recipe.name} cannot be had", details=said)


def forget_sources(recipe: Recipe, host: Host) -> bool:
    """Remove a library's sources from the cache, so that the next build fetches newer ones."""
    removed = [host.store.remove(_key(recipe, origin)) for origin in recipe.origins]
    return any(removed)


def _key(recipe: Recipe, origin: Origin) -> str:
    facts = f"{origin} {origin.digest}"
    if _RELEASE.fullmatch(origin.folder):
        facts += f" {origin.folder}"
    if origin.kind is SourceKind.ARCHIVE and not origin.digest and (file := Path(origin.name)).is_file():
        facts += sha256_of(file)
    return f"{PREFIX}/{recipe.name}-{hashlib.sha256(facts.encode()).hexdigest()[:12]}"


def _described(recipe: Recipe, origin: Origin, place: Path) -> LibrarySource:
    said = json.loads((place / _DESCRIPTION).read_text("utf-8"))
    return LibrarySource(
        folder=place / "sources" / origin.folder / recipe.folder,
        version=said["version"],
        origin=str(origin),
    )


def _fill(origin: Origin, host: Host, folder: Path, _place: Path) -> None:
    (folder / "sources").mkdir()
    fetch: dict[SourceKind, _Fetch] = {
        SourceKind.DEBIAN: _from_debian,
        SourceKind.CRATE: _from_crate,
        SourceKind.ARCHIVE: _from_archive,
    }
    version = fetch[origin.kind](origin, folder, host)
    project = folder / "sources" / origin.folder
    if project.is_file():
        version = _unfold(project)
    (folder / _DESCRIPTION).write_text(json.dumps({"version": version}), "utf-8")


def _from_debian(origin: Origin, folder: Path, host: Host) -> str:
    with open_archive(host, suite=origin.suite, kind=SOURCE) as archive:
        archive.refresh()
        tarball = archive.source(origin.name)
        file = archive.fetch_source(tarball, folder)
    _unpack(file, folder)
    file.unlink()
    return tarball.version


def _from_crate(origin: Origin, folder: Path, host: Host) -> str:
    """Cargo fetches it, as it knows its registries, proxies and keys."""
    work = folder / "cargo"
    (work / "src").mkdir(parents=True)
    (work / "src" / "lib.rs").touch()
    version = origin.version.partition("+")[0]
    (work / "Cargo.toml").write_text(_CARGO_TOML.format(name=origin.name, version=version), "utf-8")
    done = host.runner.run(
        ["cargo", "vendor", "--quiet", "--versioned-dirs", "crates"], environ=host.environ, cwd=work
    )
    # What follows a "+" stands in the folder's name where it is the crate's own, not only the recipe's.
    crate = next((work / "crates").glob(f"{origin.name}-{version}*"), None)
    if done.returncode or crate is None:
        raise MissingError(
            f"cargo could not fetch the crate {origin.name} {origin.version}",
            details=done.stderr.strip().splitlines()[-6:],
        )
    digest = json.loads((crate / ".cargo-checksum.json").read_text("utf-8"))["package"]
    if digest != origin.digest:
        raise DigestError(
            f"the crate {origin.name} {origin.version} has the digest {digest}, not {origin.digest}"
        )
    (folder / "sources").rmdir()
    crate.rename(folder / "sources")
    shutil.rmtree(work)
    return origin.version.rpartition("+")[2]


def _from_archive(origin: Origin, folder: Path, host: Host) -> str:
    if "://" in origin.name:
        file = download(origin.name, origin.digest, host)
    else:
        file = Path(origin.name)
        if not file.is_file():
            raise MissingError(f"there is no file {file}")
        found = sha256_of(file)
        if origin.digest and found != origin.digest:
            raise DigestError(f"{file} has the digest {found}, not {origin.digest}")
    _unpack(file, folder)
    return origin.version


def _unfold(archive: Path) -> str:
    """Put a folder with what a tar archive has in the archive's place; the version that its name has."""
    if not (named := _RELEASE.fullmatch(archive.name)):
        raise MissingError(f"{archive.name} is no tar archive with a version in its name")
    file = archive.rename(archive.with_name("archive"))
    archive.mkdir()
    for _name in unpack_tar(file, archive):
        pass
    file.unlink()
    return named.group("version")


def _unpack(file: Path, folder: Path) -> None:
    for _name in unpack_tar(file, folder / "sources"):
        pass

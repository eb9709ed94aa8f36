"""Rebuild what the platform data takes from the runtime releases, or check that it still agrees.

    python tools/regenerate_platforms.py                           everything (a few minutes)
    python tools/regenerate_platforms.py --platform 314_0 --release 314.0.7
    python tools/regenerate_platforms.py --platform 314_0 --add 314.0.8
    python tools/regenerate_platforms.py --check --newest --engine node24

Each release is installed from npm as every user's command does it, and read as ``pyodide-abi runtime learn``
reads one. Written are ``data/<platform>.surface`` and the last part of ``data/<platform>.toml``, its
releases. The rest of the TOML file is written by people.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_cache_path

from pyodide_abi.errors import PyodideAbiError, UsageError
from pyodide_abi.host import Host, Silence
from pyodide_abi.platforms import load_platform, load_platforms, load_surface
from pyodide_abi.platforms.documents import write_documents
from pyodide_abi.platforms.model import Release
from pyodide_abi.platforms.surface_encoding import encode_surface
from pyodide_abi.platforms.versions import version_key
from pyodide_abi.process import SystemRunner
from pyodide_abi.runtime.learning.npm import announced, release_of
from pyodide_abi.runtime.learning.reading import ENGINES, read_release
from pyodide_abi.runtime.node import find_node
from pyodide_abi.runtime.releases import install_release
from pyodide_abi.store import Store
from pyodide_abi.values import value

if TYPE_CHECKING:
    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.runtime.learning.reading import Symbols

ROOT = Path(__file__).parents[1]
DATA = ROOT / "src" / "pyodide_abi" / "platforms" / "data"
#: The line of a data file after which this tool writes.
MARKER = "# ---- releases: written by tools/regenerate_platforms.py from the npm packages\n"


@value
class Measured:
    """What a release says of itself, and what it offers in an engine."""

    release: Release
    emscripten: str
    library_path: tuple[str, ...]
    symbols: Symbols


def main(argv: list[str]) -> int:
    """Rebuild or check: 0 if all is well, 1 if the data differs from the releases, else as our errors say."""
    parser = _parser()
    args = parser.parse_args(argv)
    if args.add and (not args.platform or args.check or args.engine):
        parser.error("--add needs --platform, and goes neither with --check nor with --engine")
    host = Host(
        environ=dict(os.environ),
        runner=SystemRunner(),
        store=Store(
            Path(args.cache_dir) if args.cache_dir else user_cache_path("pyodide-abi", appauthor=False)
        ),
        progress=Silence(),
    )
    try:
        platforms = [load_platform(args.platform)] if args.platform else list(load_platforms())
        differences = [line for platform in platforms for line in _treat(platform, args, host)]
    except PyodideAbiError as error:
        sys.stderr.write(f"error: {error}\n  {error.hint}\n")
        return error.exit_code
    for line in differences:
        print(line)
    return 1 if differences else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, usage="%(prog)s [options]"
    )
    parser.add_argument("--platform", metavar="NAME", help="only this platform")
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--release", metavar="VERSION", help="only this release; the others' data stays")
    chosen.add_argument("--newest", action="store_true", help="only the newest release of each platform")
    chosen.add_argument("--add", metavar="VERSION", help="a release that the data does not have yet")
    parser.add_argument("--engine", action="append", choices=sorted(ENGINES), help="only this engine's view")
    parser.add_argument("--check", action="store_true", help="write nothing; print what differs")
    parser.add_argument("--cache-dir", metavar="DIR", help="where the releases are installed")
    return parser


def _treat(platform: Platform, args: argparse.Namespace, host: Host) -> list[str]:
    releases = list(platform.releases)
    if args.add:
        if any(release.version == args.add for release in releases):
            raise UsageError(
                f"platform {platform.name} has the release '{args.add}'", hint="--release rebuilds it"
            )
        releases.append(release_of(*announced(args.add, host)))
        releases.sort(key=lambda release: version_key(release.version))
    wanted = {args.add or args.release or releases[-1].version if _some(args) else None}
    chosen = [release for release in releases if wanted == {None} or release.version in wanted]
    if not chosen:
        raise UsageError(f"platform {platform.name} has no release '{args.release}'", hint="--add adds one")
    measured: dict[tuple[str, str], Measured] = {}
    for release in chosen:
        for engine in args.engine or ENGINES:
            sys.stderr.write(f"{platform.name}: {release.version} in {engine}\n")
            measured[release.version, engine] = measure(release, engine, host)
    differences = _contradictions(platform, measured)
    if args.check:
        return [*differences, *_differences(platform, measured)]
    _write(platform, releases, measured)
    return differences


def _some(args: argparse.Namespace) -> bool:
    return bool(args.add or args.release or args.newest)


def measure(release: Release, engine: str, host: Host) -> Measured:
    """Boot a release in an engine, ask what it is and what it offers.

    Raises:
        FailedError: it does not boot, or it holds something that cannot be described.
    """
    folder = install_release(release, host)
    reading = read_release(folder, find_node(host, ENGINES[engine]), host)
    lock = json.loads((folder / "pyodide-lock.json").read_text("utf-8"))["packages"]
    return Measured(
        release=Release(
            version=release.version,
            integrity=release.integrity,
            python=reading.python,
            suffixes=reading.suffixes,
            prerelease="-" in release.version,
            abi_version=reading.said("PYODIDE_ABI_VERSION") or "",
            pyemscripten_platform_version=reading.said("PYEMSCRIPTEN_PLATFORM_VERSION"),
            pyemscripten_abi_version=reading.said("PYEMSCRIPTEN_ABI_VERSION"),
            micropip=lock["micropip"]["version"],
            packaging=lock["packaging"]["version"],
        ),
        emscripten=reading.emscripten,
        library_path=reading.library_path,
        symbols=reading.symbols,
    )


def _contradictions(platform: Platform, measured: dict[tuple[str, str], Measured]) -> list[str]:
    """Where a release is not what people wrote about its platform."""
    lines = []
    for (version, engine), each in measured.items():
        where = f"{platform.name}: {version} in {engine}"
        if each.emscripten != platform.emscripten:
            lines.append(f"{where}: Emscripten {each.emscripten}, not {platform.emscripten}")
        if each.library_path != platform.search.library_path:
            lines.append(f"{where}: LD_LIBRARY_PATH {each.library_path}, not {platform.search.library_path}")
        if not each.release.python.startswith(platform.python.version + "."):
            lines.append(f"{where}: CPython {each.release.python}, not {platform.python.version}")
    return lines


def _differences(platform: Platform, measured: dict[tuple[str, str], Measured]) -> list[str]:
    """Where the written data is not what the releases say."""
    surface = load_surface(platform)
    written = {release.version: release for release in platform.releases}
    lines = []
    for (version, engine), each in measured.items():
        where = f"{platform.name}: {version} in {engine}"
        if written[version] != each.release:
            lines.append(f"{where}: written {written[version]}, says {each.release}")
        symbols = surface.symbols(version, engine)
        known = {name: (symbol.kind, symbol.type) for name, symbol in symbols.items()}
        lines.extend(
            f"{where}: {name}: written {known.get(name)}, is {each.symbols.get(name)}"
            for name in sorted(known.keys() | each.symbols.keys())
            if known.get(name) != each.symbols.get(name)
        )
    return lines


def _write(platform: Platform, releases: list[Release], measured: dict[tuple[str, str], Measured]) -> None:
    facts = {version: each.release for (version, _), each in measured.items()}
    tables = {key: each.symbols for key, each in measured.items()}
    missing = [
        (r.version, engine) for r in releases for engine in ENGINES if (r.version, engine) not in tables
    ]
    if missing:
        surface = load_surface(platform)
        for version, engine in missing:
            tables[version, engine] = {
                name: (symbol.kind, symbol.type) for name, symbol in surface.symbols(version, engine).items()
            }
    data = encode_surface(
        platform=platform.name,
        releases=tuple(release.version for release in releases),
        engines=tuple(ENGINES),
        tables=tables,
    )
    toml = DATA / f"{platform.name}.toml"
    head, marker, _ = toml.read_text("utf-8").partition(MARKER)
    if not marker:
        raise UsageError(f"{toml} has no line {MARKER!r}")
    entries = [_toml(facts.get(each.version, each), platform) for each in releases]
    _replace(toml, (head + marker + "\n" + "\n".join(entries)).encode())
    _replace(DATA / f"{platform.name}.surface", data)
    write_documents()


def _toml(release: Release, platform: Platform) -> str:
    """One ``[[releases]]`` table; suffixes only where they are not the platform's."""
    own_suffixes = release.suffixes if release.suffixes != platform.python.suffixes else None
    values: dict[str, str | tuple[str, ...] | None] = {
        "version": release.version,
        "integrity": release.integrity,
        "python": release.python,
        "suffixes": own_suffixes,
        "abi_version": release.abi_version,
        "pyemscripten_platform_version": release.pyemscripten_platform_version,
        "pyemscripten_abi_version": release.pyemscripten_abi_version,
        "micropip": release.micropip,
        "packaging": release.packaging,
    }
    # These strings are plain ASCII without quotes, for which JSON and TOML agree. A long one is a literal
    # string, which Python's TOML reader takes in one step instead of letter by letter.
    lines = [f"{key} = {json.dumps(value)}" for key, value in values.items() if value is not None]
    lines[1] = lines[1].replace('"', "'")
    return "\n".join(["[[releases]]", *lines]) + "\n"


def _replace(file: Path, data: bytes) -> None:
    """Write beside it, then rename: an interrupted run leaves the old file."""
    partial = file.with_suffix(file.suffix + ".partial")
    partial.write_bytes(data)
    partial.replace(file)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

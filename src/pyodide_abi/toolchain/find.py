"""Which compiler: the exact version wherever it is, another one only where that was allowed."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.errors import DigestError, MissingError, OfflineError, UsageError
from pyodide_abi.process import find_executable
from pyodide_abi.toolchain import debian_emscripten, emscripten, entry, official
from pyodide_abi.toolchain.model import Source
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyodide_abi.host import Host
    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.toolchain.model import Toolchain

ALLOW = "--toolchain-mismatch allow"
ALLOW_VARIABLE = "PYODIDE_ABI_TOOLCHAIN_MISMATCH=allow"


@value
class Present:
    """An Emscripten that is on this machine.

    Attributes:
        source: The place that it came from.
        version: Emscripten's.
        place: the ``emcc``, or the entry of the cache.
    """

    source: Source
    version: str
    place: Path


def find_present(host: Host) -> list[Present]:
    """Every Emscripten at hand, in the order of :class:`Source`, the newest first within one. No network."""
    found: list[Present] = []
    for source, emcc in _outside(host):
        try:
            version = emscripten.emscripten_version(emcc, host)
        except MissingError as error:
            host.progress.say(f"{emcc} is passed over: {error}")
            continue
        found.append(Present(source=source, version=version, place=emcc))
    for key in host.store.keys(entry.PREFIX):
        place = host.store.root / key
        try:
            facts = entry.read_facts(place)
        except MissingError as error:
            host.progress.say(f"{key} is passed over: {error}")
            continue
        found.append(Present(source=Source(facts.source), version=facts.emscripten, place=place))
    order = list(Source)
    return sorted(found, key=lambda one: (order.index(one.source), _descending(one.version)))


def open_present(present: Present, host: Host) -> Toolchain:
    """The whole of one that is at hand.

    Raises:
        MissingError: it is incomplete.
    """
    if present.source in {Source.OFFICIAL, Source.DEBIAN}:
        return entry.load(present.place, host)
    environ = _emsdk_environ(host) if present.source is Source.EMSDK else {}
    settings = emscripten.ask_settings(present.place, host, environ)
    clang = settings.llvm / f"clang{settings.clang_suffix}"
    return emscripten.assemble(
        present.source,
        root=settings.emscripten_root,
        drivers=present.place.parent,
        settings=settings,
        version=present.version,
        llvm_version=emscripten.clang_version(clang, host),
        environ=environ,
    )


def find_toolchain(
    platform: Platform,
    host: Host,
    *,
    mismatch_allowed: bool,
    allowed_by: str = "",
    source: Source | None = None,
) -> Toolchain:
    """The compiler for a platform, fetched if need be; what is chosen is said on ``host.progress``.

    An Emscripten of the exact version is looked for at hand, then in Emscripten's releases, then in
    Debian's archive. Only then, and only if allowed, one of another version serves: one at hand, or else
    Debian's.

    Args:
        platform: The platform, whose ``emscripten`` is the version.
        host: the machine.
        mismatch_allowed: another version will do.
        allowed_by: the setting that says so, where it was no word of this call.
        source: nothing but this.

    Raises:
        MissingError: there is none; the message lists what is at hand, the hint the ways out.
        OfflineError: one would have to be fetched and the network is off limits.
    """
    present = [one for one in find_present(host) if source in {None, one.source}]
    exact = choose_present(platform, present, mismatch_allowed=False)
    if exact is not None:
        return _chosen(open_present(exact, host), platform, host, allowed_by)
    reasons: list[str] = []
    if source in {None, Source.OFFICIAL}:
        official_build = _from_official(platform, host, reasons, insist=source is Source.OFFICIAL)
        if official_build is not None:
            return _chosen(official_build, platform, host, allowed_by)
    other = choose_present(platform, present, mismatch_allowed=mismatch_allowed)
    if other is not None:
        return _chosen(open_present(other, host), platform, host, allowed_by)
    if source in {None, Source.DEBIAN}:
        try:
            fetched = _from_debian(platform, host, mismatch_allowed=mismatch_allowed)
            return _chosen(fetched, platform, host, allowed_by)
        except MissingError as error:
            reasons.append(f"Debian's archive: {error}")
    raise _nothing(platform, present, reasons, mismatch_allowed=mismatch_allowed, offline=host.offline)


def choose_present(platform: Platform, present: list[Present], *, mismatch_allowed: bool) -> Present | None:
    """Which of those at hand :func:`find_toolchain` would take if it could fetch none; None for none."""
    exact = [one for one in present if one.version == platform.emscripten]
    return next(iter(exact or (present if mismatch_allowed else [])), None)


def install_toolchain(platform: Platform, host: Host, *, source: Source | None = None) -> Toolchain:
    """Fetch a compiler into the cache. It was asked for, so another version than the platform's is taken.

    Args:
        platform: The platform whose version is wanted.
        host: the machine.
        source: whence; None for the first that has something. Debian's archive is asked for what it has now,
            even if an older version is in the cache.

    Raises:
        UsageError: the source is not one to install from.
        MissingError: it cannot be had.
    """
    if source is Source.OFFICIAL:
        return _chosen(official.install(platform.emscripten, host), platform, host)
    if source is Source.DEBIAN and not host.offline:
        return _chosen(debian_emscripten.install(host), platform, host)
    if source in {Source.PATH, Source.EMSDK}:
        raise UsageError(f"nothing can be installed from '{source}'", hint="--source official or debian")
    return find_toolchain(platform, host, mismatch_allowed=True, source=source)


def _from_official(platform: Platform, host: Host, reasons: list[str], *, insist: bool) -> Toolchain | None:
    """The official build, or None with the reason, said and noted.

    Raises:
        DigestError: something else came; taking another compiler quietly would hide it.
    """
    version = platform.emscripten
    if not insist and official.unreachable(version, host):
        reasons.append("Emscripten's releases: the server could not be reached within the last day")
        return None
    try:
        return official.install(version, host)
    except DigestError:
        raise
    except MissingError as error:
        reasons.append(f"Emscripten's releases: {error}")
        if not host.offline:
            host.progress.say(f"no official build of Emscripten {version}: {error}")
        return None


def _from_debian(platform: Platform, host: Host, *, mismatch_allowed: bool) -> Toolchain:
    """What Debian's archive has now, if it is the version or any will do.

    Raises:
        MissingError: it is another version, or cannot be had.
    """
    if host.offline:
        wanted = "none" if mismatch_allowed else f"no Emscripten {platform.emscripten}"
        raise OfflineError(f"{wanted} is in the cache, and nothing is fetched here")
    return debian_emscripten.install(host, only=None if mismatch_allowed else platform.emscripten)


def _chosen(toolchain: Toolchain, platform: Platform, host: Host, allowed_by: str = "") -> Toolchain:
    words = {
        Source.PATH: "on the PATH",
        Source.EMSDK: "in $EMSDK",
        Source.OFFICIAL: "of Emscripten's releases",
        Source.DEBIAN: "of Debian's archive",
    }
    text = f"compiler: Emscripten {toolchain.emscripten} {words[toolchain.source]} ({toolchain.root})"
    if toolchain.emscripten != platform.emscripten:
        text += f"; platform {platform.name} names {platform.emscripten}, another version was allowed"
        text += f" by {allowed_by}" if allowed_by else ""
    host.progress.say(text)
    return toolchain


def _nothing(
    platform: Platform, present: list[Present], reasons: list[str], *, mismatch_allowed: bool, offline: bool
) -> MissingError:
    message = f"there is no Emscripten {platform.emscripten}, the version of platform {platform.name}"
    if present:
        at_hand = ", ".join(f"{one.version} ({one.source}: {one.place})" for one in present)
        message += f"; at hand: {at_hand}"
    hints = list(reasons)
    if not mismatch_allowed:
        hints.append(f"take another version: {ALLOW}, or {ALLOW_VARIABLE}")
    if offline:
        hints.append(f"with the network: pyodide-abi toolchain install --platform {platform.name}")
    hints.append(f"or put the emcc of Emscripten {platform.emscripten} on the PATH")
    kind = OfflineError if offline else MissingError
    return kind(message, hint="\n".join(hints))


def _outside(host: Host) -> list[tuple[Source, Path]]:
    found: list[tuple[Source, Path]] = []
    with suppress(MissingError):
        found.append((Source.PATH, Path(find_executable("emcc", host.environ))))
    root = host.environ.get("EMSDK")
    if root:
        emcc = Path(root) / "upstream/emscripten/emcc"
        if emcc.is_file() and os.access(emcc, os.X_OK):
            found.append((Source.EMSDK, emcc))
    return found


def _emsdk_environ(host: Host) -> Mapping[str, str]:
    config = Path(host.environ["EMSDK"]) / ".emscripten"
    return {"EM_CONFIG": str(config)} if config.is_file() else {}


def _descending(version: str) -> list[int]:
    return [-int(part) for part in version.partition("-")[0].split(".") if part.isdigit()]

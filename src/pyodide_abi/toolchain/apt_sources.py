"""The host's own package sources (sources.list(5)): whence, and with which key, Debian's archive is read."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

#: Suites that every full mirror of Debian carries, beside the release's own code name.
_SUITES = frozenset({"oldstable", "stable", "testing", "unstable", "sid"})

#: apt's ways to say no (its StringToBool).
_OFF = frozenset({"no", "false", "without", "off", "disable", "0"})


@value
class AptSource:
    """One binary package source.

    Attributes:
        uri: the mirror's address.
        suite: the release or class of it.
        components: ``main`` and others.
        signed_by: paths of keyrings or an embedded key, as the file has it; None for apt's default keys.
    """

    uri: str
    suite: str
    components: tuple[str, ...]
    signed_by: str | None


def read_sources(etc_apt: Path) -> list[AptSource]:
    """Every enabled binary source below ``/etc/apt``, in both of apt's forms.

    Args:
        etc_apt: the folder with ``sources.list`` and ``sources.list.d``.
    """
    parts = etc_apt / "sources.list.d"
    files = [etc_apt / "sources.list", *(sorted(parts.iterdir()) if parts.is_dir() else [])]
    found: list[AptSource] = []
    for file in files:
        if not file.is_file():
            continue
        text = file.read_text("utf-8", errors="replace")
        if file.suffix == ".list":
            found += _one_line(text)
        elif file.suffix == ".sources":
            found += _deb822(text)
    return found


def find_mirror(sources: list[AptSource], codename: str) -> AptSource | None:
    """The source that looks most like Debian's main archive; None if none does.

    Args:
        sources: the host's.
        codename: The host's release (``VERSION_CODENAME`` of os-release(5)); may be empty.
    """
    suites = _SUITES | ({codename} if codename else set())
    fitting = [
        source
        for source in sources
        if source.suite in suites and "main" in source.components and not source.uri.startswith("cdrom:")
    ]
    # Others publish suites of the same names; the archive itself is served from a folder named `debian`.
    fitting.sort(key=lambda source: source.uri.rstrip("/").rpartition("/")[2] != "debian")
    return fitting[0] if fitting else None


def stanza(source: AptSource, suite: str, kind: str = "deb") -> str:
    """A deb822 source for another suite of the same mirror, with the same key.

    Args:
        source: The source of the mirror.
        suite: the other one.
        kind: ``deb`` or ``deb-src``.
    """
    lines = [f"Types: {kind}", f"URIs: {source.uri}", f"Suites: {suite}", "Components: main"]
    if source.signed_by:
        lines.append(f"Signed-By: {source.signed_by}")
    return "\n".join(lines) + "\n"


def _one_line(text: str) -> Iterator[AptSource]:
    for line in text.splitlines():
        content = line.partition("#")[0].strip()
        options: dict[str, str] = {}
        if not content.startswith("deb") or not content[3:4].isspace():
            continue
        rest = content[3:].strip()
        if rest.startswith("["):
            inside, _, rest = rest[1:].partition("]")
            options = dict(word.partition("=")[::2] for word in shlex.split(inside) if "=" in word)
        words = rest.split()
        if len(words) >= 2:  # noqa: PLR2004 - address and suite; an exact path has no component
            yield AptSource(
                uri=words[0],
                suite=words[1],
                components=tuple(words[2:]),
                signed_by=options.get("signed-by", "").replace(",", " ") or None,
            )


def _deb822(text: str) -> Iterator[AptSource]:
    for fields in _paragraphs(text):
        enabled = fields.get("enabled", "yes").strip().lower() not in _OFF
        if not enabled or "deb" not in fields.get("types", "").split():
            continue
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                yield AptSource(
                    uri=uri,
                    suite=suite,
                    components=tuple(fields.get("components", "").split()),
                    signed_by=fields.get("signed-by") or None,
                )


def _paragraphs(text: str) -> Iterator[Mapping[str, str]]:
    """Fields by lower-case name; continuation lines keep their indent (an embedded key needs it)."""
    fields: dict[str, str] = {}
    name = ""
    for line in [*text.splitlines(), ""]:
        if line.startswith("#"):
            continue
        if not line.strip():
            if fields:
                yield fields
            fields, name = {}, ""
        elif line[0].isspace() and name:
            fields[name] += "\n" + line
        elif ":" in line:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            fields[name] = value.strip()

"""A platform's facts as tables of text, for people: the terminal and the reference pages show the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.platforms.names import default_platform
from pyodide_abi.values import value
from pyodide_abi.wording import spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyodide_abi.platforms.model import Platform, Rust

_NONE = "none"


@value
class Sheet:
    """One table.

    Attributes:
        title: what it is about.
        columns: headings; the last two are ``why`` and ``source`` where the rows have reasons.
        rows: as many cells each as there are columns.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def overview(platforms: Sequence[Platform]) -> Sheet:
    """One row a platform."""
    default = default_platform().name
    return Sheet(
        title="Platforms",
        columns=("name", "status", "CPython", "Emscripten", "C++ exceptions", "releases", "wheel tag"),
        rows=tuple(
            (
                each.name,
                f"{each.status.value}, the default" if each.name == default else each.status.value,
                each.python.version,
                each.emscripten,
                each.exceptions.value,
                _spans([release.version for release in each.releases], each),
                each.tag,
            )
            for each in platforms
        ),
    )


def sheets(platform: Platform) -> tuple[Sheet, ...]:
    """Everything that is known of one platform, its symbols apart."""
    return (
        _basics(platform),
        _flags(platform),
        _rust(platform.rust),
        _libraries(platform),
        _features(platform),
        _tags(platform),
        _releases(platform),
        *_learned(platform),
    )


def _spans(versions: Sequence[str], platform: Platform) -> str:
    return spans(versions, [release.version for release in platform.releases]) or _NONE


def _basics(platform: Platform) -> Sheet:
    bases = {basis.fact: (basis.reason, basis.source) for basis in platform.reasons}
    python, search = platform.python, platform.search
    unwinding = platform.exceptions.value
    if platform.exception_encoding:
        unwinding += f", {platform.exception_encoding} encoding"
    bigint = "-sWASM_BIGINT has to be given at link" if platform.bigint_flag else "BigInt by default"
    where = [*search.library_path, *(["the run path in dylink.0"] if search.run_path else [])]
    if search.wheel_libs:
        where.insert(0, "<site-packages>/<wheel name>.libs (pre-loading only)")
    rows = (
        ("names", ", ".join((platform.name, *platform.names)), *bases["identity"]),
        ("status", platform.status.value, *bases["identity"]),
        ("wheel tag of builds", platform.tag, *bases["wheel_tag"]),
        ("CPython", f"{python.version} ({python.tag})", *bases["python"]),
        ("extension suffixes", " ".join(python.suffixes), *bases["python"]),
        ("Emscripten", platform.emscripten, *bases["emscripten"]),
        ("C++ exceptions", unwinding, *bases["unwinding"]),
        ("setjmp/longjmp", platform.longjmp.value, *bases["unwinding"]),
        ("64-bit integers", bigint, *bases["bigint"]),
        ("loader", f"generation {platform.loader}", *bases["loader"]),
        ("library search", ", then ".join(where), search.reason, search.source),
    )
    return Sheet(title="Basics", columns=("fact", "value", "why", "source"), rows=rows)


def _flags(platform: Platform) -> Sheet:
    return Sheet(
        title="Flags",
        columns=("need", "flag", "languages", "stages", "why", "source"),
        rows=tuple(
            (each.need.value, each.flag, _list(each.languages), _list(each.stages), each.reason, each.source)
            for each in sorted(platform.flags, key=lambda flag: flag.need.value, reverse=True)
        ),
    )


def _rust(rust: Rust) -> Sheet:
    why = (rust.reason, rust.source)
    rows = [
        ("target", rust.target, *why),
        ("stable", f"{rust.stable} or later" if rust.stable else _NONE, *why),
    ]
    if rust.built:
        flags = " ".join(rust.built.flags)
        text = f"{rust.built.since} or later with {flags} and a standard library built with it"
        rows.append(("stable", text, rust.built.reason, rust.built.source))
    if rust.nightly:
        window = [
            f"from {rust.nightly.since} on" if rust.nightly.since else "",
            f"from before {rust.nightly.before}" if rust.nightly.before else "",
            f"with {' '.join(rust.nightly.flags)}" if rust.nightly.flags else "",
            "and a standard library built with it" if rust.nightly.build_std else "",
        ]
        rows.append(("nightly", " ".join(filter(None, window)), *why))
    rows.extend(
        (
            "argument",
            each.argument + (f" (before {each.before})" if each.before else ""),
            each.reason,
            each.source,
        )
        for each in rust.arguments
    )
    return Sheet(title="Rust", columns=("fact", "value", "why", "source"), rows=tuple(rows))


def _libraries(platform: Platform) -> Sheet:
    return Sheet(
        title="Static libraries",
        columns=("library", "version", "why", "source"),
        rows=tuple(
            (each.name, each.version or "the compiler's", each.reason, each.source)
            for each in platform.libraries
        ),
    )


def _features(platform: Platform) -> Sheet:
    return Sheet(
        title="WebAssembly features",
        columns=("feature", "allowed", "refused by", "why", "source"),
        rows=tuple(
            (
                each.name,
                "yes" if each.allowed else "no",
                _list(each.refused_by),
                each.reason,
                each.source,
            )
            for each in sorted(platform.features, key=lambda feature: not feature.allowed)
        ),
    )


def _tags(platform: Platform) -> Sheet:
    return Sheet(
        title="Wheel tags and who accepts them",
        columns=("tag", "indexes", "micropip in", "packaging in", "why", "source"),
        rows=tuple(
            (
                each.tag,
                _list(each.indexes),
                _spans(each.releases, platform),
                _spans(each.packaging, platform),
                each.reason,
                each.source,
            )
            for each in platform.tags
        ),
    )


def _releases(platform: Platform) -> Sheet:
    return Sheet(
        title="Runtime releases",
        columns=(
            "release",
            "CPython",
            "PYODIDE_ABI_VERSION",
            "PYEMSCRIPTEN_PLATFORM_VERSION",
            "micropip",
            "packaging",
            "npm integrity",
        ),
        rows=tuple(
            (
                each.version,
                each.python,
                each.abi_version,
                each.pyemscripten_platform_version or _NONE,
                each.micropip or _NONE,
                each.packaging or _NONE,
                each.integrity,
            )
            for each in platform.releases
        ),
    )


def _learned(platform: Platform) -> tuple[Sheet, ...]:
    """The releases that the user has learned; no sheet where there are none."""
    rows = tuple(
        (each.version, each.learned.origin, caveat)
        for each in platform.releases
        if each.learned
        for caveat in each.learned.caveats or (_NONE,)
    )
    return (
        (Sheet(title="Learned releases", columns=("release", "from", "caveat"), rows=rows),) if rows else ()
    )


def _list(words: Iterable[str]) -> str:
    return ", ".join(map(str, words)) or _NONE

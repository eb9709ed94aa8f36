"""The document of a platform that only a release of it tells of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyodide_abi.abi.symbols import CPP_EXCEPTION, LONGJMP
from pyodide_abi.platforms.documents import documents
from pyodide_abi.platforms.known import load_platforms
from pyodide_abi.platforms.surface import SymbolKind
from pyodide_abi.platforms.versions import version_key

if TYPE_CHECKING:
    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.runtime.learning.reading import Reading
    from pyodide_abi.runtime.learning.recognising import Recognition


def nearest_platform(reading: Reading) -> Platform:
    """The known platform that a release of an unknown one is likest: the newest with no newer CPython."""
    platforms = load_platforms()
    python = version_key(reading.python.rpartition(".")[0])
    older = [each for each in platforms if version_key(each.python.version) <= python]
    return (older or platforms[:1])[-1]


def new_document(abi: str, reading: Reading, recognised: Recognition, version: str) -> dict[str, Any]:
    """A platform's document, without a release.

    Args:
        abi: the version of the ABI, such as ``2027_0``.
        reading: The reading of one of its releases.
        recognised: The platform's loader.
        version: The version of that release.

    Returns:
        the release's own word where it has one; the rest of the nearest platform, with that as the reason.
    """
    like = nearest_platform(reading)
    document: dict[str, Any] = {**documents()[f"{like.name}.toml"]}
    seen = {"reason": f"Read from the release {version}.", "source": f"the release {version} itself"}
    taken = f"Taken from {like.name}, as a release does not say it. "
    minor = reading.python.rpartition(".")[0]
    compiler = f"emscripten_{reading.emscripten.replace('.', '_')}"
    unwinding = {
        key: "webassembly" if reading.symbols.get(tag, ("",))[0] is SymbolKind.TAG else "javascript"
        for key, tag in (("exceptions", CPP_EXCEPTION), ("longjmp", LONGJMP))
    }
    if unwinding["exceptions"] == "webassembly":
        unwinding["encoding"] = like.exception_encoding or "legacy"
    names = [f"pyemscripten_{abi}", f"pyodide_{abi}"]
    for table in ("bigint", "rust"):
        document[table] = {**document[table], "reason": taken + document[table]["reason"]}
    document.update(
        identity={"name": abi, "names": names, "status": "development", **seen},
        wheel_tag={"tag": f"{names[0]}_wasm32", **seen},
        python={
            "version": minor,
            "tag": f"cp{minor.replace('.', '')}",
            "suffixes": list(reading.suffixes),
            **seen,
        },
        emscripten={"version": reading.emscripten, **seen},
        unwinding={**unwinding, **seen},
        loader={"generation": recognised.generation or recognised.nearest, **seen},
        search={**document["search"], "library_path": list(reading.library_path)},
        libraries=_libraries(document.get("libraries", []), reading, seen),
        tags=[
            {"tag": f"{tag}_wasm32", "micropip": [], "packaging": [], **seen} for tag in (*names, compiler)
        ],
        releases=[],
    )
    return document


def _libraries(rows: list[dict[str, Any]], reading: Reading, seen: dict[str, str]) -> list[dict[str, Any]]:
    """The libraries of a platform's own, with the versions that a release says."""
    described = {row["name"] for row in rows}
    known = {**reading.libraries}
    changed = [
        {**row, "version": known[row["name"]], **seen} if row["name"] in known else row for row in rows
    ]
    more = [
        {"name": name, "version": version, **seen}
        for name, version in known.items()
        if name not in described and name != "bzip2"
    ]
    return [*changed, *more]

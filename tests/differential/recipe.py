"""The cases' recipes: what is built, how it is loaded, which calls need a symbol that may be missing."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: Where a recipe is, in its case's folder.
RECIPE = "case.toml"
#: How a module is compiled and linked unless its recipe says otherwise.
_COMPILE = ("-O1", "-fPIC")
_LINK = ("-sSIDE_MODULE=2", "-sWASM_BIGINT")
_CASE = frozenset({"about", "rows", "file", "imports", "wheel", "call", "left_out"})
#: What a variant may add to every file of its case.
_VARIANT = frozenset({"both", "compile", "link", "define", "left_out"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """One file of a case and how it is made.

    Attributes:
        path: where it lies below ``site-packages``.
        sources: files of the case's folder: C and C++ (compiled), or one ``.wat`` (assembled).
        compile: options of each compilation.
        link: options of the link.
        exports: names given to the linker, without underscore.
        libraries: paths of the case's earlier files, which the link names, so that they become needed ones.
        raw: the file's bytes instead of sources; a ``.txt`` of hexadecimal digits.
        large: it is a library with so many of something (``large_modules.py``), which ``define`` has as
            ``size`` and ``number``.
        keep: only so many bytes of the result; negative counts from its end; None for all.
        append: bytes after it.
        replace: pairs of byte strings of one length: the first is replaced wherever it stands.
        define: names and texts: ``@NAME@`` in a ``.wat``, a macro in C and C++.
    """

    path: str
    sources: tuple[Path, ...] = ()
    compile: tuple[str, ...] = _COMPILE
    link: tuple[str, ...] = _LINK
    exports: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    raw: bytes | None = None
    large: bool = False
    keep: int | None = None
    append: bytes = b""
    replace: tuple[tuple[bytes, bytes], ...] = ()
    define: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """Python code that needs a function import, tried in an interpreter of its own after the steps."""

    symbol: str
    code: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One situation.

    Attributes:
        name: of the folder, and of the variant behind a slash.
        about: what is shown, in one sentence.
        rows: what it covers, in the words of the loader's description.
        files: in the order in which they are made.
        imports: modules imported one after another in one interpreter.
        wheel: the project's name in the wheel that the files are installed from, in their order.
        calls: what needs which symbol.
        left_out: platform, release or engine to the reason why it is not compared there.
    """

    name: str
    about: str
    rows: tuple[str, ...]
    files: tuple[Made, ...]
    imports: tuple[str, ...]
    wheel: str = "m"
    calls: tuple[Call, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict, hash=False)


class RecipeError(Exception):
    """A recipe says something that has no meaning; the text names it."""


def load_cases(folder: Path) -> tuple[Case, ...]:
    """Every case below a folder, each variant as a case of its own.

    Raises:
        RecipeError: a recipe is malformed.
    """
    return tuple(case for path in sorted(folder.glob(f"*/{RECIPE}")) for case in load_case(path))


def load_case(path: Path) -> tuple[Case, ...]:
    """The variants of one recipe; a recipe without variants is one case.

    Raises:
        RecipeError: it is malformed.
    """
    try:
        with path.open("rb") as file:
            data = tomllib.load(file)
        variants = data.pop("variant", {"": {}})
        return tuple(_case(path.parent, variant, extra, data) for variant, extra in variants.items())
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise RecipeError(f"{path}: {type(error).__name__}: {error}") from error


def _case(folder: Path, variant: str, extra: Mapping[str, Any], data: Mapping[str, Any]) -> Case:
    unknown = (data.keys() - _CASE) | (extra.keys() - _VARIANT)
    if unknown:
        raise ValueError(f"unknown keys: {sorted(unknown)}")
    files = tuple(_made(folder, entry, extra) for entry in data["file"])
    return Case(
        name=f"{folder.name}/{variant}" if variant else folder.name,
        about=data["about"],
        rows=tuple(data["rows"]),
        files=files,
        imports=tuple(data.get("imports", ["m"])),
        wheel=data.get("wheel", "m"),
        calls=tuple(Call(**entry) for entry in data.get("call", [])),
        left_out={**data.get("left_out", {}), **extra.get("left_out", {})},
    )


def _made(folder: Path, entry: Mapping[str, Any], extra: Mapping[str, Any]) -> Made:
    fields = dict(entry)
    sources = tuple(folder / name for name in fields.pop("sources", []))
    for source in sources:
        if not source.is_file():
            raise ValueError(f"there is no {source.name}")
    both = tuple(extra.get("both", ()))
    raw = fields.pop("raw", None)
    return Made(
        sources=sources,
        compile=(*fields.pop("compile", _COMPILE), *both, *extra.get("compile", ())),
        link=(*fields.pop("link", _LINK), *fields.pop("link_more", ()), *both, *extra.get("link", ())),
        exports=tuple(fields.pop("exports", ["PyInit_m"])),
        libraries=tuple(fields.pop("libraries", ())),
        raw=None if raw is None else bytes.fromhex(raw),
        append=bytes.fromhex(fields.pop("append", "")),
        replace=tuple((old.encode(), new.encode()) for old, new in fields.pop("replace", {}).items()),
        define=tuple({**fields.pop("define", {}), **extra.get("define", {})}.items()),
        **fields,
    )

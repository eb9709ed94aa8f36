"""The data files as frozen values, with every invariant checked.

``data/common.toml`` holds what all versions have in common and ``data/<name>.toml`` the rest, so that each
value is written once.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any

from pyodide_abi.errors import PlatformDataError
from pyodide_abi.platforms import model
from pyodide_abi.platforms.decode import table_of
from pyodide_abi.platforms.learned import read_learned
from pyodide_abi.platforms.versions import RELEASE, version_key
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pyodide_abi.platforms.decode import Table

COMMON = "common.toml"
_TAG = r"[a-z]+(_\d+){2,3}_wasm32"
_INTEGRITY = r"sha512-[A-Za-z0-9+/]{86}=="
_ABI_VERSION = r"\d+_\d+"


@value
class Common:
    """What all versions have in common.

    Attributes:
        indexes: package indexes, each with the form of the platform tags that it accepts.
    """

    indexes: tuple[tuple[str, re.Pattern[str]], ...]
    engines: tuple[str, ...]
    current_engines: tuple[str, ...]
    flags: tuple[model.Flag, ...]
    libraries: tuple[model.StaticLibrary, ...]
    features: tuple[model.Feature, ...]
    reasons: tuple[model.Basis, ...]


def parse_platforms(common: str, texts: dict[str, str]) -> tuple[model.Platform, ...]:
    """All versions from the text of their files.

    Args:
        common: the text of ``common.toml``.
        texts: the text of every other file, by its name.

    Returns:
        the versions, ordered by their CPython.

    Raises:
        PlatformDataError: a fault; the message starts with the dotted path.
    """
    shared = parse_common(common)
    return together([parse_platform(text, file=name, common=shared) for name, text in sorted(texts.items())])


def together(platforms: list[model.Platform]) -> tuple[model.Platform, ...]:
    """All versions in order, as :func:`parse_platforms` gives them."""
    platforms.sort(key=lambda platform: version_key(platform.python.version))
    _no_name_twice(platforms)
    return tuple(platforms)


def parse_common(document: Mapping[str, Any] | str) -> Common:
    """Read ``common.toml``, its values or its text.

    Raises:
        PlatformDataError: as in :func:`parse_platforms`.
    """
    root = table_of(document, COMMON)
    engines = root.table("engines")
    names, current = engines.texts("names"), engines.texts("current")
    for index, engine in enumerate(current):
        if engine not in names:
            engines.fail(f"current[{index}]", f"'{engine}' is none of the engines {', '.join(names)}")
    reasons = [_basis(engines, "engines")]
    engines.finish()
    indexes = []
    for table in root.tables("indexes"):
        name, pattern = table.text("name"), table.text("accepts")
        try:
            indexes.append((name, re.compile(pattern)))
        except re.error as error:
            table.fail("accepts", f"is not a regular expression: {error}")
        reasons.append(_basis(table, f"indexes.{name}"))
        table.finish()
    common = Common(
        indexes=tuple(indexes),
        engines=names,
        current_engines=current,
        flags=tuple(map(_flag, root.tables("flags"))),
        libraries=tuple(map(_library, root.tables("libraries"))),
        features=tuple(_feature(table, names) for table in root.tables("features")),
        reasons=tuple(reasons),
    )
    root.finish()
    return common


def parse_platform(document: Mapping[str, Any] | str, *, file: str, common: Common) -> model.Platform:
    """Read the file of one version, its values or its text.

    Raises:
        PlatformDataError: as in :func:`parse_platforms`.
    """
    root = table_of(document, file)
    bases = list(common.reasons)

    def section(fact: str) -> Table:
        table = root.table(fact)
        bases.append(_basis(table, fact))
        return table

    identity, wheel_tag, python = section("identity"), section("wheel_tag"), section("python")
    emscripten, unwinding, bigint = section("emscripten"), section("unwinding"), section("bigint")
    loader = section("loader")
    cpython = model.CPython(
        version=python.text("version", r"3\.\d+"),
        tag=python.text("tag", r"cp3\d+"),
        suffixes=python.texts("suffixes", pattern=r"\..*\.so|\.so"),
    )
    releases = _releases(root, cpython)
    features = [_feature(table, common.engines) for table in root.tables("features")]
    platform = model.Platform(
        name=identity.text("name", r"\d+_\d+"),
        names=identity.texts("names"),
        tag=wheel_tag.text("tag", _TAG),
        status=identity.choice("status", model.Status),
        python=cpython,
        emscripten=emscripten.text("version", r"\d+\.\d+\.\d+"),
        exceptions=unwinding.choice("exceptions", model.Unwinding),
        longjmp=unwinding.choice("longjmp", model.Unwinding),
        exception_encoding=unwinding.optional_text("encoding", "legacy|standard"),
        bigint_flag=bigint.flag("flag_needed"),
        loader=loader.number("generation"),
        rust=_rust(root.table("rust")),
        flags=(*common.flags, *map(_flag, root.tables("flags"))),
        libraries=(*map(_library, root.tables("libraries")), *common.libraries),
        search=_search(root.table("search")),
        features=_own_features_first(features, common.features),
        engines=common.current_engines,
        releases=releases,
        tags=tuple(_tag(table, common, releases) for table in root.tables("tags")),
        reasons=tuple(bases),
    )
    for table in (identity, wheel_tag, python, emscripten, unwinding, bigint, loader, root):
        table.finish()
    if root.checked:
        from pyodide_abi.platforms.invariants import check_platform  # noqa: PLC0415 - not for our own data

        check_platform(platform, root)
    return platform


def _basis(table: Table, fact: str) -> model.Basis:
    return model.Basis(fact=fact, reason=table.text("reason"), source=table.text("source"))


def _flag(table: Table) -> model.Flag:
    flag = model.Flag(
        flag=table.text("flag", r"-\S+"),
        need=table.choice("need", model.Need),
        languages=table.choices("languages", model.Language),
        stages=table.choices("stages", model.Stage),
        reason=table.text("reason"),
        source=table.text("source"),
    )
    table.finish()
    return flag


def _library(table: Table) -> model.StaticLibrary:
    library = model.StaticLibrary(
        name=table.text("name"),
        version=table.optional_text("version"),
        reason=table.text("reason"),
        source=table.text("source"),
    )
    table.finish()
    return library


def _feature(table: Table, engines: Sequence[str]) -> model.Feature:
    feature = model.Feature(
        name=table.text("name"),
        allowed=table.flag("allowed"),
        refused_by=table.texts("refused_by", may_be_empty=True) if table.has("refused_by") else (),
        reason=table.text("reason"),
        source=table.text("source"),
    )
    for index, engine in enumerate(feature.refused_by):
        if engine not in engines:
            table.fail(f"refused_by[{index}]", f"'{engine}' is none of the engines {', '.join(engines)}")
    if feature.allowed and feature.refused_by:
        table.fail("allowed", "cannot be true while an engine refuses the feature")
    table.finish()
    return feature


def _own_features_first(
    own: Sequence[model.Feature], shared: Iterable[model.Feature]
) -> tuple[model.Feature, ...]:
    """A platform's word on a feature replaces the common one."""
    names = {feature.name for feature in own}
    return (*own, *(feature for feature in shared if feature.name not in names))


def _search(table: Table) -> model.SearchRule:
    search = model.SearchRule(
        run_path=table.flag("run_path"),
        library_path=table.texts("library_path", pattern=r"/\S+"),
        wheel_libs=table.flag("wheel_libs"),
        reason=table.text("reason"),
        source=table.text("source"),
    )
    table.finish()
    return search


def _rust(table: Table) -> model.Rust:
    version = r"\d+\.\d+"
    arguments = []
    for item in table.tables("arguments"):
        arguments.append(
            model.RustArgument(
                argument=item.text("argument", r"-.+"),
                before=item.optional_text("before", version),
                reason=item.text("reason"),
                source=item.text("source"),
            )
        )
        item.finish()
    built = None
    if table.has("built"):
        item = table.table("built")
        built = model.RustBuilt(
            since=item.text("since", version),
            flags=item.texts("flags"),
            reason=item.text("reason"),
            source=item.text("source"),
        )
        item.finish()
    nightly = None
    if table.has("nightly"):
        item = table.table("nightly")
        nightly = model.RustNightly(
            since=item.optional_date("since"),
            before=item.optional_date("before"),
            flags=item.texts("flags", may_be_empty=True),
            build_std=item.flag("build_std"),
        )
        item.finish()
        if nightly.since and nightly.before and nightly.since >= nightly.before:
            item.fail("before", f"{nightly.before} is not after since = {nightly.since}")
    rust = model.Rust(
        target=table.text("target"),
        stable=table.optional_text("stable", version),
        built=built,
        nightly=nightly,
        arguments=tuple(arguments),
        reason=table.text("reason"),
        source=table.text("source"),
    )
    table.finish()
    return rust


def _releases(root: Table, python: model.CPython) -> tuple[model.Release, ...]:
    releases = tuple(_release(table, python) for table in root.tables("releases"))
    if not releases:
        root.fail("releases", "is empty")
    versions = [version_key(release.version) for release in releases]
    for index, (earlier, later) in enumerate(itertools.pairwise(versions), start=1):
        if earlier >= later:
            root.fail(f"releases[{index}].version", "does not come after the one before it")
    return releases


def _release(table: Table, python: model.CPython) -> model.Release:
    version = table.text("version", RELEASE)
    release = model.Release(
        version=version,
        integrity=table.text("integrity", _INTEGRITY),
        python=table.text("python", re.escape(python.version) + r"\.\d+([ab]\d+|rc\d+)?"),
        suffixes=table.texts("suffixes") if table.has("suffixes") else python.suffixes,
        prerelease="-" in version or "+" in version,
        abi_version=table.text("abi_version", _ABI_VERSION),
        pyemscripten_platform_version=table.optional_text("pyemscripten_platform_version", _ABI_VERSION),
        pyemscripten_abi_version=table.optional_text("pyemscripten_abi_version", _ABI_VERSION),
        micropip=table.optional_text("micropip", r"\d+(\.\d+)+"),
        packaging=table.optional_text("packaging", r"\d+(\.\d+)+"),
        learned=read_learned(table.table("learned")) if table.has("learned") else None,
    )
    if missing := [suffix for suffix in python.suffixes if suffix not in release.suffixes]:
        table.fail("suffixes", f"lacks '{missing[0]}' of python.suffixes, which every release takes")
    table.finish()
    return release


def _tag(table: Table, common: Common, releases: Sequence[model.Release]) -> model.Tag:
    tag = table.text("tag", _TAG)
    known = [release.version for release in releases]
    takers: dict[str, tuple[str, ...]] = {}
    for key in ("micropip", "packaging"):
        takers[key] = table.texts(key, may_be_empty=True)
        for index, version in enumerate(takers[key]):
            if version not in known:
                table.fail(f"{key}[{index}]", f"there is no release '{version}' in this file")
    value = model.Tag(
        tag=tag,
        indexes=tuple(name for name, accepts in common.indexes if accepts.fullmatch(tag)),
        releases=takers["micropip"],
        packaging=takers["packaging"],
        reason=table.text("reason"),
        source=table.text("source"),
    )
    table.finish()
    return value


def _no_name_twice(platforms: Sequence[model.Platform]) -> None:
    """Every name and every release belongs to one platform."""
    owners: dict[str, str] = {}
    for platform in platforms:
        file = f"{platform.name}.toml"
        named = [
            ("identity.name", platform.name),
            *((f"identity.names[{i}]", name) for i, name in enumerate(platform.names)),
            *((f"releases[{i}].version", each.version) for i, each in enumerate(platform.releases)),
        ]
        for path, name in named:
            if name in owners:
                raise PlatformDataError(f"{file}: {path}: '{name}' already belongs to {owners[name]}")
            owners[name] = platform.name

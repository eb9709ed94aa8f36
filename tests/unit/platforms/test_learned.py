"""What was learned is known as if the package's own data had it, and nothing else changes."""

from __future__ import annotations

import itertools
import json
import operator
import re
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from learning import ADDED, VERSION, make_entry

from pyodide_abi.errors import PlatformDataError
from pyodide_abi.platforms import find_runtime, load_platform, load_platforms, load_surface, platform_of_tag
from pyodide_abi.platforms.documents import DATA, documents
from pyodide_abi.platforms.installers import installer_of
from pyodide_abi.platforms.known import renew, use_learned
from pyodide_abi.platforms.learned import FACTS, SYMBOLS, entries, fresh_entries, learned_folder
from pyodide_abi.platforms.learned_surface import join_surfaces
from pyodide_abi.platforms.packages import load_packages
from pyodide_abi.platforms.surface import MAGIC, decode_surface
from pyodide_abi.platforms.surface_encoding import encode_surface, surface_tables
from pyodide_abi.platforms.versions import version_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pyodide_abi.platforms import Surface

OLDER = [release.version for release in load_platform("314_0").releases]


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    before = learned_folder()
    use_learned(tmp_path)
    yield tmp_path
    use_learned(before)


def versions(name: str = "314_0") -> list[str]:
    return [release.version for release in load_platform(name).releases]


def test_nothing_is_known_of_a_folder_that_is_not_there(tmp_path: Path) -> None:
    use_learned(tmp_path / "absent")
    try:
        assert entries() == ()
        assert versions() == OLDER
    finally:
        use_learned(None)


def test_a_release_of_a_known_platform(data: Path) -> None:
    make_entry(data, caveats=("one",))
    renew()
    assert versions() == [*OLDER, VERSION]
    runtime = find_runtime(VERSION)
    assert runtime.platform.name == "314_0"
    assert runtime.release.learned is not None
    assert runtime.platform.caveats == {VERSION: ("one",)}
    assert find_runtime("314.0").version == find_runtime("latest").version == VERSION
    tag = platform_of_tag("pyemscripten_2026_0_wasm32")
    assert tag is not None
    taken = {tag.tag: VERSION in tag.releases for tag in tag.tags}
    assert taken == {
        "pyemscripten_2026_0_wasm32": True,
        "pyodide_2026_0_wasm32": False,
        "pyodide_314_0_wasm32": False,
        "emscripten_5_0_3_wasm32": False,
    }
    assert [each.name for each in load_platforms()] == ["2024_0", "2025_0", "314_0", "2026_5"]


def test_its_symbols_stand_beside_those_of_the_others(data: Path) -> None:
    before = load_surface(load_platform("314_0"))
    make_entry(data)
    renew()
    surface = load_surface(load_platform("314_0"))
    assert surface.releases == (*OLDER, VERSION)
    for engine in surface.engines:
        for release in OLDER:
            assert dict(surface.symbols(release, engine)) == dict(before.symbols(release, engine))
        mine = surface.symbols(VERSION, engine)
        assert mine[ADDED].type == "()->(i32)"
        assert "PyLong_FromLong" not in mine
        assert len(mine) == len(before.symbols(OLDER[7], engine))
    views = surface.views([ADDED, "malloc"])
    assert set(views[OLDER[0]]) == {"malloc"}
    assert set(views[VERSION]) == {"malloc", ADDED}


def test_surfaces_are_the_same_however_they_are_divided() -> None:
    """Each release by itself, joined in another order, is byte for byte the file of all."""
    whole = load_surface(load_platform("314_0"))
    tables = surface_tables(whole)

    def alone(*releases: str) -> Surface:
        kept = {key: table for key, table in tables.items() if key[0] in releases}
        data = encode_surface(platform="314_0", releases=releases, engines=whole.engines, tables=kept)
        return decode_surface(data, file="part")

    first, middle, *others = whole.releases
    joined = join_surfaces([alone(middle), alone(*others), alone(first)], whole.releases)
    again = encode_surface(
        platform="314_0", releases=joined.releases, engines=joined.engines, tables=surface_tables(joined)
    )
    assert again == (DATA / "314_0.surface").read_bytes()


def test_a_build_of_ones_own_follows_what_it_was_made_from(data: Path) -> None:
    make_entry(data, "314.0.3+mine")
    renew()
    place = versions().index("314.0.3+mine")
    assert versions()[place - 1 : place + 2] == ["314.0.3", "314.0.3+mine", "314.0.4"]
    assert find_runtime("314.0.3+mine").release.prerelease
    assert find_runtime("314.0").version == find_runtime("latest").version == OLDER[-1]


def test_the_packages_of_its_lock_file(data: Path) -> None:
    make_entry(data, "314.0.3+mine")
    renew()
    packages = load_packages([each.version for platform in load_platforms() for each in platform.releases])
    assert packages["314.0.3+mine"] == {"numpy": "9.9"}
    assert packages["314.0.3"]["numpy"] != "9.9"
    assert packages["314.0.4"]["numpy"] != "9.9"


def test_the_installer_is_the_one_that_was_recognised(data: Path) -> None:
    make_entry(data, installer="0.27.0")
    renew()
    assert installer_of(VERSION).since == "0.27.0"
    assert installer_of("314.0.7").since == "0.28.2"


def test_what_the_package_knows_itself_counts(data: Path) -> None:
    make_entry(data, "314.0.2", caveats=("stale",))
    renew()
    assert versions() == OLDER
    assert find_runtime("314.0.2").release.learned is None
    assert [entry.version for entry in entries()] == ["314.0.2"]
    assert fresh_entries() == []
    assert "PyLong_FromLong" in load_surface(load_platform("314_0")).symbols("314.0.2")


def test_a_platform_that_only_its_release_tells_of(data: Path) -> None:
    like, tag = documents()["2026_5.toml"], "pyemscripten_2027_0_wasm32"
    document = {
        **like,
        "identity": {**like["identity"], "name": "2027_0", "names": ["pyemscripten_2027_0"]},
        "wheel_tag": {**like["wheel_tag"], "tag": tag},
        "tags": [{**like["tags"][0], "tag": tag, "micropip": [], "packaging": []}],
        "releases": [],
    }
    release = {**like["releases"][-1], "version": "316.0.0-alpha.1", "abi_version": "2027_0"}
    make_entry(data, "316.0.0-alpha.1", platform="2027_0", document=document, release=release)
    renew()
    platform = platform_of_tag(tag)
    assert platform is not None
    assert platform.name == "2027_0"
    assert load_surface(platform).releases == ("316.0.0-alpha.1",)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "cannot be read"),
        (b"[]", "form"),
        (b'{"form": 2}', "form: is one that this version of pyodide-abi does not know"),
        (b'{"form": 1, "platform": "314_0"}', "release: is missing"),
        (b"[" * 100_000, "cannot be read"),
    ],
)
def test_a_damaged_entry_is_one_clear_error(data: Path, content: bytes, words: str) -> None:
    (make_entry(data) / FACTS).write_bytes(content)
    renew()
    with pytest.raises(PlatformDataError, match=rf"^{VERSION}/{FACTS}: ") as caught:
        load_platforms()
    assert words in caught.value.message
    assert f"pyodide-abi runtime forget {VERSION}" in caught.value.hint


def test_an_entry_of_a_platform_that_nobody_knows(data: Path) -> None:
    make_entry(data, platform="2031_0")
    renew()
    with pytest.raises(PlatformDataError, match="its platform 2031_0 is not known"):
        load_platforms()


def test_an_entry_under_another_name(data: Path) -> None:
    folder = make_entry(data)
    folder.rename(folder.with_name("314.0.9"))
    renew()
    with pytest.raises(PlatformDataError, match=f"is about {VERSION}"):
        entries()


def test_symbols_that_are_gone(data: Path) -> None:
    (make_entry(data) / SYMBOLS).unlink()
    renew()
    with pytest.raises(PlatformDataError, match="is missing"):
        load_surface(load_platform("314_0"))


def test_versions_are_ordered_as_they_come() -> None:
    order = ["0.29.5", "0.30.0-dev.0", "0.30.0-alpha.2", "0.30.0-beta.1", "0.30.0-rc.1", "0.30.0"]
    order += ["0.30.0+a", "0.30.0+mine", "0.30.1", "314.0.0"]
    assert all(itertools.starmap(operator.lt, itertools.pairwise(map(version_key, order))))


HEADER: dict[str, Any] = {
    "platform": "314_0",
    "releases": [VERSION],
    "engines": ["node24", "node20"],
    "forms": [["data", None]],
    "groups": [[1, [[0, 1, 1]]]],
}


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (HEADER | {"releases": ["314.0.7"]}, "is not about 314.0.8 alone"),
        (HEADER | {"releases": [["314.0.8"]]}, "is not about 314.0.8 alone"),
        (HEADER | {"engines": ["node24"]}, "is of other engines"),
        (HEADER | {"engines": [{}, []]}, "is of other engines"),
        (HEADER | {"forms": [["data", {}]]}, "has a type that is no text"),
        (HEADER | {"groups": [[1, [[1, 1, 1]]]]}, "offers what it does not describe"),
        (HEADER | {"groups": [[1, [[0, 1]]]]}, "offers what it does not describe"),
        (HEADER | {"groups": [[1, [[0, 1, 1 << 70]]]]}, "offers what it does not describe"),
        (HEADER | {"groups": [[1, [["0", "1", "1"]]]]}, "offers what it does not describe"),
    ],
)
def test_symbols_that_are_not_its_own(data: Path, header: dict[str, Any], words: str) -> None:
    symbols = MAGIC + zlib.compress(f"{json.dumps(header)}\nname".encode())
    (make_entry(data) / SYMBOLS).write_bytes(symbols)
    renew()
    with pytest.raises(PlatformDataError, match=re.escape(f"{VERSION}/{SYMBOLS}: {words}")):
        load_surface(load_platform("314_0"))


@pytest.mark.parametrize("text", [b"[" * 100_000, b"\0" * (64 << 20)], ids=["deep", "a bomb"])
def test_symbols_that_do_not_end(data: Path, text: bytes) -> None:
    (make_entry(data) / SYMBOLS).write_bytes(MAGIC + zlib.compress(text))
    renew()
    with pytest.raises(PlatformDataError, match="is damaged"):
        load_surface(load_platform("314_0"))

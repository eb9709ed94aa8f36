from __future__ import annotations

import pytest

from pyodide_abi.errors import UnknownPlatformError
from pyodide_abi.platforms import (
    default_platform,
    find_runtime,
    load_platform,
    load_platforms,
    platform_of_tag,
)

SPELLINGS = {
    "2024_0": "2024_0 2024 pyodide_2024_0 pyemscripten_2024_0 pyodide_2024_0_wasm32 "
    "pyemscripten_2024_0_wasm32 emscripten_3_1_58_wasm32 "
    "3.12 312 cp312 py312 python3.12 0.26.0 0.27.8 PYODIDE_2024_0 pyodide-2024-0",
    "2025_0": "2025_0 2025 pyodide_2025_0 pyemscripten_2025_0 pyemscripten_2025_0_wasm32 3.13 cp313 0.29.4",
    "314_0": "314_0 314 314-0 3.14 cp314 pyodide_314_0 pyodide_314_0_wasm32 pyemscripten_2026_0 2026_0 "
    "pyodide_2026_0 PyEmscripten-2026-0-wasm32 emscripten-5.0.3-wasm32 314.0.7",
    "2026_5": "2026_5 pyemscripten_2026_5 pyodide_2026_5_wasm32 3.15 315 cp315 315.0.0-alpha.1",
}


@pytest.mark.parametrize(
    ("spelling", "name"), [(word, name) for name, words in SPELLINGS.items() for word in words.split()]
)
def test_any_spelling_resolves(spelling: str, name: str) -> None:
    assert load_platform(spelling).name == name


def test_every_name_tag_and_release_of_the_data_resolves_to_its_own_platform() -> None:
    for platform in load_platforms():
        for name in (
            platform.name,
            *platform.names,
            *(tag.tag for tag in platform.tags),
            *(release.version for release in platform.releases),
        ):
            assert load_platform(name) is platform


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("pyodide_3140", "314_0"),
        ("pyodide_2052_0", "2025_0"),
        ("pyemscripten_2026_1", "314_0"),
        ("cp314t", "314_0"),
        ("0.29.9", "2025_0"),
    ],
)
def test_a_near_miss_gets_a_suggestion_and_the_list(wrong: str, meant: str) -> None:
    with pytest.raises(UnknownPlatformError, match=f"there is no platform '{wrong}'") as caught:
        load_platform(wrong)
    suggestion, *listing = caught.value.hint.splitlines()
    assert suggestion.startswith("did you mean ")
    assert f"'{meant}'" in suggestion
    names = [line.split(":")[0] for line in listing[1:] if not line.startswith("'pyodide-abi runtime learn ")]
    assert names == [p.name for p in load_platforms()]


def test_a_year_that_two_versions_share_names_both() -> None:
    with pytest.raises(UnknownPlatformError) as caught:
        load_platform("2026")
    assert "'314_0'" in caught.value.hint.splitlines()[0]
    assert "'2026_5'" in caught.value.hint.splitlines()[0]


@pytest.mark.parametrize("wrong", ["", "windows", "manylinux_2_28_x86_64"])
def test_a_wide_miss_gets_the_list_alone(wrong: str) -> None:
    with pytest.raises(UnknownPlatformError) as caught:
        load_platform(wrong)
    assert caught.value.hint.startswith("the platforms:\n")


def test_the_default_is_the_newest_stable_version() -> None:
    assert default_platform().name == "314_0"


def test_a_release_is_found_with_its_platform() -> None:
    runtime = find_runtime("0.29.4")
    assert (runtime.platform.name, runtime.release.version) == ("2025_0", "0.29.4")


def test_an_unknown_release_gets_its_neighbours() -> None:
    with pytest.raises(UnknownPlatformError, match=r"there is no runtime release '0\.29\.9'") as caught:
        find_runtime("0.29.9")
    assert "did you mean '0.29.5'" in caught.value.hint
    assert "0.26.0 to 0.27.8 (2024_0)" in caught.value.hint


def test_a_wheel_tag_leads_to_its_platform_only_if_it_is_spelled_exactly() -> None:
    for platform in load_platforms():
        for tag in platform.tags:
            assert platform_of_tag(tag.tag) is platform
            assert platform_of_tag(tag.tag.upper()) is None
        assert platform_of_tag(platform.name) is None
    assert platform_of_tag('") or ("') is None


@pytest.mark.parametrize(
    ("named", "meant"), [("0.29", "0.29."), ("0.27", "0.27."), ("latest", "314."), ("314.0", "314.0.")]
)
def test_a_beginning_means_the_newest_of_its_releases(named: str, meant: str) -> None:
    runtime = find_runtime(named)
    alike = [one.version for one in runtime.platform.runtimes if one.version.startswith(meant)]
    assert runtime.version == alike[-1]
    assert load_platform(named) == runtime.platform


@pytest.mark.parametrize(
    ("named", "age"),
    [
        ("0.25.0", "older than the first"),
        ("0.21", "older than the first"),
        ("999.0.0", "newer than this"),
    ],
)
def test_versions_beyond_what_is_known_are_told(named: str, age: str) -> None:
    for find in (find_runtime, load_platform):
        with pytest.raises(UnknownPlatformError, match=age):
            find(named)


@pytest.mark.parametrize("tag", ["pyemscripten_2099_0_wasm32", "pyodide_2099_0", "2099_1"])
def test_a_later_year_is_newer(tag: str) -> None:
    with pytest.raises(UnknownPlatformError, match="newer than this version"):
        load_platform(tag)

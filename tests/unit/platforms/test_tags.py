from __future__ import annotations

import re

import pytest

from pyodide_abi.platforms import acceptance, load_platform, load_platforms, platform_of_tag


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("pyodide_2024_0_wasm32", "2024_0"),
        ("emscripten_3_1_58_wasm32", "2024_0"),
        ("pyemscripten_2025_0_wasm32", "2025_0"),
        ("pyemscripten_2026_0_wasm32", "314_0"),
        ("pyodide_314_0_wasm32", "314_0"),
        ("pyemscripten_2026_5_wasm32", "2026_5"),
        ("pyemscripten_2027_0_wasm32", None),
        ("pyodide_2025_0", None),
        ("PYODIDE_2025_0_WASM32", None),
        ("any", None),
        ("manylinux_2_28_x86_64", None),
    ],
)
def test_a_wheel_tag_belongs_to_one_platform_or_none(tag: str, name: str | None) -> None:
    platform = platform_of_tag(tag)
    assert (platform.name if platform else None) == name


def test_pypi_accepts_exactly_what_pep_783_spells() -> None:
    for platform in load_platforms():
        for tag in platform.tags:
            assert ("pypi" in tag.indexes) == bool(re.fullmatch(r"pyemscripten_\d+_\d+_wasm32", tag.tag))


def test_the_default_tag_installs_in_the_newest_release_of_its_platform() -> None:
    for platform in load_platforms():
        (default,) = [tag for tag in platform.tags if tag.tag == platform.tag]
        assert platform.releases[-1].version in default.releases


def test_releases_from_2025_on_all_take_the_default_tag() -> None:
    for platform in load_platforms()[1:]:
        (default,) = [tag for tag in platform.tags if tag.tag == platform.tag]
        assert default.releases == tuple(release.version for release in platform.releases)


def test_a_tag_that_packaging_lists_is_one_that_micropip_takes() -> None:
    for platform in load_platforms():
        for tag in platform.tags:
            assert set(tag.packaging) <= set(tag.releases), tag.tag


def test_packaging_lists_the_new_spelling_exactly_where_the_release_says_it_of_itself() -> None:
    for platform in load_platforms():
        for release in platform.releases:
            listed = {tag.tag for tag in platform.tags if release.version in tag.packaging}
            spelled = {tag for tag in listed if tag.startswith("pyemscripten_")}
            said = release.pyemscripten_platform_version
            assert spelled == ({f"pyemscripten_{said}_wasm32"} if said else set())


def test_a_row_of_the_matrix_answers_for_every_release() -> None:
    platform = load_platform("2025_0")
    (tag,) = [tag for tag in platform.tags if tag.tag == "pyemscripten_2025_0_wasm32"]
    row = acceptance(platform, tag)
    assert row.index == {"pypi": True}
    assert list(row.micropip) == [release.version for release in platform.releases]
    assert [version for version, taken in row.micropip.items() if taken] == ["0.29.4", "0.29.5"]
    assert row.packaging == row.micropip


def test_no_release_of_2024_takes_the_new_spelling_though_pypi_would() -> None:
    platform = load_platform("2024_0")
    (tag,) = [tag for tag in platform.tags if tag.tag == "pyemscripten_2024_0_wasm32"]
    assert (tag.indexes, tag.releases, tag.packaging) == (("pypi",), (), ())

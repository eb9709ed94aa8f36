"""What is judged without the library says what the library says."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest
from assembling import assemble, make_wheel
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import cpython_tags
from packaging.utils import parse_wheel_filename

from pyodide_abi.audit import audit_file
from pyodide_abi.audit.rules.excluded_python_version import _USUAL as _USUAL_CLAUSE
from pyodide_abi.audit.rules.excluded_python_version import _leaves_none_out
from pyodide_abi.linker.elide.names import names_class
from pyodide_abi.platforms import load_platform, load_platforms
from pyodide_abi.wheel.filename import _USUAL, parse_wheel_name

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXED = "x.cpython-314-wasm32-emscripten.so"
#: Every clause that the first look takes upon itself, and numbers that are likely to matter more often.
CLAUSE = st.from_regex(_USUAL_CLAUSE, fullmatch=True) | st.from_regex(
    r"(>=|!=|<) ?[234](\.1?[0-9](\.[0-9]|\.\*)?)?", fullmatch=True
)


# How long an example takes to make is a matter of the machine.
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.from_regex(_USUAL, fullmatch=True))
def test_the_library_takes_every_usual_name(name: str) -> None:
    parse_wheel_filename(name)
    assert str(parse_wheel_name(name)) == name


@given(st.lists(CLAUSE, min_size=1, max_size=4).map(",".join))
def test_what_leaves_none_out_leaves_no_release_out(written: str) -> None:
    for platform in load_platforms():
        if _leaves_none_out(written, platform):
            try:
                allowed = SpecifierSet(written)
            except InvalidSpecifier:
                continue  # A star behind another comparison than != : installers pass over the field.
            assert all(allowed.contains(release.python, prereleases=True) for release in platform.releases)


@pytest.mark.parametrize(
    "written",
    [
        "!=3.*",
        ">=3.9,!=3.*",
        "!= 3.*",
        "!=3.14.*",
        "==2.*",
        "==3.13.*",
        "<3.14",
        "~=3.9.0",
        ">3.15",
        "===3.9",
    ],
)
def test_a_requirement_that_leaves_the_platform_out(written: str, tmp_path: Path) -> None:
    assert "ABI414" in codes_with(written, tmp_path)


@pytest.mark.parametrize(
    "written",
    ["!=2.*", ">=3.9,!=2.*", ">=3", "==3.*", "~=3.9", ">=3.9,<4", "!=3.13.*", "!=3.15", ">=3.9.*", "?"],
)
def test_a_requirement_that_does_not(written: str, tmp_path: Path) -> None:
    assert "ABI414" not in codes_with(written, tmp_path)


def codes_with(written: str, folder: Path) -> set[str]:
    """The codes of what is found in a wheel for 314_0 with a ``Requires-Python``."""
    metadata = f"Metadata-Version: 2.1\nName: x\nVersion: 1\nRequires-Python: {written}\n"
    files = {SUFFIXED: assemble("%dylink %init"), "x-1.dist-info/METADATA": metadata.encode()}
    file = make_wheel(folder, "x-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl", files)
    return {finding.code for finding in audit_file(file).findings}


def test_the_usual_requirement_takes_no_library() -> None:
    newest, platform_314 = load_platforms()[-1], load_platform("314_0")
    assert _leaves_none_out(">=2.7, !=3.0.*, !=3.8.*", newest)
    assert _leaves_none_out(">=3.9,<4", newest)
    assert _leaves_none_out(">=3.14, <3.15", platform_314)
    assert not _leaves_none_out(">=3.14.1", platform_314)
    # Its releases come before 3.15.0.
    assert not _leaves_none_out(f">={newest.python.version}", newest)


def test_stable_abi_wheels_from_an_earlier_python_on_fit(tmp_path: Path) -> None:
    accepted = {str(tag) for tag in cpython_tags((3, 14), ["cp314"], ["pyemscripten_2026_0_wasm32"])}
    for minor in range(17):
        tag = f"cp3{minor}-abi3-pyemscripten_2026_0_wasm32"
        file = make_wheel(tmp_path, f"x-1-{tag}.whl", {"x.abi3.so": assemble("%dylink %init")})
        refused = "ABI403" in {finding.code for finding in audit_file(file).findings}
        assert refused == (tag not in accepted)


def test_names_of_classes() -> None:
    assert names_class(b"N3foo10abcdefghijE")
    assert names_class(b"3foo")
    assert not names_class(b"4foo")
    assert not names_class(b"N3fooIiEE")
    assert not names_class(b"0")


def test_a_wheel_without_metadata_has_findings(tmp_path: Path) -> None:
    file = tmp_path / "spam-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("spam.py", b"")
    said = {finding.name for finding in audit_file(file).findings}
    assert "faulty-wheel-metadata" in said

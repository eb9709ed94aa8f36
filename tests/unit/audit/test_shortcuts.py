"""What is judged without the library says what the library says."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.utils import parse_wheel_filename

from pyodide_abi.audit import audit_file
from pyodide_abi.audit.rules.excluded_python_version import _speaks_of_earlier
from pyodide_abi.linker.inner import names_class
from pyodide_abi.platforms import load_platforms
from pyodide_abi.wheel.filename import _USUAL, parse_wheel_name

if TYPE_CHECKING:
    from pathlib import Path

CLAUSE = st.from_regex(
    r"(>=|>=|<|~=) ?[23]\.1?[0-9](\.[0-9])?|(!=|!=|==) ?[23]\.1?[0-9](\.[0-9]|\.\*)?", fullmatch=True
)


@given(st.from_regex(_USUAL, fullmatch=True))
def test_the_library_takes_every_usual_name(name: str) -> None:
    parse_wheel_filename(name)
    assert str(parse_wheel_name(name)) == name


@given(st.lists(CLAUSE, min_size=1, max_size=4).map(",".join))
def test_clauses_about_earlier_pythons_leave_out_no_release(written: str) -> None:
    for platform in load_platforms():
        if _speaks_of_earlier(written, platform):
            allowed = SpecifierSet(written)
            assert all(allowed.contains(release.python, prereleases=True) for release in platform.releases)


def test_the_usual_requirement_takes_no_library() -> None:
    newest = load_platforms()[-1]
    assert _speaks_of_earlier(">=2.7, !=3.0.*, !=3.8.*", newest)
    assert not _speaks_of_earlier(f">={newest.python.version}", newest)
    assert not _speaks_of_earlier(">=3.9,<4", newest)


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

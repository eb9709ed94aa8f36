"""The compiled packages that releases bring: the data's form, and that no release was forgotten."""

from __future__ import annotations

import pytest

from pyodide_abi.errors import PlatformDataError
from pyodide_abi.platforms import load_platforms
from pyodide_abi.platforms.packages import decode_packages, encode_packages, load_packages

RELEASES = [release.version for platform in load_platforms() for release in platform.releases]


def test_every_release_brings_numpy() -> None:
    """A release that was added without them: run tools/regenerate_packages.py."""
    packages = load_packages(RELEASES)
    assert list(packages) == RELEASES
    assert all("numpy" in versions for versions in packages.values())
    assert packages["0.27.7"]["numpy"] == "2.0.2"


def test_encoding_and_decoding_are_inverse() -> None:
    packages = {
        "1": {"a": "1.0", "b": "2"},
        "2": {"a": "1.0"},
        "3": {"a": "2.0", "b": "2"},
        "4": {"a": "1.0"},
    }
    text = encode_packages(packages)
    assert decode_packages(text, list(packages)) == packages
    assert text.splitlines()[1:] == ["a 1.0 1 2", "a 2.0 3 3", "a 1.0 4 4", "b 2 1 1", "b 2 3 3"]


@pytest.mark.parametrize("line", ["numpy", "numpy 1 2 3 4", "numpy 2.0 0.27.0 9.9", "numpy 2.0 9.9 0.27.0"])
def test_a_fault_names_its_line(line: str) -> None:
    with pytest.raises(PlatformDataError, match=r"packages\.txt: line 2"):
        decode_packages(f"# title\n{line}\n", RELEASES)

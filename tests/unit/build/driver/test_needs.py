"""What static libraries need stands behind them, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyodide_abi.build.driver.objects.needs import with_needs
from pyodide_abi.build.drivers import rules_of
from pyodide_abi.platforms import load_platform
from pyodide_abi.toolchain.model import HostPython

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def needs(tmp_path: Path) -> dict[str, list[str]]:
    """Of libtiff, in two archives, which needs libjpeg; ``own`` is a folder of the project."""
    for name in ("tiff/lib/libtiff.a", "tiff/lib/libtiffxx.a", "jpeg/lib/libjpeg.a", "own/libtiff.a"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "link").symlink_to(tmp_path / "tiff")
    python = HostPython(executable=tmp_path, version="3.14.0", include=tmp_path, source="PATH")
    made = {tmp_path / "tiff": (tmp_path / "jpeg",), tmp_path / "jpeg": ()}
    return rules_of(load_platform("314_0"), python, needs=made)["needs"]


@pytest.mark.parametrize(
    ("line", "added"),
    [
        ("-shared a.o -L{0}/tiff/lib -ltiff", ["tiff/lib/libtiffxx.a", "jpeg/lib/libjpeg.a"]),
        ("-shared a.o -ltiff -L{0}/link/lib", ["tiff/lib/libtiffxx.a", "jpeg/lib/libjpeg.a"]),
        ("-shared a.o -L {0}/tiff/lib -l tiff", ["tiff/lib/libtiffxx.a", "jpeg/lib/libjpeg.a"]),
        ("-shared a.o -Wl,-L{0}/tiff/lib -Wl,-ltiff", ["tiff/lib/libtiffxx.a", "jpeg/lib/libjpeg.a"]),
        ("-shared a.o {0}/tiff/lib/libtiffxx.a", ["tiff/lib/libtiff.a", "jpeg/lib/libjpeg.a"]),
        # What pkg-config tells is not said twice.
        ("a.o -L{0}/tiff/lib -ltiffxx -ltiff -L{0}/jpeg/lib -ljpeg", []),
        # Nothing is needed, or nothing is known of it: the project's own comes first.
        ("a.o -L{0}/jpeg/lib -ljpeg", []),
        ("a.o -L{0}/own -L{0}/tiff/lib -ltiff", []),
        ("a.o -L{0}/tiff/lib -lspam", []),
        ("a.o -L{0}/tiff/lib", []),
    ],
)
def test_what_stands_behind(line: str, added: list[str], needs: dict[str, list[str]], tmp_path: Path) -> None:
    words = line.format(tmp_path).split()
    expected = [str(tmp_path / name) for name in added]
    assert with_needs(words, needs) == [*words, *(["-Wl,--no-whole-archive"] if added else []), *expected]


def test_a_program_gets_those_of_the_runtime_as_well(needs: dict[str, list[str]], tmp_path: Path) -> None:
    runtimes = tmp_path / "runtime"
    runtimes.mkdir()
    for name in ("libz.a", "libbz2.a"):
        (runtimes / name).touch()
    (runtimes / "pkgconfig").mkdir()
    words = f"conftest.c -L{tmp_path}/tiff/lib -ltiff".split()
    assert with_needs(words, needs, runtimes=str(runtimes))[-2:] == [
        str(runtimes / "libbz2.a"), str(runtimes / "libz.a")
    ]  # fmt: skip
    assert with_needs(["conftest.c"], needs, runtimes=str(runtimes)) == ["conftest.c"]

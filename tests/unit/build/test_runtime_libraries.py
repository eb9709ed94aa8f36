"""The runtime's own C libraries: what is found of them, and what is left out of links."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyodide_abi.build.driver.arguments import Command
from pyodide_abi.build.driver.flags import rewrite
from pyodide_abi.build.drivers import rules_of
from pyodide_abi.build.runtime_libraries import (
    LIBRARIES,
    declared,
    libraries_of,
    ports,
    provided,
    with_version,
)
from pyodide_abi.platforms import load_platform
from pyodide_abi.toolchain.model import HostPython

PYTHON = HostPython(
    executable=Path("/py/bin/python"), version="3.14.0", include=Path("/py/include"), source="PATH"
)
ZLIB, _, LZMA, SQLITE = LIBRARIES


@pytest.mark.parametrize(
    ("platform", "links"),
    [("2024_0", {"z", "bz2"}), ("2025_0", {"z", "bz2"}), ("314_0", {"z", "bz2", "lzma", "sqlite3"})],
)
def test_which_a_platform_has(platform: str, links: set[str]) -> None:
    found = libraries_of(load_platform(platform))
    assert {library.link for library in found} == links
    assert all(found.values())
    assert links <= set(provided(load_platform(platform)))


def test_a_project_that_asks_for_a_port_gets_the_runtimes_library() -> None:
    platform = load_platform("314_0")
    assert set(ports(platform)) == {
        "-sUSE_ZLIB",
        "-sUSE_BZIP2",
        "-sUSE_SQLITE3",
        "--use-port=zlib",
        "--use-port=bzip2",
        "--use-port=sqlite3",
    }
    rules = rules_of(platform, PYTHON, libraries=Path("/libraries"))
    for words in ("-sUSE_ZLIB", "-sUSE_ZLIB=1", "-s USE_ZLIB=1", "--use-port=zlib", "--use-port zlib"):
        result = rewrite(Command([*words.split(), "-c", "a.c"], "cc"), rules)
        assert not any("zlib" in word.lower() for word in result.words)
        assert result.remarks == [f"dropped {words}: zlib 1.3.1 is the runtime's"]
        assert result.words[-2:] == ["-idirafter", "/libraries/include"]
    for words in ("-sUSE_ZLIB=0", "-sUSE_LIBPNG=1", "--use-port=libpng"):
        assert words in rewrite(Command([words, "-c", "a.c"], "cc"), rules).words


def test_without_headers_of_our_own_a_port_gives_them_and_no_second_library() -> None:
    rules = rules_of(load_platform("314_0"), PYTHON)
    for line, kept in (("-c a.c", True), ("-shared a.c", True), ("-shared a.o", False), ("a.o -o a", True)):
        result = rewrite(Command(["-sUSE_ZLIB=1", *line.split()], "cc"), rules)
        assert ("-sUSE_ZLIB=1" in result.words) == kept


def test_headers_say_the_runtimes_version() -> None:
    zlib = '#define ZLIB_VERSION "1.9"\n#define ZLIB_VERNUM 0x1900\n#define ZLIB_VER_MINOR 9\nint f(void);\n'
    assert with_version(zlib, ZLIB, "1.2.13") == (
        '#define ZLIB_VERSION "1.2.13"\n#define ZLIB_VERNUM 0x12d0\n#define ZLIB_VER_MINOR 2\nint f(void);\n'
    )
    assert with_version("# define LZMA_VERSION_MINOR 8\n", LZMA, "5.2.2") == "# define LZMA_VERSION_MINOR 2\n"
    sqlite = '#define SQLITE_VERSION        "3.46.1"\n#define SQLITE_VERSION_NUMBER 3046001\n'
    assert with_version(sqlite, SQLITE, "3.39.0") == (
        '#define SQLITE_VERSION        "3.39.0"\n#define SQLITE_VERSION_NUMBER 3039000\n'
    )


def test_functions_of_a_header_that_the_runtime_offers(tmp_path: Path) -> None:
    (tmp_path / "zlib.h").write_text(
        "/* calls malloc() and\n crc32_gone() */\nZEXTERN int ZEXPORT deflate OF((z_streamp, int));\n"
        "int inflateNewer(void);\nvoid crc32 (int);\nint other(void);\n"
    )
    offered = {"deflate", "crc32", "malloc", "other", "crc32_gone"}
    assert declared(tmp_path, ZLIB, offered) == ["crc32", "deflate"]

"""The runtime's own libraries: headers that agree with it, and modules that use it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from real_host import real_host

from pyodide_abi.build.drivers import rules_of, write_drivers
from pyodide_abi.build.emcc_cache import expansions_of
from pyodide_abi.build.model import Exports
from pyodide_abi.build.runtime_libraries import declared, find_prefix, libraries_of
from pyodide_abi.platforms import load_platform, load_surface
from pyodide_abi.toolchain import find_toolchain
from pyodide_abi.toolchain.model import HostPython
from pyodide_abi.wasm import FuncType, Kind, read_module

if TYPE_CHECKING:
    from pyodide_abi.host import Host

pytestmark = pytest.mark.integration

PYTHON = HostPython(
    executable=Path("/opt/py/bin/python"), version="3.14.0", include=Path("/opt/py/include"), source="PATH"
)


@pytest.fixture(scope="module")
def host() -> Host:
    return real_host()


def drivers(name: str, folder: Path, host: Host) -> Path:
    """The drivers with the platform's libraries, and those libraries."""
    platform = load_platform(name)
    toolchain = find_toolchain(platform, host, mismatch_allowed=True)
    libraries = find_prefix(platform, toolchain, host)
    assert libraries is not None
    rules = rules_of(platform, PYTHON, libraries=libraries)
    write_drivers(
        folder / "drivers",
        toolchain=toolchain,
        rules=rules,
        exports=Exports(),
        remarks=folder / "remarks",
        expansions=expansions_of(toolchain, rules, host),
        libraries=libraries,
    )
    return libraries


def run(folder: Path, line: str) -> None:
    driver, *words = line.split()
    done = subprocess.run(
        [str(folder / "drivers" / driver), *words], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["2024_0", "2025_0", "314_0", "2026_5"])
def test_headers_declare_what_the_runtime_has(name: str, tmp_path: Path, host: Host) -> None:
    libraries = drivers(name, tmp_path, host)
    surface = load_surface(load_platform(name))
    release = surface.releases[-1]
    offered = surface.symbols(release)
    for library in libraries_of(load_platform(name)):
        names = declared(libraries / "include", library, set(offered))
        # Those for files beyond 2 GiB are declared only where file offsets are small.
        names = [each for each in names if not each.endswith("64")]
        assert len(names) > 15, library.name
        source = f"#include <stdio.h>\n#include <stdarg.h>\n#include <{library.header}>\n"
        # Some are macros over a function of another name; those are looked at under that.
        uses = "".join(f"#ifndef {each}\n(void *){each},\n#endif\n" for each in names)
        (tmp_path / f"{library.link}.c").write_text(f"{source}void *all[] = {{\n{uses}}};\n")
        run(tmp_path, f"cc -w -c {library.link}.c -o {library.link}.o")
        module = read_module((tmp_path / f"{library.link}.o").read_bytes())
        seen = 0
        for entry in module.imports:
            if entry.kind is Kind.FUNCTION and entry.name in names:
                assert isinstance(entry.type, FuncType)
                assert str(offered[entry.name].type) == str(entry.type), entry.name
                seen += 1
        assert seen > 15, library.name


def test_a_module_and_a_program_that_use_them(tmp_path: Path, host: Host) -> None:
    drivers("314_0", tmp_path, host)
    (tmp_path / "spam.c").write_text(
        "#include <zlib.h>\n#include <bzlib.h>\n#include <lzma.h>\n#include <sqlite3.h>\n"
        "const char *PyInit_spam(int n) {\n  return n == 1 ? zlibVersion() : n == 2 ? BZ2_bzlibVersion()"
        " : n == 3 ? lzma_version_string() : sqlite3_libversion();\n}\n"
    )
    (tmp_path / "conftest.c").write_text("char deflate();\nint main(void) { return deflate(); }\n")
    run(tmp_path, "cc -O2 -c spam.c -o spam.o")
    run(tmp_path, "cc -shared spam.o -lz -lbz2 -llzma -lsqlite3 -lgcc_s -o spam.so")
    module = read_module((tmp_path / "spam.so").read_bytes())
    imported = {entry.name for entry in module.imports if entry.kind is Kind.FUNCTION}
    assert {"zlibVersion", "BZ2_bzlibVersion", "lzma_version_string", "sqlite3_libversion"} <= imported
    remarks = (tmp_path / "remarks").read_text()
    assert "dropped -lz: zlib 1.3.1 is the runtime's" in remarks
    run(tmp_path, "cc conftest.c -lz -o conftest")
    assert not re.search("-lz", (tmp_path / "remarks").read_text().replace("dropped -lz: ", "", 1))
    # A library that the project brings itself is its own.
    (tmp_path / "own.c").write_text("const char *zlibVersion(void) { return 0; }\n")
    run(tmp_path, "cc -c own.c -o own.o")
    run(tmp_path, "ar rcs libz.a own.o")
    run(tmp_path, "cc -shared spam.o -L. -lz -lbz2 -llzma -lsqlite3 -o own.so")
    own = read_module((tmp_path / "own.so").read_bytes())
    assert "zlibVersion" not in {entry.name for entry in own.imports if entry.kind is Kind.FUNCTION}

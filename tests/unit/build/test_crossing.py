"""Files that tell CMake, Meson, pkg-config and Autoconf about the target."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest

from pyodide_abi.build import cmake, cxx_library, meson, numpy_headers, pkgconfig
from pyodide_abi.build.cross_site import is_meson
from pyodide_abi.build.crossing import Crossing, write_crossing
from pyodide_abi.platforms import load_platform
from pyodide_abi.values import replace

TOOLS = ("cc", "c++", "ar", "ranlib", "nm", "strip")


def crossing(folder: Path = Path("/w/it's here")) -> Crossing:
    return Crossing(
        folder=folder,
        tools={name: Path("/d") / name for name in TOOLS},
        python=Path("/w/env/bin/python"),
        version="3.14",
        site_packages=Path("/w/env/site"),
        include=Path("/s/my headers"),
        soabi="cpython-314-wasm32-emscripten",
        sysroot=Path("/em/sysroot"),
        emscripten="6.0.5",
        emscripten_root=Path("/em"),
        llvm="21.1.8",
        node=Path("/n/node"),
        host_cc={"c": "/usr/bin/cc"},
        prefixes=(Path("/mine"),),
    )


def test_all_files_are_written_and_named_by_variables(tmp_path: Path) -> None:
    one = crossing(tmp_path)
    environ = write_crossing(one)
    for name in ("CMAKE_TOOLCHAIN_FILE", "CONFIG_SITE"):
        assert Path(environ[name]).is_file()
    assert one.libpython.read_bytes() == b"!<arch>\n"
    for program in (one.emulator, one.programs / "meson", one.python_config):
        assert program.stat().st_mode & 0o111
    folders = environ["PKG_CONFIG_LIBDIR"].split(":")
    assert folders[0] == "/mine/lib/pkgconfig"
    assert str(one.pkgconfig) in folders
    assert not [folder for folder in folders if folder.startswith("/usr")]


def test_meson_s_files_are_machine_files() -> None:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(meson.cross_file(crossing()))
    assert parser["binaries"]["c"] == "['/d/cc', '--optimize=z']"
    assert parser["binaries"]["exe_wrapper"] == r"'/w/it\'s here/run'"
    assert parser["host_machine"]["system"] == "'emscripten'"
    assert parser["properties"]["needs_exe_wrapper"] == "true"
    assert "'/w/env/site/numpy/_core/lib/pkgconfig'" in parser["properties"]["pkg_config_libdir"]
    parser.read_string(meson.native_file(crossing()))
    assert parser["binaries"]["c"] == "'/usr/bin/cc'"


def test_rust_is_for_the_target_or_for_nobody(tmp_path: Path) -> None:
    assert "rust = " not in meson.cross_file(crossing())
    with_rust = replace(crossing(), rustc=("/r/rustc", "--target", "t"))
    assert "\nrust = ['/r/rustc', '--target', 't']\n" in meson.cross_file(with_rust)
    one = replace(crossing(tmp_path), hidden=("cargo",))
    write_crossing(one)
    assert (one.programs / "cargo").stat().st_mode & 0o111
    assert "pyodide-abi: error: cargo would" in (one.programs / "cargo").read_text()
    assert not (one.programs / "rustc").exists()


def test_cmake_sees_the_target_and_nothing_of_the_host() -> None:
    text = cmake.toolchain_file(crossing())
    assert 'set(CMAKE_C_COMPILER "/d/cc")' in text
    assert 'set(CMAKE_CXX_COMPILER_VERSION "21.1.8")' in text
    for kind in ("LIBRARY", "INCLUDE", "PACKAGE"):
        assert f"set(CMAKE_FIND_ROOT_PATH_MODE_{kind} ONLY)" in text
    for module in ("Python", "Python3"):
        assert f'set({module}_INCLUDE_DIR "/s/my headers" CACHE' in text
    assert 'set(PYTHON_LIBRARY "' in text
    assert 'list(APPEND CMAKE_FIND_ROOT_PATH "/mine")' in text


def test_what_cmake_would_read_into_a_path_is_quoted() -> None:
    quoted = 'list(PREPEND CMAKE_MODULE_PATH "/a\\;b\\${c}\\"d\\\\e/cmake")'
    assert quoted in cmake.toolchain_file(crossing(Path('/a;b${c}"d\\e')))


def test_python_s_pkgconfig_files_name_the_target_s_headers() -> None:
    files = pkgconfig.python_files(crossing())
    assert set(files) == {"python-3.14", "python3", "python-3.14-embed", "python3-embed"}
    assert "Cflags: -I/s/my\\ headers\n" in files["python3"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["python", "/env/bin/meson", "setup", "b"], True),
        (["python", "vendored-meson/meson/meson.py", "setup"], True),
        (["python", "-m", "mesonbuild.mesonmain", "setup"], True),
        (["python", "mesonbuild/scripts/python_info.py"], False),
        (["python", "-c", "print()"], False),
        (["python"], False),
    ],
)
def test_meson_itself_is_told_about_the_build_machine(words: list[str], expected: bool) -> None:
    assert is_meson(words) is expected


HEADER = """\
#define NPY_SIZEOF_SHORT 2
#define NPY_SIZEOF_LONG 8
#define NPY_SIZEOF_COMPLEX_LONGDOUBLE 32
#define NPY_SIZEOF_PY_INTPTR_T 8
#define NPY_SIZEOF_SOMETHING_NEW 8
#define NPY_NO_SMP 0
"""
SIZES = {"SIZEOF_SHORT": 2, "SIZEOF_LONG": 4, "SIZEOF_LONG_DOUBLE": 16, "SIZEOF_UINTPTR_T": 4}


def test_numpy_s_header_gets_the_target_s_sizes_and_the_cache_keeps_its_own(tmp_path: Path) -> None:
    cached = tmp_path / "cached.h"
    cached.write_text(HEADER)
    header = tmp_path / "numpy" / "_core" / "include" / "numpy" / "_numpyconfig.h"
    header.parent.mkdir(parents=True)
    header.hardlink_to(cached)
    numpy_headers.retarget(tmp_path, SIZES)
    text = header.read_text()
    assert "NPY_SIZEOF_LONG 4\n" in text
    assert "NPY_SIZEOF_PY_INTPTR_T 4\n" in text
    assert "NPY_SIZEOF_COMPLEX_LONGDOUBLE 32\n" in text
    assert "NPY_SIZEOF_SOMETHING_NEW 8\n#define NPY_NO_SMP 0\n" in text
    assert cached.read_text() == HEADER


def test_no_numpy_is_no_matter(tmp_path: Path) -> None:
    numpy_headers.retarget(tmp_path, SIZES)
    assert list(tmp_path.iterdir()) == []


def test_an_older_cxx_library_is_said_to_be_one(tmp_path: Path) -> None:
    assert cxx_library.missing_versions(load_platform("2025_0")) == (20, 21)
    (flag,) = cxx_library.write_headers(load_platform("2025_0"), tmp_path)
    text = (Path(flag.removeprefix("-I")) / "__configuration" / "availability.h").read_text()
    assert "#define _LIBCPP_INTRODUCED_IN_LLVM_21 0" in text
    assert "LLVM_19" not in text
    assert cxx_library.write_headers(load_platform("314_0"), tmp_path / "none") == []
    assert not (tmp_path / "none").exists()

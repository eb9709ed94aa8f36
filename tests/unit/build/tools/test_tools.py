"""Files that tell CMake, Meson, pkg-config and Autoconf about the target."""

from __future__ import annotations

import configparser
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fake_host import FakeRunner, completed, make_host
from made_builds import made_build, made_target
from toolchain_fakes import write_program

from pyodide_abi.build import cxx_library, numpy_headers
from pyodide_abi.build.cross_site import is_foreign, is_meson
from pyodide_abi.build.tools import (
    LEAKS,
    TOOLS,
    cmake,
    meson,
    parallel,
    tool_variables,
    without_leaks,
    write_files,
)
from pyodide_abi.build.tools.cargo import Cargo
from pyodide_abi.build.tools.compilers import Compilers
from pyodide_abi.build.tools.library_scripts import LibraryScripts
from pyodide_abi.build.tools.pkgconfig import PkgConfig
from pyodide_abi.platforms import load_platform
from pyodide_abi.toolchain import Rust, RustSource, Sysroot, TargetRust
from pyodide_abi.values import replace

if TYPE_CHECKING:
    from pyodide_abi.build.cross import CrossBuild


def build(folder: Path = Path("/w/it's here"), **target: Any) -> CrossBuild:
    """A build below a folder with a blank and a quote in its name, with a library of the user's."""
    sysroot = Sysroot(
        platform="314_0",
        release="1",
        root=Path("/s"),
        include=Path("/s/my headers"),
        sysconfigdata=Path("/s"),
    )
    made = made_build(folder, made_target(folder, sysroot=sysroot, prefixes=(Path("/mine"),), **target))
    vars(made)["host_programs"] = {"c": "/usr/bin/cc"}  # As if they had been found.
    return made


def test_all_files_are_written_and_named_by_variables(tmp_path: Path) -> None:
    one = build(tmp_path)
    write_files(one)
    environ = tool_variables(one)
    for name in ("CMAKE_TOOLCHAIN_FILE", "CONFIG_SITE"):
        assert Path(environ[name]).is_file()
    assert one.libpython.read_bytes() == b"!<arch>\n"
    for program in (one.emulator, one.programs / "meson", one.programs / "node", one.python_config):
        assert program.stat().st_mode & 0o111
    assert not (one.files / "meson.cross").stat().st_mode & 0o111
    folders = environ["PKG_CONFIG_LIBDIR"].split(":")
    assert folders[0] == "/mine/lib/pkgconfig"
    assert str(one.pkgconfig) in folders
    assert not [folder for folder in folders if folder.startswith("/usr")]
    own = f"{one.programs}:{one.python.parent}:/mine/bin:{one.refusing}"
    assert environ["PATH"] == f"{own}:/usr/bin:/bin"
    assert (environ["CC"], environ["CXX"]) == ("/drivers/cc", "/drivers/c++")
    assert environ["LDFLAGS"] == "-L/mine/lib"


def test_no_variable_that_a_tool_sets_or_reads_comes_from_the_caller(tmp_path: Path) -> None:
    one = build(tmp_path)
    own = {*tool_variables(one), *parallel(3, tmp_path)}
    # Who asks for a number of compilers means it for every machine, and the rest is not the caller's to set.
    own_numbers = "MAKEFLAGS CMAKE_BUILD_PARALLEL_LEVEL CARGO_BUILD_JOBS"
    allowed = {"CC_FOR_BUILD", "PATH", "PYTHONHASHSEED", *own_numbers.split()}
    assert own - LEAKS == allowed
    assert without_leaks(dict.fromkeys([*LEAKS, "LANG"], "x")) == {"LANG": "x"}


def test_every_tool_runs_as_many_compilers_as_are_asked_for(tmp_path: Path) -> None:
    told = parallel(3, tmp_path)
    assert (told["MAKEFLAGS"], told["CARGO_BUILD_JOBS"]) == ("-j3", "3")
    assert Path(told["DIST_EXTRA_CONFIG"]).read_text() == "[build_ext]\nparallel = 3\n"
    assert parallel(None, tmp_path) == {}


def test_no_two_tools_answer_for_one_file_or_variable(tmp_path: Path) -> None:
    one = build(tmp_path)
    for answers in ([tool.files(one) for tool in TOOLS], [tool.environ(one) for tool in TOOLS]):
        names = [name for answer in answers for name in answer]
        assert len(names) == len(set(names))


def test_this_machine_s_libraries_do_not_answer(tmp_path: Path) -> None:
    for name in ("xml2-config", "pg_config", "pkg-config", "llvm-config", "python3-config", "config"):
        write_program(tmp_path / "bin" / name)
    for name in ("geos-config", "xml2-config"):
        write_program(tmp_path / "mine" / "bin" / name)
    (tmp_path / "mine" / "include" / "openssl").mkdir(parents=True)
    (tmp_path / "mine" / "include" / "openssl" / "ssl.h").touch()
    runner = FakeRunner(lambda argv, _cwd: completed(argv))
    caller = {"PATH": str(tmp_path / "bin"), "GEOS_CONFIG": "/own/geos-config"}
    target = made_target(tmp_path, prefixes=(tmp_path / "mine",))
    one = made_build(tmp_path, target, host=make_host(tmp_path, runner, environ=caller))
    files = LibraryScripts().files(one)
    assert set(files) == {"refusing/xml2-config", "refusing/pg_config", "bin/geos-config"}
    assert LibraryScripts().environ(one) == {
        "OPENSSL_DIR": str(tmp_path / "mine"),
        "WITH_XML2_CONFIG": str(tmp_path / "mine" / "bin" / "xml2-config"),
        "XML2_CONFIG": str(tmp_path / "mine" / "bin" / "xml2-config"),
    }


def test_a_program_of_a_prefix_is_asked_for_what_its_archives_need(tmp_path: Path) -> None:
    """That of GEOS tells it only in words of its own, which shapely does not use; the first prefix counts."""
    prefixes = (tmp_path / "it's mine", tmp_path / "second")
    for prefix in prefixes:
        write_program(prefix / "bin" / "geos-config")
    runner = FakeRunner(lambda argv, _cwd: completed(argv))
    target = made_target(tmp_path, prefixes=prefixes)
    one = made_build(tmp_path, target, host=make_host(tmp_path, runner, environ={"PATH": ""}))
    text = LibraryScripts().files(one)["bin/geos-config"]
    assert "    --clibs) word=--static-clibs ;;\n" in text
    assert f"\nexec {shlex.quote(str(prefixes[0] / 'bin' / 'geos-config'))} " in text
    assert LibraryScripts().environ(one)["GEOS_CONFIG"] == str(one.programs / "geos-config")


def test_a_library_that_a_project_would_open_is_known_from_its_header(tmp_path: Path) -> None:
    """h5py asks HDF5 by ctypes; the first prefix counts, and what the caller says himself."""
    for name, version in (("first", "1.14.5"), ("second", "1.10.0")):
        include = tmp_path / name / "include"
        include.mkdir(parents=True)
        (include / "hdf5.h").touch()
        text = f'#define H5_VERS_INFO "HDF5 library version: {version}" /* whole */\n'
        (include / "H5public.h").write_text(text)
    runner = FakeRunner(lambda argv, _cwd: completed(argv))
    target = made_target(tmp_path, prefixes=(tmp_path / "first", tmp_path / "second"))
    own = {"PATH": "", "H5PY_ROS3": "1"}
    one = made_build(tmp_path, target, host=make_host(tmp_path, runner, environ=own))
    assert LibraryScripts().environ(one) == {
        "HDF5_DIR": str(tmp_path / "first"),
        "HDF5_VERSION": "1.14.5",
        "H5PY_DIRECT_VFD": "0",
    }


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (
            "#define PROJ_VERSION_MAJOR 9\n#define PROJ_VERSION_MINOR 6\n#define PROJ_VERSION_PATCH 0\n",
            {"PROJ_VERSION": "9.6.0"},
        ),
        ("#define PJ_VERSION 493\n", {}),
    ],
)
def test_a_library_that_a_project_would_run_is_known_from_its_header(
    text: str, known: dict[str, str], tmp_path: Path
) -> None:
    """pyproj runs PROJ's own program."""
    (tmp_path / "include").mkdir()
    (tmp_path / "include" / "proj.h").write_text(text)
    runner = FakeRunner(lambda argv, _cwd: completed(argv))
    target = made_target(tmp_path, prefixes=(tmp_path,))
    one = made_build(tmp_path, target, host=make_host(tmp_path, runner, environ={"PATH": ""}))
    assert LibraryScripts().environ(one) == {"PROJ_DIR": str(tmp_path), **known}


def test_bare_names_are_the_target_s_where_commands_follow_one_another(tmp_path: Path) -> None:
    one = build(tmp_path)
    files = Compilers().files(one)
    assert files["bin/gcc"] == '#!/bin/sh\nexec /drivers/cc "$@"\n'
    assert "exec /usr/bin/cc" in files["host/c"]
    assert Compilers().environ(one)["CC_FOR_BUILD"] == f"{one.files}/host/c"
    assert Compilers().files(replace(one, source=tmp_path)) == {}


def test_meson_s_files_are_machine_files() -> None:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(meson.cross_file(build()))
    assert parser["binaries"]["c"] == "['/drivers/cc', '--optimize=z']"
    assert parser["binaries"]["exe_wrapper"] == r"'/w/it\'s here/cross/run'"
    assert parser["host_machine"]["system"] == "'emscripten'"
    assert parser["built-in options"]["prefer_static"] == "true"
    assert parser["properties"]["needs_exe_wrapper"] == "true"
    packages = r"'/w/it\'s here/environment/lib/python3.14/site-packages/numpy/_core/lib/pkgconfig'"
    assert packages in parser["properties"]["pkg_config_libdir"]
    one = replace(build(), source=Path("/src"))
    vars(one)["host_programs"] = {"c": "/usr/bin/cc"}  # As if they had been found.
    parser.read_string(meson.native_file(one))
    assert parser["binaries"]["c"] == "'/usr/bin/cc'"


def test_rust_is_for_the_target_or_for_nobody(tmp_path: Path) -> None:
    assert "rust = " not in meson.cross_file(build())
    rust = Rust(
        source=RustSource.PATH,
        bin=Path("/r"),
        sysroot=Path("/r"),
        version="1.97.1",
        nightly=None,
        identity="",
        machine="x86_64-unknown-linux-gnu",
    )
    with_rust = build(rust=TargetRust(rust=rust, flags=(), library=None))
    assert "\nrust = ['/r/rustc', '--target', 'wasm32-unknown-emscripten'" in meson.cross_file(with_rust)
    write_program(tmp_path / "bin" / "cargo")
    runner = FakeRunner(lambda argv, _cwd: completed(argv))
    machine = make_host(tmp_path, runner, environ={"PATH": str(tmp_path / "bin")})
    refusals = Cargo().files(replace(build(), host=machine))
    assert "pyodide-abi: error: cargo would" in refusals["bin/cargo"]
    assert refusals["bin/cargo"].startswith("#!")
    assert Cargo().files(replace(with_rust, host=machine)) == {}
    assert tool_variables(with_rust)["PATH"].startswith("/r:/w/it's here/cross/bin:")


def test_cmake_sees_the_target_and_nothing_of_the_host() -> None:
    text = cmake.toolchain_file(build())
    assert 'set(CMAKE_C_COMPILER "/drivers/cc")' in text
    assert 'set(CMAKE_CXX_COMPILER_VERSION "21.0.0")' in text
    for kind in ("LIBRARY", "INCLUDE", "PACKAGE"):
        assert f"set(CMAKE_FIND_ROOT_PATH_MODE_{kind} ONLY)" in text
    for module in ("Python", "Python3"):
        assert f'set({module}_INCLUDE_DIR "/s/my headers" CACHE' in text
    assert 'set(PYTHON_LIBRARY "' in text
    assert 'list(APPEND CMAKE_FIND_ROOT_PATH "/mine")' in text


def test_what_cmake_would_read_into_a_path_is_quoted() -> None:
    quoted = 'list(PREPEND CMAKE_MODULE_PATH "/a\\;b\\${c}\\"d\\\\e/cross/cmake")'
    assert quoted in cmake.toolchain_file(build(Path('/a;b${c}"d\\e')))


def test_python_s_pkgconfig_files_name_the_target_s_headers() -> None:
    files = PkgConfig().files(build())
    names = ("python-3.14", "python3", "python-3.14-embed", "python3-embed")
    assert set(files) == {f"lib/pkgconfig/{name}.pc" for name in names}
    assert "Cflags: -I/s/my\\ headers\n" in files["lib/pkgconfig/python3.pc"]


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


@pytest.mark.parametrize(
    ("library", "expected"),
    [
        ("libhdf5.so", True),
        ("libhdf5.so.103", True),
        ("hdf5.so", True),
        ("libgeos_c.so.1", True),
        ("libc.so.6", False),
        ("libstdc++.so.6", False),
        ("libclang-19.so.1", False),
        ("libpython3.14.so.1.0", False),
        ("/opt/lib/libhdf5.so", False),
        ("./libhdf5.so", False),
        ("plugin", False),
    ],
)
def test_libraries_of_this_machine_are_told_by_their_names(library: str, expected: bool) -> None:
    assert is_foreign(library) is expected


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

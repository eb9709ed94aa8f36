"""What a failed build lacks, from the words of real projects' logs."""

from __future__ import annotations

import pytest

from pyodide_abi.build.lacking import Lacking, LackingKind, lacking


@pytest.mark.parametrize(
    ("said", "kind", "name"),
    [
        # cffi 2.1.1.
        ("src/c/_cffi_backend.c:15:10: fatal error: 'ffi.h' file not found", LackingKind.HEADER, "ffi.h"),
        # lxml 6.1.3.
        (
            "src/lxml/includes/etree_defs.h:14:10: fatal error: 'libxml/xmlversion.h' file not found",
            LackingKind.HEADER,
            "libxml/xmlversion.h",
        ),
        ("wasm-ld: error: unable to find library -lgmp", LackingKind.LINK, "gmp"),
        # scipy 1.18.1.
        (
            '../scipy/meson.build:216:9: ERROR: Dependency "OpenBLAS" not found, tried pkgconfig and cmake',
            LackingKind.PACKAGE,
            "OpenBLAS",
        ),
        (
            "meson.build:3:0: ERROR: Dependency lookup for x failed\nDependency openblas not found",
            LackingKind.PACKAGE,
            "openblas",
        ),
        # CMake 4.
        (
            'Could not find a package configuration file provided by "GEOS" with any of the following names:',
            LackingKind.PACKAGE,
            "GEOS",
        ),
        ("CMake Error: Could NOT find PROJ (missing: PROJ_LIBRARY)", LackingKind.PACKAGE, "PROJ"),
        # The crate pkg-config 0.3.32.
        (
            "The system library `openssl` required by crate `openssl-sys` was not found.",
            LackingKind.PACKAGE,
            "openssl",
        ),
        # pkgconf and pkg-config.
        ("Package 'libxslt', required by 'virtual:world', not found", LackingKind.PACKAGE, "libxslt"),
        ("Package libxslt was not found in the pkg-config search path.", LackingKind.PACKAGE, "libxslt"),
        ("No package 'gsl' found", LackingKind.PACKAGE, "gsl"),
        # cryptography 50.0.2, the crate openssl-sys.
        (
            "Could not find directory of OpenSSL installation, and this `-sys` crate",
            LackingKind.PACKAGE,
            "OpenSSL",
        ),
        # Pillow 13.0.0.
        ("__main__.RequiredDependencyException: jpeg", LackingKind.PACKAGE, "jpeg"),
        ("The headers or library files could not be found for jpeg,", LackingKind.PACKAGE, "jpeg"),
        # h5py 3.16.0.
        (
            "RuntimeError: Unable to load dependency HDF5, make sure HDF5 is installed properly",
            LackingKind.PACKAGE,
            "HDF5",
        ),
        ("geos-config: command not found", LackingKind.PACKAGE, "geos"),
        ("FileNotFoundError: 'ncurses6-config' not found", LackingKind.PACKAGE, "ncurses6"),
        ("proj executable not found. Please set the PROJ_DIR variable.", LackingKind.PACKAGE, "proj"),
    ],
)
def test_what_is_lacking(said: str, kind: LackingKind, name: str) -> None:
    assert lacking(said) == [Lacking(kind=kind, name=name)]


@pytest.mark.parametrize(
    "said",
    [
        "bad.c:3:67: error: expected ';' after return statement",
        "ModuleNotFoundError: No module named 'numpy'",
        "FileNotFoundError: README.md not found",
        "/bin/sh: pkg-config: not found",
        "python3-config: No such file or directory",
        "wasm-ld: error: x.o: undefined symbol: deflate",
        "",
    ],
)
def test_other_causes_lack_nothing(said: str) -> None:
    assert lacking(said) == []


def test_two_at_once() -> None:
    # lxml 6.1.3.
    said = "Error: Please make sure the libxml2 and libxslt development packages are installed."
    assert [one.name for one in lacking(said)] == ["libxml2", "libxslt"]

"""What a build lacks that is not in the project: told from the words of the log that name its cause."""

from __future__ import annotations

import re
from enum import StrEnum

from pyodide_abi.values import value


class LackingKind(StrEnum):
    """How the project asked for it."""

    HEADER = "header"
    #: ``-lNAME``.
    LINK = "link"
    #: Of pkg-config, CMake or Meson, or the project's own name for a library.
    PACKAGE = "package"


@value
class Lacking:
    """Part of a library that a build did not find.

    Attributes:
        kind: how it was asked for.
        name: The name, as the log has it.
    """

    kind: LackingKind
    name: str


#: What compilers, linkers, build tools and projects say. The first that fits counts; what a compiler says
#: stands before what follows from it.
_PATTERNS = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        (LackingKind.HEADER, r"fatal error: '(?P<name>[^']+)' file not found"),
        (LackingKind.LINK, r"unable to find library -l(?P<name>\S+)"),
        # Meson: 'Dependency "OpenBLAS" not found'.
        (LackingKind.PACKAGE, r"[Dd]ependency \"?(?P<name>[\w.+-]+)\"? not found"),
        # CMake.
        (LackingKind.PACKAGE, r"package configuration file provided by \"(?P<name>[^\"]+)\""),
        (LackingKind.PACKAGE, r"Could NOT find (?P<name>\w+)"),
        # pkg-config, and the crate of that name.
        (LackingKind.PACKAGE, r"Package '?(?P<name>[\w.+-]+)'?,? (?:required by .*, )?(?:was )?not found"),
        (
            LackingKind.PACKAGE,
            r"system library `(?P<name>[\w.+-]+)` required by crate `[\w-]+` was not found",
        ),
        (LackingKind.PACKAGE, r"No package '(?P<name>[^']+)' found"),
        # The crate openssl-sys.
        (LackingKind.PACKAGE, r"Could not find directory of (?P<name>OpenSSL) installation"),
        # Pillow, whose exception has the bare name where its own sentence is not shown.
        (LackingKind.PACKAGE, r"headers or library files could not be found for (?P<name>\w+)"),
        (LackingKind.PACKAGE, r"RequiredDependencyException: (?P<name>\w+)"),
        # lxml.
        (LackingKind.PACKAGE, r"make sure the (?P<name>[\w.+, -]+) development packages? (is|are) installed"),
        # h5py and others that open the build machine's library to ask it something.
        (LackingKind.PACKAGE, r"Unable to load dependency (?P<name>\w+)"),
        (LackingKind.LINK, r"OSError: lib(?P<name>[\w+-]+)\.so[\d.]*: cannot open shared object"),
        # psycopg2, pycurl and many more: the program that tells where a library is, NAME-config.
        (LackingKind.PACKAGE, r"(?P<name>pg_config)\b.*(not found|No such file|this machine's)"),
        (
            LackingKind.PACKAGE,
            r"(?<![\w-])(?P<name>(?!pkg|python)[\w.]+)-config\b.*(not found|No such file|this machine's)",
        ),
        (LackingKind.PACKAGE, r"(?P<name>proj) executable not found"),
        # fiona, rasterio.
        (LackingKind.PACKAGE, r"A (?P<name>GDAL) API version must be specified"),
        # xmlsec.
        (LackingKind.PACKAGE, r"error: (?P<name>[\w.+-]+) is not installed or not in path"),
        # mysqlclient.
        (LackingKind.PACKAGE, r"Specify (?P<name>[A-Z0-9_]+)_CFLAGS\b"),
        # netcdf4.
        (LackingKind.PACKAGE, r"Did not find (?P<name>\w+)( version \S+)? headers"),
    )
)


def lacking(said: str) -> list[Lacking]:
    """What is missing, by the words of a failed build that name its cause; empty where they name nothing."""
    for kind, pattern in _PATTERNS:
        if found := pattern.search(said):
            names = re.split(r",? and |, ", found.group("name"))
            return [Lacking(kind=kind, name=name) for name in names]
    return []

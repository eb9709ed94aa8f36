"""Runs inside the runtime: what the release says of itself, as JSON.

The reader hands this file's text to the interpreter, with ``asked``: JSON with ``tags``, wheel tags that its
own installers are asked about, and ``wheels``, files below ``/tmp`` that have these installers.
"""

from __future__ import annotations

import _imp
import ctypes
import importlib
import json
import os
import platform
import site
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import Any

#: Configuration variables that builds and installers go by.
_NAMES = (
    "EXT_SUFFIX",
    "HOST_GNU_TYPE",
    "MULTIARCH",
    "PYEMSCRIPTEN_ABI_VERSION",
    "PYEMSCRIPTEN_PLATFORM_VERSION",
    "PYODIDE_ABI_VERSION",
    "SHLIB_SUFFIX",
    "SIZEOF_LONG",
    "SIZEOF_SIZE_T",
    "SIZEOF_TIME_T",
    "SIZEOF_VOID_P",
    "SIZEOF_WCHAR_T",
    "SOABI",
)


def answer(tags: list[str], wheels: list[str]) -> dict[str, Any]:
    """What a release says of itself, all at once."""
    return {
        "python": platform.python_version(),
        "suffixes": _imp.extension_suffixes(),
        "platform": sysconfig.get_platform(),
        "sysconfig": {name: sysconfig.get_config_var(name) for name in _NAMES},
        "library_path": os.environ.get("LD_LIBRARY_PATH", "").split(":"),
        "libraries": {name: version for name, version in _libraries().items() if version},
        "accepted": _accepted(tags, wheels),
    }


def _libraries() -> dict[str, str]:
    """The versions of the C libraries of the main module, by the names that the platforms' data have."""
    main = ctypes.CDLL(None)

    def said(function: str) -> str:
        try:
            call = getattr(main, function)
        except AttributeError:
            return ""
        call.restype = ctypes.c_char_p
        text = call()
        # bzip2 says its date, too.
        return text.decode().partition(",")[0] if text else ""

    return {
        "bzip2": said("BZ2_bzlibVersion"),
        "lzma": said("lzma_version_string"),
        "sqlite3": said("sqlite3_libversion"),
        "zlib": said("zlibVersion"),
    }


def _accepted(tags: list[str], wheels: list[str]) -> dict[str, list[str]] | None:
    """The tags that each installer takes; None where it is not there to be asked."""
    if not wheels:
        return None
    packages = site.getsitepackages()[0]
    for name in wheels:
        with zipfile.ZipFile(Path("/tmp", name)) as archive:  # noqa: S108 - of the runtime, not of this machine
            archive.extractall(packages)
    importlib.invalidate_caches()
    installer = importlib.import_module("micropip._utils")
    listing = importlib.import_module("packaging.tags")
    names = importlib.import_module("packaging.utils")

    def micropip_takes(file: str) -> bool:
        try:
            installer.check_compatible(file)
        except ValueError:
            return False
        return True

    python = f"cp3{sys.version_info.minor}"
    files = {tag: f"x-1-{python}-{python}-{tag}.whl" for tag in tags}
    listed = set(listing.sys_tags())
    return {
        "micropip": [tag for tag, file in files.items() if micropip_takes(file)],
        "packaging": [tag for tag, file in files.items() if listed & names.parse_wheel_filename(file)[3]],
    }


_asked = json.loads(globals()["asked"])
json.dumps(answer(_asked["tags"], _asked["wheels"]))

"""The target's Python for projects that ask by other ways than sysconfig: a library, ``python-config``."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from pyodide_abi.build.tools.tool import Tool

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyodide_abi.build.cross import CrossBuild

_LEAKS = (
    "PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTHONPLATLIBDIR PYTHONNOUSERSITE VIRTUAL_ENV CONDA_PREFIX"
    " _PYTHON_HOST_PLATFORM _PYTHON_SYSCONFIGDATA_NAME _PYTHON_SYSCONFIGDATA_PATH _PYTHON_PROJECT_BASE"
)
#: CPython's Misc/python-config.sh.
_CONFIG = """\
#!/bin/sh
for option in "$@"; do
  case "$option" in
    --includes|--cflags) echo {include} ;;
    --libs|--ldflags|--embed|--abiflags) echo ;;
    --extension-suffix) echo .{soabi}.so ;;
    --prefix|--exec-prefix) echo {prefix} ;;
    --configdir) echo {libraries} ;;
    *) echo "Usage: $0 --prefix|--exec-prefix|--includes|--libs|--cflags|--ldflags|--extension-suffix|--help\
|--abiflags|--configdir|--embed" ;;
  esac
done
"""


class Python(Tool):
    """An empty library, as Python's functions come from the main module at load, and ``python-config``."""

    leaks = frozenset(_LEAKS.split())

    def files(self, build: CrossBuild) -> Mapping[str, str]:
        """See :meth:`Tool.files`."""
        config = _CONFIG.format(
            include=shlex.quote(f"-I{build.target.sysroot.include}"),
            soabi=build.soabi,
            prefix=shlex.quote(str(build.environment)),
            libraries=shlex.quote(str(build.libpython.parent)),
        )
        names = (build.python_config.name, "python3-config", "python-config")
        # An archive without members (ar(5)).
        library = {str(build.libpython.relative_to(build.files)): "!<arch>\n"}
        return library | {f"bin/{name}": config for name in names}

    def environ(self, build: CrossBuild) -> Mapping[str, str]:
        """See :meth:`Tool.environ`."""
        return {"PYTHONNOUSERSITE": "1", "PYTHONHASHSEED": "0", "VIRTUAL_ENV": str(build.environment)}

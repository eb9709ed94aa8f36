"""What ``configure`` scripts read before they begin, and the make that follows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.build.tools.tool import Tool

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyodide_abi.build.cross import CrossBuild

#: Autoconf's site defaults (its manual, "Setting Site Defaults"). A user's own ``--host`` stands.
_SITE = """\
test -n "$host_alias" || host_alias=wasm32-unknown-emscripten
test -n "$ac_cv_host" || ac_cv_host=$host_alias
cross_compiling=yes
ac_tool_warned=yes
# malloc(0) gives a pointer, as in every C library of today; unanswered, a replacement is compiled in.
ac_cv_func_malloc_0_nonnull=yes
ac_cv_func_realloc_0_nonnull=yes
"""


class Autoconf(Tool):
    """``configure && make``."""

    leaks = frozenset({"CONFIG_SITE", "ACLOCAL_PATH"})

    def files(self, build: CrossBuild) -> Mapping[str, str]:  # noqa: ARG002 - the same for every target
        """See :meth:`Tool.files`."""
        return {"config.site": _SITE}

    def environ(self, build: CrossBuild) -> Mapping[str, str]:
        """See :meth:`Tool.environ`."""
        return {"CONFIG_SITE": str(build.files / "config.site")}

    def parallel(self, jobs: int, folder: Path) -> Mapping[str, str]:  # noqa: ARG002 - no file is needed
        """See :meth:`Tool.parallel`."""
        return {"MAKEFLAGS": f"-j{jobs}"}

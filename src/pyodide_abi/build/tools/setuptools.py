"""What setuptools and the distutils in it have to be told beyond the compilers: how many of them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.build.tools.tool import Tool

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Setuptools(Tool):
    """Setuptools, which reads the target's compilers and flags from sysconfig."""

    leaks = frozenset({"DIST_EXTRA_CONFIG"})

    def parallel(self, jobs: int, folder: Path) -> Mapping[str, str]:
        """See :meth:`Tool.parallel`."""
        settings = folder / "setuptools.cfg"
        settings.write_text(f"[build_ext]\nparallel = {jobs}\n", "utf-8")
        return {"DIST_EXTRA_CONFIG": str(settings)}

"""Node, which runs programs of the target while a project is configured and built."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from pyodide_abi.build.tools.tool import Tool

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyodide_abi.build.cross import CrossBuild

#: Target programs run in Node. The environment's Python stands for the target's (CMake's policy CMP0190 runs
#: it through the emulator, too), and so do scripts that name their own interpreter.
_EMULATOR = """\
#!/bin/sh
case "$1" in
  *.js) exec {node} "$@" ;;
esac
case "$(head -c 4 "$1" 2>/dev/null | tr -d '\\0')" in
  ?ELF|\\#!*) exec "$@" ;;
esac
exec {node} "$@"
"""
#: Programs of the target name their interpreter, which this machine may have somewhere else only.
_NODE = """\
#!/bin/sh
exec {node} "$@"
"""


class Node(Tool):
    """The toolchain's Node, as an emulator of the target and under its own name."""

    def files(self, build: CrossBuild) -> Mapping[str, str]:
        """See :meth:`Tool.files`."""
        node = shlex.quote(str(build.target.toolchain.node))
        return {"run": _EMULATOR.format(node=node), "bin/node": _NODE.format(node=node)}

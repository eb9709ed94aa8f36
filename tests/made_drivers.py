"""The real drivers of a platform, written into a folder."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from patience import HANGS
from real_host import real_host

from pyodide_abi.build.driver.arguments import Command
from pyodide_abi.build.driver.flags import rewrite
from pyodide_abi.build.drivers import rules_of, write_drivers
from pyodide_abi.build.emcc_cache import expansions_of
from pyodide_abi.build.model import Exports
from pyodide_abi.platforms import load_platform
from pyodide_abi.toolchain import find_toolchain
from pyodide_abi.toolchain.model import HostPython
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyodide_abi.build.driver.settings import Rules
    from pyodide_abi.toolchain import Toolchain

PYTHON = HostPython(
    executable=Path("/opt/py/bin/python"), version="3.14.0", include=Path("/opt/py/include"), source="PATH"
)


@value
class Kit:
    """The drivers of one platform, and what they stand for."""

    folder: Path
    toolchain: Toolchain
    rules: Rules

    def run(
        self, driver: str, *words: str | Path, cwd: Path, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.folder / driver, *words],
            cwd=cwd,
            env={**os.environ, **environ},
            capture_output=True,
            text=True,
            timeout=HANGS,
            check=False,
        )

    def emcc(self, driver: str, words: Sequence[str], cwd: Path) -> None:
        """What our command means, done by emcc itself."""
        command = Command(words, driver)
        program = self.toolchain.emxx if driver == "c++" else self.toolchain.emcc
        argv = [str(program), *rewrite(command, self.rules).words]
        subprocess.run(argv, cwd=cwd, env={**os.environ, **self.toolchain.environ}, timeout=HANGS, check=True)

    @property
    def remarks(self) -> set[str]:
        return set((self.folder.parent / "remarks").read_text().splitlines())


def make_kit(name: str, folder: Path, exports: str = "pyinit") -> Kit:
    host = real_host()
    platform = load_platform(name)
    toolchain = find_toolchain(platform, host, mismatch_allowed=True)
    rules = rules_of(platform, PYTHON)
    write_drivers(
        folder / "drivers",
        toolchain=toolchain,
        rules=rules,
        exports=Exports.parse(exports),
        remarks=folder / "remarks",
        expansions=expansions_of(toolchain, rules, host),
    )
    (folder / "remarks").touch()
    return Kit(folder=folder / "drivers", toolchain=toolchain, rules=rules)

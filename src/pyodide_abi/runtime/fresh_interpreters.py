"""Fresh interpreters that import from one folder of modules, each started from the release's snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.errors import FailedError
from pyodide_abi.runtime.driver import drive
from pyodide_abi.runtime.protocol import Request
from pyodide_abi.runtime.releases import install_release, prove_release
from pyodide_abi.runtime.snapshot import obtain_snapshot
from pyodide_abi.values import value

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.host import Host
    from pyodide_abi.platforms.model import Runtime
    from pyodide_abi.runtime.driver import Heard
    from pyodide_abi.runtime.node import Node
    from pyodide_abi.runtime.protocol import Probe


@value
class Interpreters:
    """What all of them have in common.

    Attributes:
        site: the folder that becomes ``site-packages``.
        node: the engine.
        host: the machine.
        timeout: seconds for each.
    """

    site: Path
    node: Node
    host: Host
    timeout: float

    def probe(self, probe: Probe, runtime: Runtime, *, again: bool = False) -> Heard:
        """What one interpreter tells of a module.

        Args:
            probe: what it does.
            runtime: the release.
            again: this is the second try, after the release was mended.

        Raises:
            FailedError: the release does not start.
        """
        folder = install_release(runtime.release, self.host)
        request = Request(
            release=folder,
            # The folder of modules is shared by interpreters of several versions.
            environ={"PYTHONDONTWRITEBYTECODE": "1"},
            site=self.site,
            memory=obtain_snapshot(runtime.release, folder, {}, self.node, self.host),
            probe=probe,
        )
        heard = drive(request, self.node, self.host, timeout=self.timeout)
        if heard.unborn:
            if not again and not prove_release(runtime.release, self.host):
                return self.probe(probe, runtime, again=True)
            raise FailedError(
                f"the release {runtime.version} does not start in {self.node.path}: {heard.died}",
                hint="'--node' names another Node; 'pyodide-abi doctor' says which there are",
            )
        return heard

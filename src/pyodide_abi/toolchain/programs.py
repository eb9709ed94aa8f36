"""Programs that come as wheels with our extras: this Python's environment is looked at before the PATH."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.host import on_path

if TYPE_CHECKING:
    from pyodide_abi.host import Host


def find_program(name: str, host: Host) -> Path | None:
    """The program of this Python's environment, else the PATH's; None if there is none.

    The environment's comes first: the one on the PATH can be much older.
    """
    folders = (sysconfig.get_path("scripts"), str(Path(sys.executable).parent))
    own = on_path(name, {"PATH": os.pathsep.join(folders)})
    programs = (*own, *on_path(name, host.environ))
    return next((program for program in programs if os.access(program, os.X_OK)), None)

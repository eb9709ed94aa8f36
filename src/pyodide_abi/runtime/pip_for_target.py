"""Runs in our own Python: pip with the environment markers of the target.

pip's ``--platform`` and its kin choose the wheels, but markers such as ``sys_platform == "emscripten"`` are
judged for the machine that pip runs on. ``pyodide venv`` mends that by lending pip the target's identity;
here only the one function that answers for the markers is replaced.
"""

from __future__ import annotations

import json
import sys


def main() -> int:
    """Run pip with the words behind the first, which is the markers as JSON."""
    from pip._internal.cli.main import main as pip  # noqa: PLC0415
    from pip._vendor.packaging import markers  # noqa: PLC0415

    environment = json.loads(sys.argv[1])
    markers.default_environment = lambda: dict(environment)  # type: ignore[assignment,return-value,unused-ignore]
    return pip(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())

"""``pyodide abi …``: our commands under ``pyodide``, which finds them by the entry point ``pyodide.cli``.

Only ``pyodide-cli`` imports this, and it brings typer along.
"""

import os
import sys
from pathlib import Path

import typer

from pyodide_abi.cli.main import main


def abi(context: typer.Context) -> None:
    """The Pyodide platform ABI: build, audit, repair, run and verify wheels (pyodide-abi)."""
    sys.exit(main(context.args, dict(os.environ), Path.cwd()))


#: How pyodide-cli registers the function: every word is ours, also ``--help``.
abi.typer_kwargs = {  # type: ignore[attr-defined]
    "context_settings": {"ignore_unknown_options": True, "allow_extra_args": True},
    "add_help_option": False,
}

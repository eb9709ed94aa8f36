"""What several commands take on the command line: kinds of values, and folders of wheels."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

#: Digits of the longest count. No machine has so many processors, nor anybody so many seconds.
_DIGITS = 9


def positive(text: str) -> int:
    """A count above zero, as a type for argparse.

    Raises:
        argparse.ArgumentTypeError: the text is another thing.
    """
    from argparse import ArgumentTypeError

    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS and int(text)):
        raise ArgumentTypeError(f"'{text}' is not a whole number from 1 to {10**_DIGITS - 1}")
    return int(text)


def folders_of(named: Sequence[str], cwd: Path) -> list[Path]:
    """The folders that ``--find-links`` names.

    Raises:
        UsageError: one of them is no folder.
    """
    from pyodide_abi.errors import UsageError

    folders = [cwd / name for name in named]
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"there is no folder {folder}", hint="--find-links names a folder of wheels")
    return folders

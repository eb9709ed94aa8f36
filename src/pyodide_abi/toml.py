"""TOML of anybody, in bounded time and memory.

The standard library's reader calls itself for each bracket, keeps a table for each part of a key, and hands
on numbers that Python cannot write again. What no project needs is refused before or after it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

#: Bytes of the largest document.
LARGEST = 512 << 10
#: Parts of the longest key, with dots between.
_MOST_PARTS = 30
#: TOML's integers have 64 bits.
_LEAST, _MOST = -(1 << 63), (1 << 63) - 1
_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')"""
_KEY = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})"
#: A key in front of what may follow one, at the beginning of a line or inside of an inline table.
_LONG_KEY = re.compile(rf"(?:^|[\[{{,])[ \t]*+{_KEY}{{{_MOST_PARTS},}}", re.MULTILINE)


def parse_toml(text: str, *, largest: int = LARGEST) -> dict[str, Any]:
    """The document.

    Args:
        text: A text that anybody may have written.
        largest: so many characters are read.

    Raises:
        ValueError: it is not TOML, or more of it than anybody needs; the message is one line.
    """
    import tomllib  # noqa: PLC0415 - an audit without settings needs none

    if len(text) > largest:
        raise ValueError(f"more than {largest >> 10} kB")
    if _LONG_KEY.search(text):
        raise ValueError(f"a key of more than {_MOST_PARTS} parts")
    try:
        document = tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("brackets too deep in one another") from error
    except tomllib.TOMLDecodeError:
        raise
    except ValueError as error:
        # Python's own, of a number with thousands of digits.
        raise ValueError("a number of more than 64 bits") from error
    _check_numbers(document)
    return document


def read_toml(file: Path, *, largest: int = LARGEST) -> dict[str, Any]:
    """The document in a file, as :func:`parse_toml`.

    Raises:
        ValueError: likewise; UTF-8 is what TOML is written in.
        OSError: it cannot be read.
    """
    with file.open("rb") as stream:
        data = stream.read(largest + 1)
    if len(data) > largest:
        raise ValueError(f"more than {largest >> 10} kB")
    return parse_toml(data.decode("utf-8"), largest=largest)


def _check_numbers(document: dict[str, Any]) -> None:
    waiting: list[Any] = [document]
    while waiting:
        content = waiting.pop()
        if isinstance(content, dict):
            waiting += content.values()
        elif isinstance(content, list):
            waiting += content
        elif isinstance(content, int) and not _LEAST <= content <= _MOST:
            raise ValueError("a number of more than 64 bits")

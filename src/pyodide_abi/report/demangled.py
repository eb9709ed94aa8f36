"""Symbols as their authors wrote them, for people; data keeps the names that the files have.

Compilers encode a function's scope and types in its name: C++ as the Itanium ABI has it, Rust in two ways of
its own. The ``demangle`` package decodes all three. Names come from strangers, so what one of them may cost
is bounded, and a name that cannot be decoded stays as it is.
"""

from __future__ import annotations

import re

#: Mangled names in a text. A dot begins what LLVM adds to a name, and may also end a sentence.
_MANGLED = re.compile(r"(?<![\w$])_{0,2}_(?:Z|R)[\w$]{2,4000}(?:\.[\w$]{1,100}){0,4}")
#: The longest name that is looked at, and what becomes of it, in characters.
_LONGEST, _MOST = 4096, 16_384
#: A name is shown so long, in characters, with its end: that tells members of one class apart.
_SHOWN, _END = 240, 60


def demangled(symbol: str) -> str:
    """The name as written in C++ or Rust; the symbol itself where it is neither.

    >>> demangled("_ZNK4absl12lts_202308026Status8ToStringEv")
    'absl::lts_20230802::Status::ToString() const'
    """
    if not _MANGLED.fullmatch(symbol):
        return symbol
    from demangle import Limits, demangle  # noqa: PLC0415 - most modules have no such symbol to show

    limits = Limits(max_input=_LONGEST, max_output=_MOST, max_depth=128, max_substitutions=1024)
    return demangle(symbol, language=("itanium", "rust"), limits=limits)


def readable(text: str) -> str:
    """The text with every mangled name in it demangled, and with overlong names cut in their middle."""
    return _MANGLED.sub(lambda match: shortened(demangled(match.group())), text)


def spelled_out(text: str) -> str:
    """The text with every mangled name in it demangled, however long it gets."""
    return _MANGLED.sub(lambda match: demangled(match.group()), text)


def shortened(name: str) -> str:
    """The name, without its middle if nobody would read it to its end."""
    return name if len(name) <= _SHOWN else f"{name[: _SHOWN - _END]}…{name[-_END:]}"

"""Compile commands that need no ``emcc``: which words clang gets as they are, and what emcc puts before them.

``emcc`` is a Python program that adds some words to a compile command and becomes clang. What it adds depends
on few of the command's own words (Emscripten's ``tools/compile.py``). For a command that holds only words
listed here, the addition is known: :mod:`~pyodide_abi.build.emcc_cache` has asked emcc for it. All other
commands go through emcc.

Two readers share these tables: :func:`plan` below, and the shell script that
:mod:`~pyodide_abi.build.fast_path` writes.
"""

from __future__ import annotations

from pyodide_abi.build.driver.arguments import CXX, SEARCHED, VALUED, C

TYPE_CHECKING = False  # as in arguments.py
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyodide_abi.build.driver.arguments import Command

#: What asks for a compile step and no link.
MODES = frozenset({"-c", "-S", "-E", "-M", "-MM", "-fsyntax-only"})

_EXACT = """
    --optimize=z -O -O0 -O1 -O2 -O3 -Os -Oz -Og -Ofast
    -g -g0 -g3 -ggdb -ggdb3 -gdwarf-4 -gdwarf-5 -gline-tables-only
    -MD -MMD -MP -MG -P -C -CC -H -dM -dD -ansi -pedantic -pedantic-errors -pipe -undef
    -fPIC -fpic -ffast-math -fno-fast-math -ffinite-math-only -fno-finite-math-only
    -fmath-errno -fno-math-errno
    -ftrapping-math -fno-trapping-math -frounding-math -fno-rounding-math -fsigned-zeros -fno-signed-zeros
    -fassociative-math -fno-associative-math -freciprocal-math -fno-reciprocal-math
    -funsafe-math-optimizations -fno-unsafe-math-optimizations
    -fstrict-aliasing -fno-strict-aliasing -fstrict-overflow -fno-strict-overflow -fwrapv -fno-wrapv -ftrapv
    -fstrict-enums -fno-strict-enums -frtti -fno-rtti -finline-functions -fno-inline-functions -fno-inline
    -funroll-loops -fno-unroll-loops -fvectorize -fno-vectorize -fslp-vectorize -fno-slp-vectorize
    -ftree-vectorize -fno-tree-vectorize -fomit-frame-pointer -fno-omit-frame-pointer
    -fcommon -fno-common -fbuiltin -fno-builtin -fsigned-char -funsigned-char -fshort-enums -fno-short-enums
    -ffunction-sections -fno-function-sections -fdata-sections -fno-data-sections
    -fthreadsafe-statics -fno-threadsafe-statics -fdelete-null-pointer-checks -fno-delete-null-pointer-checks
    -flax-vector-conversions -fno-lax-vector-conversions -fms-extensions -fno-operator-names
    -fsized-deallocation -fno-sized-deallocation -faligned-allocation -faligned-new -fchar8_t -fno-char8_t
    -fno-stack-protector -fopenmp-simd -fno-ident -fno-asynchronous-unwind-tables -fno-unwind-tables
    -fcolor-diagnostics -fno-color-diagnostics -fno-caret-diagnostics -fno-diagnostics-show-caret
    -flto -flto=thin -flto=full -fno-lto -msimd128 -mno-simd128
"""
EXACT = frozenset(_EXACT.split())

#: Beginnings of words; what follows may not be empty.
_BEGINNINGS = """
    -D -U -I -std= -W -MF -MT -MQ -o -ffp-contract= -fdiagnostics- -fmessage-length= -ftemplate-depth=
    -fconstexpr- -fbracket-depth= -ffile-prefix-map= -fmacro-prefix-map= -fdebug-prefix-map= -fno-builtin-
    -ftrivial-auto-var-init=
"""
BEGINNINGS = tuple(_BEGINNINGS.split())

#: Words that look like the above, and for which emcc has a meaning of its own (its ``tools/diagnostics.py``)
#: or that belong to another tool than the compiler.
_OWN_WARNINGS = """
    absolute-paths warn-absolute-paths almost-asm experimental legacy-settings linkflags emcc undefined
    deprecated version-check export-main map-unrecognized-libraries unused-command-line-argument
    pthreads-mem-growth limited-postlink-optimizations em-js-i64 js-compiler compatibility unsupported
    unused-main closure transpile invalid-input
"""
NOT_PLAIN = frozenset(
    sign + name for name in _OWN_WARNINGS.split() for sign in ("-W", "-Wno-", "-Werror=", "-Wno-error=")
)
NOT_PLAIN_BEGINNINGS = ("-Wl,", "-Wa,", "-Wp,", "-Wc,")

#: Words that change what emcc adds: the name of the change, and how the word begins.
SHAPES = {"visibility": "-fvisibility", "no-exceptions": "-fno-exceptions"}

#: Endings of sources for which emcc adds nothing of its own: some of those that arguments.py knows.
C_SOURCES = (".c",)
CXX_SOURCES = (".cpp", ".cxx", ".cc", ".c++", ".C")


def shape_of(words: Sequence[str]) -> str:
    """The changes that some words make, joined; empty for none."""
    return "+".join(name for name, start in SHAPES.items() if any(word.startswith(start) for word in words))


def key(driver: str, language: str, shape: str) -> str:
    """Under which name an expansion is kept."""
    return f"{driver} {language} {shape}".rstrip()


def plan(
    command: Command, words: Sequence[str], driver: str, expansions: Mapping[str, Sequence[str]]
) -> list[str] | None:
    """The clang command that emcc would become, or None if that is not surely known.

    Args:
        command: what the project asked for.
        words: The command's words as they go to the compiler, without the platform's in front.
        driver: ``cc`` or ``c++``.
        expansions: program and first words, by :func:`key`.
    """
    if not _plain(words):
        return None
    start = expansions.get(key(driver, command.language, shape_of(words)))
    return None if start is None else [*start, *words]


def _plain(words: Sequence[str]) -> bool:
    """Every word is known, one asks for a compile step, and one is a source."""
    mode = source = False
    rest = iter(words)
    for word in rest:
        if word in VALUED or word in SEARCHED:
            if next(rest, None) is None:
                return False
        elif word == "-x":
            if next(rest, None) not in {C, CXX}:
                return False
        elif word in MODES:
            mode = True
        elif word[:1] != "-":
            if not word.endswith(C_SOURCES + CXX_SOURCES):
                return False
            source = True
        elif not is_plain_option(word):
            return False
    return mode and source


def is_plain_option(word: str) -> bool:
    """Clang gets the word from emcc as it is, and a known number of words more or none for it."""
    if word in NOT_PLAIN or word.startswith(NOT_PLAIN_BEGINNINGS):
        return False
    if word in EXACT or word in {"-xc", "-xc++"} or word.startswith(tuple(SHAPES.values())):
        return True
    return any(word.startswith(start) and word != start for start in BEGINNINGS)

"""``cc`` and ``c++`` as shell scripts: a known compile step becomes clang, everything else goes to Python.

A Python interpreter's bare start takes a quarter of the time in which clang compiles a small file; a shell's
takes a thirtieth (``benchmarks/drivers.py`` measures both). So the script looks at each word once, and a
command of nothing but the words of :mod:`~pyodide_abi.build.driver.compile_table`, and of words that are
dropped wherever they stand, is clang's in the same breath. The first word that is neither hands the whole
command, untouched, to :mod:`~pyodide_abi.build.driver.compiler`. The scripts keep to POSIX; whatever
``/bin/sh`` is may run them.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from pyodide_abi.build.driver import compile_table
from pyodide_abi.build.driver.arguments import CXX, SEARCHED, SEPARATE, VALUED, C
from pyodide_abi.build.driver.flags import ONE_THREAD
from pyodide_abi.build.driver.unportable import BEGINNINGS, WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from pyodide_abi.build.driver.settings import Settings

#: What clang itself reads of the environment and what the build machine may have set for its own compiler.
CLANG_READS = (
    "CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH OBJC_INCLUDE_PATH LIBRARY_PATH COMPILER_PATH"
    " CCC_OVERRIDE_OPTIONS SDKROOT"
)

_SCRIPT = """\
#!/bin/sh
# Written by pyodide-abi. A compile step of plain words becomes clang; Python thinks about everything else.
other() {{ exec {other} "$@"; }}
mode= source= want= dropped= language={language} {shapes}
for word; do
	case $want in
	value) want=; continue ;;
	folder) want= word=-I$word ;;
	language) want=; case $word in c) ;; c++) language=c++ ;; *) other "$@" ;; esac; continue ;;
	esac
	case $word in
{arms}
	esac
done
[ "$mode" ] && [ "$source" ] && [ -z "$want" ] || other "$@"
if [ "$dropped" ]; then
	for word; do
		shift
		reason=
		case $want$word in
{reasons}
		esac
		want=
		case $word in {values}) want=value ;; esac
		if [ "$reason" ]; then
			printf 'dropped %s: %s\n' "$word" "$reason" >>{remarks}
		else
			set -- "$@" "$word"
		fi
	done
fi
case "$language {key}" in
{expansions}
*) other "$@" ;;
esac
printf '%s\\0' "$#" "$PWD" "$@" >>{commands}/$$
unset {unset}
exec {launcher}"$@"
"""


def script(driver: str, settings: Settings, other: Sequence[str], *, launcher: Sequence[str]) -> str:
    """The script for one driver.

    Args:
        driver: ``cc`` or ``c++``.
        settings: as :mod:`~pyodide_abi.build.driver.compiler` gets them.
        other: starts that with the settings' file and the driver's name.
        launcher: a compiler cache and its options, in front of clang.
    """
    names = [f"shape{index}" for index in range(len(compile_table.SHAPES))]
    return _SCRIPT.format(
        other=shlex.join(other),
        language=CXX if driver == CXX else C,
        shapes=" ".join(f"{name}=" for name in names),
        arms="\n".join(f"\t{arm}" for arm in _arms(names, settings["rules"]["host_folders"])),
        key=" ".join(f"${name}" for name in names),
        expansions="\n".join(_expansions(driver, settings)),
        reasons="\n".join(f"\t\t{arm}" for arm in _reasons(settings["folder"])),
        values=_any(VALUED | SEARCHED | {"-x"}),
        remarks=shlex.quote(settings["remarks"]),
        commands=shlex.quote(settings["commands"]),
        unset=CLANG_READS,
        launcher="".join(shlex.quote(word) + " " for word in launcher),
    )


def _arms(shapes: Sequence[str], host_folders: Sequence[str]) -> Iterator[str]:
    """What to do with a word; the first pattern that fits counts."""
    yield f"{_any(compile_table.MODES)}) mode=1 ;;"
    yield f"{_any(VALUED)}) want=value ;;"
    yield f"{_any(SEARCHED)}) want=folder ;;"
    yield "-x) want=language ;;\n\t-xc) ;;\n\t-xc++) language=c++ ;;"
    yield f'{"|".join(_host_patterns(host_folders))}) other "$@" ;;'
    yield f"{_any(_dropped_words())}|{_any(set(BEGINNINGS), '*')}) dropped=1 ;;"
    yield f'{_any(compile_table.NOT_PLAIN)}) other "$@" ;;'
    yield f'{_any(compile_table.NOT_PLAIN_BEGINNINGS, "*")}) other "$@" ;;'
    for name, start in zip(shapes, compile_table.SHAPES.values(), strict=True):
        yield f"{shlex.quote(start)}*) {name}=1 ;;"
    yield f"{_any(compile_table.EXACT)}) ;;"
    yield f"{_any(compile_table.BEGINNINGS, '?*')}) ;;"
    yield '-*) other "$@" ;;'
    yield f"*{'|*'.join(compile_table.C_SOURCES)}) source=1 ;;"
    yield f"*{'|*'.join(compile_table.CXX_SOURCES)}) source=1 language=c++ ;;"
    yield '*) other "$@" ;;'


def _dropped_words() -> set[str]:
    """Words that flags.py drops; those with a value of their own are left to it."""
    return {word for word in WORDS if word not in SEPARATE} | {"-pthread"}


def _reasons(folder: str) -> Iterator[str]:
    """Why a word is dropped, in flags.py's own words."""
    marker = shlex.quote(f"{folder}/threads")
    yield f"-pthread) reason={shlex.quote(ONE_THREAD)}; : >>{marker} ;;"
    for word in sorted(_dropped_words() - {"-pthread"}):
        yield f"{shlex.quote(word)}) reason={shlex.quote(WORDS[word])} ;;"
    for start, reason in BEGINNINGS.items():
        yield f"{shlex.quote(start)}*) reason={shlex.quote(reason)} ;;"


def _any(words: Sequence[str] | AbstractSet[str], end: str = "") -> str:
    return "|".join(shlex.quote(word) + end for word in sorted(words))


def _host_patterns(folders: Sequence[str]) -> Iterator[str]:
    """``-I`` with a folder of the build machine, or with one so spelled that only Python can tell."""
    for folder in folders:
        yield shlex.quote(f"-I{folder}")
        yield shlex.quote(f"-I{folder}/") + "*"
    yield from ("-I//*", "-I/*//*", "-I/./*", "-I/*/./*", "-I/*/.")


def _expansions(driver: str, settings: Settings) -> Iterator[str]:
    expansions: Mapping[str, Sequence[str]] = settings["expansions"]
    names = list(compile_table.SHAPES)
    for language in (CXX,) if driver == CXX else (C, CXX):
        after = shlex.join(settings["rules"]["after"][language])
        for chosen in range(2 ** len(names)):
            present = [name for index, name in enumerate(names) if chosen >> index & 1]
            start = expansions.get(compile_table.key(driver, language, "+".join(present)))
            if start is not None:
                marks = " ".join("1" if name in present else "" for name in names)
                yield f'"{language} {marks}") set -- {shlex.join(start)} "$@" {after} ;;'

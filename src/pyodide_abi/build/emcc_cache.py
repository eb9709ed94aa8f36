"""Ask ``emcc`` once what it makes of compile commands, and keep the answer in the cache.

``emcc -###`` prints the clang command that it would become. What stands before the words it was given is what
it adds for the platform's flags, its expansion; that is taken for every command of the same shape
(:mod:`~pyodide_abi.build.driver.compile_table`). The words it was given have to come back as they were: an
emcc that treats one of them in another way than expected has no expansion, and compiles everything itself.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.build.driver import compile_table
from pyodide_abi.build.driver.arguments import CXX, SEARCHED, VALUED, C, grouped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pyodide_abi.build.driver.settings import Rules
    from pyodide_abi.host import Host
    from pyodide_abi.toolchain.model import Toolchain

#: Program and first words of a compile command, by :func:`~pyodide_abi.build.driver.compile_table.key`.
Expansions = dict[str, list[str]]

_MARK = "-###"
_FILE = "expansions.json"
_SECONDS = 120
_HIDES = "-Xclang"
_FOLDER = "-iwithsysroot"
#: What of the user's would be part of the answer.
_UNTOUCHED = dict.fromkeys(("EMCC_CFLAGS", "EM_COMPILER_WRAPPER", "CCC_OVERRIDE_OPTIONS"), "")


class _NoAnswerError(Exception):
    """emcc had no time to answer, or was killed."""


def expansions_of(toolchain: Toolchain, rules: Rules, host: Host) -> Expansions:
    """The expansions of a compiler for a platform's required flags; from the cache if it was asked before.

    Args:
        toolchain: The toolchain whose ``emcc`` is asked.
        rules: the platform's.
        host: the machine.

    Returns:
        none at all if this emcc does not answer as expected. That it was killed, or had no time, is not
        kept: the machine was busy.
    """
    key = f"expansions/{_digest(toolchain, rules)}"
    try:
        entry = host.store.obtain(key, lambda folder, _place: _fill(folder, toolchain, rules, host))
    except _NoAnswerError:
        return {}
    found: Expansions = json.loads((entry / _FILE).read_text("utf-8"))
    return found


def with_folders_shown(expansions: Expansions) -> tuple[Expansions, list[str]]:
    """Expansions that a compiler cache understands: sccache takes no command with folders behind ``-Xclang``.

    The driver puts what stands behind ``-Xclang`` last of all, so clang's own option for such a folder means
    the same at the end of the command.

    Returns:
        expansions without these folders, and the words that have to stand behind all others instead.
    """
    shown: Expansions = {}
    folders: list[str] = []
    for key, words in expansions.items():
        pairs = grouped(words)
        hidden = [pair for pair in pairs if pair[0] == _HIDES and pair[-1].startswith(_FOLDER)]
        shown[key] = [word for pair in pairs if pair not in hidden for word in pair]
        folders += [pair[-1] for pair in hidden if pair[-1] not in folders]
    return shown, folders


def _digest(toolchain: Toolchain, rules: Rules) -> str:
    """Names what the answers depend on: the compiler, its configuration, our flags, and our tables."""
    compiler = [str(toolchain.emcc), str(toolchain.emxx), toolchain.emscripten, toolchain.llvm]
    # Whoever updates or moves a compiler in place writes these anew.
    configuration = Path(toolchain.environ.get("EM_CONFIG", ""))
    stats = [_stamp(path) for path in (toolchain.emcc, toolchain.clang, configuration)]
    tables = [
        sorted(compile_table.EXACT),
        compile_table.BEGINNINGS,
        sorted(compile_table.NOT_PLAIN),
        sorted(compile_table.SHAPES.items()),
    ]
    text = json.dumps([compiler, stats, rules["required"], tables])
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return (found.st_size, found.st_mtime_ns)


def _fill(folder: Path, toolchain: Toolchain, rules: Rules, host: Host) -> None:
    with host.progress.task("asking emcc how it compiles"):
        expansions = _ask_all(folder, toolchain, rules, host)
    (folder / _FILE).write_text(json.dumps(expansions), "utf-8")


def _ask_all(folder: Path, toolchain: Toolchain, rules: Rules, host: Host) -> Expansions:
    expansions: Expansions = {}
    for driver, language in (("cc", C), ("cc", CXX), ("c++", CXX)):
        required = rules["required"].get(language, {}).get("compile", ())
        emcc = toolchain.emxx if driver == "c++" else toolchain.emcc
        for shape in _shapes():
            plain = [*_examples(language), *(_example(start) for start in shape.values())]
            start = _ask([emcc, *required], plain, folder, host, environ=toolchain.environ)
            if start is None:
                return {}
            expansions[compile_table.key(driver, language, "+".join(shape))] = start
    return expansions


def _shapes() -> Iterator[Mapping[str, str]]:
    """Every combination of the words that change something, each in the order of the table."""
    for size in range(len(compile_table.SHAPES) + 1):
        for chosen in combinations(compile_table.SHAPES.items(), size):
            yield dict(chosen)


def _example(start: str) -> str:
    return start + "=hidden" if start == "-fvisibility" else start


def _ask(
    start: Sequence[str | Path],
    plain: Sequence[str],
    folder: Path,
    host: Host,
    *,
    environ: Mapping[str, str],
) -> list[str] | None:
    """Program and first words of clang's command; None if emcc does not answer as expected."""
    done = host.runner.run(
        [*start, _MARK, *plain],
        environ={**host.environ, **environ, **_UNTOUCHED},
        cwd=folder,
        timeout=_SECONDS,
    )
    if done.timed_out or done.returncode < 0:
        raise _NoAnswerError
    # Its status says what clang thinks of our examples together, which is nothing to us.
    for line in (done.stdout + "\n" + done.stderr).splitlines():
        words = _split(line)
        if _MARK in words and "-cc1" not in words:
            return read_answer(words, plain)
    return None


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return []


def _examples(language: str) -> list[str]:
    """Every plain word once, and one of each beginning, in no order that means anything to the compiler."""
    # Those that ask for another output than an object file would make the answer another one.
    skipped = {"-P", "-C", "-CC", "-H", "-dM", "-dD"}
    exact = sorted(compile_table.EXACT - skipped)
    beginnings = [_filled(start, language) for start in compile_table.BEGINNINGS if start != "-o"]
    values = [word for option in sorted(VALUED - {"-o"}) for word in (option, "value")]
    folders = [word for option in sorted(SEARCHED) for word in (option, "folder")]
    source = "probe.cpp" if language == CXX else "probe.c"
    return [*exact, *beginnings, *values, *folders, "-x", language, "-c", source, "-o", "probe.o"]


def _filled(start: str, language: str) -> str:
    examples = {
        "-std=": "c++17" if language == CXX else "c11",
        "-W": "extra",
        "-fdiagnostics-": "color=always",
    }
    return start + examples.get(start, "example")


def read_answer(words: Sequence[str], sent: Sequence[str]) -> list[str] | None:
    """What stands before the words that were sent, if those came back unchanged.

    Args:
        words: the clang command that emcc printed.
        sent: what it was given behind the mark.
    """
    at = list(words).index(_MARK)
    before, behind = list(words[:at]), list(words[at + 1 :])
    # Older versions put the input and the output last; the order means nothing to clang.
    return before if sorted(_joined(behind)) == sorted(_joined(sent)) else None


def _joined(words: Sequence[str]) -> list[str]:
    """Options that emcc joins with their values (its ``normalize_args``), joined."""
    rest = iter(words)
    return [word + next(rest, "") if word in {"-I", "-o", "-x"} else word for word in rest]

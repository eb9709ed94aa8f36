"""What a build says: kept whole, and the first real error found in it."""

from __future__ import annotations

import re

#: What an error looks like, the surest first. Compilers and our drivers; linkers; tools; Python's own.
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        r"^pyodide-abi: error: ",
        r"^[^\s:][^:]*:\d+(:\d+)?: (fatal )?error: ",
        r"\b(wasm-ld|ld\.lld)\S*: error: ",
        r"^(clang|emcc|em\+\+|error|fatal error)\S*: (error: )?",
        r"^(error|ERROR|CMake Error)\b|\bconfigure: error: |\bERROR: ",
        r"^(?!(subprocess\.CalledProcess|setuptools\.|distutils\.)).*\b[A-Za-z_.]*(Error|Exception)\b: ",
    )
)
#: An exit status repeated by a layer above is no cause.
_ECHO = re.compile(
    r"[Cc]ommand .* failed with exit (code|status)|Backend subprocess exited|returned non-zero exit status"
)
_OURS = "pyodide-abi: error: "
_CONTEXT = 8
#: A linker's whole command line, repeated in its error, is worth less than what it says.
_LINE = 400

#: What helps, by what was said. The first that fits counts; causes stand before what follows from them.
_ADVICE = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (
            r"(cannot run (test|C compiled) programs?|cannot run test program while cross compiling)",
            (
                "the configure script runs a program that it has compiled, and programs of the target do not run "
                "here;\nthe answer can be given instead: a variable ac_cv_… in the environment, or an option of "
                "the script"
            ),
        ),
        (
            (
                r"(Exec format error|cannot execute binary file|PermissionError: .*(a\.out|conftest)"
                r"|try_run\(\) invoked in cross-compiling mode|Can not run test applications in this cross)"
            ),
            (
                "the project runs a program that it has compiled, and programs of the target do not run here;\n"
                "it has to ask the compiler (sizeof, #if), or to take the answer as a setting"
            ),
        ),
        (
            r"fatal error: '(?P<file>[^']+)' file not found",
            (
                "if {file} belongs to a library: build that for the target ('pyodide-abi exec --help' shows how) "
                "and name its folder with --prefix"
            ),
        ),
        (
            r"unable to find library -l(?P<file>\S+)",
            (
                "lib{file} is not there for the target: build it ('pyodide-abi exec --help' shows how) and name its "
                "folder with --prefix,\nor switch off what needs it"
            ),
        ),
        (
            r"([Dd]ependency \"?(?P<file>[\w.+-]+)\"? (not found|.*found: NO)|Could NOT find (?P<name>\w+))",
            (
                "nothing of this machine's libraries is seen, because nothing of it fits the target: build the "
                "library ('pyodide-abi exec --help' shows how) and name its folder with --prefix"
            ),
        ),
        (
            r"could not find (git|cmake|ninja|meson)|No such file or directory: '(cmake|ninja|meson)'",
            "the project needs this program and does not name it in build-system.requires",
        ),
    )
)


def first_error(log: str) -> tuple[str, int]:
    """The line that says what went wrong, and its index; the last line where none looks like an error."""
    lines = log.splitlines()
    for pattern in _PATTERNS:
        for index, line in enumerate(lines):
            if pattern.search(line) and not _ECHO.search(line):
                return _shortened(line.strip().removeprefix(_OURS)), index
    for index in range(len(lines) - 1, -1, -1):
        if lines[index].strip():
            return lines[index].strip(), index
    return "it said nothing", 0


def _shortened(line: str) -> str:
    return line if len(line) <= _LINE else f"{line[: _LINE // 2]} … {line[-_LINE // 2 :]}"


def advice(said: str) -> str:
    """What to do next where the cause is one of the common ones; empty if it is not.

    Args:
        said: the line that :func:`first_error` found and what :func:`excerpt` gives with it; elsewhere in a
            log the same words may be about something that did no harm.
    """
    for pattern, words in _ADVICE:
        found = pattern.search(said)
        if found:
            names = found.groupdict()
            return words.format(file=names.get("file") or names.get("name") or "")
    return ""


def excerpt(log: str, index: int) -> str:
    """The lines after an error's first that say more, up to where a layer above repeats it."""
    lines = []
    for line in log.splitlines()[index + 1 : index + 1 + _CONTEXT]:
        if _ECHO.search(line) or line.startswith("Traceback"):
            break
        lines.append(_shortened(line))
    return "\n".join(lines).rstrip()

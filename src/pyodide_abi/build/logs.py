"""What a build says: kept whole, and the first real error found in it."""

from __future__ import annotations

import re
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.build.lacking import LackingKind, lacking
from pyodide_abi.errors import BuildFailedError

if TYPE_CHECKING:
    from pyodide_abi.host import Host

#: What an error looks like, the surest first. Compilers and our drivers; linkers; tools; Python's own.
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        r"^pyodide-abi: error: ",
        r"^(warning: \S+@\S+: )?[^\s:][^:]*:\d+(:\d+)?: (fatal )?error: ",
        # Cython, which says no word for an error, and marks what is none.
        r"^[^\s:]+\.(pyx|pxd|pxi):\d+:\d+: ",
        r"\b(wasm-ld|ld\.lld)\S*: error: ",
        # Meson, whose error names the last machine file of all, ours.
        r"^Could not find any valid candidate for \w+ files: ",
        # Cargo indents what build scripts say; where they were started it says before.
        r"^  error: ",
        r"^(clang|emcc|em\+\+|error|fatal error)\S*: (error: )?",
        r"^(error|ERROR|CMake Error)\b|\bconfigure: error: |\bERROR: ",
        r"^(?!(subprocess\.CalledProcess|setuptools\.|distutils\.)).*\b[A-Za-z_.]*(Error|Exception)\b:( |$)",
    )
)
#: An exit status repeated by a layer above is no cause.
_ECHO = re.compile(
    r"[Cc]ommand .* failed with exit (code|status)|Backend subprocess exited|returned non-zero exit status"
)
#: What Python writes between exceptions of which one led to the next; the last one is what the project says.
_CHAINED = (
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
)
#: The first line of an exception's message, below its traceback; layers that only pass one on are left out.
_EXCEPTION = re.compile(r"(?!subprocess\.CalledProcess|setuptools\.|distutils\.)[\w.]*(Error|Exception)\b:")
#: What cargo says of a build script that failed: the script's own words stand below.
_SCRIPT = "error: failed to run custom build command"
#: Lines of a build script that are for cargo, or tell which variables it has looked at.
_FOR_CARGO = re.compile(r"^\s*(cargo::?[a-z]|[A-Z][A-Z0-9_]* (unset|= )|process didn't exit|Caused by:)")
_OURS = "pyodide-abi: error: "
#: What setuptools says of an extension that is ``optional`` (``build_ext._filter_build_errors``).
_OPTIONAL = re.compile(r'building extension "(?P<name>[^"]+)" failed: (?P<words>.*)')
#: An error of clang's, with its place.
_COMPILERS = re.compile(r"^[^\s:][^:\n]*:\d+:\d+: (fatal )?error: .*", re.MULTILINE)
#: How cargo passes on what a build script's compiler said.
_CARGOS = re.compile(r"^warning: \S+@\S+: ")
#: Meson's own log lies in the build's folder.
_GONE = "A full log can be found at"
_CONTEXT = 8
#: A linker's whole command line, repeated in its error, is worth less than what it says.
_LINE = 400

_BUILD_IT = (
    "build it for the target ('pyodide-abi exec --help' shows how) and name its folder with --prefix,\n"
    "or switch off what needs it; nothing of this machine's own libraries fits the target"
)
_RUNS = "the project runs a program that it has compiled, and programs of the target do not run here;\n"
#: What helps, by what was said. The first that fits counts; causes stand before what follows from them.
_ADVICE = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (
            r"cannot run (test|C compiled) programs?|cannot run test program while cross compiling",
            f"{_RUNS}the answer can be given: a variable ac_cv_… in the environment, or an option",
        ),
        (
            (
                r"Exec format error|cannot execute binary file|PermissionError: .*(a\.out|conftest)"
                r"|try_run\(\) invoked in cross-compiling mode|Can not run test applications in this cross"
            ),
            f"{_RUNS}it has to ask the compiler (sizeof, #if), or to take the answer as a setting",
        ),
        (
            r"'fortran' compiler binary not defined|No CMAKE_Fortran_COMPILER could be found",
            (
                "no Fortran compiler makes code for the target; leave out what needs it, if possible:\n"
                "SciPy from 1.18 on does with --config-setting=setup-args=-D_without-fortran=true"
            ),
        ),
        (
            r"newer than PyO3's maximum supported version",
            "take a newer release of the project, or a platform with an older CPython",
        ),
        (
            r"Unable to find libclang",
            "a crate needs libclang: 'apt-get install libclang-dev', or name its folder in LIBCLANG_PATH",
        ),
        (
            r"E0514",
            "the standard library that --rust-library names was made by another rustc than the PATH's",
        ),
        (
            r"rustc [\d.]+ is not supported by the following packages?|requires rustc [\d.]+ or newer",
            "a crate needs a newer Rust: put one on the PATH, or 'pyodide-abi toolchain install rust'",
        ),
        (
            r"could not find (git|cmake|ninja|meson)|No such file or directory: '(cmake|ninja|meson)'",
            "the project needs this program and does not name it in build-system.requires",
        ),
    )
)


def first_error(log: str) -> tuple[str, int]:
    """What went wrong, and the index of the last line that says it; a log's end where no line says so."""
    lines = log.splitlines()
    for pattern in _PATTERNS:
        for index, line in enumerate(lines):
            if pattern.search(line) and not _ECHO.search(line):
                return _cause(lines, index)
    for index in range(len(lines) - 1, -1, -1):
        if lines[index].strip():
            return lines[index].strip(), index
    return "it said nothing", 0


def _cause(lines: list[str], index: int) -> tuple[str, int]:
    """The line without our own mark, and what belongs to it.

    CMake says where first, and what in the paragraph that follows; so does an exception whose message begins
    with a line break.
    """
    if _EXCEPTION.match(lines[index]):
        index = _last_of_chain(lines, index)
        if lines[index].rstrip().endswith(":"):
            return _with_paragraph(lines, index)
    line = _CARGOS.sub("", lines[index].strip().removeprefix(_OURS))
    if line.startswith("CMake Error") and line.endswith(":"):
        for more in lines[index + 1 :]:
            if not more.strip():
                break
            line, index = f"{line} {more.strip()}", index + 1
    return _shortened(line), index


def _last_of_chain(lines: list[str], index: int) -> int:
    """The line of the exception that was raised last of those that this one led to."""
    for at in range(index + 1, len(lines)):
        if lines[at].startswith("Traceback"):
            break
        if lines[at] in _CHAINED:
            following = range(at + 1, len(lines))
            found = next((one for one in following if re.match(r"\w[\w.]*:", lines[one])), None)
            if found is None or not _EXCEPTION.match(lines[found]) or _ECHO.search(lines[found]):
                break
            return _last_of_chain(lines, found)
    return index


def _with_paragraph(lines: list[str], index: int) -> tuple[str, int]:
    """A line that ends with a colon and the paragraph that comes next, as one line."""
    words = [lines[index].strip()]
    for at in range(index + 1, len(lines)):
        if lines[at].strip():
            words.append(lines[at].strip())
            index = at
        elif len(words) > 1:
            break
    return _shortened(" ".join(words)), index


def _words_of_script(lines: list[str]) -> list[str]:
    """What a crate's build script wrote, its errors first, less what it wrote for cargo."""
    said: dict[str, list[str]] = {"--- stderr": [], "--- stdout": []}
    part = "--- stderr"
    # Notes of cargo's own may stand before.
    begin = next((at for at, line in enumerate(lines) if line.startswith("Caused by:")), 0)
    for line in lines[begin:]:
        if line and not line.startswith((" ", "Caused by:")):
            break
        if line.strip() in said:
            part = line.strip()
        elif line.strip() and not _FOR_CARGO.match(line):
            said[part].append(line)
    return [*said["--- stderr"], *said["--- stdout"]]


def _shortened(line: str) -> str:
    return line if len(line) <= _LINE else f"{line[: _LINE // 2]} … {line[-_LINE // 2 :]}"


def advice(said: str) -> str:
    """What to do next where the cause is one of the common ones; empty if it is not.

    Args:
        said: the line that :func:`first_error` found and what :func:`excerpt` gives with it; elsewhere in a
            log the same words may be about something that did no harm.
    """
    for pattern, words in _ADVICE:
        if pattern.search(said):
            return words
    missing = next(iter(lacking(said)), None)
    if missing is None:
        return ""
    begin = {
        LackingKind.HEADER: f"if {missing.name} belongs to a library",
        LackingKind.LINK: f"there is no lib{missing.name}",
        LackingKind.PACKAGE: f"there is no {missing.name}",
    }
    return f"{begin[missing.kind]}: {_BUILD_IT}"


def explained(named: str, platform: str, log: str, host: Host) -> BuildFailedError:
    """Keep the log of a failed build, and say what went wrong first.

    Args:
        named: what was built.
        platform: the platform's name.
        log: all of it.
        host: the machine.
    """
    logs = host.store.root / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    # Builds of one name may fail in the same second.
    prefix = f"{named}-{platform}-{time.strftime('%Y%m%d-%H%M%S')}-"
    with tempfile.NamedTemporaryFile(
        "w", dir=logs, prefix=prefix, suffix=".log", encoding="utf-8", delete=False
    ) as file:
        file.write(log + "\n")
    kept = Path(file.name)
    line, index = first_error(log)
    context = excerpt(log, index)
    cause = f"{line}\n{context}"
    said = [context, advice(cause), f"the full log, {len(log.splitlines())} lines: {kept}"]
    return BuildFailedError(
        f"{named} could not be built for {platform}: {line}", hint="\n".join(filter(None, said)), cause=cause
    )


def passed_over(log: str, *, modules: bool) -> tuple[str, ...]:
    """What a build that succeeded went on without: optional modules that it names, or all that were compiled.

    Args:
        log: what it wrote.
        modules: the wheel has compiled modules; a compiler's error may have been the answer to a question
            about the machine then.

    Returns:
        A line for each; none where nothing says that something failed.
    """
    found = tuple(
        f"the build went on without the optional module {said['name']}: {said['words']}"
        for said in _OPTIONAL.finditer(log)
    )
    refused = _COMPILERS.search(log)
    if found or modules or not refused:
        return found
    return (f"the wheel has no compiled module, as the build went on after an error: {refused[0]}",)


def excerpt(log: str, index: int) -> str:
    """The lines after an error's first that say more, up to where a layer above repeats it."""
    lines = log.splitlines()
    following = lines[index + 1 :]
    if lines[index : index + 1] and lines[index].startswith(_SCRIPT):
        following = _words_of_script(following)
    said = []
    for line in following[:_CONTEXT]:
        if _ECHO.search(line) or line.startswith("Traceback") or line in _CHAINED:
            break
        if not line.startswith(_GONE):
            said.append(_shortened(line))
    return "\n".join(said).rstrip()

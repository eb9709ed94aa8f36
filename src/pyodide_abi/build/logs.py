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
        r"^(error|ERROR|CMake Error)\b",
        r"^(?!(subprocess\.CalledProcess|setuptools\.|distutils\.)).*\b[A-Za-z_.]*(Error|Exception)\b: ",
    )
)
#: An exit status repeated by a layer above is no cause.
_ECHO = re.compile(
    r"[Cc]ommand .* failed with exit (code|status)|Backend subprocess exited|returned non-zero exit status"
)
_OURS = "pyodide-abi: error: "
_CONTEXT = 8


def first_error(log: str) -> tuple[str, int]:
    """The line that says what went wrong, and its index; the last line where none looks like an error."""
    lines = log.splitlines()
    for pattern in _PATTERNS:
        for index, line in enumerate(lines):
            if pattern.search(line) and not _ECHO.search(line):
                return line.strip().removeprefix(_OURS), index
    for index in range(len(lines) - 1, -1, -1):
        if lines[index].strip():
            return lines[index].strip(), index
    return "it said nothing", 0


def excerpt(log: str, index: int) -> str:
    """The lines after an error's first that say more, up to where a layer above repeats it."""
    lines = []
    for line in log.splitlines()[index + 1 : index + 1 + _CONTEXT]:
        if _ECHO.search(line) or line.startswith("Traceback"):
            break
        lines.append(line)
    return "\n".join(lines).rstrip()

"""What objects of link-time optimisation define: LLVM bitcode, which only LLVM's own tools read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.build.driver.objects.children import run
from pyodide_abi.errors import BuildFailedError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Letters of ``nm`` for what others could see: code, data, read-only data, zeroed and common data, weak ones.
_VISIBLE = frozenset("TDRBCWV")


def defined_symbols(llvm_nm: str, file: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    """The global symbols that an object or archive defines, hidden ones among them: ``nm`` does not tell.

    Args:
        llvm_nm: The ``llvm-nm`` of the toolchain that made the file.
        file: bitcode, or an archive of it.
        environ: The environment of the process.

    Raises:
        BuildFailedError: it cannot be read.
    """
    lines: list[str] = []
    if run([llvm_nm, "--extern-only", "--defined-only", "--format=posix", file], environ, lines.append):
        raise BuildFailedError(f"{file}: its symbols cannot be read: {' '.join(lines[-1:])}")
    fields = (line.split() for line in lines)
    return tuple(words[0] for words in fields if len(words) > 1 and words[1] in _VISIBLE)

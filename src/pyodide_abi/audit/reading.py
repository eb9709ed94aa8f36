"""Reading the native files of a subject, one after another, so that never more than one is held."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import MANGLED_PREFIXES
from pyodide_abi.audit.module_facts import anatomy_of, code_questions
from pyodide_abi.errors import WasmError
from pyodide_abi.linker import read_library
from pyodide_abi.linker.elide.outline import outline_of, settle
from pyodide_abi.linker.elide.stream import outline_stream
from pyodide_abi.platforms.engines import find_engine
from pyodide_abi.values import value
from pyodide_abi.wasm import read_module
from pyodide_abi.wasm.columns import NotUsualError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pyodide_abi.audit.module_facts import Anatomy
    from pyodide_abi.linker import Library
    from pyodide_abi.linker.elide.outline import Outline
    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.platforms.surface import Surface


@value
class NativeFile:
    """A file that could be a module.

    Attributes:
        path: where it is installed, below ``site-packages``.
        member: its name in the wheel, or the file's own.
        size: in bytes.
        checksum: its CRC-32.
        pieces: gives its bytes bit by bit, once.
        again: gives them again.
        read: gives all of them.
    """

    path: str
    member: str
    size: int
    checksum: int
    pieces: Callable[[], Iterator[bytes]]
    again: Callable[[], Iterator[bytes]]
    read: Callable[[], bytes]


class Reader:
    """Reads native files, and keeps of each what predictions and rules want.

    Attributes:
        files: The files, by path.
        platform: that they are held against; None where none is known.
        engine: that predictions are for.
    """

    def __init__(self, files: Sequence[NativeFile], *, platform: Platform | None, engine: str) -> None:
        self.files = {file.path: file for file in files}
        self.platform = platform
        self.engine = engine
        self._sought = find_engine(engine).sought

    @property
    def anatomies(self) -> Mapping[str, Anatomy]:
        """What the files are made of, by path."""
        return self._read[1]

    @property
    def libraries(self) -> Mapping[str, Library]:
        """What the linker sees of them, by path, without names that are their own business."""
        return self._read[0]

    def whole_libraries(self) -> Mapping[str, Library]:
        """The same with all names, which takes a second reading, much time and much memory."""
        return {
            path: read_library(path, file.read(), sought=self._sought) for path, file in self.files.items()
        }

    @cached_property
    def surface(self) -> Surface | None:
        """The symbols of the platform's releases; read when first asked for, as a pure wheel needs none."""
        if self.platform is None:
            return None
        from pyodide_abi.platforms.surface import load_surface  # noqa: PLC0415 - as said

        return load_surface(self.platform)

    @cached_property
    def _read(self) -> tuple[Mapping[str, Library], Mapping[str, Anatomy]]:
        # The largest first, while nothing is kept of the others: that takes the least memory.
        largest_first = sorted(self.files.values(), key=lambda file: -file.size)
        read = {file.path: self._read_one(file) for file in largest_first}
        settled = settle([read[path][0] for path in self.files], self._export_at)
        return {library.path: library for library in settled}, {path: read[path][1] for path in self.files}

    def _read_one(self, file: NativeFile) -> tuple[Outline, Anatomy]:
        pieces = file.pieces()
        found = self._read_stream(file, pieces)
        # Whether the archive's member is sound shows behind its last piece.
        for _ in pieces if found else ():
            pass
        return found or self._read_whole(file)

    def _read_stream(self, file: NativeFile, pieces: Iterable[bytes]) -> tuple[Outline, Anatomy] | None:
        found = outline_stream(
            file.path,
            pieces,
            file.again,
            file.size,
            known=self._known,
            sought=self._sought,
            asked=code_questions,
        )
        if found is None:
            return None
        outline, module = found
        try:
            return outline, anatomy_of(outline.library, module, checksum=file.checksum)
        except NotUsualError:
            return None

    def _read_whole(self, file: NativeFile) -> tuple[Outline, Anatomy]:
        """Read a file that is not as usual, whatever it is."""
        data = file.read()
        try:
            module = read_module(data)
        except WasmError:
            module = None
        outline = outline_of(file.path, data, module, known=self._known, sought=self._sought)
        return outline, anatomy_of(outline.library, module, checksum=file.checksum)

    def _export_at(self, path: str, place: int) -> str:
        return read_module(self.files[path].read()).exports[place].name

    @cached_property
    def _known(self) -> frozenset[bytes]:
        names = self.surface.names if self.surface else ()
        return frozenset([name.encode() for name in names if name.startswith(MANGLED_PREFIXES)])

"""Make the files of a case: compile, assemble, or write bytes down. They are kept in the user's cache."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from large_modules import joined, pieces

from pyodide_abi.values import value
from pyodide_abi.wasm.sizes import Size

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from differential.recipe import Case, Made

    from pyodide_abi.host import Host
    from pyodide_abi.toolchain import Toolchain

_HERE = Path(__file__).parent
#: What stands for an extension module's boilerplate in a ``.wat``: its imports, which have to come before
#: everything that is defined, and its init function.
_PYTHON_IMPORTS, _PYTHON_INIT = ";; python-imports", ";; python-init "
_IMPORTS = """
  (import "env" "memory" (memory 1))
  (import "env" "__memory_base" (global $base i32))
  (import "env" "PyModule_Create2" (func $create (param i32 i32) (result i32)))
"""
#: A module definition (13 words, the name's address is the sixth), made at run time in the module's own
#: data, which therefore has to be 128 bytes at least.
_INIT = """
  (func (export "PyInit_{name}") (result i32)
    (i32.store (global.get $base) (i32.const 1))
    (i32.store offset=20 (global.get $base) (i32.add (global.get $base) (i32.const 64)))
    (i32.store offset=28 (global.get $base) (i32.const -1))
    (i32.store8 offset=64 (global.get $base) (i32.const 109))
    (call $create (global.get $base) (i32.const 1013)))
"""
#: What an installer wants to see beside the modules.
_METADATA = {
    "METADATA": "Metadata-Version: 2.1\nName: m\nVersion: 1\n",
    "WHEEL": "Wheel-Version: 1.0\nGenerator: cases\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "RECORD": "",
}
_SECONDS = 300.0


class MakingError(Exception):
    """A case cannot be made; the text says why."""


@value
class Maker:
    """Makes cases and keeps them.

    Attributes:
        host: starts the compiler, holds the cache.
        toolchain: gives the compiler; asked for only where a case has to be compiled.
    """

    host: Host
    toolchain: Callable[[], Toolchain]

    def make(self, case: Case) -> Path:
        """The folder with the case's files, as they will lie in ``site-packages``.

        Raises:
            MakingError: the compiler or the assembler refuses.
        """

        def fill(partial: Path, _place: Path) -> None:
            for made in case.files:
                self._make_file(made, partial)
            shutil.rmtree(partial / ".objects", ignore_errors=True)

        return self.host.store.obtain(f"differential/made/{self.digest(case)}", fill)

    def pack(self, case: Case) -> Path:
        """A wheel of the case's files, in their order, that every release's installer takes.

        Raises:
            MakingError: as for :meth:`make`.
        """
        folder = self.make(case)
        name = f"{case.wheel}-1-py3-none-any.whl"

        def fill(partial: Path, _place: Path) -> None:
            with zipfile.ZipFile(partial / name, "w") as archive:
                for made in case.files:
                    archive.writestr(zipfile.ZipInfo(made.path), (folder / made.path).read_bytes())
                for path, text in _METADATA.items():
                    archive.writestr(zipfile.ZipInfo(f"{case.wheel}-1.dist-info/{path}"), text)

        key = hashlib.sha256(f"{self.digest(case)} {name} {_METADATA}".encode()).hexdigest()[:20]
        return self.host.store.obtain(f"differential/packed/{key}", fill) / name

    def digest(self, case: Case) -> str:
        """What the case's files depend on: the recipe, the sources and the compiler's version."""
        parts = [repr(case.files).replace(str(_HERE), "").encode(), _IMPORTS.encode(), _INIT.encode()]
        sources = sorted({source for made in case.files for source in made.sources})
        parts += [source.read_bytes() for source in sources]
        if any(source.suffix != ".wat" for source in sources):
            parts += [(_HERE / "python.h").read_bytes(), self.toolchain().emscripten.encode()]
        return hashlib.sha256(b"\0".join(parts)).hexdigest()[:20]

    def _make_file(self, made: Made, folder: Path) -> None:
        target = folder / made.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if made.raw is not None:
            data = made.raw
        elif made.large:
            given = dict(made.define)
            data = joined(pieces(Size(given["size"]), int(given["number"]), library=True))
        elif made.sources[0].suffix == ".wat":
            data = assemble(made.sources[0], dict(made.define))
        else:
            self._compile(made, target, folder)
            data = target.read_bytes()
        data = data[: made.keep] + made.append
        for old, new in made.replace:
            if len(old) != len(new) or old not in data:
                raise MakingError(f"{made.path}: cannot replace {old!r} by {new!r}")
            data = data.replace(old, new)
        target.write_bytes(data)

    def _compile(self, made: Made, target: Path, folder: Path) -> None:
        toolchain = self.toolchain()
        objects = folder / ".objects"
        objects.mkdir(exist_ok=True)
        driver = toolchain.emxx if any(source.suffix == ".cpp" for source in made.sources) else toolchain.emcc
        inputs = []
        for source in made.sources:
            compiled = objects / f"{target.name}.{source.name}.o"
            compiler = toolchain.emxx if source.suffix == ".cpp" else toolchain.emcc
            macros = [f"-D{name}={text}" for name, text in made.define]
            self._run(compiler, "-c", source, "-I", _HERE, "-o", compiled, *macros, *made.compile)
            inputs.append(compiled)
        exports = ",".join(f"_{name}" for name in made.exports)
        named = [folder / library for library in made.libraries]
        self._run(driver, *inputs, *named, "-o", target, *made.link, f"-sEXPORTED_FUNCTIONS={exports}")

    def _run(self, *words: str | Path) -> None:
        environ = {**self.host.environ, **self.toolchain().environ}
        done = self.host.runner.run(words, environ=environ, timeout=_SECONDS)
        if done.returncode:
            raise MakingError(f"{done.command}\n{done.stdout}{done.stderr}")


def assemble(source: Path, define: Mapping[str, str]) -> bytes:
    """The module that a ``.wat`` describes, its boilerplate and ``@NAMES@`` filled in; not validated.

    Raises:
        MakingError: it is malformed.
    """
    text = source.read_text("utf-8")
    for name, meaning in define.items():
        text = text.replace(f"@{name}@", meaning)
    try:
        return assemble_text(text)
    except MakingError as error:
        raise MakingError(f"{source}: {error}") from error


def assemble_text(text: str) -> bytes:
    """The module of a text in the text format, its boilerplate filled in; not validated.

    Raises:
        MakingError: it is malformed.
    """
    import wasmtime

    lines = []
    for line in text.splitlines():
        bare = line.strip()
        if bare == _PYTHON_IMPORTS:
            lines.append(_IMPORTS)
        elif bare.startswith(_PYTHON_INIT):
            lines.append(_INIT.format(name=bare.removeprefix(_PYTHON_INIT)))
        else:
            lines.append(line)
    try:
        return bytes(wasmtime.wat2wasm("\n".join(lines)))
    except wasmtime.WasmtimeError as error:
        raise MakingError(str(error)) from error

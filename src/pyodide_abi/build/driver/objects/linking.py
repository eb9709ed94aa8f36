"""A link of a side module: its export list, its sealed objects, the linker, and what it said."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.build.driver import arguments, compile_table, flags
from pyodide_abi.build.driver.objects.bitcode import defined_symbols
from pyodide_abi.build.driver.objects.children import run
from pyodide_abi.build.driver.objects.exports import ExportMode, exports_of, linked_files
from pyodide_abi.build.driver.objects.visibility import seal
from pyodide_abi.errors import BuildFailedError, WasmError
from pyodide_abi.wasm import Kind, read_module

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyodide_abi.build.driver.objects.exports import Exported
    from pyodide_abi.build.driver.settings import Settings

#: Longer export lists go through a file: Linux bounds one argument at 128 KiB.
_LONG = 100_000
#: What starts a thread. The runtime has these functions, and they always fail.
THREAD_STARTERS = frozenset({"pthread_create", "thrd_create"})
#: Options for debug information; ``-gsource-map`` and ``-gseparate-dwarf`` are not, they make files beside.
_DWARF = ("-g1", "-g2", "-g3", "-ggdb", "-gdwarf", "-gline-tables-only", "-gcolumn-info")
#: What wasm-ld says of every shared library, whatever it is.
_NO_NEWS = (
    "creating shared libraries, with -shared, is not yet stable",
    "dynamic imports are not yet stable (--unresolved-symbols=import-dynamic)",
)
_MISMATCH = "function signature mismatch: "
_PLACE, _PLACES = ">>> defined as ", 2
#: Says that the project itself wants mismatches as warnings.
_LENIENT = ("-Wl,--no-fatal-warnings", "-Wl,-no-fatal-warnings")


class Link:
    """One link, from the rewritten command line to the file.

    Args:
        command: what the project asked for.
        rewritten: the same for the target.
        settings: the driver's.
        driver: ``cc`` or ``c++``.
        environ: of the processes that are started.
    """

    def __init__(
        self,
        command: arguments.Command,
        rewritten: flags.Rewritten,
        *,
        settings: Settings,
        driver: str,
        environ: Mapping[str, str],
    ) -> None:
        self.command = command
        self.rewritten = rewritten
        self.settings = settings
        self.driver = driver
        self.environ = environ
        self.scratch = Path(settings["folder"]) / f"link-{os.getpid()}"
        self.output = command.output or "a.out"
        #: The project's own file for each one that we put in its place.
        self.originals: dict[str, str] = {}

    def run(self) -> int:
        """Link.

        Returns:
            the linker's exit status; 1 if the module could not work.

        Raises:
            PyodideAbiError: an object is damaged, a source cannot be compiled, or the module starts threads
                although the project knows of them.
        """
        self.scratch.mkdir(parents=True, exist_ok=True)
        try:
            words = self._without_libraries(self._without_dwarf())
            words = self._compiled(words)
            command = arguments.Command(words, self.driver)
            words = self._with_exports(command, words)
            words = [*_defaults(self.command), *words]
            lenient = any(word in _LENIENT for word in words)
            heard = _Hearing(self.originals, lenient=lenient)
            status = run([self.settings["programs"][self.driver], *words], self.environ, heard.line)
            if status == 0:
                self._judge(heard)
        finally:
            shutil.rmtree(self.scratch, ignore_errors=True)
        return status

    def _without_dwarf(self) -> list[str]:
        """The link without ``-g``, where it optimises.

        Binaryen optimises little where it has to keep DWARF, and can crash over C++ exceptions.
        """
        words = self.rewritten.words
        dwarf = [word for word in words if word == "-g" or word.startswith(_DWARF)]
        if not dwarf or "-O0" in words:
            return words
        self.rewritten.drop(dwarf, "an optimised module holds no DWARF; -O0 -g keeps it")
        return [word for word in words if word not in dwarf]

    def _without_libraries(self, words: Sequence[str]) -> list[str]:
        """The link without libraries that the runtime provides and the project does not bring itself."""
        groups = arguments.grouped(words)
        own = self.settings["library_folder"]
        result: list[str] = []
        for group, names in zip(groups, linked_files(groups), strict=True):
            there = next((name for name in names if os.path.exists(name)), "")  # noqa: PTH110 - plain text
            ours = bool(own) and Path(there).is_relative_to(own)
            name = Path(there).stem.removeprefix("lib") if ours else "".join(group).removeprefix("-l")
            asked = "".join(group).startswith("-l")
            reason = self.settings["rules"]["libraries"].get(name, "")
            if reason and ((asked and not there) or ours):
                self.rewritten.drop(group, reason)
            else:
                result += group
        return result

    def _compiled(self, words: Sequence[str]) -> list[str]:
        """The link with an object file in each source's place: objects have symbols to be read."""
        result: list[str] = []
        for group in arguments.grouped(words):
            if len(group) == 1 and arguments.is_source(group[0]):
                result.append(self._compile(group[0], words))
            else:
                result += group
        return result

    def _compile(self, source: str, words: Sequence[str]) -> str:
        place = self._place(source)
        place = place.removesuffix(Path(place).suffix) + ".o"
        self.originals[place] = source
        own = [*arguments.compiler_words(words), "-c", source, "-o", place]
        command = arguments.Command(own, self.driver)
        rewritten = flags.rewrite(command, self.settings["rules"])
        known = compile_table.plan(
            command, rewritten.words[rewritten.added :], self.driver, self.settings["expansions"]
        )
        argv = known or [self.settings["programs"][self.driver], *rewritten.words]
        if status := run(argv, self.environ, _say):
            raise SystemExit(status)
        return place

    def _with_exports(self, command: arguments.Command, words: Sequence[str]) -> list[str]:
        settings = self.settings
        listed = [name for text in self.rewritten.export_lists for name in export_list(text, _read_text)]
        exported = exports_of(
            command,
            mode=ExportMode(settings["export_mode"]),
            names=[*settings["export_names"], *listed],
            read=_read_bytes,
            bitcode=lambda file: defined_symbols(settings["programs"]["nm"], file, self.environ),
        )
        if exported.remark:
            remark = f"{Path(self.output).name}: {renamed(exported.remark, self.originals)}"
            self.rewritten.remarks.append(remark)
        result = list(words)
        if exported.sealed:
            result = seal(result, frozenset(exported.names or ()), read=_read_bytes, write=self._write)
        return [*result, *self._export_words(exported)]

    def _export_words(self, exported: Exported) -> list[str]:
        if exported.names is None:
            return ["-sSIDE_MODULE=1"]
        listed = ",".join("_" + name for name in exported.names)
        if len(listed) > _LONG:
            file = self.scratch / "exports.txt"
            file.write_text("\n".join("_" + name for name in exported.names), "utf-8")
            listed = f"@{file}"
        return ["-sSIDE_MODULE=2", f"-sEXPORTED_FUNCTIONS={listed}"]

    def _write(self, name: str, data: bytes) -> str:
        place = self._place(name)
        Path(place).write_bytes(data)
        self.originals[place] = self.originals.get(name, name)
        return place

    def _place(self, name: str) -> str:
        """A path of our own under the file's last name, so that messages stay readable."""
        folder = self.scratch / str(len(self.originals))
        folder.mkdir()
        return str(folder / Path(name).name)

    def _judge(self, heard: _Hearing) -> None:
        """Refuse what is linked and cannot work."""
        if heard.mismatches:
            self._remove()
            raise BuildFailedError(
                f"{self.output}: {'; '.join(heard.mismatches)}",
                hint="a function is declared in two ways; WebAssembly ends the program where it is called",
            )
        knows_threads = self.rewritten.threads or Path(self.settings["folder"], "threads").exists()
        if knows_threads and (used := self._imported_functions() & THREAD_STARTERS):
            self._remove()
            raise BuildFailedError(
                f"{self.output} starts threads ({', '.join(sorted(used))}), and the runtime has one thread",
                hint="it was built with -pthread; build it without threads for this target",
            )

    def _imported_functions(self) -> set[str]:
        try:
            imports = read_module(_read_bytes(self.output)).imports
        except (OSError, WasmError):
            return set()  # Another kind of output, which nobody judges.
        return {entry.name for entry in imports if entry.kind is Kind.FUNCTION}

    def _remove(self) -> None:
        Path(self.output).unlink(missing_ok=True)


class _Hearing:
    """Passes on what the linker says, under the project's own names; keeps mismatches of types for itself.

    Args:
        originals: the project's file for each of ours.
        lenient: mismatches are passed on too.
    """

    def __init__(self, originals: Mapping[str, str], *, lenient: bool) -> None:
        self.mismatches: list[str] = []
        self._originals = originals
        self._lenient = lenient
        self._places = 0

    def line(self, line: str) -> None:
        """Hear one line."""
        line = renamed(line, self._originals)
        _, mismatch, name = line.partition(_MISMATCH)
        if not self._lenient and mismatch:
            self.mismatches.append(f"{_MISMATCH}{name}")
            self._places = 0
        elif self.mismatches and line.startswith(_PLACE) and self._places < _PLACES:
            # Each of the two lines that follow names a type and a file.
            self.mismatches[-1] += f"{', ' if self._places else ' is '}{line.removeprefix(_PLACE)}"
            self._places += 1
        elif not line.endswith(_NO_NEWS):
            _say(line)


def renamed(text: str, originals: Mapping[str, str]) -> str:
    """The text with the project's names for files of ours."""
    for ours, theirs in originals.items():
        text = text.replace(ours, theirs)
    return text


def _defaults(command: arguments.Command) -> list[str]:
    """What a link gets unless the project says otherwise: a small module, as the official wheels' are."""
    return [] if any(group[0].startswith("-O") for group in command.groups) else [flags.LEVEL]


def export_list(text: str, read: arguments.ReadText) -> list[str]:
    """C symbols of an Emscripten list: bare words or JSON, or a file of either, with ``_`` before each."""
    if text[:1] == "@":
        text = read(text[1:]).strip()
        if text[:1] != "[":
            lines = (line.strip() for line in text.splitlines())
            text = ",".join(line for line in lines if line and line[0] != "#")
    names = (item.strip().strip("\"'") for item in text.strip().strip("[]").split(","))
    return [name[1:] if name[:1] == "_" else name for name in names if name]


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


def _read_text(path: str) -> str:
    return Path(path).read_text("utf-8")


def _read_bytes(path: str) -> bytes:
    return Path(path).read_bytes()

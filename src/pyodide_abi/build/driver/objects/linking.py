"""A link of a side module: its export list, its sealed objects, the linker, and what it said."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.build.driver import arguments, compile_table, flags
from pyodide_abi.build.driver.objects.bitcode import defined_symbols
from pyodide_abi.build.driver.objects.children import run
from pyodide_abi.build.driver.objects.exports import ExportMode, exports_of, linked_files
from pyodide_abi.build.driver.objects.heard import ANEW, Hearing, renamed, say
from pyodide_abi.build.driver.objects.inputs import foreign_objects, threaded_objects
from pyodide_abi.build.driver.objects.judging import explained, judge
from pyodide_abi.build.driver.objects.needs import with_needs
from pyodide_abi.build.driver.objects.visibility import first_there, seal
from pyodide_abi.errors import BuildFailedError, WasmError
from pyodide_abi.wasm import Kind, read_module
from pyodide_abi.wasm.archive import THIN_MAGIC, read_thin_archive

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyodide_abi.build.driver.objects.exports import Exported
    from pyodide_abi.build.driver.objects.inputs import Foreign, Threaded
    from pyodide_abi.build.driver.settings import Settings

#: Longer export lists go through a file: Linux bounds one argument at 128 KiB.
_LONG = 100_000
#: Options for debug information; ``-gsource-map`` and ``-gseparate-dwarf`` are not, they make files beside.
_DWARF = ("-g1", "-g2", "-g3", "-ggdb", "-gdwarf", "-gline-tables-only", "-gcolumn-info")
#: Says that the project itself wants mismatches as warnings.
_LENIENT = ("-Wl,--no-fatal-warnings", "-Wl,-no-fatal-warnings")


class Link:
    """One link, from the rewritten command line to the file.

    Args:
        command: what the project asked for.
        rewritten: the same for the target.
        settings: the driver's.
        driver: ``cc`` or ``c++``.
        environ: The environment of the processes that are started.
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
        #: Archives' members that are for another machine.
        self.foreign: list[Foreign] = []
        #: Objects and members that were compiled for threads, by their labels.
        self.threaded: dict[str, Threaded] = {}

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
            words = with_needs(words, self.settings["rules"]["needs"])
            words = self._compiled(self._whole(words))
            self._look_at_inputs(words)
            command = arguments.Command(words, self.driver)
            words = self._with_exports(command, words)
            words = [*_defaults(self.command), *words]
            lenient = any(word in _LENIENT for word in words)
            heard = Hearing(self.originals, lenient=lenient, traced=self.threaded)
            traced = ["-Wl,--trace"] if self.threaded else []
            argv = [self.settings["programs"][self.driver], *words, *traced]
            status = run(argv, self.environ, heard.line)
            if status == 0:
                self._judge(heard)
            elif heard.causes:
                raise explained(self.output, heard)
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

    def _whole(self, words: Sequence[str]) -> list[str]:
        """The link with archives that hold their members in the place of thin ones, which only name them.

        Raises:
            BuildFailedError: a member is not there.
        """
        groups = arguments.grouped(words)
        result: list[str] = []
        for group, names in zip(groups, linked_files(groups), strict=True):
            name, data = first_there(names, _read_bytes)
            result += (self._made_whole(name, data),) if data[: len(THIN_MAGIC)] == THIN_MAGIC else group
        return result

    def _made_whole(self, archive: str, data: bytes) -> str:
        members = [str(Path(archive).parent / member) for member in read_thin_archive(data)]
        if missing := next((member for member in members if not Path(member).is_file()), ""):
            raise BuildFailedError(
                f"{os.path.normpath(archive)} is a thin archive, and its member {missing} is not there",
                hint="make it where it is linked, or without ar's T option",
            )
        place = self._place(archive)
        self.originals[place] = archive
        # Added one after another, whatever their names; an archive among them adds its own members.
        if run([self.settings["programs"]["ar"], "qcsL", place, *members], self.environ, say):
            raise BuildFailedError(f"{archive} is a thin archive whose members cannot be read")
        return place

    def _look_at_inputs(self, words: Sequence[str]) -> None:
        """Find what is for another machine or for threads.

        Raises:
            BuildFailedError: an object that no linker could leave out is for another machine.
            WasmError: a file is damaged.
        """
        for names in linked_files(arguments.grouped(words)):
            name, data = first_there(names, _read_bytes)
            shown = os.path.normpath(renamed(name, self.originals))
            self.foreign += foreign_objects(shown, data)
            self.threaded |= {one.label: one for one in threaded_objects(shown, data)}
        for one in self.foreign:
            if not one.archived:
                raise BuildFailedError(
                    f"{one.label} is {one.identity}, not an object of the target", hint=ANEW
                )

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
        if status := run(argv, self.environ, say):
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

    def _judge(self, heard: Hearing) -> None:
        """Refuse what is linked and cannot work."""
        knows_threads = self.rewritten.threads or Path(self.settings["folder"], "threads").exists()
        try:
            self.rewritten.remarks += judge(
                self.output,
                self._imports(),
                heard,
                threads=[self.threaded[label] for label in sorted(heard.taken)],
                knows_threads=knows_threads,
                foreign=self.foreign,
                platform=self.settings["rules"]["platform"],
            )
        except BuildFailedError:
            Path(self.output).unlink(missing_ok=True)
            raise

    def _imports(self) -> dict[Kind, set[str]]:
        """The names that the module imports; a function's address and a variable's are globals."""
        found: dict[Kind, set[str]] = {kind: set() for kind in Kind}
        try:
            for entry in read_module(_read_bytes(self.output)).imports:
                found[entry.kind].add(entry.name)
        except (OSError, WasmError):
            pass  # Another kind of output, which nobody judges.
        return found


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


def _read_text(path: str) -> str:
    return Path(path).read_text("utf-8")


def _read_bytes(path: str) -> bytes:
    return Path(path).read_bytes()

"""Edit one module's needed libraries, run paths, exports and sections: patchelf for WebAssembly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.atomic import write_whole
from pyodide_abi.errors import UnreadableInputError, UsageError, WasmError
from pyodide_abi.files import read_file
from pyodide_abi.values import value
from pyodide_abi.wasm import Kind, read_module
from pyodide_abi.wasm.edit import ModuleEdit, edit_module, maybe_referenced
from pyodide_abi.wasm.sections import dylink0

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pyodide_abi.wasm import Module
    from pyodide_abi.wasm.sections.dylink0 import Dylink


@value
class Patch:
    """What to do to a module, in this order.

    Attributes:
        replace_needed: pairs of an old and a new name of a needed library.
        remove_needed: names of libraries that it shall not need any more.
        add_needed: names of libraries that it shall need, behind the others.
        set_run_paths: the run paths instead of those that it has; None leaves them.
        add_run_paths: run paths behind the others.
        drop_exports: names that it shall not export any more.
        drop_sections: names of custom sections that it shall not have any more.
    """

    replace_needed: tuple[tuple[str, str], ...] = ()
    remove_needed: tuple[str, ...] = ()
    add_needed: tuple[str, ...] = ()
    set_run_paths: tuple[str, ...] | None = None
    add_run_paths: tuple[str, ...] = ()
    drop_exports: tuple[str, ...] = ()
    drop_sections: tuple[str, ...] = ()


@value
class Patched:
    """What became of a module.

    Attributes:
        data: the whole file.
        needed: the libraries that it needs now.
        run_paths: The run paths that it has now.
        unmet: what was to be replaced or removed and is not there, in words.
    """

    data: bytes
    needed: tuple[str, ...]
    run_paths: tuple[str, ...]
    unmet: tuple[str, ...]


def patch_module(data: bytes, patch: Patch) -> Patched:
    """Patch a side module of Emscripten; what the patch does not touch stays byte for byte.

    Raises:
        UnreadableInputError: it is no side module, or its section cannot hold what it should.
        UsageError: the patch would make something that no engine takes.
    """
    module = read_module(data)
    dylink = module.dylink
    if dylink is None:
        raise UnreadableInputError(
            "it has no dylink.0 section, so it is no side module",
            hint="link it with -sSIDE_MODULE=1 or 2; if it was one, something has stripped the section",
        )
    needed = _needed(dylink.needed, patch)
    run_paths = _run_paths(dylink, patch)
    edit = ModuleEdit(
        needed=needed,
        run_paths=None if run_paths == dylink.runtime_paths else run_paths,
        drop_exports=_exports(module, patch.drop_exports),
        drop_sections=_sections(patch.drop_sections),
    )
    return Patched(
        data=edit_module(module, edit),
        needed=needed,
        run_paths=run_paths,
        unmet=tuple(_unmet(module, dylink, patch)),
    )


def patch_file(path: Path, patch: Patch, output: Path | None = None) -> Patched:
    """Patch a file; the result is written whole or not at all.

    Args:
        path: The path of a side module.
        patch: what to do.
        output: The file to write; None for the module itself, which is left alone where nothing changes.

    Raises:
        UnreadableInputError: it cannot be read, or as for :func:`patch_module`.
        UsageError: as for :func:`patch_module`.
        OSError: the result cannot be written.
    """
    data = read_file(path)
    try:
        patched = patch_module(data, patch)
    except WasmError as error:
        raise UnreadableInputError(f"{path}: {error}") from error
    except UnreadableInputError as error:
        raise UnreadableInputError(f"{path}: {error}", hint=error.hint) from error
    # A link stays one: what it leads to is written.
    target = (path if output is None else output).resolve()
    if output is not None or patched.data != data:
        write_whole(target, patched.data, like=path)
    return patched


def _needed(old: Sequence[str], patch: Patch) -> tuple[str, ...]:
    new = dict(patch.replace_needed)
    names = [new.get(name, name) for name in old]
    names = [name for name in names if name not in patch.remove_needed]
    added = [name for name in dict.fromkeys(patch.add_needed) if name not in names]
    return (*names, *added)


def _run_paths(dylink: Dylink, patch: Patch) -> tuple[str, ...]:
    paths = dylink.runtime_paths if patch.set_run_paths is None else patch.set_run_paths
    return (*paths, *(path for path in dict.fromkeys(patch.add_run_paths) if path not in paths))


def _exports(module: Module, names: Sequence[str]) -> frozenset[str]:
    dropped = frozenset(names)
    if dropped:
        referenced = maybe_referenced(module)
        for entry in module.exports:
            if entry.name in dropped and entry.kind is Kind.FUNCTION and entry.index in referenced:
                raise UsageError(
                    f"the export '{entry.name}' cannot be dropped: the code may take a reference of the "
                    "function, which its export is what allows"
                )
    return dropped


def _sections(names: Sequence[str]) -> frozenset[str]:
    for name in names:
        if name in {dylink0.NAME, dylink0.LEGACY_NAME}:
            raise UsageError(f"without its section '{name}' the module is no library any more")
    return frozenset(names)


def _unmet(module: Module, dylink: Dylink, patch: Patch) -> list[str]:
    old = [name for name, _ in patch.replace_needed]
    unmet = [f"does not need '{name}'" for name in (*old, *patch.remove_needed) if name not in dylink.needed]
    exported = {entry.name for entry in module.exports} if patch.drop_exports else set()
    unmet += [f"does not export '{name}'" for name in patch.drop_exports if name not in exported]
    customs = {section.name for section in module.sections if section.custom}
    return unmet + [f"has no section '{name}'" for name in patch.drop_sections if name not in customs]

"""A library made for a platform: once, in the environment of a build, and kept in the cache as a prefix."""

from __future__ import annotations

import hashlib
import json
import shlex
import shutil
from contextlib import ExitStack
from typing import TYPE_CHECKING

from pyodide_abi.build.logs import explained
from pyodide_abi.build.model import Exports
from pyodide_abi.build.persistent import persistent_environment
from pyodide_abi.build.runtime_libraries import libraries_of, provided
from pyodide_abi.build.wheels import work_folder
from pyodide_abi.errors import BuildFailedError
from pyodide_abi.libraries.library_sources import fetch_source
from pyodide_abi.libraries.steps import FLAGS, REQUIREMENTS, steps
from pyodide_abi.values import replace, value
from pyodide_abi.wording import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from pyodide_abi.build.model import Target
    from pyodide_abi.host import Host
    from pyodide_abi.libraries.catalogue import Catalogue
    from pyodide_abi.libraries.recipe import Recipe

#: Where entries are in the cache.
PREFIX = "target-libraries"
_DESCRIPTION = "library.json"
#: Raised when the way in which libraries are made changes.
_EDITION = 1
#: What people read, what the target runs, and libtool's files, which name paths that are gone.
_NEEDLESS = ("share/man", "share/doc", "share/info", "share/gtk-doc", "share/bash-completion")
_NEEDLESS_FILES = ("lib/**/*.la", "bin/*.js", "bin/*.wasm")
#: How a program for the target begins; ``make install`` takes it without the WebAssembly that it loads.
_PROGRAM = b"#!/usr/bin/env node\n"


@value
class MadeLibrary:
    """A library in the cache.

    Attributes:
        name: The name of the library.
        version: upstream's.
        platform: the name of the platform that it is for.
        origin: The origin of its sources, in words.
        emscripten: the compiler's version.
        prefix: The library's folder, as ``make install`` leaves one.
        key: The key of the cache's entry.
        needs: The folders of the libraries that it is linked with; empty where it was only looked up.
    """

    name: str
    version: str
    platform: str
    origin: str
    emscripten: str
    prefix: Path
    key: str
    needs: tuple[Path, ...] = ()


def make_libraries(
    names: Iterable[str],
    catalogue: Catalogue,
    target: Target,
    host: Host,
    *,
    jobs: int | None = None,
    on_line: Callable[[str], None] | None = None,
) -> list[MadeLibrary]:
    """Make libraries and what they need, those apart that are in the cache.

    Args:
        names: The names of the libraries; what they need and the runtime has is not made.
        catalogue: the recipes.
        target: what they are for; its prefixes are not looked into.
        host: the machine.
        jobs: how many compilers may run at once; None leaves it to each build system.
        on_line: gets what the builds write.

    Returns:
        the libraries, what is needed after what needs it: the order of folders on a search path.

    Raises:
        UsageError: a library has no recipe.
        MissingError: its sources, or a command that builds it, cannot be had.
        OfflineError: likewise, and the network is off limits.
        BuildFailedError: it could not be built; the log is kept, its path is in the hint.
    """
    made: dict[str, MadeLibrary] = {}
    runtimes = {library.link for library in libraries_of(target.platform)}
    for recipe in catalogue.in_order(names, provided=runtimes):
        needs = [need for need in catalogue.in_order([recipe.name], provided=runtimes) if need is not recipe]
        key = _key(recipe, needs, target)
        prefixes = tuple(made[need.name].prefix for need in reversed(needs))
        own = replace(
            target,
            prefixes=prefixes,
            needs={made[need.name].prefix: made[need.name].needs for need in needs},
            exports=Exports(),
            tag="",
            rust=None,
            rust_library=None,
        )
        place = host.store.obtain(
            key, _filling(recipe, own, host, jobs=jobs, on_line=on_line or (lambda _line: None))
        )
        made[recipe.name] = replace(_read(key, place), needs=prefixes)
    return list(reversed(made.values()))


def find_made(host: Host) -> list[MadeLibrary]:
    """The libraries in the cache, by name."""
    entries = [(key, host.store.root / key) for key in host.store.keys(PREFIX)]
    return [_read(key, place) for key, place in entries if (place / _DESCRIPTION).is_file()]


def _key(recipe: Recipe, needs: Iterable[Recipe], target: Target) -> str:
    toolchain = target.toolchain
    facts = [str(_EDITION), recipe.digest, *(need.digest for need in needs)]
    facts += [target.platform.name, toolchain.emscripten, str(toolchain.llvm)]
    digest = hashlib.sha256("\n".join(facts).encode()).hexdigest()[:12]
    return f"{PREFIX}/{recipe.name}-{target.platform.name}-{digest}"


def _read(key: str, place: Path) -> MadeLibrary:
    said = json.loads((place / _DESCRIPTION).read_text("utf-8"))
    return MadeLibrary(**said, prefix=place, key=key)


def _filling(
    recipe: Recipe, target: Target, host: Host, *, jobs: int | None, on_line: Callable[[str], None]
) -> Callable[[Path, Path], None]:
    def fill(folder: Path, place: Path) -> None:
        source = fetch_source(recipe, host)
        text = f"making {recipe.name} {source.version} for {target.platform.name}, once"
        with ExitStack() as stack:
            work = stack.enter_context(work_folder(str(place), host.store.root / "builds"))
            shutil.copytree(source.folder, work / "source", symlinks=True)
            task = stack.enter_context(host.progress.task(text))
            lines: list[str] = []

            def heard(line: str) -> None:
                lines.append(line)
                on_line(line)

            standing = persistent_environment(
                target, host, requirements=REQUIREMENTS.get(recipe.build, ()), on_line=heard
            )
            environ = standing.environ(host, jobs=jobs) | FLAGS | dict(recipe.environ)
            for name, content in recipe.files.items():
                file = work / "source" / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(content, "utf-8")
                if content.startswith("#!"):
                    file.chmod(0o755)
            commands = steps(
                recipe, source.version, source=work / "source", place=place, staged=work / "staged"
            )
            for command in commands:
                heard(f"$ {shlex.join(command)}")
                task.describe(f"{text}: {command[0].rpartition('/')[2]}")
                done = host.runner.run(command, environ=environ, cwd=work / "source", on_line=heard)
                if done.returncode:
                    raise explained(recipe.name, target.platform.name, "\n".join(lines), host)
            _take(work / "staged", folder, place)
        _check_offered(recipe, folder, target)
        _write_pkgconfig(recipe, source.version, folder, place)
        said = {
            "name": recipe.name,
            "version": source.version,
            "platform": target.platform.name,
            "origin": source.origin,
            "emscripten": target.toolchain.emscripten,
        }
        (folder / _DESCRIPTION).write_text(json.dumps(said, indent=1) + "\n", "utf-8")

    return fill


def _check_offered(recipe: Recipe, folder: Path, target: Target) -> None:
    """Hold what was installed against the recipe; what the runtime has needs no archive.

    Raises:
        BuildFailedError: an archive that it offers, or everything, is not there.
    """
    has = provided(target.platform)
    files = [f"lib/lib{name}.a" for name in recipe.offers.link if name not in has]
    lacking = [name for name in files if not (folder / name).is_file()]
    if lacking or not any(folder.iterdir()):
        raise BuildFailedError(
            f"the build of {recipe.name} has not installed {listed(lacking) if lacking else 'anything'}",
            hint=f"the recipe is {recipe.defined_in}",
        )


def _write_pkgconfig(recipe: Recipe, version: str, folder: Path, place: Path) -> None:
    for name, libs in recipe.pkgconfig.items():
        file = folder / "lib" / "pkgconfig" / f"{name}.pc"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(
            f"prefix={place}\nName: {name}\nDescription: {recipe.summary}\nVersion: {version}\n"
            f"Libs: -L${{prefix}}/lib {libs}\nCflags: -I${{prefix}}/include\n",
            "utf-8",
        )


def _take(staged: Path, folder: Path, place: Path) -> None:
    """Move what was installed into the entry, less what no build of a module reads."""
    installed = staged / place.relative_to(place.anchor)
    if not installed.is_dir():
        return
    for path in installed.iterdir():
        shutil.move(path, folder / path.name)
    for name in _NEEDLESS:
        shutil.rmtree(folder / name, ignore_errors=True)
    for pattern in _NEEDLESS_FILES:
        for left in folder.glob(pattern):
            left.unlink()
    # They would stand before this machine's own programs of their name.
    for program in folder.glob("bin/*"):
        if program.is_file() and program.read_bytes().startswith(_PROGRAM):
            program.unlink()

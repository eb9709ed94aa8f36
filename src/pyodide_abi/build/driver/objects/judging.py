"""What is said of a link that failed for a known cause, or that succeeded and cannot work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.build.driver.objects.heard import ANEW
from pyodide_abi.build.driver.objects.inputs import wanted_of
from pyodide_abi.errors import BuildFailedError
from pyodide_abi.wasm import Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from pyodide_abi.build.driver.objects.heard import Hearing
    from pyodide_abi.build.driver.objects.inputs import Foreign, Threaded

#: What starts a thread. The runtime has these functions, and they always fail.
THREAD_STARTERS = frozenset({"pthread_create", "thrd_create"})
_WITHOUT_THREADS = (
    "compile it without -pthread: threads switched off by its own option of CMake or configure, no\n"
    "THREADS_PREFER_PTHREAD_FLAG, no target feature atomics in Rust; its thread-locals are then variables"
)
_MOST_NAMES = 5


def explained(output: str, heard: Hearing) -> BuildFailedError:
    """The first cause of a link's failure, with the objects that have to be made anew."""
    (fault, cure), objects = next(iter(heard.causes.items()))
    return BuildFailedError(f"{output}: {fault}: {_few(objects)}", hint=cure)


def judge(
    output: str,
    imports: Mapping[Kind, Collection[str]],
    heard: Hearing,
    *,
    threads: Sequence[Threaded],
    knows_threads: bool,
    foreign: Sequence[Foreign],
    platform: str,
) -> list[str]:
    """Judge a side module that is linked.

    Args:
        output: Its path.
        imports: What it imports, by kind; a variable, or a function's address, is a global.
        heard: What the linker said.
        threads: Objects in it that were compiled for threads.
        knows_threads: The project asked for threads.
        foreign: Members of its archives that are for other machines.
        platform: Whom it is for.

    Returns:
        what the user should know of a module that can work.

    Raises:
        BuildFailedError: it cannot work.
    """
    if heard.mismatches:
        raise BuildFailedError(
            f"{output}: {'; '.join(heard.mismatches)}",
            hint="a function is declared in two ways; WebAssembly ends the program where it is called",
        )
    remarks = _about_threads(output, imports.get(Kind.FUNCTION, ()), threads, knows_threads=knows_threads)
    names = {name for some in imports.values() for name in some}
    return [*remarks, *_about_machines(output, names, foreign, platform)]


def _about_threads(
    output: str, functions: Collection[str], threads: Sequence[Threaded], *, knows_threads: bool
) -> Iterator[str]:
    for one in threads:
        if one.variables:
            raise BuildFailedError(
                f"{one.label} was compiled for threads (-pthread), and its thread-local variables"
                f" ({_few(one.variables)}) would lie over the runtime's own memory",
                hint=_WITHOUT_THREADS,
            )
    labels = _few([one.label for one in threads])
    if (knows_threads or threads) and (used := set(functions) & THREAD_STARTERS):
        made = f" ({labels})" if threads else ""
        raise BuildFailedError(
            f"{output} starts threads ({', '.join(sorted(used))}), and the runtime has one thread",
            hint=f"it was built with -pthread{made}; build it without threads for this target",
        )
    if threads:
        yield f"{output}: compiled for threads (-pthread), of which the runtime has one: {labels}"


def _about_machines(
    output: str, names: Collection[str], foreign: Sequence[Foreign], platform: str
) -> Iterator[str]:
    if not foreign:
        return
    from pyodide_abi.platforms import load_platform, load_surface  # noqa: PLC0415 - needed here only

    # What the runtime offers comes from there, whatever else an archive for another machine may hold.
    surface = load_surface(load_platform(platform))
    offered = set(surface.names).intersection(*map(surface.symbols, surface.releases))
    for name, one in wanted_of(foreign, set(names) - offered).items():
        raise BuildFailedError(
            f"{output} needs {name}, and {one.label}, which has it, is {one.identity}", hint=ANEW
        )
    labels = _few([f"{one.label} ({one.identity})" for one in foreign])
    yield f"{output}: passed over what is for another machine: {labels}"


def _few(names: Sequence[str]) -> str:
    """The first names of a list, and how many there are more."""
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")

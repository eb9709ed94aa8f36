"""Runs inside the runtime: make the interpreter ready, run a program in it as ``python`` does, and end it.

This file is part of a snapshot (``interpreter.mjs`` puts it there). When an interpreter has started, and what
it is to see is mounted, :func:`settle` and :func:`prepare` are called; the runtime's own ``main`` then calls
:func:`run`. What CPython's ``Modules/main.c`` and ``Py_FinalizeEx`` of
``Python/pylifecycle.c`` do around a program is done here, in their order, up to where CPython begins to
destroy the interpreter. There its own faults wait, such as https://github.com/python/cpython/issues/156762,
which kill a WebAssembly interpreter or not by the order in which objects were made; and a page in a browser
never comes to that.
"""

from __future__ import annotations

import atexit
import gc
import io
import json
import os
import site
import sys
import time
import types
from contextlib import suppress
from functools import partial
from importlib.machinery import PathFinder, SourceFileLoader
from typing import TYPE_CHECKING, Any
from zipimport import zipimporter

if TYPE_CHECKING:
    from collections.abc import Callable

#: The module that every interpreter is asked to run, as :data:`pyodide_abi.runtime.protocol.START` has it.
_NAME = "_pyodide_abi"
#: What CPython's main returns where the last of the output could not be written.
_UNWRITTEN = 120
#: What a shell shows for a program that Ctrl-C ended: 128 + SIGINT.
_INTERRUPTED = 130
#: Seconds between two looks for Ctrl-C while a program sleeps or awaits.
_LOOK = 0.05


def site_packages() -> str:
    """The folder that wheels are installed in."""
    return site.getsitepackages()[0]


def settle(text: str, home: str, place: str) -> None:
    """Make this interpreter's own what a snapshot has from the one that it was made of.

    Args:
        text: the request's ``environ`` as JSON.
        home: the home folder.
        place: the folder that the interpreter is in.
    """
    os.environ.update(json.loads(text))
    os.environ["HOME"] = home
    if sys.orig_argv[-1] == _NAME:
        del sys.orig_argv[-2:]
        sys.argv = [""]
    streams: Any = (sys.stdin, sys.stdout, sys.stderr)
    if os.environ.get("PYTHONUNBUFFERED") and not streams[0].write_through:
        streams[0].reconfigure(line_buffering=False, write_through=True)
        _unbuffer("stdout", "stderr")
    # The boot imports these two, which look at the clock and for the machine's randomness when imported.
    modules: dict[str, Any] = dict(sys.modules)
    if "random" in modules:
        modules["random"].seed()
    if "logging" in modules:
        began = modules["logging"]._startTime  # noqa: SLF001 - in seconds up to Python 3.12, then nanoseconds
        modules["logging"]._startTime = time.time_ns() if isinstance(began, int) else time.time()  # noqa: SLF001
    _find(home, place)


def _find(home: str, place: str) -> None:
    """Have imports find what has been mounted, as ``python`` does."""
    # loadPyodide puts a folder of its own in front, in an interpreter from a snapshot twice.
    while sys.path[:1] in ([""], [place], [home]):
        del sys.path[0]
    # Paths that wheels bring in .pth files are added as at start-up, unless -S was given.
    if not sys.flags.no_site:
        site.addsitedir(site_packages())
    # importlib.invalidate_caches() would read the archive of the standard library again, and import
    # importlib.metadata: together a quarter of a start.
    for folder, finder in list(sys.path_importer_cache.items()):
        if not isinstance(finder, zipimporter):
            del sys.path_importer_cache[folder]


def _unbuffer(*names: str) -> None:
    """As ``create_stdio`` of CPython's ``pylifecycle.c`` makes them for PYTHONUNBUFFERED."""
    for name in names:
        old = getattr(sys, name)
        raw: Any = open(old.fileno(), "wb", buffering=0, closefd=False)  # noqa: SIM115 - it stays open
        raw.name = f"<{name}>"
        new: Any = io.TextIOWrapper(
            raw, encoding=old.encoding, errors=old.errors, newline="\n", write_through=True
        )
        new.mode = "w"
        setattr(sys, name, new)
        setattr(sys, f"__{name}__", new)


def prepare(text: str, interrupted: Callable[[], bool] | None) -> None:
    """Have ``main`` run a program: it takes what it is to call from the module ``runpy``.

    Args:
        text: what comes after Python's options, as JSON: ``-c CODE``, ``-m MODULE``, ``-``, a script or
            nothing, then the program's arguments.
        interrupted: whether somebody has pressed Ctrl-C; none where nobody can.
    """
    words: list[str] = json.loads(text)
    if interrupted:
        _let_waits_be_interrupted(interrupted)
    known = sys.modules.get("runpy")
    double: Any = types.ModuleType("runpy")
    double._run_module_as_main = partial(run, words, known)  # noqa: SLF001 - main.c asks for it
    sys.modules["runpy"] = double


def _let_waits_be_interrupted(interrupted: Callable[[], bool]) -> None:
    """Have Ctrl-C raise a KeyboardInterrupt in a program that sleeps or runs an event loop.

    With stack switching the runtime does both by waiting for a promise (``run_sync``), in which no Python
    runs that could look for a signal.
    """
    asyncio: Any = sys.modules.get("asyncio")
    plain = getattr(sys.modules.get("pyodide.webloop"), "run_sync", None)
    if asyncio is None or plain is None:
        return

    def run_sync(awaited: object) -> object:
        if not (asyncio.iscoroutine(awaited) or asyncio.isfuture(awaited)):
            return plain(awaited)  # A promise of JavaScript cannot be cancelled.
        tasks: list[Any] = []

        async def ended() -> bool:
            task = asyncio.ensure_future(awaited)
            tasks.append(task)
            while not (await asyncio.wait({task}, timeout=_LOOK))[0]:
                if interrupted():
                    task.cancel()
                    await asyncio.wait({task})
                    return False
            return True

        # In a task a KeyboardInterrupt would be the event loop's, and end the interpreter.
        if not plain(ended()):
            raise KeyboardInterrupt
        return tasks[0].result()

    for name in ("pyodide.webloop", "pyodide.ffi"):
        setattr(sys.modules[name], "run_sync", run_sync)  # noqa: B010 - modules of another machine


def run(words: list[str], known: types.ModuleType | None, _name: str, _named: bool) -> None:
    """Run a program to its end, and leave the interpreter.

    Args:
        words: The words of :func:`prepare`.
        known: the real ``runpy``, if it has been imported.
    """
    if known:
        sys.modules["runpy"] = known
    else:
        del sys.modules["runpy"]
    if not sys.flags.safe_path:
        del sys.path[0]  # It goes with the module that `main` was asked for.
    status, raised = 0, None
    try:
        _program(words)()
    except SystemExit as error:
        status = _status(error.code)
    except BaseException as error:  # noqa: BLE001 - whatever ended the program
        raised = error
    # No longer while the exception is handled, of which others would be the consequence.
    if raised:
        status = _shown(raised)
    os._exit(_ended(status))


def _program(words: list[str]) -> Callable[[], object]:
    """What is to be called, once ``sys`` and ``__main__`` are as the program expects them."""
    sys.orig_argv += words
    first, *rest = words or [""]
    sys.argv = [first, *rest]
    if first in {"-c", "-m"}:
        del sys.argv[1]
        _put_first("" if first == "-c" else os.getcwd())  # noqa: PTH109 - what is not imported need not be
        return _call(_compiled(rest[0])) if first == "-c" else _module(rest[0], named=True)
    if first in {"", "-"}:
        _put_first("")
        return _call(_main(sys.stdin.buffer.read(), "<stdin>"))
    place = os.path.abspath(first)  # noqa: PTH100 - as above
    finder: Any = PathFinder
    if finder._path_importer_cache(place) is not None:  # noqa: SLF001 - as main.c
        # A folder or an archive.
        sys.path.insert(0, place)
        return _module("__main__", named=False)
    _put_first(os.path.dirname(place))  # noqa: PTH120 - as above
    return _call(_script(place))


def _put_first(folder: str) -> None:
    if not sys.flags.safe_path:
        sys.path.insert(0, folder)


def _module(name: str, *, named: bool) -> Callable[[], object]:
    import runpy  # noqa: PLC0415 - the real one, once it is wanted

    return partial(runpy._run_module_as_main, name, named)  # type: ignore[attr-defined] # noqa: SLF001 - as main.c


def _call(code: types.CodeType) -> Callable[[], object]:
    # A function of a module's code has its globals for locals.
    return types.FunctionType(code, sys.modules["__main__"].__dict__)


def _compiled(source: str) -> types.CodeType:
    if sys.version_info >= (3, 14) and source[:1].isspace():
        import textwrap  # noqa: PLC0415 - few programs need it

        source = textwrap.dedent(source)
    name = "<string>"
    code = compile(source, name, "exec", dont_inherit=True)
    import linecache  # noqa: PLC0415 - a module or a script goes without

    # From 3.13 on a traceback shows the lines of -c, too.
    if hasattr(linecache, "_register_code"):
        key = code if sys.version_info >= (3, 14) else name
        linecache._register_code(key, source, name)  # noqa: SLF001 - as CPython's pythonrun.c
    return code


def _script(place: str) -> types.CodeType:
    loader = SourceFileLoader("__main__", place)
    try:
        source = loader.get_data(place)
    except OSError as error:
        why = f"[Errno {error.errno}] {error.strerror}"
        _say(f"{sys.executable}: can't open file {place!r}: {why}")
        raise SystemExit(2) from None
    sys.modules["__main__"].__loader__ = loader
    return _main(source, place)


def _main(source: bytes, name: str) -> types.CodeType:
    namespace = sys.modules["__main__"].__dict__
    namespace["__file__"] = name
    if sys.version_info < (3, 15):
        namespace["__cached__"] = None
    return compile(source, name, "exec", dont_inherit=True)


def _shown(error: BaseException) -> int:
    """Show the exception that ended a program, as ``PyErr_Print`` does; the program's status."""
    # Without the frames of this file, which the program knows nothing of.
    trace = error.__traceback__
    while trace and trace.tb_frame.f_globals is globals():
        trace = trace.tb_next
    sys.last_type, sys.last_value, sys.last_traceback = type(error), error, trace
    setattr(sys, "last_exc", error.with_traceback(trace))  # noqa: B010 - Python 3.11's has none
    try:
        sys.excepthook(type(error), error, trace)
    except SystemExit as another:
        return _status(another.code)
    except BaseException as another:  # noqa: BLE001 - the program's hook may raise anything
        inner = another.__traceback__ and another.__traceback__.tb_next
        _say("Error in sys.excepthook:")
        sys.__excepthook__(type(another), another.with_traceback(inner), inner)
        _say("\nOriginal exception was:")
        sys.__excepthook__(type(error), error, trace)
    return _INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1


def _status(code: object) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    _say(code)
    return 1


def _say(text: object) -> None:
    stream: Any = sys.stderr or sys.__stderr__
    with suppress(Exception):  # The program may have put anything there, or nothing.
        stream.write(f"{text}\n")


def _ended(status: int) -> int:
    """Do what a program can see of Python's end; the exit status."""
    if "threading" in sys.modules:
        # Comes first, as it is registered last.
        atexit.register(sys.modules["threading"]._shutdown)  # noqa: SLF001 - as pylifecycle.c
    atexit._run_exitfuncs()  # noqa: SLF001 - as pylifecycle.c
    written = [_flushed(name) for name in ("stdout", "stderr")]
    # A teardown would close what is left open. (A proxy may pretend to be of another class.)
    for thing in gc.get_objects():
        if issubclass(type(thing), (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom)):
            with suppress(OSError, ValueError):
                thing.flush()
    return status if all(written) else _UNWRITTEN


def _flushed(name: str) -> bool:
    """Whether everything that was printed has been written."""
    stream = getattr(sys, name, None)
    if stream is None or getattr(stream, "closed", False):
        return True
    try:
        stream.flush()
    except Exception as error:  # noqa: BLE001 - the program may have put anything there
        if name == "stdout":
            # CPython words it anew each year: 3.12, 3.13, later ones.
            words = (f"in: {stream!r}", "on flushing sys.stdout:", "while flushing sys.stdout:")
            where = words[min(max(sys.version_info.minor, 12), 14) - 12]
            _say(f"Exception ignored {where}\n{type(error).__name__}: {error}")
        return False
    return True

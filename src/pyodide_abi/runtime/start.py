"""Runs inside the runtime: begin in an interpreter that was started from its snapshot as ``python`` begins.

An interpreter's memory holds the arguments and the environment that it was started with, so one that comes
from a snapshot has those of the day the snapshot was made. The driver hands this file's text to it and calls
:func:`settle`; for a program, the runtime's own ``main`` then calls :func:`start`, which does what CPython's
``Modules/main.c`` does with the arguments.
"""

import io
import json
import os
import sys
import time
import types
from importlib.machinery import SourceFileLoader
from typing import Any

#: Under this name the snapshot's own arguments find :func:`start`; the program does not.
_NAME = "_pyodide_abi"


def settle(text: str) -> None:
    """Make this interpreter's own what the snapshot has from the one that it was made of.

    Args:
        text: the request's ``args`` and ``environ`` as JSON.
    """
    wanted = json.loads(text)
    os.environ.update(wanted["environ"])
    if os.environ.get("PYTHONUNBUFFERED"):
        _unbuffer("stdout", "stderr")
        stdin: Any = sys.stdin
        stdin.reconfigure(line_buffering=False, write_through=True)
    # The boot imports these two, which look at the clock and for the machine's randomness when imported.
    modules: dict[str, Any] = dict(sys.modules)
    if "random" in modules:
        modules["random"].seed()
    if "logging" in modules:
        began = modules["logging"]._startTime  # noqa: SLF001 - in seconds up to Python 3.12, then nanoseconds
        modules["logging"]._startTime = time.time_ns() if isinstance(began, int) else time.time()  # noqa: SLF001
    module: Any = types.ModuleType(_NAME)
    module.start = lambda: start(wanted["args"])
    sys.modules[_NAME] = module


def _unbuffer(*names: str) -> None:
    """As ``create_stdio`` of CPython's ``pylifecycle.c`` makes them for PYTHONUNBUFFERED."""
    for name in names:
        old = getattr(sys, name)
        raw: Any = open(old.fileno(), "wb", buffering=0, closefd=False)  # noqa: SIM115 - it stays open
        raw.name = f"<{name}>"
        new: Any = io.TextIOWrapper(
            raw,
            encoding=old.encoding,
            errors=old.errors,
            newline="\n",
            write_through=True,
        )
        new.mode = "w"
        setattr(sys, name, new)
        setattr(sys, f"__{name}__", new)


def start(args: list[str]) -> None:
    """Run the program.

    Args:
        args: as after ``python``: ``-c CODE``, ``-m MODULE``, ``-``, a script or nothing, then the program's.

    Raises:
        SystemExit: it ended so, or with an exception that has been shown.
    """
    del sys.modules[_NAME]
    sys.orig_argv = [sys.orig_argv[0], *args]
    try:
        _run(args or [""])
    except SystemExit:
        raise
    except BaseException as error:
        # Without the frames of this file, which the program knows nothing of.
        hidden = error.__traceback__
        while hidden and hidden.tb_frame.f_globals is globals():
            hidden = hidden.tb_next
        sys.excepthook(type(error), error, hidden)
        # It has been shown; the runtime makes of it the exit status.
        sys.excepthook = lambda *_: None
        raise


def _run(args: list[str]) -> None:
    first, namespace = args[0], sys.modules["__main__"].__dict__
    # `main` has put there the empty path that goes with -c, with which the snapshot was made.
    del sys.path[0]
    if first == "-m":
        from runpy import _run_module_as_main  # type: ignore[attr-defined] # noqa: PLC0415 - as main.c

        sys.argv = ["-m", *args[2:]]
        sys.path.insert(0, os.getcwd())  # noqa: PTH109 - what is not imported need not be imported
        _run_module_as_main(args[1])
        return
    if first == "-c":
        sys.argv = ["-c", *args[2:]]
        sys.path.insert(0, "")
        code = _compiled(args[1], "<string>")
    else:
        sys.argv = args
        name = "<stdin>" if first in {"", "-"} else os.path.abspath(first)  # noqa: PTH100 - as above
        sys.path.insert(0, "" if name == "<stdin>" else os.path.dirname(name))  # noqa: PTH120 - as above
        source = sys.stdin.buffer.read() if name == "<stdin>" else SourceFileLoader("", name).get_data(name)
        namespace["__file__"] = name
        if sys.version_info < (3, 15):
            namespace["__cached__"] = None
        if name != "<stdin>":
            namespace["__loader__"] = SourceFileLoader("__main__", name)
        code = compile(source, name, "exec", dont_inherit=True)
    exec(code, namespace)  # noqa: S102 - this is what running a program is


def _compiled(source: str, name: str) -> types.CodeType:
    code = compile(source, name, "exec", dont_inherit=True)
    import linecache  # noqa: PLC0415 - a module or a script goes without

    # From 3.13 on a traceback shows the lines of -c, too.
    if hasattr(linecache, "_register_code"):
        key = code if sys.version_info >= (3, 14) else name
        linecache._register_code(key, source, name)  # noqa: SLF001 - as CPython's pythonrun.c
    return code

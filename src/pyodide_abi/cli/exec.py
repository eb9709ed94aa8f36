"""``pyodide-abi exec``: any command, in the environment that a build has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.values import replace

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from pyodide_abi.build.persistent import PersistentEnvironment
    from pyodide_abi.cli.session import Session

DESCRIPTION = """\
Run a command in the cross environment: make, cmake, meson, ./configure, a script.

CC, CXX, AR and their kin are the compiler drivers of the platform; CMake gets a toolchain file
(CMAKE_TOOLCHAIN_FILE), meson a cross file, configure scripts learn that they are cross-compiled
(CONFIG_SITE), pkg-config sees the target's packages only, and python answers for the target. Headers,
libraries and flags of this machine, such as CFLAGS and CPATH, do not reach the command. The environment
stays where it is from one call to the next, so that a build can be configured in one and made in another.
"""

EXAMPLES = """\
examples:
  pyodide-abi exec -- make
      a Makefile that honours CC and AR
  pyodide-abi exec --platform 2025_0 -- sh -c './configure --prefix=$PWD/out && make install'
      a library for the target; 'build --prefix out' finds it
  pyodide-abi exec --with cmake --with ninja -- cmake -G Ninja -B build
  pyodide-abi exec --with cmake --with ninja -- cmake --build build
  pyodide-abi exec -- sh -c '$CC -shared spam.c -o spam.so'

exit status: the command's own; 127 where there is no such command, 2 a wrong call, 3 a compiler, an
interpreter or the network cannot be had.
"""

#: What a shell, env and xargs return where there is no such command.
_NO_COMMAND = 127
#: Commands that may be had as build requirements.
_ON_THE_INDEX = frozenset({"cmake", "ninja", "meson", "maturin"})
#: Commands that compile Rust.
_RUST = frozenset({"cargo", "rustc", "maturin"})


def configure(parser: argparse.ArgumentParser) -> None:
    """Add arguments, a description and examples."""
    from pyodide_abi.cli.target import add_platform_option, add_target_options

    parser.usage = "%(prog)s [OPTION ...] -- COMMAND [ARGUMENT ...]"
    parser.description = DESCRIPTION
    parser.epilog = EXAMPLES
    add_platform_option(parser)
    parser.add_argument(
        "--with",
        dest="requirements",
        action="append",
        default=[],
        metavar="REQ",
        help="install a build requirement first, such as cmake or pybind11; may be repeated",
    )
    add_target_options(parser)
    parser.add_argument("command", nargs="...", metavar="COMMAND", help="the command and its arguments")


def run(args: argparse.Namespace, session: Session) -> int:
    """Run it; its exit status."""
    from pyodide_abi.build.persistent import persistent_environment
    from pyodide_abi.build.tools.cargo import uses_rust
    from pyodide_abi.cli.target import find_target
    from pyodide_abi.errors import UsageError
    from pyodide_abi.platforms import default_platform, load_platform

    words = args.command[1:] if args.command[:1] == ["--"] else args.command
    if not words:
        raise UsageError("there is no command to run", hint="pyodide-abi exec [OPTION ...] -- COMMAND ...")
    platform = load_platform(args.platform) if args.platform else default_platform()
    target = find_target(platform, args, session)
    if (words[0] in _RUST or uses_rust(session.cwd)) and target.rust is None:
        from pyodide_abi.toolchain import find_rust

        target = replace(target, rust=find_rust(platform, session.host, library=target.rust_library))
    lines: list[str] = []
    standing = persistent_environment(
        target, session.host, requirements=args.requirements, on_line=lines.append
    )
    return _run(words, standing, args.jobs, session)


def _run(words: Sequence[str], standing: PersistentEnvironment, jobs: int | None, session: Session) -> int:
    from pyodide_abi.cli.session import report_error
    from pyodide_abi.errors import MissingError
    from pyodide_abi.process import find_executable

    environ = standing.environ(session.host, jobs=jobs)
    try:
        find_executable(words[0], environ)
    except MissingError as error:
        hint = f"pyodide-abi exec --with {words[0]} -- {words[0]} …" if words[0] in _ON_THE_INDEX else ""
        report_error(
            MissingError(str(error), hint=hint or error.hint), environ=session.environ, traceback=False
        )
        return _NO_COMMAND
    before = standing.remarks.stat().st_size
    done = session.host.runner.attach(words, environ=environ, cwd=session.cwd)
    with standing.remarks.open("rb") as file:
        file.seek(before)
        remarks = file.read().decode("utf-8", "replace").splitlines()
    for remark in dict.fromkeys(remarks):
        session.host.progress.say(f"note: {remark}")
    return done.returncode if done.returncode >= 0 else 128 - done.returncode

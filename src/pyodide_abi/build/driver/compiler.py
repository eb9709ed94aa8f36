"""What a build's ``cc`` and ``c++`` are: rewrite the command line and become clang or ``emcc``.

Started for each command that the scripts of :mod:`~pyodide_abi.build.fast_path` do not know by heart, with
its settings in a file beside them. Marshal reads the settings in no time; the same interpreter wrote them.
"""

from __future__ import annotations

import marshal
import os
import sys

from pyodide_abi.build.driver import arguments, compile_table, flags, questions

TYPE_CHECKING = False  # as in arguments.py
if TYPE_CHECKING:
    from typing import NoReturn

    from pyodide_abi.build.driver.settings import Settings


def main(argv: list[str]) -> NoReturn:
    """Become the compiler.

    Args:
        argv: the settings' file, the driver's name (``cc`` or ``c++``), and the project's words.
    """
    with open(argv[0], "rb") as file:  # noqa: PTH123 - pathlib costs 10 ms
        settings: Settings = marshal.load(file)  # noqa: S302 - written by ourselves for this build
    driver = argv[1]
    words = arguments.expanded(argv[2:], _read_text)
    if driver == "ld":
        words, driver = arguments.linker_as_compiler(words), "cc"
    command = arguments.Command(words, driver)
    if command.is_probe:
        answer = questions.answer(words, settings["folder"].rpartition("/")[0])
        if answer is not None:
            sys.stdout.write(answer + "\n")
            sys.exit(0)
    try:
        rewritten = flags.rewrite(command, settings["rules"])
    except flags.ForbiddenFlagError as error:
        _refuse(f"{error}\nleave it out for this target: setup.py sees sys.platform == 'emscripten'")
    if rewritten.threads:
        # A link may not say so itself; it looks here.
        with open(settings["folder"] + "/threads", "ab"):  # noqa: PTH123 - pathlib costs 10 ms
            pass
    environ = {name: value for name, value in os.environ.items() if name not in settings["unset"]}
    environ.update(settings["environ"])
    if rewritten.side_module:
        _keep([settings["programs"][driver], *rewritten.words], settings["commands"])
        _link(command, rewritten, settings, driver, environ)
    _remember(rewritten.remarks, settings["remarks"])
    if command.links:
        # A program, of a configure script say, that wants to know whether a library is there.
        _find_libraries(rewritten, settings)
    own = rewritten.words[rewritten.added :]
    known = compile_table.plan(command, own, driver, settings["expansions"])
    final = known or [settings["programs"][driver], *rewritten.words]
    if not command.is_probe:
        _keep(final, settings["commands"])
    if known:
        final = [*settings["launcher"], *known]
    os.execve(final[0], final, environ)  # noqa: S606 - that is what it is for


def _link(
    command: arguments.Command,
    rewritten: flags.Rewritten,
    settings: Settings,
    driver: str,
    environ: dict[str, str],
) -> NoReturn:
    from pyodide_abi.build.driver.objects.linking import Link  # noqa: PLC0415 - only links need it
    from pyodide_abi.errors import PyodideAbiError  # noqa: PLC0415 - as above

    try:
        status = Link(command, rewritten, settings=settings, driver=driver, environ=environ).run()
    except PyodideAbiError as error:
        _refuse(f"{error}\n{error.hint}" if error.hint else str(error))
    finally:
        _remember(rewritten.remarks, settings["remarks"])
    sys.exit(status)


def _find_libraries(rewritten: flags.Rewritten, settings: Settings) -> None:
    folder = settings["library_folder"]
    if folder:
        rewritten.words.append("-L" + folder)
    if needs := settings["rules"]["needs"]:
        from pyodide_abi.build.driver.objects.needs import with_needs  # noqa: PLC0415 - as above

        rewritten.words = with_needs(rewritten.words, needs, runtimes=folder)


def _remember(remarks: list[str], path: str) -> None:
    if remarks:
        # One write per call: appends of several compilers at once do not mix.
        with open(path, "ab", buffering=0) as file:  # noqa: PTH123 - as above
            file.write("".join(remark + "\n" for remark in remarks).encode())


def _keep(words: list[str], folder: str) -> None:
    """Append the command to this process's file, as the scripts do: count, working folder, words."""
    record = [str(len(words)), os.getcwd(), *words]  # noqa: PTH109 - as above
    with open(f"{folder}/{os.getpid()}", "ab", buffering=0) as file:  # noqa: PTH123 - as above
        file.write("".join(word + "\0" for word in record).encode("utf-8", "surrogateescape"))


def _refuse(message: str) -> NoReturn:
    sys.stderr.write(f"pyodide-abi: error: {message}\n")
    sys.exit(1)


def _read_text(path: str) -> str:
    return _read_bytes(path).decode("utf-8", "surrogateescape")


def _read_bytes(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123 - as above
        return file.read()

"""What a driver has to know of the build that it works for, as plain values that marshal can keep."""

from __future__ import annotations

TYPE_CHECKING = False  # as in arguments.py
if TYPE_CHECKING:
    from typing import TypedDict

    class Forbidden(TypedDict):
        """A flag that the ABI forbids."""

        flag: str
        languages: list[str]
        stages: list[str]
        reason: str

    class Rules(TypedDict):
        """What the platform and the sysroot ask of every command.

        ``required`` is keyed by language, then stage. ``after`` stands behind the project's own words of
        compile steps and is keyed by language. ``host_folders`` are folders whose headers and libraries
        belong to the build machine; the same ones below ``prefixes``, where the target's libraries were
        installed, stand in for them. ``needs`` has, for the folder of a library's archives, those that are
        linked with them. ``run_path`` says whether the platform's loader reads one.
        ``libraries`` has the runtime's own C libraries, by what ``-l`` takes, and ``ports`` the words that
        ask for Emscripten's ports of them; both say what the user is told. ``port_headers`` says whether
        their headers are found without a port.
        """

        platform: str
        required: dict[str, dict[str, list[str]]]
        forbidden: list[Forbidden]
        host_folders: list[str]
        prefixes: list[str]
        needs: dict[str, list[str]]
        after: dict[str, list[str]]
        run_path: bool
        libraries: dict[str, str]
        ports: dict[str, str]
        port_headers: bool

    class Settings(TypedDict):
        """What a driver has to know.

        ``programs`` has the real compiler of ``cc`` and of ``c++``, ``nm`` and ``ar``; ``expansions`` what
        ``emcc`` makes of known commands (:mod:`~pyodide_abi.build.driver.compile_table`), before which
        ``launcher`` stands. ``environ`` is laid over the environment after the names in ``unset`` are gone.
        Remarks are appended to the file ``remarks``; each command is kept in the folder ``commands``.
        ``folder`` is for files that a long command needs; ``library_folder`` has archives of the runtime's
        libraries for programs, or is empty.
        """

        rules: Rules
        programs: dict[str, str]
        expansions: dict[str, list[str]]
        launcher: list[str]
        environ: dict[str, str]
        unset: list[str]
        export_mode: str
        export_names: list[str]
        remarks: str
        commands: str
        folder: str
        library_folder: str

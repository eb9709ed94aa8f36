"""One command over many files: a file that cannot be read does not keep the others from their results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.errors import PyodideAbiError, UnreadableInputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pyodide_abi.cli.session import Session


class Many:
    """The results over files, in the order of the files.

    Attributes:
        results: As JSON values.
        worst: The worst exit status of the files that could not be read.
    """

    def __init__(self, session: Session, *, key: str, form: str) -> None:
        """Prepare.

        Args:
            session: The command's.
            key: What the command's results call the file.
            form: The form of the results; of lines for programs each is written as it comes.
        """
        self._session = session
        self._key = key
        self._form = form
        self.results: list[dict[str, Any]] = []
        self.worst = 0
        self._unreadable = 0

    def add(self, given: str, work: Callable[[], dict[str, Any]]) -> None:
        """Do the work over one file; say what is in the way, if something is, and keep that in its place."""
        from pyodide_abi.cli.session import report_error
        from pyodide_abi.report.envelope import to_lines, unreadable_to_data

        try:
            self.results.append(work())
        except (PyodideAbiError, OSError) as raised:
            error = raised if isinstance(raised, PyodideAbiError) else _in_words(given, raised)
            report_error(error, environ=self._session.environ, traceback=False)
            self.results.append(unreadable_to_data(self._key, given, str(error)))
            self.worst = max(self.worst, error.exit_code)
            self._unreadable += 1
        if self._form == "jsonl":
            self._session.out.write(to_lines(self.results[-1:]))
            self._session.out.flush()

    def write(self, command: str, summary: dict[str, object] | None = None) -> None:
        """Write the results for programs as one, if that is the form asked for."""
        from pyodide_abi.report.envelope import to_envelope

        if self._form == "json":
            summary = {**(summary or {}), "unreadable": self._unreadable}
            self._session.out.write(to_envelope(command, self.results, summary=summary))


def _in_words(given: str, error: OSError) -> UnreadableInputError:
    return UnreadableInputError(f"{error.filename or given}: {error.strerror or error}")

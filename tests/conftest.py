"""Fixtures for every test. Only integration tests may start processes or use the network."""

from __future__ import annotations

import os
import re
import socket
import subprocess
from typing import NoReturn

import hypothesis
import pytest

# A busy machine may take any time for an example, and mutmut runs a test more than once in one process.
hypothesis.settings.register_profile(
    "untimed",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.differing_executors],
)
hypothesis.settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def _unit_tests_stay_inside(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes and the network raise, unless the test is an integration test."""
    if request.node.get_closest_marker("integration") is None:

        def refuse(*_args: object, **_kwargs: object) -> NoReturn:
            pytest.fail("a unit test tried to start a process or to use the network")

        connect = socket.socket.connect

        def stay(own: socket.socket, address: object) -> None:
            """Reach a server of the test itself, and nothing else."""
            if not (isinstance(address, tuple) and address[0] == "127.0.0.1"):
                refuse()
            connect(own, address)

        monkeypatch.setattr(subprocess.Popen, "__init__", refuse)
        monkeypatch.setattr(socket.socket, "connect", stay)


#: What may be missing on a machine of CI. Any other skip there is a test that silently stopped testing.
EXPECTED_SKIPS = re.compile(
    r"there is no (Node 20|Node 26|browser of the Chromium family|firefox|chromium|webkit)\b"
    r"|there is no executable '(bun|deno|firefox|jsc)'"
    r"|no (fish|zsh) here"
)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI, fail on a skip that was not expected."""
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if terminal is None or os.environ.get("CI") != "true":
        return  # A worker of pytest-xdist has no terminal.
    reasons = {str(report.longrepr) for report in terminal.stats.get("skipped", [])}
    unexpected = sorted(reason for reason in reasons if not EXPECTED_SKIPS.search(reason))
    if unexpected:
        terminal.write_line("skips that CI did not expect:\n" + "\n".join(unexpected), red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED

"""Fixtures for every test. Only integration tests may start processes or use the network."""

from __future__ import annotations

import socket
import subprocess
from typing import NoReturn

import pytest


@pytest.fixture(autouse=True)
def _unit_tests_stay_inside(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes and sockets raise, unless the test is an integration test."""
    if request.node.get_closest_marker("integration") is None:

        def refuse(*_args: object, **_kwargs: object) -> NoReturn:
            pytest.fail("a unit test tried to start a process or to use the network")

        monkeypatch.setattr(subprocess.Popen, "__init__", refuse)
        monkeypatch.setattr(socket.socket, "connect", refuse)

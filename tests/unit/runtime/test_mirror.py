"""The server that stands for the network, on this machine."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

import pytest

from pyodide_abi.runtime.mirror import _Server

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def request_() -> Iterator[socket.socket]:
    with socket.socket() as made:
        yield made


@pytest.mark.parametrize(("error", "told"), [(ConnectionResetError, False), (KeyError, True)])
def test_a_client_that_is_gone_is_no_news(
    error: type[Exception], *, told: bool, request_: socket.socket, capfd: pytest.CaptureFixture[str]
) -> None:
    server = _Server.__new__(_Server)
    with contextlib.suppress(error), contextlib.ExitStack() as stack:
        stack.callback(server.handle_error, request_, ("127.0.0.1", 1))
        raise error
    assert (error.__name__ in capfd.readouterr().err) == told

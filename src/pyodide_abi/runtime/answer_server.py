"""A server that a page posts its answers to: at a path that nobody else knows, and within bounds."""

from __future__ import annotations

import re
import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING

from pyodide_abi.runtime.local_server import LocalServer

if TYPE_CHECKING:
    from email.message import Message

#: Bytes of the longest answer of a page, and how many answers a page may give.
_LONGEST_ANSWER, _MOST_ANSWERS = 16 << 20, 100_000
_LENGTH = re.compile(r"[0-9]{1,9}")


class AnswerServer(LocalServer):
    """The server, while it is entered.

    Attributes:
        answer_path: The path that the page posts answers to.
    """

    def __init__(self) -> None:
        super().__init__()
        self.answer_path = f"/answer/{secrets.token_hex(16)}"
        self._taken = 0

    @property
    def has_page(self) -> bool:
        """Whether there is a page that may post."""
        return True

    def keep(self, answer: str) -> None:
        """Do with an answer what it is for."""
        raise NotImplementedError

    def may_post(self, target: str, headers: Message) -> tuple[HTTPStatus, int]:
        """What to say to a page that posts, and how many bytes it is going to send."""
        if not self.is_meant(headers):
            return HTTPStatus.FORBIDDEN, 0
        if target != self.answer_path or not self.has_page or self._taken >= _MOST_ANSWERS:
            return HTTPStatus.METHOD_NOT_ALLOWED, 0
        length = headers.get("Content-Length", "")
        if not _LENGTH.fullmatch(length) or int(length) > _LONGEST_ANSWER:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, 0
        return HTTPStatus.OK, int(length)

    def take(self, body: bytes) -> None:
        """One answer more."""
        self._taken += 1
        self.keep(body.decode(errors="replace"))

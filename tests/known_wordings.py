"""Every wording of every known message, for tests of each."""

from __future__ import annotations

import pytest

from pyodide_abi.messages import load_messages

CASES = [
    pytest.param(message, wording, id=f"{message.name}-{wording.by}-{number}")
    for message in load_messages()
    for number, wording in enumerate(message.wordings)
]

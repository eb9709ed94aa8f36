from __future__ import annotations

import pytest

from pyodide_abi.errors import WheelError
from pyodide_abi.wheel.metadata import parse_metadata, write_metadata

TEXT = """\
Wheel-Version: 1.0
Generator: setuptools (84.2.1)
Root-Is-Purelib: false
Tag: cp314-cp314-pyodide_314_0_wasm32
Tag: cp314-abi3-pyodide_314_0_wasm32
Build: 7
X-Own: kept
"""


def test_round_trip() -> None:
    metadata = parse_metadata(TEXT, where="w")
    assert metadata.tags == ("cp314-cp314-pyodide_314_0_wasm32", "cp314-abi3-pyodide_314_0_wasm32")
    assert (metadata.root_is_purelib, metadata.build, metadata.others) == (False, "7", (("X-Own", "kept"),))
    assert write_metadata(metadata) == TEXT


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Wheel-Version is ''"),
        (TEXT.replace("1.0", "2.0", 1), "Wheel-Version is '2.0', not 1.x"),
        (TEXT.replace("false", "maybe"), "Root-Is-Purelib is 'maybe'"),
    ],
)
def test_malformed(text: str, reason: str) -> None:
    with pytest.raises(WheelError, match=reason):
        parse_metadata(text, where="spam.whl: WHEEL")

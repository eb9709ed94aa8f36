from __future__ import annotations

import json
from pathlib import Path

import pytest

from pyodide_abi.runtime import start
from pyodide_abi.runtime.protocol import (
    START,
    Booted,
    Died,
    Entered,
    Exited,
    Imported,
    Left,
    Mount,
    Probe,
    Request,
    parse_messages,
)


def test_messages_of_every_kind() -> None:
    lines = [
        '{"kind": "booted"}',
        '{"kind": "probe", "entered": "/p"}',
        '{"kind": "probe", "left": "/p", "error": "E", "text": "t", "own": true}',
        '{"kind": "probe", "imported": "/p", "error": "", "missing": ""}',
        '{"kind": "died", "text": "trap"}',
        '{"kind": "exited", "status": 3}',
    ]
    assert parse_messages("\n".join(lines) + "\n") == (
        Booted(),
        Entered(path="/p"),
        Left(path="/p", error="E", text="t", own=True),
        Imported(path="/p", error="", missing=""),
        Died(text="trap"),
        Exited(status=3),
    )


def test_a_line_cut_short_by_a_crash_is_dropped() -> None:
    assert parse_messages('{"kind": "booted"}\n{"kind": "exi') == (Booted(),)
    assert parse_messages("") == ()


def test_an_unknown_message_is_our_own_mistake() -> None:
    with pytest.raises(ValueError, match="disagree"):
        parse_messages('{"kind": "news"}\n')


def test_the_request_as_the_driver_reads_it() -> None:
    request = Request(
        release=Path("/r"),
        args=("-O", *START),
        program=("-c", "1"),
        environ={"A": "b"},
        cwd="/w",
        mounts=(Mount(host=Path("/w"), guest="/w"),),
        site=Path("/s"),
        probe=Probe(module="a.b", path="a/b.so", direct=True, source="code"),
    )
    assert json.loads(request.to_json(Path("/c"))) == {
        "channel": "/c",
        "release": "/r",
        "args": ["-O", "-m", "_pyodide_abi"],
        "program": ["-c", "1"],
        "environ": {"A": "b"},
        "cwd": "/w",
        "mounts": [{"host": "/w", "guest": "/w"}],
        "site": "/s",
        "memory": None,
        "start": Path(start.__file__).read_text("utf-8"),
        "save": None,
        "install": None,
        "packages": None,
        "probe": {
            "module": "a.b",
            "path": "a/b.so",
            "direct": True,
            "source": "code",
            "packages": [],
            "call": None,
        },
    }

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pyodide_abi.runtime import probe, start
from pyodide_abi.runtime.protocol import START, Batch, Mount, Probe, Request
from pyodide_abi.runtime.replies import (
    Begun,
    Booted,
    Died,
    Entered,
    Exited,
    Imported,
    Left,
    Prepared,
    parse_messages,
)


def test_messages_of_every_kind() -> None:
    lines = [
        '{"kind": "begun", "request": 1, "probe": 2}',
        '{"kind": "booted"}',
        '{"kind": "probe", "prepared": "/p"}',
        '{"kind": "probe", "entered": "/p"}',
        '{"kind": "probe", "left": "/p", "error": "E", "text": "t", "own": true}',
        '{"kind": "probe", "imported": "/p", "error": "", "missing": ""}',
        '{"kind": "died", "text": "trap"}',
        '{"kind": "exited", "status": 3}',
    ]
    assert parse_messages("\n".join(lines) + "\n") == (
        Begun(request=1, probe=2),
        Booted(),
        Prepared(path="/p"),
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


def test_the_batch_as_the_driver_reads_it() -> None:
    request = Request(
        args=("-O", *START),
        program=("-c", "1"),
        environ={"A": "b"},
        cwd="/w",
        mounts=(Mount(host=Path("/w"), guest="/w"),),
        site=Path("/s"),
        probes=(Probe(module="a.b", path="a/b.so", direct=True),),
    )
    batch = Batch(release=Path("/r"), requests=(request,), memory=Path("/m"))
    assert json.loads(batch.to_json(Path("/c"), Path("/t"))) == {
        "channel": "/c",
        "clock": "/t",
        "release": "/r",
        "memory": "/m",
        "room": None,
        "save": None,
        "sources": {
            "start": Path(start.__file__).read_text("utf-8"),
            "probe": Path(probe.__file__).read_text("utf-8"),
        },
        "requests": [
            {
                "args": ["-O", "-m", "_pyodide_abi"],
                "program": ["-c", "1"],
                "environ": {"A": "b"},
                "cwd": "/w",
                "mounts": [{"host": "/w", "guest": "/w"}],
                "site": "/s",
                "install": None,
                "packages": None,
                "probes": [{"module": "a.b", "path": "a/b.so", "direct": True, "packages": [], "call": None}],
            }
        ],
    }

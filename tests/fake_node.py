"""A host in which Node and the driver are a function: request in, messages out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fake_host import FakeRunner, completed, make_host

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pyodide_abi.host import Host
    from pyodide_abi.process import Completed

    #: Gets the request with one of its modules (``probe``), gives the messages; an int among them is the
    #: status that the process ends with.
    Driver = Callable[[dict[str, Any]], Iterable[dict[str, Any] | int]]

BOOTED = {"kind": "booted"}
DONE = {"kind": "exited", "status": 0}


def entered(path: str) -> dict[str, Any]:
    """The driver's word for it."""
    return {"kind": "probe", "entered": path}


def left(path: str, error: str = "", text: str = "", *, own: bool = False) -> dict[str, Any]:
    """The driver's word for it."""
    return {"kind": "probe", "left": path, "error": error, "text": text, "own": own}


def imported(path: str, error: str = "", missing: str = "") -> dict[str, Any]:
    """The driver's word for it."""
    return {"kind": "probe", "imported": path, "error": error, "missing": missing}


def prepared(path: str) -> dict[str, Any]:
    """The driver's word for it."""
    return {"kind": "probe", "prepared": path}


def make_node_host(
    root: Path, driver: Driver, releases: Sequence[str], *, environ: Mapping[str, str] | None = None
) -> Host:
    """A host with these releases installed and a Node on its PATH."""

    def answer(words: tuple[str, ...], _cwd: Path | None) -> Completed:
        if words[1:] == ("--version",):
            return completed(words, stdout="v24.1.0\n")
        if words[-1].startswith("http:"):
            return completed(words)  # A browser that comes to no page.
        session = json.loads(Path(words[-1]).read_text("utf-8"))
        status = 0
        if session["save"]:
            Path(session["save"]).touch()
        with Path(session["channel"]).open("a", encoding="utf-8") as channel:
            session["brief"] = "--no-wasm-tier-up" in words
            for message in [DONE] if session["save"] else _session(session, driver):
                if isinstance(message, int):
                    status = message
                else:
                    channel.write(json.dumps(message) + "\n")
        return completed(words, status=status)

    node = root / "bin" / "node"
    node.parent.mkdir(exist_ok=True)
    node.touch()
    node.chmod(0o755)
    host = make_host(root, FakeRunner(answer), environ={"PATH": str(node.parent), **(environ or {})})
    for release in releases:
        host.store.obtain(f"runtimes/{release}", lambda partial, _place: (partial / "pyodide.mjs").touch())
    return host


def _session(session: dict[str, Any], driver: Driver) -> Iterable[dict[str, Any] | int]:
    """What a process says: it ends with an interpreter that dies."""
    for number, request in enumerate(session["requests"]):
        for place, probe in enumerate(request["probes"] or [None]):
            yield {"kind": "begun", "request": number, "probe": place}
            said = list(driver({**session, **request, "probe": probe}))
            yield from said
            if DONE not in said:
                return

"""The locked room: a wheel tries every door, from Python and from JavaScript, in each way of loading it."""

from __future__ import annotations

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

import pytest
import wasmtime
from made_wheels import make_wheel
from real_host import pyodide_abi, real_host

from pyodide_abi.platforms import find_runtime
from pyodide_abi.runtime.as_installed import verify_as_installed
from pyodide_abi.runtime.node import find_node
from pyodide_abi.runtime.verify import verify_wheel

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.integration
several = pytest.mark.parametrize("version", ["0.27.8", "314.0.7"])

#: A module whose EM_JS code lends the eyes of the release's own JavaScript to whoever calls `doors`.
MODULE = r"""(module
  (@custom "dylink.0" (before first) "\01\05\80\08\02\00\00")
  (import "env" "memory" (memory 1))
  (import "env" "__memory_base" (global $base i32))
  (import "env" "PyModuleDef_Init" (func $init (param i32) (result i32)))
  (import "env" "door" (func $door))
  (global (export "__em_js__door") i32 (i32.const 256))
  (data (global.get $base) "inner\00")
  (func (export "PyInit_inner") (result i32)
    (call $door)
    (i32.store (i32.add (global.get $base) (i32.const 36)) (global.get $base))
    (call $init (i32.add (global.get $base) (i32.const 16)))))
"""
SCRIPT = "(void)<::>{ globalThis.doors = (code) => eval(code); }"
#: What JavaScript finds behind a door at once. FILE and FOLDER are none of the wheel's, at PORT is a server.
JAVASCRIPT = {
    "read": 'fs.readFileSync("FILE", "utf8")',
    "list": 'String(fs.readdirSync("FOLDER"))',
    "write": 'fs.writeFileSync("FOLDER/written", "x"), "written"',
    "link": 'fs.symlinkSync("FILE", "FOLDER/link"), "linked"',
    "program": 'require("child_process").execFileSync("touch", ["FOLDER/touched"]), "started"',
    "thread": 'new (require("worker_threads").Worker)("0", { eval: true, execArgv: [] }), "made"',
    "system interface": 'require("wasi"), "there"',
    "database": 'new (require("node:sqlite").DatabaseSync)("FOLDER/database"), "made"',
    "database of process": 'new (process.getBuiltinModule("node:sqlite").DatabaseSync)("FOLDER/db"), "made"',
    "add-on": 'process.dlopen({ exports: {} }, "FILE"), "loaded"',
    "binding": 'process.binding("spawn_sync"), "there"',
    "signal": 'process.kill(process.pid, 0), "sent"',
    "hooks": 'require("module").registerHooks({}), "set"',
    "modules of process": 'process.getBuiltinModule("module"), "there"',
    "socket": 'require("net").connect(PORT, "127.0.0.1"), "made"',
    "web socket": 'new WebSocket("ws://127.0.0.1:PORT"), "made"',
    "variable": "process.env.PRIVATE",
}
#: And what it finds after a while.
LATER = {
    "module later": 'import("node:net").then((net) => { net.connect(PORT, "127.0.0.1"); return "made"; })',
    "thread later": 'import("node:worker_threads").then(() => "there")',
    "database later": 'import("node:sqlite").then(() => "there")',
    "hooks later": 'import("node:module").then((found) => { found.registerHooks({}); return "set"; })',
    "data later": 'import("data:text/javascript,export default 1").then(() => "there")',
    "fetch": 'fetch("http://127.0.0.1:PORT/").then((answer) => answer.text())',
}
PYTHON = """\
import json, os, socket, subprocess
import js, pyodide_js
from pyodide.ffi import to_js
from pkg import inner

def mounted():
    os.makedirs("/mnt/all", exist_ok=True)
    options = to_js({"root": "FOLDER"}, dict_converter=js.Object.fromEntries)
    pyodide_js.FS.mount(pyodide_js.FS.filesystems.NODEFS, options, "/mnt/all")
    return str(os.listdir("/mnt/all"))

def connected():
    with socket.create_connection(("127.0.0.1", PORT), timeout=5) as found:
        found.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
        return found.recv(9).decode()

def told():
    doors = {
        "python file": lambda: open("FILE").read(),
        "python mount": mounted,
        "python command": lambda: os.system("touch FOLDER/touched") == 0 and "ran",
        "python program": lambda: str(subprocess.run(["touch", "FOLDER/touched"])),
        "python socket": connected,
        "python variable": lambda: os.environ.get("PRIVATE"),
    }
    doors |= {name: lambda code=code: js.doors(code) for name, code in JAVASCRIPT.items()}
    found = {}
    for name, door in doors.items():
        try:
            found[name] = door() or None
        except BaseException as error:
            found[name] = None
    return found

async def told_later():
    found = {}
    for name, code in LATER.items():
        try:
            found[name] = await js.doors(code)
        except BaseException as error:
            found[name] = None
    return found
"""


class Outside:
    """What the wheel is not to reach: a file, a folder, a server, a variable."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "file").write_text("private", "utf-8")
        self.called = calls = list[str]()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                calls.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"answered")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        os.environ["PRIVATE"] = "told"
        return self

    def __exit__(self, *_: object) -> None:
        del os.environ["PRIVATE"]
        self._server.shutdown()
        self._server.server_close()

    def wheel(self, place: Path, version: str, *, ends: str) -> Path:
        """A wheel whose package tries the doors and, with `ends`, tells what it found."""
        platform = find_runtime(version).platform
        tag = platform.python.tag
        text = f"JAVASCRIPT = {JAVASCRIPT}\nLATER = {LATER}\n{PYTHON}{ends}"
        names = {"FILE": self.folder / "file", "FOLDER": self.folder, "PORT": self._server.server_port}
        for name, found in names.items():
            text = text.replace(name, str(found))
        script = "".join(f"\\{byte:02x}" for byte in SCRIPT.encode())
        code = MODULE.replace('"inner\\00")', '"inner' + "\\00" * 251 + script + '\\00")')
        files: dict[str, str | bytes] = {
            "pkg/__init__.py": text,
            f"pkg/inner{platform.python.suffixes[0]}": bytes(wasmtime.wat2wasm(code)),
        }
        return make_wheel(place, f"pkg-1-{tag}-{tag}-{platform.tag}.whl", files)

    def check(self, found: dict[str, Any], names: set[str]) -> None:
        """Every door was tried, and nothing was behind it."""
        assert found == dict.fromkeys(names)
        assert sorted(file.name for file in self.folder.iterdir()) == ["file"]
        assert self.called == []


TELLS = "raise ImportError('doors ' + json.dumps(told()))\n"
AT_ONCE = {
    *JAVASCRIPT,
    *(f"python {name}" for name in ["file", "mount", "command", "program", "socket", "variable"]),
}


def doors(message: str) -> dict[str, Any]:
    """What the wheel told."""
    found: dict[str, Any] = json.loads(message.partition("doors ")[2].splitlines()[0])
    return found


@several
def test_verify(tmp_path: Path, version: str) -> None:
    with Outside(tmp_path / "outside") as outside:
        wheel = outside.wheel(tmp_path, version, ends=TELLS)
        (result,) = verify_wheel(wheel, [find_runtime(version)], real_host()).results
        outside.check(doors(result.message), AT_ONCE)


def test_verify_as_installed(tmp_path: Path) -> None:
    host, version = real_host(), "314.0.7"
    with Outside(tmp_path / "outside") as outside:
        wheel = outside.wheel(tmp_path, version, ends=TELLS)
        done = verify_as_installed(wheel, [find_runtime(version)], host, node=find_node(host))
        for installation in done.installations:
            (tried,) = installation.modules
            outside.check(doors(tried.message), AT_ONCE)


PROGRAM = """\
import asyncio, json, pkg
found = pkg.told() | asyncio.run(pkg.told_later())
print("doors " + json.dumps(found))
open("mine", "w").write("x")
"""


@several
def test_run(tmp_path: Path, version: str) -> None:
    (tmp_path / "work").mkdir()
    with Outside(tmp_path / "outside") as outside:
        wheel = outside.wheel(tmp_path, version, ends="")
        words = ("run", "-q", "--runtime", version, "-w", wheel, "--", "-c", PROGRAM)
        done = pyodide_abi(*words, cwd=tmp_path / "work")
        assert done.returncode == 0, done.stderr
        outside.check(doors(done.stdout.decode()), AT_ONCE | {*LATER})
    assert (tmp_path / "work" / "mine").read_text("utf-8") == "x", "its own folder is open"


def test_what_the_user_opens_is_open(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    version = "314.0.7"
    with Outside(tmp_path / "outside") as outside:
        wheel = outside.wheel(tmp_path, version, ends="")
        words = ("run", "-q", "--runtime", version, "-w", wheel)
        done = pyodide_abi(*words, "--network", "--", "-c", PROGRAM, cwd=tmp_path / "work")
        found = doors(done.stdout.decode())
        assert found["fetch"] == "answered", done.stderr
        assert found["read"] is found["program"] is found["database later"] is None
        done = pyodide_abi(*words, "--unlocked", "--", "-c", PROGRAM, cwd=tmp_path / "work")
        found = doors(done.stdout.decode())
        assert (found["read"], found["write"], found["variable"]) == ("private", "written", "told")


def test_memory_and_processor_time_have_bounds(tmp_path: Path) -> None:
    code = "import js; js.eval('const held = []; for (;;) held.push(new Uint8Array(1 << 28).fill(1))')"
    done = pyodide_abi("run", "-q", "--", "-c", code, cwd=tmp_path)
    assert done.returncode not in {0, 124}
    done = pyodide_abi("run", "-q", "--timeout", "5", "--", "-c", "while True: pass", cwd=tmp_path)
    assert done.returncode == 124

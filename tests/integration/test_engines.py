"""`verify --engine` and `run --engine` in the engines that are on this machine, or that npm has."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
import wasmtime
from made_wheels import make_wheel
from real_host import pyodide_abi, real_host

from pyodide_abi.audit.many import audit_files
from pyodide_abi.errors import MissingError
from pyodide_abi.platforms import find_runtime
from pyodide_abi.runtime.account import Outcome
from pyodide_abi.runtime.browser import find_browser
from pyodide_abi.runtime.find_engine import Engines, find_engine_program
from pyodide_abi.runtime.verify import verify_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.runtime.engine_program import EngineProgram
    from pyodide_abi.runtime.verify import Verification

pytestmark = pytest.mark.integration

RUNTIME = find_runtime("314.0.7")
SUFFIX = RUNTIME.platform.python.suffixes[0]
#: Those in which nothing can be locked away; WebKit's browser, unlike its shell, is none of them.
OPEN = {"bun", "webkit"}
WEBKIT = {"webkit", "minibrowser"}
ENGINES = [
    *(
        pytest.param(name, marks=pytest.mark.xdist_group(f"engine-{name}"))
        for name in ("deno", "bun", "chromium", "firefox", "webkit")
    ),
    # It takes a minute or two to start a release.
    pytest.param("minibrowser", marks=[pytest.mark.xdist_group("engine-minibrowser"), pytest.mark.long]),
]
#: A module that is imported, with something of its own among its imports, its functions and its start.
MODULE = r"""(module
  (@custom "dylink.0" (before first) "\01\05\80\08\02\00\00")
  (import "env" "memory" (memory 1))
  (import "env" "__memory_base" (global $base i32))
  (import "env" "PyModuleDef_Init" (func $init (param i32) (result i32)))
  IMPORT
  (data (global.get $base) "inner\00")
  FUNCTION
  (func (export "PyInit_NAME") (result i32)
    START
    (i32.store (i32.add (global.get $base) (i32.const 36)) (global.get $base))
    (call $init (i32.add (global.get $base) (i32.const 16)))))
"""
WRONG = '(import "env" "PyErr_Clear" (func $clear (param i32)))'
RELAXED = "(func (result v128) (i8x16.relaxed_swizzle (v128.const i64x2 0 0) (v128.const i64x2 0 0)))"
#: What is tried from JavaScript, and leads outside wherever it is not shut. PORT is that of a server.
DOORS = {
    "file": 'Deno.readTextFileSync("/etc/passwd")',
    "file of Node": 'process.getBuiltinModule("fs").readFileSync("/etc/passwd", "utf8")',
    "variable": 'Deno.env.get("HOME")',
    "program": 'String(new Deno.Command("/usr/bin/id").outputSync())',
    "library": 'String(Deno.dlopen("/lib/x86_64-linux-gnu/libc.so.6", {}))',
    "listener": 'Deno.listen({ port: 0 }), "made"',
    "request": """(() => {
        const request = new XMLHttpRequest();
        request.open("GET", "http://127.0.0.1:PORT/", false);
        request.send();
        return request.responseText;
    })()""",
    "page": 'new Image().src = "http://127.0.0.1:PORT/image", null',
    "beacon": 'navigator.sendBeacon("http://127.0.0.1:PORT/beacon", "x"), null',
    "fetch": 'fetch("http://127.0.0.1:PORT/fetch", { mode: "no-cors" }).catch(() => {}), null',
}


def module(name: str, *, import_: str = "", function: str = "", start: str = "") -> bytes:
    text = MODULE.replace("IMPORT", import_).replace("FUNCTION", function)
    return bytes(wasmtime.wat2wasm(text.replace("START", start).replace("NAME", name)))


def wheel_of(folder: Path, files: dict[str, str | bytes]) -> Path:
    tag = RUNTIME.platform.python.tag
    return make_wheel(folder, f"pkg-1-{tag}-{tag}-{RUNTIME.platform.tag}.whl", files)


def program_of(name: str) -> EngineProgram:
    if name != "minibrowser":
        return find_engine_program(name, real_host())
    browser = find_browser(real_host(), engine="webkit")
    if browser is None:
        raise MissingError("there is no webkit but for the shell")
    return browser


def loaded(wheel: Path, name: str, **more: Any) -> Verification:
    try:
        program = program_of(name)
    except MissingError as error:
        pytest.skip(str(error))
    engines = Engines(programs=(program,))
    return verify_wheel(wheel, [RUNTIME], real_host(), engines=engines, unlocked=name in OPEN, **more)


@pytest.mark.parametrize("name", ENGINES)
def test_what_becomes_of_modules_is_what_was_predicted(tmp_path: Path, name: str) -> None:
    made = {
        "good": module("good"),
        "relaxed": module("relaxed", function=RELAXED),
        "traps": module("traps", start="unreachable"),
        "wrong": module("wrong", import_=WRONG),
    }
    files = {f"pkg/{module}{SUFFIX}": binary for module, binary in made.items()}
    wheel = wheel_of(tmp_path, {"pkg/__init__.py": "", **files})
    verification = loaded(wheel, name)
    outcomes = {result.module: result.outcome.value for result in verification.results}
    assert outcomes == {
        "pkg.good": "loaded",
        "pkg.relaxed": "refused" if name in WEBKIT else "loaded",
        "pkg.traps": "killed",
        "pkg.wrong": "refused",
    }
    (audited,) = audit_files([wheel], engine="webkit" if name in WEBKIT else name)
    assert audited.report is not None
    for binary in audited.report.modules:
        (result,) = [result for result in verification.results if result.path == binary.path]
        predicted = binary.imported[RUNTIME.version]
        if result.outcome is Outcome.REFUSED:
            assert predicted.error is not None
            claim = predicted.error.rpartition(" (evaluating")[0] or predicted.error
            # The place in a file is not predicted of every text.
            assert result.message.startswith(claim) or (name in WEBKIT and "relaxed" in result.path)


class Outside:
    """A server that nobody is to reach."""

    def __init__(self) -> None:
        self.called = calls = list[str]()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                calls.append(self.path)
                self.send_response(200)
                self.send_header("Access-Control-Allow-Origin", "*")
                self.end_headers()
                self.wfile.write(b"answered")

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return self.server.server_port


@pytest.mark.parametrize("name", [one for one in ENGINES if one.values[0] not in OPEN])
def test_doors_are_shut(tmp_path: Path, name: str) -> None:
    outside = Outside()
    text = f"""
import js, json
found = {{}}
for door, code in {DOORS!r}.items():
    try:
        found[door] = js.eval(code.replace("PORT", "{outside.port}"))
    except BaseException as error:
        found[door] = None
raise ImportError("doors " + json.dumps({{door: said and str(said) for door, said in found.items()}}))
"""
    wheel = wheel_of(tmp_path, {"pkg/__init__.py": text, f"pkg/good{SUFFIX}": module("good")})
    (result,) = loaded(wheel, name).results
    told = json.loads(result.message.partition("doors ")[2].splitlines()[0])
    assert told == dict.fromkeys(DOORS)
    outside.server.shutdown()
    outside.server.server_close()
    assert outside.called == []


@pytest.mark.xdist_group("engine-deno")
def test_what_hangs_is_ended_and_named(tmp_path: Path) -> None:
    modules = {"good": module("good"), "loops": module("loops", start="(loop $again (br $again))")}
    files = {f"pkg/{name}{SUFFIX}": binary for name, binary in modules.items()}
    wheel = wheel_of(tmp_path, {"pkg/__init__.py": "", **files})
    found = {result.module: result for result in loaded(wheel, "deno", timeout=20).results}
    assert found["pkg.good"].outcome is Outcome.LOADED
    assert (found["pkg.loops"].outcome, found["pkg.loops"].message) == (Outcome.KILLED, "it ran out of time")


@pytest.mark.parametrize(("name", "options"), [("deno", ()), ("bun", ("--unlocked",))])
def test_run(tmp_path: Path, name: str, options: tuple[str, ...]) -> None:
    code = "import sys; open('mine', 'w').write(input()); print(sys.argv[1:]); sys.exit(3)"
    words = ("run", "-q", "--engine", name, *options, "--", "-c", code, "a", "b")
    done = pyodide_abi(*words, cwd=tmp_path, stdin=b"said\nmore\n")
    assert (done.returncode, done.stdout.decode()) == (3, "['a', 'b']\n"), done.stderr
    assert (tmp_path / "mine").read_text("utf-8") == "said"


def test_bun_needs_a_word(tmp_path: Path) -> None:
    done = pyodide_abi("run", "-q", "--engine", "bun", "--", "-c", "pass", cwd=tmp_path)
    assert done.returncode == 2
    assert b"Bun 1.4.5 cannot lock code away" in done.stderr
    assert b"--unlocked" in done.stderr

"""`verify --as-installed`: micropip of the stock releases, pip, and a browser where there is one."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import wasmtime
from made_wheels import make_wheel
from patience import HANGS
from real_host import pyodide_abi, real_host
from real_wheels import real_wheel

from pyodide_abi.platforms import find_runtime
from pyodide_abi.runtime.browser import find_browser
from pyodide_abi.runtime.mirror import Mirror
from pyodide_abi.runtime.package_index import Sources
from pyodide_abi.runtime.releases import install_release

pytestmark = pytest.mark.integration

#: MEM_INFO, four bytes long: no memory and no table (DynamicLinking.md).
MODULE = r"""(module (@custom "dylink.0" (before first) "\01\04\00\00\00\00")
  (import "env" "PyModule_Create2" (func $make (param i32 i32) (result i32)))
  {import}
  (func (export "PyInit_{name}") (result i32) {body} (i32.const 0)))"""


def module(name: str, body: str = "", imports: str = "") -> bytes:
    text = MODULE.replace("{name}", name).replace("{body}", body).replace("{import}", imports)
    return bytes(wasmtime.wat2wasm(text))


def ask(wheel: Path, release: str, *words: str, cwd: Path, status: int) -> dict[str, Any]:
    done = pyodide_abi(
        "verify", wheel, "--as-installed", "--runtime", release, "--format", "json", "-q", *words, cwd=cwd
    )
    assert done.returncode == status, done.stderr.decode()
    (found,) = json.loads(done.stdout)["results"]
    assert found["ok"] is (status == 0)
    told: dict[str, Any] = found["releases"][release]
    return told


def test_a_real_wheel_is_the_same_in_all_ways(tmp_path: Path) -> None:
    release = "315.0.0-alpha.2"
    wheel = real_wheel("simplejson", "pyemscripten_2026_5_wasm32", "3.15")
    told = ask(wheel, release, "--browser", "none", cwd=tmp_path, status=0)
    assert told["differences"] == []
    for way in ("micropip", "pip"):
        assert told["ways"][way]["distributions"] == {"simplejson": "4.3.0"}
        assert told["ways"][way]["modules"]["simplejson._speedups"]["outcome"] == "loaded"


@pytest.mark.parametrize("release", ["0.27.8", "314.0.7"])
def test_dependencies_and_a_data_folder(tmp_path: Path, release: str) -> None:
    """Rule ABI413: pip unpacks `.data/purelib` into its place; micropip leaves it where it is."""
    platform = find_runtime(release).platform
    tag, suffix = platform.python.tag, platform.python.suffixes[0]
    name = next(item.tag for item in platform.tags if release in item.releases)
    wheel = make_wheel(
        tmp_path,
        f"demo-1-{tag}-{tag}-{name}.whl",
        {"demo/__init__.py": "", f"demo-1.data/purelib/demo/_m{suffix}": module("_m")},
        requires=["tiny; sys_platform == 'emscripten'", "never; sys_platform == 'linux'"],
    )
    make_wheel(tmp_path / "links", "tiny-2-py3-none-any.whl", {"tiny.py": ""})
    told = ask(wheel, release, "--browser", "none", "-f", "links", cwd=tmp_path, status=1)
    ways = told["ways"]
    for way in ("micropip", "pip"):
        assert ways[way]["error"] is None
        assert ways[way]["distributions"] == {"demo": "1", "tiny": "2"}
    found = {way: ways[way]["modules"]["demo._m"] for way in ways}
    assert found["micropip"]["message"] == "ModuleNotFoundError: No module named 'demo._m'"
    # Its initialisation returns nothing, which CPython says: the file was found and loaded.
    assert "SystemError: initialization of _m" in found["pip"]["message"]
    assert f"only micropip puts there: demo-1.data/purelib/demo/_m{suffix}" in told["differences"]
    assert f"only pip puts there: demo/_m{suffix}" in told["differences"]


def test_a_tag_that_only_one_way_takes(tmp_path: Path) -> None:
    make_wheel(tmp_path, "demo-1-py3-none-pyemscripten_2025_0_wasm32.whl", {"demo.py": ""})
    wheel = Path("demo-1-py3-none-pyemscripten_2025_0_wasm32.whl")
    told = ask(wheel, "0.28.0", "--browser", "none", cwd=tmp_path, status=1)
    assert "Can't find a pure Python 3 wheel" in told["ways"]["micropip"]["error"]
    assert told["ways"]["pip"]["error"] is None
    assert told["differences"] == ["micropip cannot install it, pip can"]


def test_offline_a_missing_dependency_is_named(tmp_path: Path) -> None:
    done = pyodide_abi(
        "verify", real_wheel("contourpy", "pyemscripten_2026_0_wasm32", "3.14"), "--as-installed", "-q",
        "--offline", "--browser", "none", "--cache-dir", cache_with(tmp_path, "314.0.7"), cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 3
    error = done.stderr.decode()
    assert "cannot be installed with micropip in 314.0.7, for want of" in error
    assert "micropip-0.11.1-py3-none-any.whl: " in error
    assert "--find-links" in error


def cache_with(tmp_path: Path, version: str) -> Path:
    """A cache of nothing but a release."""
    folder = install_release(find_runtime(version).release, real_host())
    (tmp_path / "cache" / "runtimes").mkdir(parents=True)
    (tmp_path / "cache" / "runtimes" / version).symlink_to(folder)
    return tmp_path / "cache"


def test_in_a_browser(tmp_path: Path) -> None:
    host = real_host()
    browser = find_browser(host)
    if browser is None:
        pytest.skip("there is no browser of the Chromium family")
    wheel = real_wheel("simplejson", "pyemscripten_2026_0_wasm32", "3.14")
    told = ask(wheel, "314.0.7", "--browser", str(browser.path), cwd=tmp_path, status=0)
    assert told["ways"]["browser"]["modules"]["simplejson._speedups"]["outcome"] == "loaded"
    assert told["differences"] == []


def test_the_mirror_answers_for_what_is_known_and_for_nothing_else(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "demo-1-py3-none-any.whl", {"demo.py": ""})
    folder = install_release(find_runtime("314.0.7").release, real_host())
    sources = Sources(
        wheel=wheel, folders=(), releases={"314.0.7": folder}, index=None, host=real_host(offline=True)
    )
    with Mirror(sources) as mirror:

        def get(path: str) -> bytes:
            with urllib.request.urlopen(mirror.address + path, timeout=HANGS) as answer:  # noqa: S310 - http
                content: bytes = answer.read()
                return content

        (listed,) = json.loads(get("/pypi.org/simple/demo/"))["files"]
        assert get(listed["url"].removeprefix(mirror.address)) == wheel.read_bytes()
        assert b'"packages"' in get("/release/314.0.7/pyodide-lock.json")
        assert b"export async function install" in get("/page/installing.mjs")
        for path in (
            "/release/314.0.7/..%2f..%2f..%2fetc%2fpasswd",
            "/release/314.0.6/pyodide.mjs",
            "/file/0/passwd",
            "/example.org/",
            "/pypi.org/simple/other/",
        ):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                get(path)

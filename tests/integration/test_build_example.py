"""The example is built for every platform, is found good, loads, and passes its own tests in the runtime."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from patience import WORK_HANGS

from pyodide_abi.platforms import load_platform, load_platforms
from pyodide_abi.wasm import Kind, read_module
from pyodide_abi.wheel import open_wheel

pytestmark = pytest.mark.integration

EXAMPLE = Path(__file__).parents[2] / "examples" / "gridcalc"
PLATFORMS = [platform.name for platform in load_platforms()]
#: What wasm-ld exports from every side module.
OF_THE_LINKER = {"__wasm_call_ctors", "__wasm_apply_data_relocs"}


def pyodide_abi(*argv: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pyodide_abi", *map(str, argv)],
        capture_output=True,
        text=True,
        timeout=WORK_HANGS,
        check=False,
        env={**os.environ, **environ},
    )


def built(outdir: Path, platform: str, *options: str, **environ: str) -> dict[str, Any]:
    where = ("--platform", platform, "--outdir", outdir)
    done = pyodide_abi("build", EXAMPLE, *where, "--format", "json", *options, **environ)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)["results"][0]
    return answer


@pytest.fixture(scope="module", params=PLATFORMS)
def result(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    before = {path: path.stat().st_mtime_ns for path in EXAMPLE.rglob("*")}
    # What would leak into a careless build.
    answer = built(
        tmp_path_factory.mktemp("dist"),
        request.param,
        CFLAGS="-DLEAKED -I/usr/include",
        LDFLAGS="-L/usr/lib",
        CC="/bin/false",
        CPATH="/usr/include",
        PYTHONPATH=str(EXAMPLE),
    )
    assert {path: path.stat().st_mtime_ns for path in EXAMPLE.rglob("*")} == before
    return answer


def test_the_audit_has_nothing_to_say_but_notes(result: dict[str, Any]) -> None:
    assert {finding["severity"] for finding in result["audit"]["findings"]} <= {"note"}
    assert [module["path"] for module in result["audit"]["modules"]]
    assert result["remarks"] == []


def test_name_suffixes_and_record(result: dict[str, Any]) -> None:
    platform = load_platform(result["platform"])
    with open_wheel(Path(result["wheel"])) as wheel:
        python = platform.python.tag
        assert str(wheel.name) == f"gridcalc-1.0.0-{python}-{python}-{platform.tag}.whl"
        assert wheel.metadata.tags == (f"{python}-{python}-{platform.tag}",)
        assert wheel.verify_record() == ()
        modules = wheel.extension_modules(platform.python.suffixes)
        assert {(module.name, module.suffix) for module in modules} == {
            ("gridcalc._formula", platform.python.suffixes[0]),
            ("gridcalc._sheet", platform.python.suffixes[0]),
        }


def test_modules_export_nothing_but_their_initialisation(result: dict[str, Any]) -> None:
    with open_wheel(Path(result["wheel"])) as wheel:
        for module in wheel.extension_modules(load_platform(result["platform"]).python.suffixes):
            data = read_module(wheel.read(module.member.name))
            functions = {export.name for export in data.exports if export.kind is Kind.FUNCTION}
            assert functions - OF_THE_LINKER == {f"PyInit_{module.name.rpartition('.')[2]}"}
            assert [export for export in data.exports if export.kind is not Kind.FUNCTION] == []


def test_no_folder_of_the_build_is_in_the_modules(result: dict[str, Any]) -> None:
    with open_wheel(Path(result["wheel"])) as wheel:
        for module in wheel.extension_modules(load_platform(result["platform"]).python.suffixes):
            data = wheel.read(module.member.name)
            assert b"/tmp/" not in data
            assert b"pyodide-abi-" not in data


def test_it_loads_and_passes_its_own_tests_in_the_newest_release(result: dict[str, Any]) -> None:
    release = load_platform(result["platform"]).releases[-1].version
    loaded = pyodide_abi("verify", result["wheel"], "--runtime", release)
    assert loaded.returncode == 0, loaded.stdout + loaded.stderr
    program = ("-m", "unittest", "discover", "-v", "-s", str(EXAMPLE / "tests"))
    done = pyodide_abi("run", "--runtime", release, result["wheel"], "--", *program)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Ran 17 tests" in done.stdout + done.stderr


def test_the_same_source_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    first = built(tmp_path / "one", "314_0", PYTHONHASHSEED="1")
    second = built(tmp_path / "two", "314_0", PYTHONHASHSEED="2", TMPDIR=str(tmp_path))
    assert Path(first["wheel"]).read_bytes() == Path(second["wheel"]).read_bytes()


def test_another_spelling_of_the_tag_and_more_exports(tmp_path: Path) -> None:
    result = built(tmp_path, "2025_0", "--tag", "pyemscripten_2025_0_wasm32", "--exports", "requested")
    assert result["wheel"].endswith("-pyemscripten_2025_0_wasm32.whl")
    with open_wheel(Path(result["wheel"])) as wheel:
        sheet = read_module(wheel.read("gridcalc/_sheet.cpython-313-wasm32-emscripten.so"))
    names = {export.name for export in sheet.exports}
    assert {"PyInit__sheet", "_ZN8gridcalc7name_ofENSt3__24pairIiiEE"} <= names

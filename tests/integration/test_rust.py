"""Rust in real runtimes: panics, PyO3 with dependencies, C and C++ beside it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from patience import WORK_HANGS
from real_host import pyodide_abi, real_host

from pyodide_abi.platforms import load_platform
from pyodide_abi.toolchain import RustSource, find_rust
from pyodide_abi.toolchain.rust import library_folder
from pyodide_abi.wasm import read_module

if TYPE_CHECKING:
    from pyodide_abi.toolchain import TargetRust

pytestmark = pytest.mark.integration

PROJECTS = Path(__file__).parents[1] / "rust"
TARGET = "wasm32-unknown-emscripten"
#: What wasm-ld exports from every side module.
OF_THE_LINKER = {"__wasm_call_ctors", "__wasm_apply_data_relocs"}


@pytest.fixture(scope="module")
def rust() -> TargetRust:
    """Provisioned by the product's own command."""
    done = pyodide_abi(
        "toolchain", "install", "rust", "--source", "debian", cwd=Path.cwd(), timeout=WORK_HANGS
    )
    assert done.returncode == 0, done.stderr.decode()
    return find_rust(load_platform("314_0"), real_host(), source=RustSource.DEBIAN)


def build(project: str, platform: str, outdir: Path, **environ: str) -> dict[str, Any]:
    words = ("--platform", platform, "--outdir", outdir, "--toolchain-mismatch", "allow", "--format", "json")
    done = pyodide_abi("build", PROJECTS / project, *words, cwd=outdir, environ=environ, timeout=WORK_HANGS)
    assert done.returncode == 0, done.stderr.decode()
    (answer,) = json.loads(done.stdout)["results"]
    assert not [found for found in answer["audit"]["findings"] if found["severity"] == "error"]
    # maturin takes the platform's version from a variable, unchecked.
    assert answer["wheel"].endswith(f"-{load_platform(platform).names[0]}_wasm32.whl")
    return dict(answer)


def only_module(wheel: str) -> bytes:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".so")]
        return archive.read(name)


def exports_of(module: bytes) -> set[str]:
    return {export.name for export in read_module(module).exports} - OF_THE_LINKER


def python(release: str, wheel: str, code: str) -> str:
    done = pyodide_abi("run", "--runtime", release, wheel, "--", "-c", code, cwd=Path(wheel).parent)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


@pytest.mark.usefixtures("rust")
@pytest.mark.parametrize("platform", ["2025_0", "314_0"])
def test_panics_are_caught_and_destructors_run(platform: str, tmp_path: Path) -> None:
    # Flags that are meant for this machine reach neither the module nor the build.
    wheel = build("caught", platform, tmp_path, RUSTFLAGS="-C target-cpu=native", RUSTC="/bin/false")["wheel"]
    assert exports_of(only_module(wheel)) == {"PyInit_caught"}
    releases = load_platform(platform).releases
    code = "import caught; print(*map(caught.guarded, range(5)))"
    for release in (releases[0], releases[-1]):
        assert python(release.version, wheel, code) == "0 1 2 -100 -100"


@pytest.mark.usefixtures("rust")
def test_the_same_source_gives_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    first, second = (build("mixed", "2025_0", tmp_path / name)["wheel"] for name in ("first", "second"))
    assert Path(first).read_bytes() == Path(second).read_bytes()
    module = only_module(first)
    assert exports_of(module) == {"PyInit_mixed"}
    # C's longjmp and C++'s exceptions, in functions that a build script had compiled.
    code = "import mixed; print(*map(mixed.digits, (5, 12345, -3)), *map(mixed.half, (4, 5, 123)))"
    newest = load_platform("2025_0").releases[-1].version
    assert python(newest, first, code) == "1 5 -7 2 -1 -3"


def test_pyo3_with_dependencies(rust: TargetRust, tmp_path: Path) -> None:
    wheel = build("wordcount", "314_0", tmp_path)["wheel"]
    module = only_module(wheel)
    assert exports_of(module) == {"PyInit_wordcount"}
    for place in (str(Path.home()), "/tmp/", str(rust.rust.sysroot)):  # noqa: S108 - looked for
        assert place.encode() not in module
    code = (
        "import wordcount as w\n"
        "try: w.word('one two', 2)\n"
        "except BaseException as error: print(type(error).__name__)\n"
        "print(w.lines('a\\nb\\n'), w.word('one two', 1))\n"
    )
    assert python("314.0.0", wheel, code).split() == ["PanicException", "2", "two"]


@pytest.mark.usefixtures("rust")
def test_a_meson_project_with_rust_in_it(tmp_path: Path) -> None:
    wheel = build("meson", "314_0", tmp_path)["wheel"]
    assert exports_of(only_module(wheel)) == {"PyInit_beside"}
    newest = load_platform("314_0").releases[-1].version
    assert python(newest, wheel, "import beside; print(beside.eggs(2), beside.eggs(9))") == "3 -1"


def test_an_installed_target_is_taken_as_it_is(rust: TargetRust, tmp_path: Path) -> None:
    # As rustup leaves it: the target's library in the compiler's own sysroot. Links cost no space.
    tree = rust.rust.sysroot.parent
    subprocess.run(["cp", "-al", str(tree), str(tmp_path / "tree")], check=True)
    assert rust.library is not None
    own = library_folder(tmp_path / "tree/usr", TARGET)
    shutil.copytree(library_folder(rust.library, TARGET), own, copy_function=os.link)
    environ = {"PATH": f"{tmp_path / 'tree/usr/bin'}:{os.environ['PATH']}"}
    words = ("toolchain", "where", "rust", "--source", "path", "--format", "json")
    done = pyodide_abi(*words, cwd=tmp_path, environ=environ)
    assert done.returncode == 0, done.stderr.decode()
    facts = json.loads(done.stdout)["results"][0]["rust"]
    assert (facts["source"], facts["library"]) == ("path", str(tmp_path / "tree/usr"))
    wheel = build("caught", "314_0", tmp_path, **environ)["wheel"]
    newest = load_platform("314_0").releases[-1].version
    assert python(newest, wheel, "import caught; print(caught.guarded(7))") == "-100"

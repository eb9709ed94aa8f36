"""A release that is learned is known as from the package's own data; broken promises of one are told."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from assembling import assemble, make_wheel
from json_schema import check
from patience import HANGS

import pyodide_abi
from pyodide_abi.host import this_machine
from pyodide_abi.platforms import load_platforms
from pyodide_abi.platforms.documents import DATA
from pyodide_abi.platforms.installers import installer_of
from pyodide_abi.runtime.learning.recognising import recognise
from pyodide_abi.runtime.releases import install_release
from pyodide_abi.wasm import Kind, read_module
from pyodide_abi.wasm import encode as enc
from pyodide_abi.wasm.section_table import SectionId
from pyodide_abi.wasm.writer import replace_contents, write_module

pytestmark = pytest.mark.integration

LEARNT = "314.0.7"
#: Takes a release, or a whole platform, out of a copy of the package's data.
LEAVE_OUT = """
    import json, sys
    from pyodide_abi.platforms import load_platform, load_platforms, load_surface
    from pyodide_abi.platforms.documents import DATA, DOCUMENTS, documents
    from pyodide_abi.platforms.packages import FILE, encode_packages, load_packages
    from pyodide_abi.platforms.surface_encoding import encode_surface, surface_tables

    gone = set(sys.argv[2:])
    platform = load_platform(sys.argv[1])
    every = [release.version for each in load_platforms() for release in each.releases]
    packages = load_packages(every)
    (DATA / FILE).write_text(encode_packages({one: packages[one] for one in every if one not in gone}))
    surface = load_surface(platform)
    kept = tuple(release for release in surface.releases if release not in gone)
    known = documents()
    document = known[f"{platform.name}.toml"]
    if kept:
        tables = {key: table for key, table in surface_tables(surface).items() if key[0] in kept}
        data = encode_surface(platform=platform.name, releases=kept, engines=surface.engines, tables=tables)
        (DATA / f"{platform.name}.surface").write_bytes(data)
        document["releases"] = [one for one in document["releases"] if one["version"] in kept]
        for tag in document["tags"]:
            for key in ("micropip", "packaging"):
                tag[key] = [one for one in tag[key] if one in kept]
    else:
        (DATA / f"{platform.name}.surface").unlink()
        del known[f"{platform.name}.toml"]
    DOCUMENTS.write_text(json.dumps(known))
"""
#: What the copy knows of a platform once it has learned.
TELL = """
    import sys
    from pathlib import Path
    from pyodide_abi.platforms import load_platform, load_surface
    from pyodide_abi.platforms.known import use_learned
    from pyodide_abi.platforms.surface_encoding import encode_surface, surface_tables
    from pyodide_abi.values import replace

    use_learned(Path(sys.argv[2]))
    platform = load_platform(sys.argv[1])
    surface = load_surface(platform)
    tables, releases = surface_tables(surface), surface.releases
    data = encode_surface(platform=platform.name, releases=releases, engines=surface.engines, tables=tables)
    Path(sys.argv[3]).write_bytes(data)
    print([replace(release, learned=None) for release in platform.releases])
    print(platform.tags)
"""


class Copy:
    """A copy of the package with less data, and a folder for what it learns."""

    def __init__(self, folder: Path, platform: str, *gone: str) -> None:
        self.folder = folder
        self.data = folder / "data"
        shutil.copytree(Path(pyodide_abi.__file__).parent, folder / "src" / "pyodide_abi")
        self.python(LEAVE_OUT, platform, *gone)

    def python(self, code: str, *words: object) -> str:
        done = self._run("-c", textwrap.dedent(code), *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def command(self, *words: object) -> subprocess.CompletedProcess[str]:
        return self._run("-m", "pyodide_abi", *words)

    def _run(self, *words: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *map(str, words)],
            env={
                **os.environ,
                "PYTHONPATH": str(self.folder / "src"),
                "PYODIDE_ABI_DATA_DIR": str(self.data),
            },
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=HANGS,
            check=False,
        )


def run_command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command in a folder, with what was learned below it."""
    return subprocess.run(
        [sys.executable, "-m", "pyodide_abi", *words],
        env={**os.environ, "PYODIDE_ABI_DATA_DIR": str(folder / "data")},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=HANGS,
        check=False,
    )


def release_folder(version: str) -> Path:
    (release,) = [each for one in load_platforms() for each in one.releases if each.version == version]
    return install_release(release, this_machine())


def test_a_release_that_was_left_out_is_what_the_data_had(tmp_path: Path) -> None:
    copy = Copy(tmp_path, "314_0", LEARNT)
    refused = copy.command("diff", "314.0.6", LEARNT)
    assert refused.returncode == 2
    assert f"'pyodide-abi runtime learn {LEARNT}'" in refused.stderr
    newer = copy.command("platforms", "--newer", "--format", "json")
    assert LEARNT in json.loads(newer.stdout)["summary"]["newer"]

    learned = copy.command("runtime", "learn", LEARNT, "--format", "json")
    assert learned.returncode == 0, learned.stderr
    (said,) = json.loads(learned.stdout)["results"]
    assert (said["release"], said["platform"], said["loader"], said["caveats"]) == (LEARNT, "314_0", 3, [])

    released, tags = copy.python(TELL, "314_0", copy.data, tmp_path / "surface").splitlines()
    platform = next(each for each in load_platforms() if each.name == "314_0")
    assert (tmp_path / "surface").read_bytes() == (DATA / "314_0.surface").read_bytes()
    assert released == str(list(platform.releases))
    assert tags == str(platform.tags)
    ran = copy.command("run", "--runtime", LEARNT, "-c", "import sys; print(sys.version_info[:2])")
    assert (ran.returncode, ran.stdout) == (0, "(3, 14)\n"), ran.stderr
    again = copy.command("runtime", "learn", LEARNT)
    assert again.returncode == 2
    assert f"the release {LEARNT} is known already" in again.stderr


def test_a_platform_that_was_left_out(tmp_path: Path) -> None:
    copy = Copy(tmp_path, "2026_5", "315.0.0-alpha.1", "315.0.0-alpha.2")
    learned = copy.command("runtime", "learn", release_folder("315.0.0-alpha.2"), "--format", "json")
    assert learned.returncode == 0, learned.stderr
    (said,) = json.loads(learned.stdout)["results"]
    assert (said["platform"], said["platform_known"], said["loader"]) == ("2026_5", False, 4)
    assert any("its platform 2026_5 is not known" in caveat for caveat in said["caveats"])
    shown: dict[str, Any] = json.loads(copy.command("platforms", "3.15", "--format", "json").stdout)[
        "results"
    ][0]
    own = next(each for each in load_platforms() if each.name == "2026_5")
    assert shown["python"]["suffixes"] == list(own.releases[-1].suffixes)
    facts = ("tag", "emscripten", "exceptions", "longjmp", "exception_encoding", "loader")
    assert {name: shown[name] for name in facts} == {name: getattr(own, name) for name in facts}
    ran = copy.command("run", "--runtime", "315.0.0-alpha.2", "-c", "import sys; print(sys.version_info[:2])")
    assert (ran.returncode, ran.stdout) == (0, "(3, 15)\n"), ran.stderr


def test_a_build_of_ones_own_with_another_loader(tmp_path: Path) -> None:
    """One text of the loader is another, and a function of the main module has another name."""
    folder = tmp_path / "dist"
    shutil.copytree(release_folder(LEARNT), folder)
    script = folder / "pyodide.asm.mjs"
    text = script.read_text("utf-8")
    said = ',"need to see wasm magic number")'
    assert text.count(said) == 1
    script.write_text(text.replace(said, ',"this is no WebAssembly")'), "utf-8")

    def command(*words: str) -> subprocess.CompletedProcess[str]:
        return run_command(tmp_path, *words)

    clash = command("runtime", "learn", "dist")
    assert clash.returncode == 2
    assert f"--name NAME learns the one from {folder} beside it, as {LEARNT}+NAME" in clash.stderr
    learned = command("runtime", "learn", "dist", "--name", "mine", "--format", "json")
    assert learned.returncode == 0, learned.stderr
    (result,) = json.loads(learned.stdout)["results"]
    assert result["loader"] is None
    caveat, unseen = result["caveats"]
    # Whose it is, nobody knows: it is not booted where it cannot be locked away.
    assert unseen.startswith("what it offers in node20 was not looked at")
    assert caveat.startswith(
        "its loader is none that is known (getDylinkMetadata differ from those of 314.0.7)"
    )
    shutil.rmtree(folder)
    ran = command("run", "--runtime", f"{LEARNT}+mine", "-c", "print('from what was kept')")
    assert (ran.returncode, ran.stdout) == (0, "from what was kept\n"), ran.stderr
    forgotten = command("runtime", "forget", f"{LEARNT}+mine")
    assert forgotten.returncode == 0, forgotten.stderr
    gone = command("run", "--runtime", f"{LEARNT}+mine", "-c", "1")
    assert gone.returncode == 2


def test_every_known_loader_and_installer_is_recognised() -> None:
    host = this_machine()
    for platform in load_platforms():
        for release in platform.releases:
            found = recognise(install_release(release, host), host)
            assert (release.version, found.generation) == (release.version, platform.loader)
            assert installer_of(release.version).since in found.installers


def changed(data: bytes, *, gone: str, retyped: str, like: str) -> bytes:
    """A main module without one export, and with another one that is a third one's function."""
    module = read_module(data)
    index = next(entry.index for entry in module.exports if entry.name == like)
    exports = [
        enc.name(entry.name)
        + bytes([list(Kind).index(entry.kind)])
        + enc.unsigned(index if entry.name == retyped else entry.index)
        for entry in module.exports
        if entry.name != gone
    ]
    section = next(one for one in module.sections if one.id == SectionId.EXPORT)
    new = replace_contents(section, enc.vector(exports))
    return write_module(module, [new if one is section else one for one in module.sections])


def test_a_runtime_that_was_changed_on_purpose(tmp_path: Path) -> None:
    """Without one function, with one of another type, another library path and one suffix less in its way."""
    folder = tmp_path / "dist"
    shutil.copytree(release_folder(LEARNT), folder)
    main = folder / "pyodide.asm.wasm"
    gone, retyped, like = "PyComplex_FromDoubles", "PyFloat_FromString", "PyFloat_FromDouble"
    main.write_bytes(changed(main.read_bytes(), gone=gone, retyped=retyped, like=like))
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    module = "x.cpython-314-wasm32-emscripten.so"
    for name, wat in (
        ("good", "%dylink %init"),
        ("caller", f'%dylink (import "env" "{gone}" (func (param f64 f64) (result i32))) %init'),
        ("typed", f'%dylink (import "env" "{retyped}" (func (param i32) (result i32))) %init'),
    ):
        make_wheel(wheels, f"{name}-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl", {module: assemble(wat)})

    fine = run_command(tmp_path, "runtime", "check", LEARNT, "--platform", "314_0", "--format", "json")
    assert fine.returncode == 0, fine.stdout + fine.stderr
    whole = json.loads(fine.stdout)
    check(whole, "runtime")
    assert whole["summary"]["kept"]
    assert whole["results"][0]["broken"] == []
    done = run_command(tmp_path, "runtime", "check", "dist", "--wheels", "wheels", "--format", "json")
    assert done.returncode == 1, done.stderr
    (said,) = json.loads(done.stdout)["results"]
    check(json.loads(done.stdout), "runtime")
    assert (said["platform"], said["earlier"][-1], said["kept"]) == ("314_0", LEARNT, False)
    broken = {(one["aspect"], one["what"]): one["found"] for one in said["broken"]}
    assert broken == {("symbol", gone): "none", ("symbol", retyped): "wasm-function (f64)->(i32)"}
    assert said["wheels"] == 3
    hurt = {one["wheel"].partition("-")[0]: one["reason"] for one in said["broken_wheels"]}
    assert hurt.keys() == {"caller", "typed"}
    assert hurt["caller"] == f"a call of {gone} ends the interpreter"
    assert "imported function does not match the expected type" in hurt["typed"]
    assert not (tmp_path / "data").exists()

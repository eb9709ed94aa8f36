"""Projects that cannot be built say why, once and first; others show what a backend is told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from patience import HANGS, WORK_HANGS

from pyodide_abi.wheel import open_wheel

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.integration

SOURCE = """\
#include <Python.h>
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "spam"};
PyMODINIT_FUNC PyInit_spam(void) { return PyModule_Create(&definition); }
"""
#: The same with threads.
STARTING = "#include <pthread.h>\n" + SOURCE.replace(
    "{ return", "{ pthread_t it; pthread_create(&it, 0, (void *(*)(void *))PyInit_spam, 0); return"
)
#: A backend of the project's own that writes down what it is told.
WITNESS = """
import json, os, pathlib, platform, subprocess, sys, sysconfig
import packaging.markers

def build_wheel(directory, config_settings=None, metadata_directory=None):
    code = "import sys, sysconfig; print(sys.platform, sysconfig.get_platform())"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    marker = packaging.markers.Marker("sys_platform == 'emscripten' and platform_machine == 'wasm32'")
    facts = {
        "sys.platform": sys.platform, "os.name": os.name, "uname": list(os.uname()),
        "system": platform.system(), "machine": platform.machine(), "get_platform": sysconfig.get_platform(),
        "ext": sysconfig.get_config_var("EXT_SUFFIX"), "soabi": sysconfig.get_config_var("SOABI"),
        "long": sysconfig.get_config_var("SIZEOF_LONG"), "include": sysconfig.get_path("include"),
        "cc": sysconfig.get_config_var("CC"), "maxsize": sys.maxsize, "child": child.stdout.split(),
        "marker": marker.evaluate(),
        "environ": sorted(os.environ), "PYTHONPATH": sys.path, "settings": config_settings,
        "stdlib": sysconfig.get_path("stdlib"),
    }
    pathlib.Path(config_settings["witness"]).write_text(json.dumps(facts))
    raise SystemExit("seen enough")
"""


def project(folder: Path, *, source: str = SOURCE, requires: Sequence[str] = (), setup: str = "") -> Path:
    folder.mkdir()
    (folder / "spam.c").write_text(source)
    (folder / "setup.py").write_text(
        f"from setuptools import Extension, setup\n"
        f"setup(name='spam', version='1.0', ext_modules=[Extension('spam', ['spam.c'], {setup})])\n"
    )
    if requires:
        (folder / "pyproject.toml").write_text(
            f"[build-system]\nrequires = {json.dumps(['setuptools', *requires])}\n"
            "build-backend = 'setuptools.build_meta'\n"
        )
    return folder


def build(*argv: str | Path, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pyodide_abi", "build", *map(str, argv), "--toolchain-mismatch", "allow"],
        capture_output=True,
        text=True,
        timeout=WORK_HANGS,
        check=False,
        cwd=cwd,
        env={**os.environ, **environ},
    )


def errors_in(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("error: ")]


def test_a_project_with_only_a_setup_py(tmp_path: Path) -> None:
    project(tmp_path / "spam", setup="extra_compile_args=['-march=native'], include_dirs=['/usr/include']")
    done = build("spam", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (wheel,) = (tmp_path / "dist").iterdir()
    with open_wheel(wheel) as opened:
        assert opened.verify_record() == ()
    assert "note: dropped -march=native: it names a native processor" in done.stderr
    assert "note: dropped -I/usr/include: the folder belongs to the build machine" in done.stderr
    assert sorted(path.name for path in (tmp_path / "spam").iterdir()) == ["setup.py", "spam.c"]


@pytest.mark.parametrize(
    ("source", "setup", "message"),
    [
        (SOURCE.replace("; }", " }"), "", "spam.c:3:"),
        (SOURCE, "extra_compile_args=['-fopenmp']", "-fopenmp is forbidden on 314_0: "),
        (STARTING, "extra_compile_args=['-pthread']", "starts threads (pthread_create)"),
        ('#include "gsl.h"\n' + SOURCE, "", "'gsl.h' file not found"),
        (SOURCE, "libraries=['nowhere']", "nowhere"),
    ],
)
def test_a_bad_project_gives_one_clear_error(tmp_path: Path, source: str, setup: str, message: str) -> None:
    project(tmp_path / "spam", source=source, setup=setup)
    done = build("spam", cwd=tmp_path, TMPDIR=str(tmp_path))
    assert done.returncode == 1
    (error,) = errors_in(done.stderr)
    assert error.startswith("error: spam could not be built for 314_0: ")
    assert message in error
    assert "Traceback" not in done.stderr
    log = Path(done.stderr.rpartition("the full log, ")[2].partition(": ")[2].strip())
    assert message.partition(" on ")[0] in log.read_text("utf-8")
    log.unlink()
    assert [path.name for path in tmp_path.iterdir()] == ["spam"]


def test_a_build_requirement_that_is_not_there_offline(tmp_path: Path) -> None:
    project(tmp_path / "spam", requires=["a-requirement-in-nobodys-cache==0.0.1"])
    done = build("spam", "--offline", cwd=tmp_path)
    assert done.returncode == 3
    (error, *_) = errors_in(done.stderr)
    assert "a-requirement-in-nobodys-cache==0.0.1" in error
    assert "--offline" in error
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "dist").exists()


def test_wrong_use(tmp_path: Path) -> None:
    project(tmp_path / "spam")
    for argv, message in (
        (("./gone",), "gone does not exist"),
        (("spam", "--tag", "pyodide_2025_0_wasm32"), "is no tag of the platform 314_0"),
        (("spam", "--exports", "a b"), "exports cannot be"),
        (("spam/spam.c",), "is not an sdist"),
    ):
        done = build(*argv, cwd=tmp_path)
        assert (done.returncode, len(errors_in(done.stderr))) == (2, 1)
        assert message in done.stderr


def test_a_compiler_of_another_version_needs_a_word(tmp_path: Path) -> None:
    project(tmp_path / "spam")
    done = build("spam", "--toolchain", "debian", "--toolchain-mismatch", "refuse", cwd=tmp_path)
    # The command adds "allow" behind: the last word counts.
    assert done.returncode == 0
    refused = subprocess.run(
        [sys.executable, "-m", "pyodide_abi", "build", "spam", "--toolchain", "debian"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert refused.returncode == 3
    assert "toolchain-mismatch" in refused.stderr


def test_what_a_backend_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "spam"
    (folder / "tools").mkdir(parents=True)
    (folder / "tools" / "witness.py").write_text(WITNESS)
    (folder / "pyproject.toml").write_text(
        "[build-system]\nrequires = ['packaging']\nbuild-backend = 'witness'\nbackend-path = ['tools']\n"
    )
    seen = tmp_path / "seen.json"
    leaks = {
        "CFLAGS": "-DLEAK",
        "PKG_CONFIG_PATH": "/usr/lib",
        "PYTHONPATH": "/leak",
        "CPATH": "/usr/include",
    }
    done = build("spam", f"--config-setting=witness={seen}", "--config-setting=x=1", cwd=tmp_path, **leaks)
    assert done.returncode == 1
    assert seen.is_file(), done.stderr
    facts = json.loads(seen.read_text("utf-8"))
    assert facts["sys.platform"] == "emscripten"
    assert facts["os.name"] == "posix"
    assert facts["uname"] == ["Emscripten", "emscripten", "5.0.3", "#1", "wasm32"]
    assert (facts["system"], facts["machine"]) == ("Emscripten", "wasm32")
    assert facts["get_platform"] == "pyemscripten_2026_0_wasm32"
    assert facts["ext"] == ".cpython-314-wasm32-emscripten.so"
    assert facts["soabi"] == "cpython-314-wasm32-emscripten"
    assert facts["long"] == 4
    assert facts["maxsize"] == 2**31 - 1
    assert facts["marker"] is True
    assert facts["cc"].endswith("/drivers/cc")
    assert (Path(facts["include"]) / "pyconfig.h").is_file()
    assert "SIZEOF_LONG 4" in (Path(facts["include"]) / "pyconfig.h").read_text("utf-8")
    assert facts["child"] == ["emscripten", "pyemscripten_2026_0_wasm32"]
    assert Path(facts["stdlib"], "os.py").is_file()
    assert not {"CFLAGS", "PKG_CONFIG_PATH", "PYTHONPATH", "CPATH"} & set(facts["environ"])
    assert "/leak" not in facts["PYTHONPATH"]
    assert facts["settings"] == {"witness": str(seen), "x": "1"}


def test_an_interruption_leaves_nothing(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    project(tmp_path / "spam", source="#include <Python.h>\n" + "#include <complex.h>\n" * 3 + SOURCE)
    (tmp_path / "spam" / "setup.py").write_text("import time\nprint('here', flush=True)\ntime.sleep(120)\n")
    with subprocess.Popen(
        [sys.executable, "-m", "pyodide_abi", "build", "spam", "-v", "--toolchain-mismatch", "allow"],
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(work)},
        stderr=subprocess.PIPE,
        text=True,
        # A background job of a shell begins with the signal ignored, and so would all that it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - it does no more
    ) as running:
        assert running.stderr
        for line in running.stderr:
            if line.strip() == "here":
                break
        folder = next(work.iterdir())
        running.send_signal(signal.SIGINT)
        assert running.wait(HANGS) == 130
    assert not folder.exists()
    assert not (tmp_path / "dist").exists()
    backends = [path for path in Path("/proc").glob("[0-9]*/cmdline") if str(folder) in _read(path)]
    assert backends == []


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode(errors="replace")
    except OSError:
        return ""


def test_the_backend_s_warnings_are_in_the_log_and_not_on_the_terminal(tmp_path: Path) -> None:
    spam = project(tmp_path / "spam")
    text = (spam / "setup.py").read_text()
    (spam / "setup.py").write_text(f"import warnings\nwarnings.warn('mind the gap')\n{text}")
    done = build(spam, "--quiet", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "mind the gap" not in done.stderr + done.stdout
    verbose = build(spam, "--verbose", cwd=tmp_path)
    assert "mind the gap" in verbose.stderr

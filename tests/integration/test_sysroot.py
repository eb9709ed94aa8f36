"""The target's headers agree with the runtime: sizes, offsets, structures that it reads, every macro."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from patience import HANGS
from platformdirs import user_cache_path

from pyodide_abi.host import Host, Silence
from pyodide_abi.platforms import find_runtime, load_platforms
from pyodide_abi.platforms.model import Language, Need, Stage
from pyodide_abi.process import SystemRunner
from pyodide_abi.runtime.program import Program, run_python
from pyodide_abi.runtime.releases import install_release
from pyodide_abi.store import Store
from pyodide_abi.toolchain import find_python, find_toolchain, make_sysroot

if TYPE_CHECKING:
    from pyodide_abi.platforms.model import Platform, Release
    from pyodide_abi.toolchain import Sysroot

pytestmark = pytest.mark.integration

HERE = Path(__file__).parent
RELEASES = [
    version
    for platform in load_platforms()
    for version in dict.fromkeys((platform.releases[0].version, platform.releases[-1].version))
]
#: Sizes that the configuration states and the compiler knows by itself.
STATED = {
    "SIZEOF_INT": "int",
    "SIZEOF_LONG": "long",
    "SIZEOF_LONG_LONG": "long long",
    "SIZEOF_SHORT": "short",
    "SIZEOF_VOID_P": "void *",
    "SIZEOF_SIZE_T": "size_t",
    "SIZEOF_FLOAT": "float",
    "SIZEOF_DOUBLE": "double",
    "SIZEOF_LONG_DOUBLE": "long double",
    "SIZEOF__BOOL": "_Bool",
    "SIZEOF_WCHAR_T": "wchar_t",
    "SIZEOF_TIME_T": "time_t",
    "SIZEOF_OFF_T": "off_t",
    "SIZEOF_PID_T": "pid_t",
    "SIZEOF_UINTPTR_T": "uintptr_t",
    "SIZEOF_FPOS_T": "fpos_t",
}


@pytest.fixture(scope="module")
def host() -> Host:
    return Host(
        environ=dict(os.environ),
        runner=SystemRunner(),
        store=Store(user_cache_path("pyodide-abi", appauthor=False)),
        progress=Silence(),
    )


@pytest.fixture(
    scope="module",
    # One worker compiles and runs the probe of a release once for all its tests.
    params=[
        pytest.param(version, marks=pytest.mark.xdist_group(f"sysroot-{version}")) for version in RELEASES
    ],
)
def told(
    request: pytest.FixtureRequest, host: Host, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What the probe and the runtime say, in one release."""
    runtime = find_runtime(request.param)
    platform, release = runtime.platform, runtime.release
    folder = tmp_path_factory.mktemp("sysroot")
    python = find_python(platform.python.version, host)
    sysroot = make_sysroot(platform, install_release(release, host), python, host)
    _compile(platform, sysroot, folder, host)
    return _run(release, folder, host)


def _compile(platform: Platform, sysroot: Sysroot, folder: Path, host: Host) -> None:
    toolchain = find_toolchain(platform, host, mismatch_allowed=True)
    names = sorted(_names(sysroot))
    macros = "".join(f'#ifdef {name}\n{{"{name}", TEXT({name})}},\n#endif\n' for name in names)
    (folder / "macros.h").write_text(macros)
    suffix = platform.python.suffixes[0]
    output = folder / f"sysroot_probe{suffix}"
    flags = [
        flag.flag
        for stage in (Stage.COMPILE, Stage.LINK)
        for flag in platform.flags
        if flag.need is Need.REQUIRED and Language.C in flag.languages and stage in flag.stages
    ]
    argv: list[str | Path] = [
        toolchain.emcc,
        "-O1",
        *dict.fromkeys(flags),
        "-Wall",
        "-Werror=macro-redefined",
    ]
    argv += ["-sEXPORTED_FUNCTIONS=_PyInit_sysroot_probe", f"-I{sysroot.include}", f"-I{folder}"]
    argv += [HERE / "sysroot_probe.c", HERE / "sysroot_macros.c", "-o", output]
    done = host.runner.run(argv, environ={**host.environ, **toolchain.environ})
    assert done.returncode == 0, done.stderr


def _names(sysroot: Sysroot) -> set[str]:
    # Who is told one of the folders finds the other, as in an installed CPython.
    assert sysroot.include == sysroot.sysconfigdata.parents[1] / "include" / sysroot.sysconfigdata.name
    text = (sysroot.include / "pyconfig.h").read_text()
    return set(re.findall(r"^(?:# *define|/\* #undef) (\w+)", text, re.MULTILINE))


def _run(release: Release, folder: Path, host: Host) -> dict[str, Any]:
    shutil.copyfile(HERE / "sysroot_runtime.py", folder / "told.py")
    finished = run_python(Program(args=("told.py",), cwd=folder), release, host, timeout=HANGS)
    assert finished.status == 0, finished.stderr
    told: dict[str, Any] = json.loads(finished.stdout)
    return told


def test_sizes_of_types_are_the_runtimes(told: dict[str, Any]) -> None:
    probe = told["probe"]["sizes"]
    assert {name: probe[name] for name in told["basicsize"]} == told["basicsize"]
    assert {name: probe[name] for name in told["sizes"]} == told["sizes"]


def test_offsets_are_the_runtimes(told: dict[str, Any]) -> None:
    probe = told["probe"]["sizes"]
    assert {name: probe[name] for name in told["offsets"]} == told["offsets"]


def test_stated_sizes_are_the_compilers(told: dict[str, Any]) -> None:
    probe = told["probe"]
    stated = {name: int(probe["macros"][name]) for name in STATED}
    assert stated == {name: probe["sizes"][kind] for name, kind in STATED.items()}


def test_every_macro_has_the_runtimes_value(told: dict[str, Any]) -> None:
    config, macros = told["config"], told["probe"]["macros"]
    wrong = {}
    numbers = 0
    for name, value in config.items():
        if not name.startswith(("HAVE_", "SIZEOF_", "ALIGNOF_", "WITH_", "USE_", "Py_", "PY_", "ENABLE_")):
            continue
        if isinstance(value, int):
            numbers += 1
            if int(macros.get(name, "0")) != value:
                wrong[name] = (value, macros.get(name))
    assert not wrong
    assert numbers > 500, "the runtime names some 570 to 630 of them"


def test_no_macro_is_defined_that_the_runtime_says_is_not(told: dict[str, Any]) -> None:
    config, macros = told["config"], told["probe"]["macros"]
    invented = {
        name for name in macros if name.startswith(("HAVE_", "SIZEOF_", "ALIGNOF_")) and name not in config
    }
    assert not invented
    zero = {name for name, text in macros.items() if text == "0"}
    assert {name for name in zero if not name.startswith(("HAVE_DECL_", "SIZEOF_", "ALIGNOF_"))} <= {
        "PY_SUPPORT_TIER"
    }


def test_the_headers_say_the_runtimes_version(told: dict[str, Any]) -> None:
    assert told["probe"]["version"] == told["version"]
    assert told["probe"]["hexversion"] == told["hexversion"]


def test_the_runtime_reads_our_structures(told: dict[str, Any]) -> None:
    """PyModuleDef, PyMethodDef, PyType_Spec, PyMemberDef and PyGetSetDef, laid out by our headers."""
    assert told["methods"] == [
        ["facts", "what the compiler says"],
        ["view", "the fields of a buffer"],
        ["state", "the module's own memory"],
    ]
    assert told["doc"] == "a probe"
    assert told["state"] == [20261122, "sysroot_probe", 4, True]
    thing = told["thing"]
    assert thing["members"] == [21, 2.5, "text", True, 1 << 30]
    assert thing["doubled"] == "42 closure"
    assert thing["doc"] == "a real number"
    assert thing["size"] == thing["size_read"]
    assert thing["type_name"] == "int"


def test_we_read_the_runtimes_structures(told: dict[str, Any]) -> None:
    """Py_buffer, filled in by the runtime: length, item size, read-only, dimensions, format, shape…"""
    assert told["view"] == [24, 2, 1, 2, "H", 3, 4, 8]

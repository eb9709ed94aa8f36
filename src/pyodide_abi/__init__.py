"""The Pyodide platform ABI, executable.

The names below are what the commands are made of; each is imported when it is first used. Reading and judging
need nothing but a file::

    from pathlib import Path

    import pyodide_abi

    report = pyodide_abi.audit_file(Path("spam-1.0-cp314-cp314-pyemscripten_2026_0_wasm32.whl"))
    for finding in report.findings:
        print(finding.code, finding.message)

What acts on the machine takes a host, see :func:`this_machine`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyodide_abi.audit import audit_file
    from pyodide_abi.audit.inference import infer_platform, only_fit
    from pyodide_abi.audit.many import audit_files
    from pyodide_abi.build import BuildRequest, build_wheel
    from pyodide_abi.host import this_machine
    from pyodide_abi.linker import read_library, resolve
    from pyodide_abi.platforms import load_platform, load_platforms, load_surface
    from pyodide_abi.repair.patch import patch_file
    from pyodide_abi.repair.plan import Wishes
    from pyodide_abi.repair.repair_wheel import plan_wheel, repair_wheel
    from pyodide_abi.runtime.program import run_python
    from pyodide_abi.runtime.releases import install_release
    from pyodide_abi.runtime.verify import verify_wheel
    from pyodide_abi.toolchain import find_python, find_toolchain, make_sysroot
    from pyodide_abi.wasm import read_module
    from pyodide_abi.wheel import open_wheel

__version__ = "0.1.0"

__all__ = [
    "BuildRequest",
    "Wishes",
    "audit_file",
    "audit_files",
    "build_wheel",
    "find_python",
    "find_toolchain",
    "infer_platform",
    "install_release",
    "load_platform",
    "load_platforms",
    "load_surface",
    "make_sysroot",
    "only_fit",
    "open_wheel",
    "patch_file",
    "plan_wheel",
    "read_library",
    "read_module",
    "repair_wheel",
    "resolve",
    "run_python",
    "this_machine",
    "verify_wheel",
]

_HOMES = {
    "audit": ("audit_file",),
    "audit.inference": ("infer_platform", "only_fit"),
    "audit.many": ("audit_files",),
    "build": ("BuildRequest", "build_wheel"),
    "host": ("this_machine",),
    "linker": ("read_library", "resolve"),
    "platforms": ("load_platform", "load_platforms", "load_surface"),
    "repair.repair_wheel": ("plan_wheel", "repair_wheel"),
    "repair.patch": ("patch_file",),
    "repair.plan": ("Wishes",),
    "runtime.program": ("run_python",),
    "runtime.releases": ("install_release",),
    "runtime.verify": ("verify_wheel",),
    "toolchain": ("find_python", "find_toolchain", "make_sysroot"),
    "wasm": ("read_module",),
    "wheel": ("open_wheel",),
}


def __dir__() -> list[str]:
    """The names above, also those that nobody has asked for yet, and those of every module."""
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})


def __getattr__(name: str) -> object:
    for home, names in _HOMES.items():
        if name in names:
            import importlib  # noqa: PLC0415 - start-up counts

            return getattr(importlib.import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

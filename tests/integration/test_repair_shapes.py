"""Wheels as they fail real people, made on purpose: refused by the real runtime, loaded after a repair."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from differential.making import assemble
from differential.observing import Job, Observer, observe
from differential.programs import find_program
from made_wheels import make_wheel
from real_host import real_host

from pyodide_abi.audit import audit_file
from pyodide_abi.platforms import load_platform
from pyodide_abi.repair.plan import Wishes
from pyodide_abi.repair.repair_wheel import repair_wheel
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

pytestmark = pytest.mark.integration

#: A library that counts how often it was started, in data that whoever asks the loader for them shares.
LIBRARY = """
(module
  (@dylink.0 (mem-info (memory 16 2)){dylink})
  (import "env" "memory" (memory 1))
  (import "GOT.mem" "started" (global $started (mut i32)))
  (func (export "__wasm_call_ctors")
    (i32.store (global.get $started) (i32.add (i32.const 1) (i32.load (global.get $started)))))
  (func (export "answer") (result i32) (i32.const 42))
  (global (export "started") i32 (i32.const 4))
)
"""
#: An extension module that is not well unless the answer is right and there is one library.
USER = """
(module
  (@dylink.0 (mem-info (memory 128 2)){dylink})
  (import "env" "answer" (func $answer (result i32)))
  (import "GOT.mem" "started" (global $started (mut i32)))
  ;; python-imports
  ;; python-init {name}
  (func (export "__wasm_call_ctors")
    (if (i32.ne (call $answer) (i32.const 42)) (then unreachable))
    (if (i32.ne (i32.load (global.get $started)) (i32.const 1)) (then unreachable)))
)
"""
#: An extension module that others use, and one that uses it without saying so.
CORE = """
(module
  (@dylink.0 (mem-info (memory 128 2)){dylink})
  ;; python-imports
  ;; python-init _core
  (func (export "answer") (result i32) (i32.const 42))
)
"""
PLUGIN = """
(module
  (@dylink.0 (mem-info (memory 128 2)){dylink})
  (import "env" "answer" (func $answer (result i32)))
  ;; python-imports
  ;; python-init plugin
  (func (export "__wasm_call_ctors")
    (if (i32.ne (call $answer) (i32.const 42)) (then unreachable)))
)
"""
PLATFORMS = {"2024_0": "cp312", "2025_0": "cp313", "314_0": "cp314"}


@value
class Shape:
    """A wheel with a fault.

    Attributes:
        files: of the wheel; each module with what its ``dylink.0`` says.
        beside: files of a folder outside.
        imports: modules, one after another.
        sound: platforms where it is no fault.
    """

    files: Mapping[str, tuple[str, str]]
    beside: Mapping[str, tuple[str, str]] = {}
    imports: tuple[str, ...] = ("pkg.m",)
    sound: tuple[str, ...] = ()


def needs(*names: str, path: str = "") -> str:
    needed = " ".join(f'"{name}"' for name in names)
    return f" (needed {needed})" + (f' (runtime-path "{path}")' if path else "")


SHAPES = {
    "missing": Shape(
        files={"pkg/m.so": (USER, needs("libdep.so"))},
        beside={"libdep.so": (LIBRARY, "")},
    ),
    "missing in a row": Shape(
        files={"pkg/m.so": (USER, needs("libfirst.so"))},
        beside={"libfirst.so": (CORE, needs("libdep.so")), "libdep.so": (LIBRARY, "")},
    ),
    "no run path": Shape(
        files={"pkg/m.so": (USER, needs("libdep.so")), "spam.libs/libdep.so": (LIBRARY, "")},
        # There are no run paths, and this is the folder.
        sound=("2024_0",),
    ),
    "wrong folder": Shape(
        files={
            "pkg/m.so": (USER, needs("libdep.so", path="$ORIGIN/libs")),
            "resources/libdep.so": (LIBRARY, ""),
        },
    ),
    "versioned names": Shape(
        files={
            "pkg/m.so": (USER, needs("libdep.so.1", path="$ORIGIN")),
            "pkg/libdep.so.1.2": (LIBRARY, ""),
        },
    ),
    "absolute paths": Shape(
        files={"pkg/m.so": (USER, needs("/home/ci/lib/libdep.so", path="/home/ci/lib"))},
        beside={"libdep.so": (LIBRARY, "")},
    ),
    "two paths to one library": Shape(
        files={
            "pkg/m.so": (USER, needs("libdep.so", path="$ORIGIN/../spam.libs")),
            "pkg/sub/n.so": (USER, needs("libdep.so", path="$ORIGIN/../../spam.libs")),
            "spam.libs/libdep.so": (LIBRARY, ""),
        },
        imports=("pkg.m", "pkg.sub.n"),
        sound=("2024_0", "314_0"),
    ),
    "copies of one library": Shape(
        files={
            "pkg/m.so": (USER, needs("libdep.so.1", path="$ORIGIN")),
            "pkg/sub/n.so": (USER, needs("libdep.so", path="$ORIGIN")),
            "pkg/libdep.so.1": (LIBRARY, ""),
            "pkg/sub/libdep.so": (LIBRARY, ""),
        },
        imports=("pkg.m", "pkg.sub.n"),
    ),
    "plugin": Shape(
        files={"pkg/_core.so": (CORE, ""), "pkg/plugin.so": (PLUGIN, "")},
        imports=("pkg.plugin",),
    ),
}


def module(text: str, dylink: str, path: str, folder: Path) -> bytes:
    name = path.rpartition("/")[2].partition(".")[0]
    source = folder / "source.wat"
    source.write_text(text.replace("{dylink}", dylink).replace("{name}", name))
    return assemble(source, {})


def make(shape: Shape, platform: str, folder: Path) -> tuple[Path, Path]:
    """The wheel, and the folder with what stands beside it."""
    beside = folder / "beside"
    beside.mkdir()
    for path, (text, dylink) in shape.beside.items():
        (beside / path).write_bytes(module(text, dylink, path, folder))
    files: dict[str, str | bytes] = {
        path: module(text, dylink, path, folder) for path, (text, dylink) in shape.files.items()
    }
    python = PLATFORMS[platform]
    tag = load_platform(platform).tag
    files |= {"pkg/__init__.py": "", "pkg/sub/__init__.py": ""}
    return make_wheel(folder, f"spam-1.0-{python}-{python}-{tag}.whl", files), beside


def endings(wheels: Mapping[str, Path], platform: str) -> dict[str, str]:
    """How the imports end in the newest release, where its own installer has installed each wheel."""
    observer = Observer(host=real_host(), program=find_program(real_host(), "node24", None))
    jobs = {
        name: Job(
            digest=hashlib.sha256(b"installed" + wheel.read_bytes()).hexdigest(),
            wheel=wheel,
            steps=tuple(f"import {module}" for module in SHAPES[name].imports),
        )
        for name, wheel in wheels.items()
    }
    seen = observe(jobs.values(), load_platform(platform).releases[-1], observer)
    return {
        name: "; ".join(f"{step.kind} {step.text}".strip() for step in seen[job].steps)
        for name, job in jobs.items()
    }


@pytest.mark.parametrize("platform", PLATFORMS)
def test_refused_before_and_loaded_after(platform: str, tmp_path: Path) -> None:
    wheels, repaired = {}, {}
    for name, shape in SHAPES.items():
        folder = tmp_path / name.replace(" ", "-")
        folder.mkdir()
        wheel, beside = make(shape, platform, folder)
        before = wheel.read_bytes()
        wishes = Wishes(folders=(beside,))
        done = repair_wheel(wheel, wishes, folder / "new")
        assert not audit_file(done.path).failed, name
        again = repair_wheel(done.path, wishes, folder / "again")
        assert not again.made, name
        assert again.path.read_bytes() == done.path.read_bytes(), name
        assert wheel.read_bytes() == before, name
        wheels[name], repaired[name] = wheel, done.path
    well = {name: "; ".join(["loads"] * len(shape.imports)) for name, shape in SHAPES.items()}
    assert endings(repaired, platform) == well
    refused = endings(wheels, platform)
    for name, shape in SHAPES.items():
        assert (refused[name] == well[name]) is (platform in shape.sound), (name, refused[name])

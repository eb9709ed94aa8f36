"""What the loader of each platform really says of broken modules, and that ``explain`` knows it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from made_modules import side_module
from real_host import ENDS, pyodide_abi

from pyodide_abi.messages import recognise
from pyodide_abi.platforms import find_runtime

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.integration

INIT = '(func (export "PyInit_{name}") (result i32) (i32.const 0))'
#: By name of the module, in the order in which they are imported: what is undefined stays so for the later
#: ones, so it comes last.
TEXTS = {
    "needs": ("", ("libnowhere.so",), "needed-library"),
    "needs_other": ("", ("libnowhere.so.1",), "needed-library"),
    "tagged": ('(import "env" "no_such_tag" (tag (param i32)))', (), "tag-missing"),
    "typed": ('(import "env" "PyLong_FromLong" (func (param i64)))', (), "function-type"),
    "data": ('(import "env" "PyBool_Type" (func))', (), "not-a-function"),
    "number": ('(import "env" "no_such_global" (global (mut i32)))', (), "global-mismatch"),
    "threads": ('(import "env" "memory" (memory 1 65536 shared))', (), "shared-memory"),
    "foreign": ('(import "wasi_unstable" "f" (func))', (), "foreign-module"),
    "address": ('(import "GOT.mem" "no_such_address" (global (mut i32)))', (), "undefined-address"),
}
SCRIPT = """
import json, sys
sys.path.insert(0, sys.argv[1])
said = {}
for name in sys.argv[2:]:
    try:
        __import__(name)
    except Exception as error:
        said[name] = f"{type(error).__name__}: {error}"
print(json.dumps(said))
"""


def write(folder: Path) -> dict[str, str]:
    """The modules; which meaning each is to have."""
    files = {
        "elf": (b"\x7fELF\x02\x01\x01" + bytes(57), "not-webassembly"),
        "plain": (b"\0asm\1\0\0\0" + b"\1\4\1\x60\0\0" + b"\0" * 18, "no-dylink-section"),
        "other": (b"\0asm\1\0\0\0" + b"\0\5\4name" + bytes(17), "other-section-first"),
        "cut": (side_module(INIT.format(name="cut"))[:-6], "malformed-module"),
        "uninitialised": (side_module('(func (export "PyInit_else"))'), "no-init-function"),
    }
    for name, (text, needed, meaning) in TEXTS.items():
        files[name] = (side_module(text + INIT.format(name=name), needed=needed), meaning)
    for name, (content, _) in files.items():
        (folder / f"{name}.so").write_bytes(content)
    return {name: meaning for name, (_, meaning) in files.items()}


@pytest.mark.parametrize("release", [release.version for release in ENDS[1::2]])
def test_texts_of_the_loader_are_recognised(release: str, tmp_path: Path) -> None:
    meanings = write(tmp_path)
    (tmp_path / "script.py").write_text(SCRIPT, "utf-8")
    done = pyodide_abi(
        "run", "-q", "--runtime", release, "script.py", str(tmp_path.resolve()), *meanings, "needs",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.decode().splitlines()[-1])
    platform = find_runtime(release).platform
    # The second attempt of the last one is what its failure leaves behind.
    assert [hit.message.name for hit in recognise(said.pop("needs")).recognised] == ["no-init-function"]
    for name, text in said.items():
        explanation = recognise(text)
        assert [hit.message.name for hit in explanation.recognised] == [meanings[name]], text
        assert not explanation.platforms or platform.name in explanation.platforms, text
    assert said.keys() == meanings.keys() - {"needs"}


@pytest.mark.parametrize("release", [release.version for release in ENDS[1::2]])
def test_a_fatal_error_is_recognised(release: str, tmp_path: Path) -> None:
    text = """
      (import "env" "no_such_function" (func $missing))
      (func (export "PyInit_fatal") (result i32) (call $missing) (i32.const 0))
    """
    (tmp_path / "fatal.so").write_bytes(side_module(text))
    (tmp_path / "script.py").write_text(SCRIPT, "utf-8")
    done = pyodide_abi(
        "run", "-q", "--runtime", release, "script.py", str(tmp_path.resolve()), "fatal", cwd=tmp_path
    )
    assert done.returncode != 0
    [cause] = recognise(done.stderr.decode()).causes
    assert (cause.message.name, cause.details["symbol"]) == ("unresolved-call", "no_such_function")

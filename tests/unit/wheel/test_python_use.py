"""What a wheel's Python does with its native files."""

from __future__ import annotations

import pytest

from pyodide_abi.wheel.parsing import Parsing
from pyodide_abi.wheel.python_use import imported_names, opened_libraries

SUFFIX = ".cpython-314-wasm32-emscripten.so"
LIBRARY = f"libreb{SUFFIX}"
INSIDE = f"pkg/_native{SUFFIX}"


def opened(path: str, text: str, *more: tuple[str, str]) -> frozenset[str]:
    sources = [(path, text.encode()), *((place, other.encode()) for place, other in more)]
    return opened_libraries(sources, [LIBRARY, INSIDE], Parsing(0))


@pytest.mark.parametrize(
    "text",
    [
        'import ctypes, sysconfig as s\nctypes.cdll.LoadLibrary("libreb" + s.get_config_var("EXT_SUFFIX"))',
        'import ctypes\nclib = ctypes.CDLL(f"{here}/libreb{suffix}")',
        'from ctypes import CDLL\nCDLL("%s/libreb.%s" % (here, "so"))',
        'from cffi import FFI\nffi = FFI()\nlib = ffi.dlopen(os.path.join(here, "libreb" + suffix))',
        'import ctypes\nfor name in ("other", "reb"):\n    ctypes.CDLL("lib" + name + suffix)',
        'import ctypes, glob\nctypes.CDLL(glob.glob(here + "/libreb*.so")[0])',
        'import ctypes\nfrom pathlib import Path\nctypes.PyDLL(next(Path(here).glob("libreb.*")))',
        'import ctypes, os\n[ctypes.CDLL(n) for n in os.listdir(here) if n.startswith("libreb")]',
        'import numpy.ctypeslib\nnumpy.ctypeslib.load_library("libreb", here)',
        'import ctypes\nfrom importlib.util import find_spec\nctypes.CDLL(find_spec("libreb").origin)',
    ],
)
def test_a_library_is_opened(text: str) -> None:
    assert opened("reb/__init__.py", text) == {LIBRARY}


def test_all_of_a_folder_are_opened() -> None:
    text = 'import ctypes, os\n[ctypes.CDLL(n) for n in os.listdir(here) if n.endswith(".so")]'
    assert opened("pkg/__init__.py", text) == {LIBRARY, INSIDE}
    text = (
        "import ctypes, os\nfrom importlib.machinery import EXTENSION_SUFFIXES as S\n"
        "[ctypes.CDLL(n) for n in os.listdir(here) if n.endswith(tuple(S))]"
    )
    assert opened("pkg/__init__.py", text) == {INSIDE}


def test_names_may_stand_in_another_file() -> None:
    loader = (
        "from cffi import FFI\ndef load(name):\n    return FFI().dlopen(name.rpartition('.')[2] + suffix)"
    )
    use = 'from pkg._load import load\nlib = load("pkg._native")'
    assert opened("pkg/_load.py", loader, ("pkg/cipher.py", use)) == {INSIDE}


@pytest.mark.parametrize(
    "text",
    [
        "from pkg import _native",
        "from . import _native",
        "from ._native import f",
        "import pkg._native",
        'import importlib\nimportlib.import_module("pkg._native")',
        'import importlib\nimportlib.import_module("._native", __package__)',
    ],
)
def test_what_is_imported_is_a_module(text: str) -> None:
    opener = 'import ctypes\nctypes.CDLL("_native")\n'
    assert opened("pkg/__init__.py", opener + text) == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        'names = ["libreb", "_native"]',
        'import ctypes\nctypes.CDLL("libm.so.6")',
        '"""About libreb and how it is loaded."""\nimport ctypes\nctypes.CDLL(None)',
        "import ctypes\nctypes.CDLL('libreb",
        "",
    ],
)
def test_nothing_is_opened(text: str) -> None:
    assert opened("pkg/__init__.py", text) == frozenset()


@pytest.mark.parametrize(
    "text", ['# No CDLL.\nNAMES = ["libreb"]', 'import os\nos.stat(here + "/libreb.so")\nTEXT = "dlopen"']
)
def test_who_speaks_of_opening_opens_nothing(text: str) -> None:
    assert opened("reb/__init__.py", text) == frozenset()


def test_names_that_are_imported() -> None:
    text = (
        "from ._native import a, b as c\nfrom other import d\nfrom . import *\n"
        "try:\n    from ._native import guarded\nexcept ImportError:\n    guarded = None\n"
        "def later():\n    from ._native import e\n"
    )
    found = list(imported_names("pkg/__init__.py", text.encode()))
    assert found == [("pkg._native", "a", 1), ("pkg._native", "b", 1), ("other", "d", 2)]
    assert list(imported_names("pkg/sub/m.py", b"from ..x import y")) == [("pkg.x", "y", 1)]

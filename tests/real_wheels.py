"""Wheels from the index that the tests work with: versions and digests pinned, fetched once with pip."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from typing import TYPE_CHECKING

from filelock import FileLock
from patience import WORK_HANGS
from platformdirs import user_cache_path

if TYPE_CHECKING:
    from pathlib import Path

#: ``name, platform tag, Python`` to version and SHA-256.
PINNED = {
    ("awkward-cpp", "pyemscripten_2025_0_wasm32", "3.13"): (
        "57",
        "0c5b66f8ac094a9f9e26b5558c28691a327c626fd6af73b3026aa146ee6e0289",
    ),
    ("awkward-cpp", "pyemscripten_2026_0_wasm32", "3.14"): (
        "57",
        "e21c6f2ba1ba560a613c7acfe63e150736895fd4cf7bb48bc6dbff83a3435667",
    ),
    ("awkward-cpp", "pyemscripten_2026_5_wasm32", "3.15"): (
        "57",
        "9eac831e1df5c833eceaccd7e1b868038b52a4182c72a49d61cf055348552c4c",
    ),
    ("cadquery-ocp-novtk-ocp-wasm", "pyemscripten_2025_0_wasm32", "3.13"): (
        "7.9.3.1.post202605200208",
        "c23af66dce7bb3975fd005945a7d4888ab8aac63a711f02030522c1623b485ca",
    ),
    ("cadquery-ocp-novtk-ocp-wasm", "pyemscripten_2026_0_wasm32", "3.14"): (
        "8.0.1.1.post202609241841",
        "1bc957b6574c8a62a5fb33f03d054af41febbeb809a89bd08b045b17ec3e90d5",
    ),
    ("contourpy", "pyemscripten_2025_0_wasm32", "3.13"): (
        "1.4.0",
        "abd0f7e51ecc52bf8c95713bd80b1c17c516a71fa391c54475308a4377903c2b",
    ),
    ("contourpy", "pyemscripten_2026_0_wasm32", "3.14"): (
        "1.4.0",
        "fa1b787362a3856e63dd2b89449f6c384d55ee1beb8f94f4bcc871b40f02462c",
    ),
    ("contourpy", "pyemscripten_2026_5_wasm32", "3.15"): (
        "1.4.0",
        "c8be3392b84cf43373a488874dc1ebf46f60784a70977f92586e18019d71c7ed",
    ),
    ("cramjam", "pyemscripten_2025_0_wasm32", "3.13"): (
        "2.14.0",
        "c354e24d831321fa799c4e6c72c1aa7cf7360d1d148f99c7f6ff4f218e44b4b5",
    ),
    ("cramjam", "pyemscripten_2026_0_wasm32", "3.14"): (
        "2.14.0",
        "0ae43177080310657833e30785a1cfbc7ab61a069e4ec526e515b65e259154bb",
    ),
    ("dummy-pyodide-ext-test", "pyemscripten_2025_0_wasm32", "3.13"): (
        "0.1.0",
        "763299694fefe6946961f33c429647163fcceeffabdccb7cbd8d2d122f7b97c9",
    ),
    ("grill-usd-core", "pyemscripten_2026_0_wasm32", "3.14"): (
        "26.8",
        "278c8782601a5a6ca9e1ab663c3ac9075b97639a071cf1c9de0ea5ce0be2acd9",
    ),
    ("jiter", "pyemscripten_2026_0_wasm32", "3.14"): (
        "0.19.0",
        "707b8194222a343c4a5e1574df95f5ade03e3f1cbdba77d8c89c6af0f40d92cd",
    ),
    ("msgpack", "pyemscripten_2025_0_wasm32", "3.13"): (
        "1.2.4",
        "d088d1f552e129859db830692268747aba0a1ee3e6e0fe6344dbb3aab1df9f6c",
    ),
    ("msgpack", "pyemscripten_2026_0_wasm32", "3.14"): (
        "1.2.4",
        "06a0657a4110d563255006b7cb7147432f67827144e429c2cdb1c967548d1817",
    ),
    ("msgpack", "pyemscripten_2026_5_wasm32", "3.15"): (
        "1.2.4",
        "b1f08ec826417e3c8dc3edadb50f38debba033af6cb849229f0eac72f80f2342",
    ),
    ("pydantic-core", "pyemscripten_2026_0_wasm32", "3.14"): (
        "2.50.4",
        "e6da138a1ecc1341c8b788a5ee822670b03788e1f5decf7af9d461de6e508b8e",
    ),
    ("simplejson", "pyemscripten_2025_0_wasm32", "3.13"): (
        "4.3.0",
        "67666fc300dafd4a5e9a87441d6f33dc938251a0b8f7e882facd43ffecc55295",
    ),
    ("simplejson", "pyemscripten_2026_0_wasm32", "3.14"): (
        "4.3.0",
        "53324eda57a9de7fab4731281bc8bd3fa254d28dbc06ce2141f2bcfeefbc3e3a",
    ),
    ("simplejson", "pyemscripten_2026_5_wasm32", "3.15"): (
        "4.3.0",
        "d5ddb5954d80a896c39d839a77c4c02c844ebe7f089aeb5ee4a6beabfc942acc",
    ),
}


def real_wheel(name: str, platform_tag: str, python: str) -> Path:
    """The pinned wheel, fetched with pip as it is configured, if it is not in the tests' cache.

    Args:
        name: as on the index.
        platform_tag: such as ``pyemscripten_2026_0_wasm32``.
        python: ``major.minor``.
    """
    version, digest = PINNED[name, platform_tag, python]
    folder = user_cache_path("pyodide-abi", appauthor=False) / "test-wheels" / digest
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        found = list(folder.glob("*.whl"))
        if not found:
            words = ["download", "--quiet", "--no-deps", "--only-binary=:all:", f"--dest={folder}"]
            words += [f"--platform={platform_tag}", f"--python-version={python}", f"{name}=={version}"]
            subprocess.run([sys.executable, "-m", "pip", *words], check=True, timeout=WORK_HANGS)
            found = list(folder.glob("*.whl"))
    (wheel,) = found
    assert hashlib.sha256(wheel.read_bytes()).hexdigest() == digest, f"{wheel} is not the pinned one"
    return wheel

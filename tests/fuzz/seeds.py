"""What fuzzing begins with: small real modules and archives, and wheels made of them."""

from __future__ import annotations

import base64
import hashlib
import io
import random
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from fuzz.shapes import shape
from platformdirs import user_cache_path

from pyodide_abi.values import value
from pyodide_abi.wasm import encode as enc
from pyodide_abi.wasm.sections import dylink0
from pyodide_abi.wasm.sections.dylink0 import Dylink, ImportInfo, ImportInfos, MemoryInfo, Needed, RuntimePath

if TYPE_CHECKING:
    from collections.abc import Mapping

CORPUS = Path(__file__).parents[1] / "corpus"
#: Real wheels of the integration tests, where they have been fetched; no larger ones, they only cost time.
FETCHED = user_cache_path("pyodide-abi", appauthor=False) / "test-wheels"
_LARGEST = 250_000
_SHAPES = 12
MODULE = "spam.cpython-314-wasm32-emscripten.so"
WHEEL = "spam-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
INFO = "spam-1.dist-info"


@value
class Seed:
    """Bytes to begin with.

    Attributes:
        name: what the file is called, which decides how it is read.
        data: all of it.
    """

    name: str
    data: bytes


def made_seeds() -> tuple[Seed, ...]:
    """From the files of this repository alone, so the same everywhere."""
    modules = {path.name: path.read_bytes() for path in sorted(CORPUS.glob("*.wasm"))}
    seeds = [Seed(name="spam.so", data=data) for data in modules.values()]
    seeds += [
        Seed(name=f"spam{path.suffix}", data=path.read_bytes()) for path in sorted(CORPUS.glob("object.*"))
    ]
    seeds.append(Seed(name="spam.so", data=extension()))
    contents = {
        MODULE: extension(),
        "spam/libham.so": modules["linked.wasm"],
        "spam.libs/libeggs.so.1": modules["side.wasm"],
        "spam/__init__.py": b"answer = 42\n",
    }
    seeds.append(Seed(name=WHEEL, data=pack(contents)))
    seeds.append(Seed(name=WHEEL, data=pack({MODULE: modules["side.wasm"]}, method=zipfile.ZIP_STORED)))
    chance = random.Random(20261129)  # noqa: S311 - inputs, not secrets
    seeds += [Seed(name=WHEEL, data=pack(shape(chance))) for _ in range(_SHAPES)]
    return tuple(seeds)


def fetched_seeds() -> tuple[Seed, ...]:
    """The small real wheels that happen to be here; pinned in ``tests/real_wheels.py``, never committed."""
    wheels = sorted(path for path in FETCHED.glob("*/*.whl") if path.stat().st_size <= _LARGEST)
    return tuple(Seed(name=path.name, data=path.read_bytes()) for path in wheels)


def extension() -> bytes:
    """A module of two hundred bytes with all subsections of ``dylink.0`` and one of each common section."""
    weak = dylink0.SymbolFlag.WEAK | dylink0.SymbolFlag.UNDEFINED
    dylink = Dylink(
        subsections=(
            MemoryInfo(memory_size=64, memory_align=4, table_size=1, table_align=0),
            Needed(("libham.so", "libeggs.so.1")),
            ImportInfos((ImportInfo(module="env", name="absent", flags=weak),)),
            RuntimePath(("$ORIGIN/../spam.libs",)),
        )
    )
    payloads = {
        0: enc.name(dylink0.NAME) + dylink0.encode(dylink),
        1: enc.vector([b"\x60\x00\x00", b"\x60\x00\x01\x7f", b"\x60\x02\x7f\x7e\x01\x7f"]),
        2: enc.vector(
            [
                enc.name("env") + enc.name("memory") + b"\x02\x00\x01",
                enc.name("env") + enc.name("__memory_base") + b"\x03\x7f\x00",
                enc.name("env") + enc.name("PyLong_FromLong") + b"\x00\x02",
                enc.name("env") + enc.name("absent") + b"\x00\x00",
                enc.name("GOT.mem") + enc.name("_Py_NoneStruct") + b"\x03\x7f\x01",
            ]
        ),
        3: enc.vector([b"\x01", b"\x00"]),
        7: enc.vector(
            [enc.name("PyInit_spam") + b"\x00\x02", enc.name("__wasm_call_ctors") + b"\x00\x03"],
        ),
        10: enc.vector([enc.sized(b"\x00\x41\x00\x0b"), enc.sized(b"\x00\x10\x01\x0b")]),
        11: enc.vector([b"\x00\x23\x00\x0b" + enc.sized(b"spam")]),
    }
    return b"\0asm\x01\0\0\0" + b"".join(bytes([id_]) + enc.sized(body) for id_, body in payloads.items())


def pack(contents: Mapping[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A wheel's bytes; what it says of itself is added where ``contents`` does not say it."""
    tag = WHEEL.removesuffix(".whl").split("-", 2)[2]
    everything = {
        **contents,
        f"{INFO}/METADATA": b"Metadata-Version: 2.1\nName: spam\nVersion: 1\n",
        f"{INFO}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tag}\n".encode(),
    } | dict(contents)
    lines = [f"{name},sha256={_digest(data)},{len(data)}" for name, data in everything.items()]
    everything.setdefault(f"{INFO}/RECORD", "\n".join([*lines, f"{INFO}/RECORD,,", ""]).encode())
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in everything.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()

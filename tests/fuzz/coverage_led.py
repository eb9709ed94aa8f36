"""The same inputs led by coverage: atheris (libFuzzer) keeps those that reach new code and goes on from them.

Optional: a compiled package that not every Python has. ``run.py --atheris`` says if it is not there, and
imports this module while atheris instruments what is imported of the product. Nothing else is: the standard
library and what else the process has imported would take longer than a run (``atheris.instrument_all``).
libFuzzer prints how many inputs there were, how many a second, and how many places they reached (``cov``).
"""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import atheris
from fuzz.attempting import COUNTED, Fuzzer, change
from fuzz.seeds import WHEEL, Seed
from fuzz.target import PLATFORMS

if TYPE_CHECKING:
    from collections.abc import Sequence

#: The first byte of an input says what the file is called, and for which platform it is read.
_NAMES = ("spam.so", WHEEL, "spam.o", "spam.a")
_LONGEST = 40_000
#: libFuzzer ends the run at an input of so many seconds; what is too slow by our bound is a find before that.
_STUCK = 600


def run_atheris(
    seeds: Sequence[Seed], *, finds: Path, most: int | None, seconds: float | None, seed: int
) -> NoReturn:
    """Fuzz until a bound is reached, then leave the process, as libFuzzer does.

    Args:
        seeds: to begin with; long ones are left out, as instrumented code takes seconds for each.
        finds: where finds go.
        most: inputs, None for no bound.
        seconds: likewise.
        seed: of the chance.
    """
    folder = Path(tempfile.mkdtemp(prefix="pyodide-abi-fuzz-"))
    corpus, inputs = folder / "corpus", folder / "inputs"
    corpus.mkdir()
    inputs.mkdir()
    modules = [entry.data for entry in seeds if entry.data.startswith(b"\0asm")]
    for number, entry in enumerate(entry for entry in seeds if len(entry.data) < _LONGEST):
        (corpus / str(number)).write_bytes(_packed(entry))
    fuzzer = Fuzzer(inputs, finds, counted=COUNTED)

    def attempt(data: bytes) -> None:
        fuzzer.attempt(*_unpacked(data))

    def mutate(data: bytes, most_bytes: int, chance: int) -> bytes:
        entry, _ = _unpacked(data)
        source = random.Random(chance)  # noqa: S311 - inputs, not secrets
        kind = data[:1] if source.random() < 0.9 else source.randbytes(1)
        return (kind or b"\0") + change(entry, source, modules)[: most_bytes - 1]

    words = [sys.argv[0], str(corpus), f"-seed={seed + 1}", f"-max_len={_LONGEST}"]
    words += [f"-timeout={_STUCK}", f"-report_slow_units={_STUCK}", f"-artifact_prefix={folder}/"]
    words += [f"-runs={most}"] if most is not None else []
    words += [f"-max_total_time={int(seconds)}"] if seconds is not None else []
    atheris.Setup(words, attempt, custom_mutator=mutate)
    atheris.Fuzz()
    raise AssertionError("libFuzzer leaves by itself")


def _packed(seed: Seed) -> bytes:
    suffix = Path(seed.name).suffix
    return bytes([next(at for at, name in enumerate(_NAMES) if name.endswith(suffix))]) + seed.data


def _unpacked(data: bytes) -> tuple[Seed, str]:
    kind = data[0] if data else 0
    name = _NAMES[kind % len(_NAMES)]
    return Seed(name=name, data=data[1:]), PLATFORMS[kind // len(_NAMES) % len(PLATFORMS)]

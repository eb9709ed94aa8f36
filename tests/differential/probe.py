"""Does an engine do and say what its data claim?

Compiles and instantiates small modules in the engine, none of them Pyodide's, and compares each entry of its
file in ``platforms/data/engines`` with what happened: the features, every text, the order of checks, the
largest table, and each bound of sizes: a module at the bound is taken, one beyond is refused in these words.
Prints what differs::

    python tests/differential/probe.py --engine node24
    python tests/differential/probe.py --engine bun --program /opt/bun/bin/bun
    python tests/differential/probe.py --engine firefox
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __name__ == "__main__":
    # The modules beside this file are one package for pytest and for this command.
    sys.path[0] = str(Path(__file__).parents[1])

from differential.browsing import drive_browser
from differential.probes import FEATURES, HELPER, INSTANCE, MIXTURE, PROBES, binary, import_of, pairs
from differential.programs import find_program
from large_modules import pieces

from pyodide_abi.errors import MissingError, PyodideAbiError
from pyodide_abi.host import this_machine
from pyodide_abi.platforms.engine_documents import engine_names
from pyodide_abi.platforms.engines import Check, find_engine
from pyodide_abi.runtime.browser import Browser
from pyodide_abi.wasm.features import Feature
from pyodide_abi.wasm.sizes import Size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from differential.programs import Program
    from large_modules import Pieces

    from pyodide_abi.host import Host
    from pyodide_abi.platforms.engines import Engine

_SCRIPT = Path(__file__).with_name("probing.mjs")
_SECONDS = 300.0
#: Chromium compiles no more at once on a page's main thread, in bytes.
_MOST_ON_A_PAGE = 8 << 20
#: A bound beyond this is that of the format, and stands for none.
_LARGEST_NUMBER = 100_000_000
_OF_GC = {Size.FIELDS, Size.SUPERTYPES, Size.DEPTH, Size.GROUP}
#: Where in the file an engine met a feature, which the data leave out.
_PLACE = re.compile(
    r" #\d+(?::\"[^\"]*\")?(?= failed)| @\+\d+|^at offset \d+: | at byte \d+|, in function at index \d+"
)
#: What JavaScriptCore puts behind a text, which counts only where the data have it.
_SUFFIX = re.compile(r" \(evaluating '.*'\)$", re.DOTALL)
#: How the complaint of each check is told, whichever engine says it.
_WORDS = {
    Check.MODULE: r"foo",
    Check.KIND: r"requires a callable|is not a Function|must be callable",
    Check.MEMORY_KIND: r"must be a WebAssembly.Memory|is not a Memory|not an instance of WebAssembly.Memory",
    Check.FUNCTION_TYPE: r"imported function",
    Check.GLOBAL_TYPE: r"imported global",
    Check.TAG_TYPE: r"imported [tT]ag",
    Check.MEMORY_TYPE: r"memory import .*(pages|smaller)|imported Memory|Memory import.*size",
    Check.TABLE_TYPE: r"table import|imported Table|Table import",
}
#: How the answers come back: what is run at the end, in a program and in a browser.
_PRINT = "(globalThis.console?.log ?? print)(said);"
_POST = """const { answer: path, end } = await (await fetch("/jobs.json")).json();
for (const answer of [{ said }, { ended: "done" }]) {
  await fetch(path, { method: "POST", body: JSON.stringify(answer) });
}
console.log(end);"""


def main(words: Sequence[str]) -> int:
    """The command; 0 where everything agrees, 1 where something does not."""
    options = _parse(words)
    host = this_machine(cache=None)
    try:
        program = find_program(host, options.engine, options.program)
        differences = list(differences_of(host, find_engine(options.engine), program))
    except PyodideAbiError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    for line in differences:
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"{options.engine} ({program.version}): {len(differences)} differences\n")
    return 1 if differences else 0


def differences_of(host: Host, engine: Engine, program: Program | Browser) -> Iterator[str]:
    """What the engine does in another way than its data say, a line for each."""
    found = _ask(host, program, [*_questions()], engine)
    answers = iter(found["answers"])
    yield from _features(engine, answers)
    yield from _texts(engine, answers)
    yield from _order(engine, answers)
    yield from _sizes(engine, program, found["sizes"])
    fits, larger = found["tables"]
    if not fits or larger:
        yield f"a table of {engine.largest_table} entries, the largest of the data: {fits}, more: {larger}"


def _questions() -> Iterator[tuple[bytes, str]]:
    """The modules and scripts, in the order in which the answers are read."""
    for modules in FEATURES.values():
        for module in modules:
            yield binary(module), "0"
    yield MIXTURE, "0"
    for probe in PROBES:
        yield binary(probe.module) if probe.module or "binary" in probe.script else b"", probe.script
    for first, second in pairs():
        yield binary(f"{import_of(first)} {import_of(second)}"), INSTANCE


def _features(engine: Engine, answers: Iterator[Any]) -> Iterator[str]:
    for feature, modules in FEATURES.items():
        said = [_uncompiled(next(answers)) for _ in modules]
        claim = engine.refused.get(feature.value)
        if claim is None:
            yield from (
                f"{feature}: refused ({text}); the data say that it is taken" for text in said if text
            )
        elif not all(said):
            yield f"{feature}: taken ({said}); the data say: {claim}"
        elif said[0] != claim.format(call=engine.calls.module):
            yield f"{feature}: {said[0]!r}; the data say: {claim!r}"
    said_of_both, claim = _uncompiled(next(answers)), engine.mixture.format(call=engine.calls.module)
    if Feature.EXNREF not in engine.refused and said_of_both != (claim or None):
        yield f"both encodings of exceptions: {said_of_both!r}; the data say: {claim!r}"


def _uncompiled(answer: Any) -> str | None:
    """What was said of a module that was refused, without the place in it."""
    return None if answer is None else _PLACE.sub("", answer[1])


def _texts(engine: Engine, answers: Iterator[Any]) -> Iterator[str]:
    for probe, answer in zip(PROBES, answers, strict=False):
        if any(feature.value in engine.refused for feature in probe.needs):
            continue
        details = {"call": engine.calls.instance, "index": 0, "module": "env", **probe.details}
        claim = engine.say(probe.text, **details)
        said = "loads" if answer is None else answer[1] if probe.message else ": ".join(answer)
        if "evaluating" not in claim:
            said = _SUFFIX.sub("", said)
        said = re.sub(*probe.unsaid, said)
        if said != claim:
            yield f"{probe.text} {probe.module}: {said!r}; the data say: {claim!r}"


def _order(engine: Engine, answers: Iterator[Any]) -> Iterator[str]:
    """Which of two faults is told: alone, each says what it says in the pair."""
    pairs_ = [*pairs()]
    said = dict(zip(pairs_, answers, strict=True))
    for first, second in pairs_:
        turns = engine.turn(first), engine.turn(second)
        told = first if turns[0] <= turns[1] else second
        answer = said[first, second]
        if answer is None or not _tells(answer[1], told):
            yield f"{first} before {second}: {answer}; the data say that {told} is told"


def _tells(text: str, check: Check) -> bool:
    return re.search(_WORDS[check], text) is not None


def _sized(engine: Engine, program: Program | Browser) -> Iterator[tuple[str, int, Pieces]]:
    """Modules at the bounds of an engine and one beyond, as far as a page may compile them at once."""
    for size, bound in engine.sizes.items():
        further = (bound.further.most + 1,) if bound.further else ()
        for number in (bound.most, bound.most + 1, *further):
            made = pieces(Size(size), number) if number <= _LARGEST_NUMBER else []
            bytes_ = sum(len(part) * times for part, times in made)
            # The exports have one name, so that only their number can be told; and a type of a group of
            # a million stays in V8's memory for good, which has room for a million.
            told = number > bound.most or size not in {Size.EXPORTS, Size.GROUP}
            told = told and not (Feature.GC in engine.refused and size in _OF_GC)
            if made and told and (bytes_ < _MOST_ON_A_PAGE or not isinstance(program, Browser)):
                yield size, number, made


def _sizes(engine: Engine, program: Program | Browser, answers: Sequence[Any]) -> Iterator[str]:
    asked = _sized(engine, program)
    for (size, number, _), answer in zip(asked, answers, strict=True):
        bound = engine.sizes[size]
        said = _uncompiled(answer)
        if said is None or number <= bound.most:
            if (said is None) is not (number <= bound.most):
                yield f"{number} {size}: {said}; the data say that {bound.most} are taken"
            continue
        bound = bound.beyond(number)
        index = {Size.DEPTH: number}.get(Size(size), 0)
        said = ": ".join(answer) if bound.late else said
        claim = bound.text.format(
            call=engine.calls.instance if bound.late else engine.calls.module,
            number=number,
            most=bound.most,
            index=index,
            name="",
        )
        claim = _PLACE.sub("", claim)
        if not _SUFFIX.sub("", said).startswith(_SUFFIX.sub("", claim)):
            yield f"{number} {size}: {said!r}; the data say: {claim!r}"


def _ask(
    host: Host, program: Program | Browser, questions: Sequence[tuple[bytes, str]], engine: Engine
) -> Any:
    lines = [f'ask("{module.hex()}", (module, binary) => {{ {script}; }}),' for module, script in questions]
    text = (
        _SCRIPT.read_text("utf-8")
        .replace("@HELPER@", binary(HELPER).hex())
        .replace("@LARGEST@", str(engine.largest_table))
    )
    sized = [
        [[[part.hex(), times] for part, times in made], engine.sizes[size].late]
        for size, _, made in _sized(engine, program)
    ]
    text = text.replace("@SIZES@", json.dumps(sized))
    text = text.replace("/*@PROBES@*/", "\n".join(lines))
    with tempfile.TemporaryDirectory(prefix="probing-") as folder:
        if isinstance(program, Browser):
            page = Path(folder, "page.html")
            page.write_text(f'<!doctype html><script type="module">{text}\n{_POST}</script>', "utf-8")
            said, ending = drive_browser(program, {"release": folder}, host, page=page, timeout=_SECONDS)
            if not said:
                raise MissingError(f"the browser did not answer: {ending}", hint="start it by hand")
            return json.loads(said[0]["said"])
        file = Path(folder, "probing.mjs")
        file.write_text(f"{text}\n{_PRINT}\n", "utf-8")
        done = host.runner.run([*program.words, str(file)], environ=host.environ, timeout=_SECONDS)
        if done.returncode:
            raise MissingError(f"{program.words[0]} failed: {done.stderr}", hint="name another program")
        return json.loads(done.stdout)


def _parse(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--engine", choices=engine_names(), required=True)
    parser.add_argument("--program", help="its program; without it, the one on this machine")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

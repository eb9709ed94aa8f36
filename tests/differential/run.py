"""Does the linker predict what the real loader does?

Builds the cases below ``cases/``, imports them in the oldest and the newest release of every platform, calls
what needs a missing symbol, and prints where the prediction differs from what happened::

    python tests/differential/run.py
    python tests/differential/run.py --case 'needed-*' --release 0.29.5
    python tests/differential/run.py --engine node20
    python tests/differential/run.py --engine firefox --program /usr/bin/firefox-esr
    python tests/differential/run.py --real-wheels
    python tests/differential/run.py --wheel dist/my-1.0-cp314-cp314-pyemscripten_2026_0_wasm32.whl
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    # The modules beside this file are one package for pytest and for this command.
    sys.path[0] = str(Path(__file__).parents[1])

from differential.agreement import (
    Setting,
    compare_made,
    newest_and_oldest,
    reason_not_to_install,
    reason_to_leave_out,
    select,
)
from differential.making import Maker, MakingError
from differential.observing import Observer
from differential.programs import find_program
from differential.recipe import RecipeError, load_cases
from differential.reporting import report

from pyodide_abi.errors import PyodideAbiError
from pyodide_abi.host import Silence, this_machine
from pyodide_abi.platforms import Runtime, find_runtime, load_platform, load_platforms
from pyodide_abi.platforms.engine_documents import engine_names
from pyodide_abi.toolchain import find_toolchain
from pyodide_abi.values import asdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from differential.comparing import Comparison

    from pyodide_abi.host import Host
    from pyodide_abi.platforms.model import Release

CASES = Path(__file__).with_name("cases")
#: The platform whose Emscripten compiles the cases for all.
_COMPILES = "2026_5"


class _Lines(Silence):
    """Long work says on stderr what it does."""

    def say(self, text: str) -> None:
        sys.stderr.write(f"{text}\n")


def make_host() -> Host:
    """The machine as it is, with the cache that the commands use."""
    cache = os.environ.get("PYODIDE_ABI_CACHE_DIR")
    return this_machine(cache=Path(cache) if cache else None, progress=_Lines())


def make_maker(host: Host) -> Maker:
    """Compiles with the newest platform's Emscripten, or with the one that is at hand."""
    platform = load_platform(_COMPILES)
    return Maker(
        host=host, toolchain=functools.cache(lambda: find_toolchain(platform, host, mismatch_allowed=True))
    )


def chosen_runtimes(named: Sequence[str]) -> Iterator[Runtime]:
    """The releases named, or the oldest and newest of every platform."""
    if named:
        yield from (find_runtime(version) for version in named)
        return
    for platform in load_platforms():
        for release in newest_and_oldest(platform):
            yield Runtime(platform=platform, release=release)


def main(words: Sequence[str]) -> int:
    """The command; 0 where everything agrees, 1 where something does not."""
    options = _parse(words)
    host = make_host()
    left_out: dict[tuple[str, str], list[str]] = {}
    try:
        program = find_program(host, options.engine, options.program)
        observer = Observer(host=host, program=program, workers=options.jobs, full_boot=options.full_boot)
        setting = Setting(observer=observer, engine=options.engine, installs=options.installs)
        if options.real_wheels or options.wheel:
            from differential.wheels import compare_wheels, pinned_wheels

            wheels = {file.name: file for file in options.wheel} or pinned_wheels(options.case)
            comparisons = list(compare_wheels(wheels, options.release, setting))
        else:
            cases = select(load_cases(CASES), options.case)
            maker = make_maker(host)
            comparisons = []
            for runtime in chosen_runtimes(options.release):
                platform, release = runtime.platform, runtime.release
                comparisons += compare_made(cases, platform, release, maker=maker, setting=setting)
                for case in cases:
                    reason = reason_to_leave_out(case, platform, release, setting.engine)
                    if reason:
                        left_out.setdefault((case.name, reason), []).append(release.version)
                    elif setting.installs and (reason := reason_not_to_install(case, platform)):
                        left_out.setdefault((f"{case.name} installed", reason), []).append(release.version)
                host.progress.say(f"{release.version}: {_score(comparisons, release)}")
    except (PyodideAbiError, MakingError, RecipeError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 3
    if options.format == "json":
        text = json.dumps([asdict(one) for one in comparisons], indent=1)
    else:
        text = report(comparisons, left_out, engine=f"{setting.engine} ({program.version})")
    sys.stdout.write(text + "\n")
    return 0 if all(one.agrees for one in comparisons) else 1


def _score(comparisons: Sequence[Comparison], release: Release) -> str:
    ours = [one for one in comparisons if one.release == release.version]
    return f"{sum(one.agrees for one in ours)} of {len(ours)} agree"


def _parse(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--case", action="append", default=[], metavar="PATTERN", help="only these cases")
    parser.add_argument("--release", action="append", default=[], metavar="V", help="only these releases")
    parser.add_argument(
        "--engine",
        default="node24",
        choices=engine_names(),
        help="whose texts are predicted (default: %(default)s)",
    )
    parser.add_argument(
        "--program", metavar="PATH", help="the engine itself (default: the one on this machine)"
    )
    parser.add_argument("--real-wheels", action="store_true", help="published wheels instead of made modules")
    parser.add_argument(
        "--wheel",
        action="extend",
        nargs="+",
        default=[],
        type=Path,
        metavar="FILE",
        help="these wheels instead",
    )
    parser.add_argument(
        "--installs", action="store_true", help="also install each case as a wheel, then import it"
    )
    parser.add_argument("--full-boot", action="store_true", help="start no interpreter from a snapshot")
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time (default: %(default)s)")
    parser.add_argument("--format", choices=["text", "json"], default="text")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Of the methods and attributes that Python sees in a module, how many the audit recovers from its code.

Imports every extension module of published wheels in the newest release of their platform and asks for what C
has defined: functions of the module, methods, getters of its types. Prints a line for each wheel, and what is
lacking::

    python tests/differential/recall.py [WHEEL ...]

Without arguments, the wheels of ``tests/real_wheels.py``. What pybind11 and PyO3 make at run time out of one
function of the right type counts as lacking.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

if __name__ == "__main__":
    # The modules beside this file are one package for pytest and for this command.
    sys.path[0] = str(Path(__file__).parents[1])

from real_wheels import PINNED, real_wheel

from pyodide_abi.audit.pipeline import open_subject

#: Prints what C has defined in a module: functions as ``name``, members of types as ``Type.name``.
_LOOK = """
import importlib, json, sys
NATIVE = {'method_descriptor', 'classmethod_descriptor', 'builtin_function_or_method', 'getset_descriptor',
          'cython_function_or_method'}
found = set()
for name in sys.argv[1:]:
    try:
        module = importlib.import_module(name)
    except BaseException as error:
        print('cannot import', name, type(error).__name__, error, file=sys.stderr)
        continue
    for key, what in vars(module).items():
        kind = type(what).__name__
        if kind in NATIVE and getattr(what, '__self__', module) is module and what.__name__ == key:
            found.add(key)
        if isinstance(what, type) and what.__module__ in (name, name.rpartition('.')[0]):
            for member, held in vars(what).items():
                held = getattr(held, '__func__', held)
                if type(held).__name__ in NATIVE and member not in {'__dict__', '__weakref__', '__new__'}:
                    found.add(f'{what.__name__}.{member}')
print(json.dumps(sorted(found)))
"""


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("wheels", nargs="*", type=Path, metavar="WHEEL")
    for wheel in parser.parse_args().wheels or [real_wheel(*pinned) for pinned in PINNED]:
        modules, recovered = _recovered(wheel)
        seen = _seen(wheel, modules) if modules else []
        lacking = [name for name in seen if not _is_in(name, recovered)]
        share = 100 * (len(seen) - len(lacking)) // len(seen) if seen else 100
        sys.stdout.write(f"{wheel.name}: {len(seen) - len(lacking)} of {len(seen)} ({share} %)\n")
        if lacking:
            sys.stdout.write(f"  lacking: {', '.join(lacking[:20])}{' …' if lacking[20:] else ''}\n")
        sys.stdout.flush()
    return 0


def _recovered(wheel: Path) -> tuple[list[str], set[str]]:
    """The modules of a wheel, and the names of all entries."""
    with open_subject(wheel) as subject:
        modules = [
            binary.path.split(".", 1)[0].removesuffix("/__init__").replace("/", ".")
            for binary in subject.binaries
            if binary.extension
        ]
        names = {
            entry.name.removesuffix(" (get)").removesuffix(" (set)")
            for binary in subject.binaries
            for entry in binary.recovered.entries
        }
    return modules, names


def _seen(wheel: Path, modules: list[str]) -> list[str]:
    """What Python sees of them."""
    command = [sys.executable, "-m", "pyodide_abi", "run", "-q", "--no-deps", "-w", str(wheel), "--"]
    done = subprocess.run([*command, "-c", _LOOK, *modules], capture_output=True, text=True, check=False)
    sys.stderr.write(done.stderr)
    names: list[str] = json.loads(done.stdout.splitlines()[-1]) if done.stdout else []
    return names


def _is_in(name: str, recovered: set[str]) -> bool:
    return any(entry == name or entry.endswith(f".{name}") for entry in recovered)


if __name__ == "__main__":
    sys.exit(main())

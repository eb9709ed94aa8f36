#!/bin/sh
# Bun cuts the text of a LinkError or TypeError about an import after 2,048 letters, so that the reason is gone.
#
# The common guess: an engine shows the import's name as it is, or shortens the name and keeps what is wrong with it.
# The behaviour: Node says the whole name and then the reason; Bun cuts the whole after 2,048 letters and
# puts only "(evaluating '…')" behind. Mangled names of C++ templates get that long: of a missing import one reads the
# beginning of its name, and not that it is missing.
#
# Seen with Bun 1.4.5 and Node 24.19.0 from npm on 2026-12-01. Needs npm.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit --prefix . bun@1.4.5 node@24.19.0 >/dev/null
cat >look.mjs <<'END'
// A module that imports one function, env.nnn…, of 1,000 or 3,000 letters.
const leb = (n) => (n < 128 ? [n] : [(n & 127) | 128, ...leb(n >>> 7)]);
const section = (id, bytes) => [id, ...leb(bytes.length), ...bytes];
for (const length of [1000, 3000]) {
  const name = Array(length).fill(110);
  const imports = [1, 3, 101, 110, 118, ...leb(length), ...name, 0, 0];
  const bytes = [0, 97, 115, 109, 1, 0, 0, 0, ...section(1, [1, 96, 0, 0]), ...section(2, imports)];
  const module = new WebAssembly.Module(new Uint8Array(bytes));
  try {
    new WebAssembly.Instance(module, { env: {} });
  } catch (error) {
    const text = error.message.replace(/ \(evaluating .*/s, "");
    const reason = text.replace(/^.*n{100,}/s, "").trim() || "(no reason)";
    console.log(`${length} letters: a text of ${text.length}, its end: ${reason}`);
  }
}
END
bin=node_modules/.bin
seen=$(
    echo "Node:"
    $bin/node look.mjs
    echo "Bun:"
    $bin/bun look.mjs
)
echo "$seen"
expected='Node:
1000 letters: a text of 1079, its end: ": function import requires a callable
3000 letters: a text of 3079, its end: ": function import requires a callable
Bun:
1000 letters: a text of 1037, its end: must be callable
3000 letters: a text of 2048, its end: (no reason)'
[ "$seen" = "$expected" ] || { echo "this is not what was seen in December 2026" >&2; exit 1; }

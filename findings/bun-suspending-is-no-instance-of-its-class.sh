#!/bin/sh
# In Bun what `new WebAssembly.Suspending(f)` gives is a function, and no instance of WebAssembly.Suspending.
#
# The common guess: it is an object of that class, as the JavaScript Promise Integration API has it and as V8 does, so
# that `instanceof` and `typeof` tell it from functions. Emscripten's dynamic loader, for one, takes whatever is a
# function for something with an address, and refuses other objects.
# The behaviour: in Node and Deno `typeof` is "object", its string is "[object WebAssembly.Suspending]" and
# `instanceof` holds; in Bun `typeof` is "function" and `instanceof` does not hold, even right after `new`.
#
# Seen with Bun 1.4.5, Deno 2.9.6 and Node 24.19.0 (--experimental-wasm-jspi) from npm on 2026-11-30. Needs npm.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit --prefix . bun@1.4.5 deno@2.9.6 node@24.19.0 >/dev/null
cat >look.mjs <<'END'
const made = new WebAssembly.Suspending(() => 1);
const words = String(made).replace(/\s+/g, " ").replace(/\{.*/, "{…}");
console.log(`${typeof made}, ${words}, instanceof: ${made instanceof WebAssembly.Suspending}`);
END
bin=node_modules/.bin
seen=$(
    echo "Node: $($bin/node --experimental-wasm-jspi look.mjs)"
    echo "Deno: $($bin/deno run --quiet look.mjs)"
    echo "Bun: $($bin/bun look.mjs)"
)
echo "$seen"
expected='Node: object, [object WebAssembly.Suspending], instanceof: true
Deno: object, [object WebAssembly.Suspending], instanceof: true
Bun: function, function WebAssembly.Suspending() {…}, instanceof: false'
[ "$seen" = "$expected" ] || { echo "this is not what was seen in November 2026" >&2; exit 1; }

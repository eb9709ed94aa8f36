#!/bin/sh
# In Deno and Bun, Python's input() in stock Pyodide does not read standard input: it calls prompt().
#
# The common guess: Pyodide takes both for Node, so a program reads its standard input there as in Node.
#
# What happens: files are mounted and packages are found as in Node, but both engines have the prompt() of pages, and
# what stands for /dev/stdin asks by that. In Bun "Prompt" is written to standard output in front of what was read; in
# Deno, where standard input is no terminal, prompt() gives nothing, and input() raises EOFError. Node reads the line.
# What helps: setStdin() with a function that reads from descriptor 0, after the start.
#
# Seen on 2026-11-30 with pyodide 314.0.7, Deno 2.9.6, Bun 1.4.5 and Node 24 (npm packages for x86-64 Linux).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{}' > package.json
npm install --ignore-scripts --no-audit --no-fund --silent \
    pyodide@314.0.7 @deno/linux-x64-glibc@2.9.6 @oven/bun-linux-x64-baseline@1.4.5
cat > read.mjs <<SCRIPT
import { readSync } from "node:fs";
const { loadPyodide } = await import("$folder/node_modules/pyodide/pyodide.mjs");
const pyodide = await loadPyodide({ indexURL: "$folder/node_modules/pyodide/" });
if (process.argv[2] === "mended") pyodide.setStdin({ read: (buffer) => readSync(0, buffer) });
try {
  console.log("read", pyodide.runPython("input()"));
} catch (error) {
  console.log("failed", error.type);
}
process.exit(0);
SCRIPT

deno="node_modules/@deno/linux-x64-glibc/deno run --quiet --allow-all --no-config"
bun=node_modules/@oven/bun-linux-x64-baseline/bin/bun
in_node=$(echo said | node read.mjs)
in_deno=$(echo said | $deno read.mjs)
in_deno_mended=$(echo said | $deno read.mjs mended)
in_bun=$(echo said | $bun read.mjs)
in_bun_mended=$(echo said | $bun read.mjs mended)
echo "Node: $in_node"
echo "Deno: $in_deno; with setStdin: $in_deno_mended"
echo "Bun: $in_bun; with setStdin: $in_bun_mended"

[ "$in_node" = "read said" ] || { echo "Node no longer reads it"; exit 1; }
[ "$in_deno" = "failed EOFError" ] || { echo "Deno no longer fails"; exit 1; }
[ "$in_bun" = "Prompt read said" ] || { echo "Bun no longer prompts"; exit 1; }
[ "$in_deno_mended" = "read said" ] && [ "$in_bun_mended" = "read said" ] || { echo "setStdin no longer helps"; exit 1; }

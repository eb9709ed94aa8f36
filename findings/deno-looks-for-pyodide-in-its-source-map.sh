#!/bin/sh
# Deno leads stack traces through source maps, so that Pyodide looks for its files where it was compiled.
#
# The common guess: Deno is taken for Node, and `loadPyodide()` of a copy on the disk needs no `indexURL` there
# either, as it finds its own folder.
#
# What happens: Pyodide reads its folder from a stack trace. Deno names the places of the source map
# (`pyodide.mjs.map`'s `../src/js/…`), so it looks for `../src/js/pyodide.asm.mjs` and does not start. With
# `indexURL` it starts. Node and Bun start in both ways.
#
# Seen on 2026-11-29 with pyodide 314.0.7, Deno 2.9.6 and Bun 1.4.5 (npm packages for x86-64 Linux).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{}' > package.json
npm install --ignore-scripts --no-audit --no-fund --silent \
    pyodide@314.0.7 @deno/linux-x64-glibc@2.9.6 @oven/bun-linux-x64-baseline@1.4.5
cp -r node_modules/pyodide copy

for how in without with; do
    case $how in
        without) options='{}' ;;
        with) options="{ indexURL: '$folder/copy/' }" ;;
    esac
    cat > "$how.mjs" <<SCRIPT
const { loadPyodide } = await import("$folder/copy/pyodide.mjs");
try {
  const pyodide = await loadPyodide($options);
  console.log("started", pyodide.version);
} catch (error) {
  console.log("failed", error.message);
}
process.exit(0);
SCRIPT
done

deno="node_modules/@deno/linux-x64-glibc/deno run --quiet --allow-all --no-config"
bun=node_modules/@oven/bun-linux-x64-baseline/bin/bun
in_deno=$($deno without.mjs 2>&1 || true)
in_deno_with=$($deno with.mjs 2>&1 || true)
in_bun=$($bun without.mjs 2>&1 || true)
echo "Deno: $in_deno"
echo "Deno with indexURL: $in_deno_with"
echo "Bun: $in_bun"

case $in_deno in *src/js*) ;; *) echo "Deno no longer looks in src/js"; exit 1 ;; esac
case $in_deno_with in "started 314.0.7"*) ;; *) echo "indexURL no longer helps in Deno"; exit 1 ;; esac
case $in_bun in "started 314.0.7"*) ;; *) echo "Bun no longer starts it"; exit 1 ;; esac

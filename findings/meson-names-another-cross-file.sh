#!/bin/sh
# Meson, given several cross files of which one does not exist, names the last one in its error.
#
# The common guess: "ERROR: Cannot find specified cross file: FILE" names the file that is missing.
# The behaviour: it names the last --cross-file of the command line, whichever is missing. The line before the error,
# "Could not find any valid candidate for cross files:", names the right one. Tools that put a cross file of their own
# behind a project's (its [tool.meson-python.args]) are blamed so for a file that is there.
#
# Seen with meson 1.12.1 on 2026-11-30. Needs Python with venv; fetches meson from the package index.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet meson==1.12.1
echo "project('spam')" >meson.build
printf '[host_machine]\nsystem = %s\ncpu_family = %s\ncpu = %s\nendian = %s\n' \
    "'emscripten'" "'wasm32'" "'wasm32'" "'little'" >there.cross
seen=$(environment/bin/meson setup build --cross-file=missing.cross --cross-file=there.cross 2>&1 || true)
seen=$(echo "$seen" | grep 'cross file')
echo "$seen"
expected='Could not find any valid candidate for cross files: missing.cross
ERROR: Cannot find specified cross file: there.cross'
[ "$(echo "$seen" | sed 's/^.*ERROR:/ERROR:/')" = "$expected" ] ||
    { echo "this is not what was seen in November 2026" >&2; exit 1; }

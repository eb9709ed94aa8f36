// The inside of a locked room: what code of strangers finds in Node.
//
// Node's permission model (room.py starts it) refuses files, programs, threads, add-ons and WASI by itself. What it
// leaves open is shut here: Node's other modules, which the model does not cover as a whole, the acts of
// `process`, and whatever reaches the network.

import fs, { constants as files, writeSync } from "node:fs";
import { registerHooks, syncBuiltinESMExports } from "node:module";
import { constants as system } from "node:os";
import { isatty } from "node:tty";

export const refusal = (what) =>
  Object.assign(new Error(`${what} is shut in pyodide-abi's locked room`), { code: "ERR_ACCESS_DENIED" });

// What the releases themselves import while they start. Node asks for permission in each of their functions.
const LENT = ["crypto", "fs", "fs/promises", "path", "tty", "url", "vm"];
// What later releases make Python's sockets of.
const NETWORK = ["dns", "net", "stream", "tls"];
// These would open the room, and a release does not start without them: stand-ins take their places.
const STAND_INS = { module: "./room_module.mjs", child_process: "./room_programs.cjs" };

const bare = (specifier) => specifier.replace(/^node:/, "");
const lent = new Set(LENT);
export const isLent = (specifier) => lent.has(bare(specifier));

// Before anything of the release is read. `network`: what may be reached: "" for nothing, "*" for everything, else one
// origin, by fetch() alone.
export function furnish(network) {
  if (network === "*") for (const name of NETWORK) lent.add(name);
  registerHooks({
    resolve(specifier, context, next) {
      const inside = /^(file:|\.{0,2}\/)/.test(specifier);
      const standIn = STAND_INS[bare(specifier)];
      if (standIn) return { url: new URL(standIn, import.meta.url).href, shortCircuit: true };
      if (!inside && !isLent(specifier)) throw refusal(`the module "${specifier}"`);
      return next(specifier, context);
    },
  });
  process.binding = binding;
  keepFilesUsable();
}

// The model refuses these whatever the file, as it cannot tell its path, with a code that is no system's. What Python
// wrote is written without fsync, too; the others are EPERM to it, where it would end at an error that it does not know.
const WITHOUT_EFFECT = ["fsyncSync", "fdatasyncSync"];
const NOT_PERMITTED = ["fchmodSync", "fchownSync", "futimesSync", "symlinkSync"];

function keepFilesUsable() {
  for (const name of WITHOUT_EFFECT) fs[name] = () => {};
  for (const name of NOT_PERMITTED) {
    const real = fs[name];
    fs[name] = (...words) => {
      try {
        return real(...words);
      } catch (error) {
        throw error.code === "ERR_ACCESS_DENIED" ? Object.assign(new Error(error.message), { code: "EPERM" }) : error;
      }
    };
  }
  syncBuiltinESMExports();
}

// Emscripten asks for the numbers of a few flags while it starts, which the model refuses as a whole.
function binding(name) {
  if (name !== "constants") throw refusal(`process.binding("${name}")`);
  return { fs: { ...files }, os: { ...system } };
}

// Before anything of the wheel is seen.
export function lock(network) {
  if (Object.getOwnPropertyDescriptor(globalThis, "process").configurable === false) return;
  if (network !== "*") {
    const { fetch } = globalThis;
    const reach = async (resource, options) => {
      const { href, origin } = new URL(resource?.url ?? resource);
      if (origin !== network) throw refusal(`the address ${origin}`);
      // A redirection would lead elsewhere.
      return fetch(href, { ...options, redirect: "error" });
    };
    for (const name of ["fetch", "WebSocket", "EventSource"]) delete globalThis[name];
    globalThis.fetch = reach;
  }
  const value = standIn(process);
  Object.defineProperty(globalThis, "process", { value, writable: false, configurable: false });
}

// What releases, libraries and programs ask of `process`, and nothing that acts on more than this process.
function standIn(real) {
  const { arch, argv, argv0, pid, platform, release, version, versions } = real;
  const same = function () {
    return this;
  };
  const events = { on: same, once: same, off: same, addListener: same, removeListener: same, emit: () => false };
  const stream = (fd, name) => ({
    ...events,
    fd,
    isTTY: isatty(fd),
    get columns() {
      return isatty(fd) ? real[name].columns : undefined;
    },
    get rows() {
      return isatty(fd) ? real[name].rows : undefined;
    },
    write: (text) => writeSync(fd, text) >= 0,
  });
  const made = {
    ...events,
    ...{ arch, argv: [...argv], argv0, pid, platform, version },
    ...{ release: { ...release }, versions: { ...versions }, env: {}, execArgv: [], exitCode: undefined },
    ...{ stdin: { ...events, fd: 0, isTTY: isatty(0) }, stdout: stream(1, "stdout"), stderr: stream(2, "stderr") },
    binding,
    emitWarning() {},
    nextTick: (action, ...values) => queueMicrotask(() => action(...values)),
  };
  for (const name of ["cwd", "exit", "getuid", "geteuid", "getgid", "getegid", "hrtime", "memoryUsage", "uptime"]) {
    made[name] = (...values) => real[name](...values);
  }
  made.hrtime.bigint = () => real.hrtime.bigint();
  return made;
}

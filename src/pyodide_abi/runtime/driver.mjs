// Runs in Node: boots a release, prepares its file system, and runs Python in it, once.
//
//   node driver.mjs REQUEST.json
//
// The request is described in protocol.py. Answers are JSON lines in a file of their own (`channel`), written
// at once, so that the program's stdout stays its own and what was said before a crash is not lost.

import { createHash } from "node:crypto";
import { existsSync, ftruncateSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { isatty } from "node:tty";
import { pathToFileURL } from "node:url";
import { install, redirect } from "./installing.mjs";

const HOME = "/home/pyodide";
// Bytes of a SHA-256.
const DIGEST = 32;
// What a shell shows for a program that abort() ended: 128 + SIGABRT.
const ABORTED = 134;

const request = JSON.parse(readFileSync(process.argv[2], "utf8"));
const channel = openSync(request.channel, "a");
const send = (message) => void writeSync(channel, JSON.stringify(message) + "\n");

// Emscripten takes the program's name, and so Python its sys.executable and sys.orig_argv[0], from here.
process.argv[1] = "/usr/bin/python3";

function describe(error) {
  if (!(error instanceof Error)) return String(error?.message ?? error);
  return `${error.name}: ${error.message}`;
}

function die(error) {
  send({ kind: "died", text: describe(error) });
  process.exit(ABORTED);
}

function leave(status) {
  send({ kind: "exited", status });
  // As C's exit() does. (One name of the function in all releases.)
  if (request.program) pyodide._module.LDSO.loadedLibsByName.__main__.exports.fflush(0);
  process.exit(status);
}

let pyodide;
const isExit = (error) => error?.name === "ExitStatus" && typeof error.status === "number";

async function boot() {
  const { loadPyodide } = await import(pathToFileURL(`${request.release}/pyodide.mjs`).href);
  const fresh = { args: request.args, env: { PYTHONINSPECT: "", ...request.environ, HOME } };
  if (request.save) return loadPyodide({ ...fresh, _makeSnapshot: true });
  if (request.install) {
    redirect(request.install.server);
    fresh.packageCacheDir = request.install.cache;
  }
  if (request.packages) fresh.packageCacheDir = request.packages.folder;
  const memory = recall();
  try {
    if (memory) return await loadPyodide({ ...fresh, _loadSnapshot: new Uint8Array(memory) });
  } catch {
    request.memory = null; // The release does not take it back: nothing has been run yet, so begin anew.
  }
  return loadPyodide({
    ...fresh,
    // The interpreter starts in the folder that HOME names, and makes a script's path absolute while it
    // starts: the only way to have it right in every release. The user's HOME is set afterwards.
    // An empty PYTHONINSPECT counts as unset: the releases set it to keep the interpreter after an error.
    env: { PYTHONINSPECT: "", ...request.environ, HOME: request.cwd ?? HOME },
  });
}

const digest = (bytes) => createHash("sha256").update(bytes).digest();

// The file has the memory and its digest. One that is gone since our caller saw it, or broken (half an
// interpreter may do anything), is done without; what is broken is removed, and the next start makes another.
function recall() {
  if (!request.memory) return null;
  try {
    const bytes = readFileSync(request.memory);
    const memory = bytes.subarray(0, -DIGEST);
    if (digest(memory).equals(bytes.subarray(-DIGEST))) return memory;
    rmSync(request.memory, { force: true });
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
  return (request.memory = null);
}

// Most of the memory is zero: pages of zeros are left out, and most file systems then keep no room for them.
function save(memory, file) {
  const PAGE = 4096;
  const zeros = Buffer.alloc(PAGE);
  const descriptor = openSync(file, "w");
  for (let at = 0; at < memory.length; at += PAGE) {
    const page = memory.subarray(at, at + PAGE);
    for (let done = zeros.equals(page) ? PAGE : 0; done < page.length; ) {
      done += writeSync(descriptor, page, done, page.length - done, at + done);
    }
  }
  ftruncateSync(descriptor, memory.length);
  writeSync(descriptor, digest(memory), 0, DIGEST, memory.length);
}

function prepare(pyodide) {
  const { FS } = pyodide;
  const start = pyodide.toPy({});
  pyodide.runPython(request.start, { globals: start, filename: "<pyodide-abi>" });
  start.get("settle")(JSON.stringify(request.environ));
  if (request.program) start.get("prepare")(JSON.stringify(request.program));
  const mount = (host, guest) => {
    FS.mkdirTree(guest);
    FS.mount(FS.filesystems.NODEFS, { root: host }, guest);
  };
  const scope = pyodide.toPy({ home: HOME, place: request.cwd ?? HOME });
  FS.mkdirTree(HOME);
  for (const { host, guest } of request.mounts) mount(host, guest);
  if (request.site) {
    mount(request.site, pyodide.runPython("import site; site.getsitepackages()[0]", { globals: scope }));
  }
  FS.chdir(request.cwd ?? HOME);
  // loadPyodide puts a folder of its own in front of sys.path, which `python` would not have; in an
  // interpreter from a snapshot it has done so twice.
  // Paths that wheels bring in .pth files are added as at start-up, unless -S was given.
  pyodide.runPython(
    `
import importlib, os, site, sys
os.environ["HOME"] = home
while sys.path[:1] in ([""], [place], [home]):
    del sys.path[0]
if not sys.flags.no_site:
    site.addsitedir(site.getsitepackages()[0])
importlib.invalidate_caches()
`,
    { globals: scope },
  );
  scope.destroy();
}

// Node makes a pipe non-blocking; the releases' own writers then take a short write for a whole one and lose
// the rest. These wait for the reader instead. A terminal keeps the release's writer, which knows its size.
const idle = new Int32Array(new SharedArrayBuffer(4));
const writer = (fd) => (bytes) => {
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
      Atomics.wait(idle, 0, 0, 5);
    }
  }
  return bytes.length;
};

// The release takes the files from its cache folder, where the caller has put all of them.
async function load(pyodide, { names }) {
  const complaints = [];
  await pyodide.loadPackage(names, {
    messageCallback: () => {},
    errorCallback: (text) => complaints.push(text),
  });
  if (complaints.length) throw new Error(complaints.join("\n"));
}

function connect(pyodide) {
  if (!isatty(1)) pyodide.setStdout({ write: writer(1), isatty: false });
  if (!isatty(2)) pyodide.setStderr({ write: writer(2), isatty: false });
}

// While WebAssembly runs, nothing of Node's does, and no handler of a signal. But Python looks for signals
// every so often, in a buffer that is ours: ours looks whether our caller, who gets Ctrl-C too, has put a file.
function takeInterrupts(pyodide) {
  const file = join(dirname(request.channel), "interrupt");
  const SIGINT = 2;
  const MILLISECONDS = 20;
  let looked = 0;
  process.on("SIGINT", () => {}); // Our caller says what becomes of it.
  pyodide.setInterruptBuffer({
    get 0() {
      const now = performance.now();
      if (now - looked < MILLISECONDS) return 0;
      looked = now;
      if (!existsSync(file)) return 0;
      rmSync(file, { force: true });
      return SIGINT;
    },
    set 0(value) {},
  });
}

async function runMain(pyodide) {
  const { _module: module } = pyodide;
  // With stack switching (Node 24 with its flag, later ones without) asyncio.run() can block as it should.
  if (typeof WebAssembly.Suspending === "function" && module.promisingRunMain) return module.promisingRunMain(0);
  return module._run_main();
}

function probe(pyodide) {
  const scope = pyodide.toPy({});
  pyodide.runPython(request.probe.source, { globals: scope });
  const { module, path, direct, packages, call } = request.probe;
  const tell = (text) => send({ kind: "probe", ...JSON.parse(text) });
  if (call) {
    pyodide.runPython(call.source, { globals: scope });
    if (scope.get("probe")(module, path, direct, tell)) scope.get("call_entry")(module, JSON.stringify(call), tell);
  } else if (module) scope.get("probe")(module, path, direct, tell);
  else scope.get("open_library")(path, JSON.stringify(packages), tell);
}

process.on("uncaughtException", die);
try {
  pyodide = await boot();
} catch (error) {
  if (isExit(error)) leave(error.status); // `-V`, `--help`, a mistake in the arguments
  die(error);
}
try {
  if (request.save) {
    save(pyodide.makeMemorySnapshot(), request.save);
    leave(0);
  }
  prepare(pyodide);
  if (request.packages) await load(pyodide, request.packages);
  connect(pyodide);
  send({ kind: "booted" });
  if (request.probe) {
    probe(pyodide);
    leave(0);
  }
  if (request.install) {
    await install(pyodide, request.install, send);
    leave(0);
  }
  if (request.program) takeInterrupts(pyodide);
  leave(await runMain(pyodide));
} catch (error) {
  if (isExit(error) && !request.probe && !request.install) leave(error.status);
  try {
    // Prints what the release prints for a fatal error, and throws the error again. The Python stack that it
    // shows would go to the program's stdout.
    pyodide.setStdout({ write: writer(2), isatty: false });
    if (!error?.pyodide_fatal_error) pyodide._api.fatal_error(error);
  } catch {
    // It has been said.
  }
  die(error);
}

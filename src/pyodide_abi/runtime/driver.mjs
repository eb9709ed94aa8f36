// Runs in Node, and in Deno and Bun, which stand in for it: boots a release and runs Python in it, once for each
// request, each time in a fresh interpreter.
//
//   node driver.mjs BATCH.json
//
// The batch is described in protocol.py. Answers are JSON lines in a file of their own (`channel`), written
// at once, so that the program's stdout stays its own and what was said before a crash is not lost.
//
// Interpreters of one process share nothing but the engine, which compiles the release once. One that dies ends the
// process: the next ones are asked for again.

import { existsSync, openSync, readFileSync, readSync, rmSync, utimesSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { isatty } from "node:tty";
import { pathToFileURL } from "node:url";
import { HOME, describe, instil, prepare, probeAll } from "./interpreter.mjs";
import { install, redirect } from "./installing.mjs";
import { compileOnce } from "./main_module.mjs";
import { recall, save } from "./snapshot.mjs";

// What a shell shows for a program that abort() ended: 128 + SIGABRT.
const ABORTED = 134;
// And for one that Ctrl-C ended: 128 + SIGINT.
const INTERRUPTED = 130;

// A locked room puts another in its place.
const node = process;
const batch = JSON.parse(readFileSync(process.argv[2], "utf8"));
// Other lines of Node have no room, and not all that it imports.
const room = batch.room === null ? null : await import("./room.mjs");
if (room) {
  await import("./room_module.mjs");
  room.furnish(batch.room);
}
const channel = openSync(batch.channel, "a");
const send = (message) => void writeSync(channel, JSON.stringify(message) + "\n");

// Emscripten takes the program's name, and so Python its sys.executable and sys.orig_argv[0], from here.
process.argv[1] = "/usr/bin/python3";

function die(error) {
  // Ctrl-C came between two tasks of the event loop, where no handler of the program is: it ends as an interrupted one.
  if (error?.type === "KeyboardInterrupt") {
    writeSync(2, "KeyboardInterrupt\n");
    send({ kind: "exited", status: INTERRUPTED });
    process.exit(INTERRUPTED);
  }
  send({ kind: "died", text: describe(error) });
  process.exit(ABORTED);
}

let pyodide;
const isExit = (error) => error?.name === "ExitStatus" && typeof error.status === "number";

function leave(status, { program }) {
  send({ kind: "exited", status });
  // As C's exit() does. (One name of the function in all releases.)
  if (program) pyodide._module.LDSO.loadedLibsByName.__main__.exports.fflush(0);
  process.exit(status);
}

async function boot(request) {
  const { loadPyodide } = await import(pathToFileURL(`${batch.release}/pyodide.mjs`).href);
  // Deno leads stack traces through source maps, from which the release would look for itself where it was compiled.
  const indexURL = `${batch.release}/`;
  const fresh = { indexURL, args: request.args, env: { PYTHONINSPECT: "", ...request.environ, HOME } };
  if (request.install) fresh.packageCacheDir = request.install.cache;
  if (request.packages) fresh.packageCacheDir = request.packages.folder;
  if (request.packages?.ownLock) fresh.lockFileURL = join(request.packages.folder, "pyodide-lock.json");
  try {
    if (memory) return await loadPyodide({ ...fresh, _loadSnapshot: new Uint8Array(memory) });
  } catch {
    memory = null; // The release does not take it back: nothing has been run yet, so begin anew.
  }
  const plain = await loadPyodide({
    ...fresh,
    // The interpreter starts in the folder that HOME names, and makes a script's path absolute while it
    // starts: the only way to have it right in every release. The user's HOME is set afterwards.
    // An empty PYTHONINSPECT counts as unset: the releases set it to keep the interpreter after an error.
    env: { PYTHONINSPECT: "", ...request.environ, HOME: request.cwd ?? HOME },
    _makeSnapshot: Boolean(batch.save),
  });
  instil(plain, batch.sources);
  return plain;
}

const mount = ({ FS }, host, guest) => {
  FS.mkdirTree(guest);
  FS.mount(FS.filesystems.NODEFS, { root: host }, guest);
};

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

// Deno and Bun have the prompt() of pages, which the release would take for the way to ask.
function read(buffer) {
  for (;;) {
    try {
      return readSync(0, buffer);
    } catch (error) {
      if (error.code === "EOF") return 0;
      if (error.code !== "EAGAIN") throw error;
      Atomics.wait(idle, 0, 0, 5);
    }
  }
}

function connect(pyodide) {
  if (globalThis.prompt) pyodide.setStdin({ read, isatty: isatty(0) });
  if (!isatty(1)) pyodide.setStdout({ write: writer(1), isatty: false });
  if (!isatty(2)) pyodide.setStderr({ write: writer(2), isatty: false });
}

// Whether our caller, who gets Ctrl-C too, has put a file since this was asked last. start.py asks while a program
// sleeps or awaits, and lets it go on with the interrupt.
const asking = join(dirname(batch.channel), "interrupt");
let waited = -Infinity;
function interrupted() {
  waited = performance.now();
  return take();
}

function take() {
  if (!existsSync(asking)) return false;
  rmSync(asking, { force: true });
  return true;
}

// While WebAssembly runs, nothing of Node's does, and no handler of a signal. But Python looks for signals
// every so often, in a buffer that is ours.
function takeInterrupts(pyodide) {
  const SIGINT = 2;
  const MILLISECONDS = 20;
  // While start.py keeps asking, the program waits, and what runs is the event loop: an interrupt in it would be
  // nobody's. A task that runs for longer than this is interrupted as any program is.
  const BUSY = 300;
  let looked = 0;
  node.on("SIGINT", () => {}); // Our caller says what becomes of it.
  pyodide.setInterruptBuffer({
    get 0() {
      const now = performance.now();
      if (now - waited < BUSY || now - looked < MILLISECONDS) return 0;
      looked = now;
      return take() ? SIGINT : 0;
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

// Whether the process may go on to the next request.
async function live(request, number) {
  const begin = (probe) => {
    const now = Date.now() / 1000;
    utimesSync(batch.clock, now, now);
    send({ kind: "begun", request: number, probe });
  };
  begin(0);
  try {
    pyodide = await boot(request);
  } catch (error) {
    if (isExit(error)) leave(error.status, request); // `-V`, `--help`, a mistake in the arguments
    die(error);
  }
  try {
    room?.lock(batch.room);
    const importing = prepare(pyodide, request, mount, interrupted);
    if (request.packages) await load(pyodide, request.packages);
    connect(pyodide);
    send({ kind: "booted" });
    const globals = Reflect.ownKeys(globalThis).length;
    if (request.probes.length) {
      probeAll(pyodide, importing, request.probes, send, (probe) => probe && begin(probe));
    } else if (request.install) {
      redirect(request.install.server);
      await install(pyodide, request.install, send);
      send({ kind: "exited", status: 0 });
    } else {
      if (request.program) takeInterrupts(pyodide);
      leave(await runMain(pyodide), request);
    }
    // What a module has put into the engine for all, another interpreter would find.
    return Reflect.ownKeys(globalThis).length === globals;
  } catch (error) {
    if (isExit(error) && !request.probes.length && !request.install) leave(error.status, request);
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
}

process.on("uncaughtException", die);
if (globalThis.Bun) compileOnce();
let memory = recall(batch.memory, () => send({ kind: "broken" }));
if (batch.save) {
  try {
    pyodide = await boot(batch.requests[0]);
    save(pyodide.makeMemorySnapshot(), batch.save);
    send({ kind: "exited", status: 0 });
  } catch (error) {
    die(error);
  }
} else {
  for (const [number, request] of batch.requests.entries()) {
    if (!(await live(request, number))) break;
  }
}
process.exit(0);

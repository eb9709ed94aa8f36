// What is done in an interpreter of any engine: our Python code is put into it, its file system is prepared, and
// modules are imported in it, one after another as long as none can tell that another was there before.

export const HOME = "/home/pyodide";
// Where an interpreter keeps code of ours until it is asked for it; no program sees it.
const kept = (name) => `_pyodide_abi.${name}`;

export function describe(error) {
  if (!(error instanceof Error)) return String(error?.message ?? error);
  return `${error.name}: ${error.message}`;
}

const KEEP = `
import sys, types
module = types.ModuleType(name)
exec(compile(source, "<pyodide-abi>", "exec", dont_inherit=True), module.__dict__)
sys.modules[name] = module
`;

// Compiles code of ours and keeps it in the interpreter's memory, and so in a snapshot that is made of it.
export function instil(pyodide, sources) {
  for (const [name, source] of Object.entries(sources)) {
    const globals = pyodide.toPy({ name: kept(name), source });
    pyodide.runPython(KEEP, { globals });
    globals.destroy();
  }
}

function take(pyodide, name) {
  return pyodide.runPython(`__import__("sys").modules.pop("${kept(name)}")`);
}

// Makes folders, mounts what is to be seen, and has start.py do the rest; gives probe.py. `mount` is the engine's,
// and `interrupted` says whether somebody wants a program to end.
export function prepare(pyodide, { environ, cwd, mounts, site, program }, mount, interrupted) {
  const { FS } = pyodide;
  const [start, probe] = ["start", "probe"].map((name) => take(pyodide, name));
  for (const guest of [HOME, ...mounts.map(({ guest }) => guest)]) FS.mkdirTree(guest);
  for (const { host, guest } of mounts) mount(pyodide, host, guest);
  if (site) mount(pyodide, site, start.site_packages());
  FS.chdir(cwd ?? HOME);
  start.settle(JSON.stringify(environ), HOME, cwd ?? HOME);
  if (program) start.prepare(JSON.stringify(program), interrupted);
  return probe;
}

// Has probe.py (`us`) import modules, or open a library, each between `begin(number)` and an "exited". Behind a module that has left
// more behind than itself, or one that wants what those before it brought, there is no next one: it gets an
// interpreter of its own.
export function probeAll(pyodide, us, probes, send, begin) {
  const traces = new Traces(pyodide);
  for (const [number, { module, path, direct, packages, call }] of probes.entries()) {
    const alone = probes.length === 1;
    if (!alone && !traces.allow(`${us.site_packages()}/${path}`) && number) return;
    begin(number);
    const tell = (text) => {
      const message = JSON.parse(text);
      if (message.prepared && !alone) traces.note();
      send({ kind: "probe", ...message });
    };
    if (!module) us.open_library(path, JSON.stringify(packages), tell);
    else if (us.probe(module, path, direct, tell) && call) {
      const globals = pyodide.toPy({});
      pyodide.runPython(call.source, { globals });
      globals.get("call_entry")(module, JSON.stringify(call), tell);
    }
    send({ kind: "exited", status: 0 });
    if (alone || !us.withdraw(module) || !traces.same()) return;
  }
}

// What the loader has in common for all modules, and whether a module could tell what others have put there. The
// tables of Emscripten's dynamic loader are the same in all releases.
class Traces {
  #pyodide;
  #initial;
  // Names that modules before have brought, or have asked for.
  #taken = new Set();
  #place;
  #names;
  #before;

  constructor(pyodide) {
    this.#pyodide = pyodide;
    this.#initial = this.#sizes();
  }

  get #libraries() {
    return this.#pyodide._module.LDSO.loadedLibsByName;
  }

  // In pages, in entries.
  #sizes() {
    const { HEAPU8, wasmTable } = this.#pyodide._module;
    return { memory: HEAPU8.length >> 16, table: wasmTable?.length ?? 0 };
  }

  // Whether a file shares no name with those before it, but what the main module has, and would have found enough
  // memory and table in an interpreter that they were never in.
  allow(place) {
    this.#place = place;
    try {
      const bytes = this.#pyodide.FS.readFile(place);
      const module = new WebAssembly.Module(bytes);
      const symbols = this.#libraries.__main__.exports;
      const fresh = ({ name }) => !Object.hasOwn(symbols, name);
      const wanted = WebAssembly.Module.imports(module).filter(fresh);
      const offered = WebAssembly.Module.exports(module).filter(fresh);
      const tabled = wanted.filter(({ module }) => module.startsWith("GOT."));
      this.#names = [...offered, ...tabled].map(({ name }) => name);
      const wants = limits(bytes);
      return (
        wants.memory <= this.#initial.memory &&
        wants.table <= this.#initial.table &&
        !wanted.some(({ name }) => this.#taken.has(name))
      );
    } catch {
      this.#names = null;
      return false;
    }
  }

  #look() {
    return {
      libraries: Object.keys(this.#libraries),
      symbols: Object.keys(this.#libraries.__main__.exports).length,
      globals: Reflect.ownKeys(globalThis).length,
      engine: Reflect.ownKeys(WebAssembly).map((name) => WebAssembly[name]),
    };
  }

  // Right before the file itself is loaded, with its packages in place.
  note() {
    this.#before = this.#look();
  }

  // Whether the file is all that has come since then.
  same() {
    const { libraries, symbols, globals, engine } = this.#look();
    const before = this.#before;
    if (!this.#names || !before) return false;
    for (const name of this.#names) this.#taken.add(name);
    const more = libraries.filter((name) => !before.libraries.includes(name));
    return (
      more.every((name) => this.#place.endsWith(name)) &&
      symbols === before.symbols &&
      globals === before.globals &&
      engine.every((value, number) => value === before.engine[number])
    );
  }
}

// The smallest memory (pages) and table (entries) that a module asks for, from its import section (WebAssembly Core
// Specification, binary format of imports).
export function limits(bytes) {
  let at = 8;
  const number = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(value);
    }
  };
  const limit = () => {
    const flags = bytes[at++];
    const least = number();
    if (flags & 1) number();
    return least;
  };
  const type = () => {
    if ([0x63, 0x64].includes(bytes[at++])) number();
  };
  const found = { memory: 0, table: 0 };
  while (at < bytes.length) {
    const section = bytes[at++];
    const end = number() + at;
    if (section === 2) {
      for (let left = number(); left; left--) {
        at = number() + at; // its module's name
        at = number() + at; // its own
        const kind = bytes[at++];
        if (kind === 0) number();
        else if (kind === 1) {
          type();
          found.table = Math.max(found.table, limit());
        } else if (kind === 2) found.memory = Math.max(found.memory, limit());
        else if (kind === 3) {
          type();
          at++;
        } else {
          at++;
          number();
        }
      }
      return found;
    }
    at = end;
  }
  return found;
}

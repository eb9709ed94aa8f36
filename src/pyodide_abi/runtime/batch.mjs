// What a batch (protocol.py) does in an engine that is no Node: interpreters, one after another, that import modules.
// Programs and installations are driver.mjs's.

import { HOME, describe, instil, prepare, probeAll } from "./interpreter.mjs";
import { compileOnce } from "./main_module.mjs";

const SILENT = { stdout() {}, stderr() {} };

// `home`: the address of the release, with a slash at its end; `memory`: a snapshot's bytes, or null; `files`: names and
// bytes of what becomes site-packages; `send` takes one answer, `touch` the clock; `save` the memory of an interpreter.
export async function runBatch(batch, { home, memory, files, send, touch, save }) {
  compileOnce();
  const { loadPyodide } = await import(`${home}pyodide.mjs`);
  const boot = async ({ args, environ }) => {
    const options = { ...SILENT, indexURL: home, args, env: { PYTHONINSPECT: "", ...environ, HOME } };
    try {
      if (memory) return await loadPyodide({ ...options, _loadSnapshot: memory });
    } catch {
      memory = null; // The release does not take it back: nothing has been run yet, so begin anew.
    }
    const plain = await loadPyodide({ ...options, _makeSnapshot: Boolean(save) });
    instil(plain, batch.sources);
    return plain;
  };
  const mount = ({ FS }, _host, guest) => {
    for (const [name, bytes] of files) {
      const place = `${guest}/${name}`;
      FS.mkdirTree(place.slice(0, place.lastIndexOf("/")));
      FS.writeFile(place, bytes, { canOwn: true });
    }
  };
  // Whether another interpreter may follow in the same process.
  const live = async (request, number) => {
    const begin = (probe) => {
      touch();
      send({ kind: "begun", request: number, probe });
    };
    begin(0);
    const pyodide = await boot(request);
    const importing = prepare(pyodide, request, mount);
    send({ kind: "booted" });
    const globals = Reflect.ownKeys(globalThis).length;
    probeAll(pyodide, importing, request.probes, send, (probe) => probe && begin(probe));
    return Reflect.ownKeys(globalThis).length === globals;
  };
  try {
    if (save) {
      save((await boot(batch.requests[0])).makeMemorySnapshot());
      send({ kind: "exited", status: 0 });
      return;
    }
    for (const [number, request] of batch.requests.entries()) {
      if (!(await live(request, number))) return;
    }
  } catch (error) {
    send({ kind: "died", text: describe(error) });
  }
}

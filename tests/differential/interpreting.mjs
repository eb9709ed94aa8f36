// What one job does in one interpreter of a release, wherever that runs. See driver.mjs for the jobs.
//
// A snapshot is the memory of an interpreter that has just started, which the release itself can make and start
// from. The loader is no part of it: its tables are JavaScript objects, and new for each interpreter.

export const SILENT = { stdout() {}, stderr() {} };
export const describe = (error) =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error?.message ?? error);

// Every instance made after the boot, with what the loader handed to it.
let instances = [];
const { Instance, instantiate } = WebAssembly;
WebAssembly.instantiate = async (source, imports) => {
  const result = await instantiate(source, imports);
  if (result.module) instances.push({ module: result.module, imports });
  return result;
};
WebAssembly.Instance = new Proxy(Instance, {
  construct(target, [module, imports]) {
    const instance = new target(module, imports);
    instances.push({ module, imports });
    return instance;
  },
});

const RUN = `
def run(code, scope):
    try:
        exec(code, scope)
    except BaseException as error:
        return [type(error).__name__, str(error)]
    return None
`;

function step(run, scope, code) {
  let result;
  try {
    result = run(code, scope);
  } catch (error) {
    return { kind: "dies", text: describe(error) };
  }
  if (result === undefined || result === null) return { kind: "loads", text: "" };
  const [name, text] = result.toJs();
  result.destroy();
  return { kind: "raises", class: name, text };
}

// What the loader says of a function import is told by calling what it handed out for it. A symbol of the main
// module is no placeholder. A placeholder that finds its function converts our argument, which throws.
function unresolved(pyodide) {
  const marker = new Error("it was found");
  const trap = { [Symbol.toPrimitive]: () => { throw marker; } };
  const symbols = pyodide._module.LDSO.loadedLibsByName.__main__.exports;
  const missing = new Set();
  for (const { module, imports } of instances) {
    for (const { module: space, name, kind } of WebAssembly.Module.imports(module)) {
      if (kind !== "function" || space.startsWith("GOT.")) continue;
      if (name in symbols && !symbols[name].stub) continue;
      try {
        imports[space][name](trap, trap, trap, trap, trap, trap);
      } catch (error) {
        if (describe(error).includes(`cannot resolve symbol ${name}`)) missing.add(name);
      }
    }
  }
  return [...missing].sort();
}

async function install(pyodide, wheel) {
  const complaints = [];
  try {
    await pyodide.loadPackage(wheel, {
      messageCallback() {},
      errorCallback: (text) => complaints.push(text),
      checkIntegrity: false,
    });
  } catch (error) {
    complaints.push(`rejected: ${describe(error)}`);
  }
  // The first line names the wheel.
  return complaints.filter((text) => !text.startsWith("The following error occurred")).join("\n");
}

// `place` says where things are: read(file) gives bytes, url(file) an address, mount(pyodide, folder, site).
export async function work(loadPyodide, options, job, place) {
  const pyodide = await loadPyodide({ ...SILENT, ...options });
  const { FS } = pyodide;
  const site = pyodide.runPython("import sysconfig, importlib; sysconfig.get_path('purelib')");
  for (const [file, path] of job.files) {
    FS.mkdirTree(`${site}/${path}`.replace(/\/[^/]*$/, ""));
    FS.writeFile(`${site}/${path}`, await place.read(file));
  }
  if (job.mount) place.mount(pyodide, job.mount, site);
  instances = [];
  const installed = job.wheel ? await install(pyodide, place.url(job.wheel)) : null;
  pyodide.runPython("importlib.invalidate_caches()");
  pyodide.runPython(RUN);
  const run = pyodide.globals.get("run");
  const scope = pyodide.toPy({ site });
  const steps = [];
  for (const code of job.steps) {
    steps.push(step(run, scope, code));
    if (steps.at(-1).kind === "dies") break;
  }
  const alive = steps.at(-1)?.kind !== "dies";
  const answer = { id: job.id, installed, steps, unresolved: job.stubs && alive ? unresolved(pyodide) : null };
  instances = [];
  return answer;
}

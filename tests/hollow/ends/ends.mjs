// `node ends.mjs RELEASE MODULE CODE`: import a module, run some Python, and end as a program does.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [, , release, module, code] = process.argv;
const { loadPyodide } = await import(pathToFileURL(`${release}/pyodide.mjs`).href);
const pyodide = await loadPyodide({ stderr: (text) => console.log(text) });
const site = pyodide.runPython("import sysconfig, importlib; sysconfig.get_path('purelib')");
pyodide.FS.mkdirTree(site);
pyodide.FS.writeFile(`${site}/ends.so`, readFileSync(module));
pyodide.runPython("importlib.invalidate_caches()");
try {
  pyodide.runPython(code);
} catch {
  console.log("it ended");
}

// Runs in Node: `node driver.mjs JOBS.json ANSWERS.jsonl`. Each job gets a freshly booted interpreter of the
// release; what came out of it is one line of the answers, written before the next job begins.
//
// JOBS.json: {release, makeSnapshot: file|null, snapshot: file|null, jobs: [{id, files: [[host path, path below
//             site-packages]…], mount: host folder|null, wheel: host path|null, steps: [Python code…],
//             stubs: bool}…]}
// A wheel is installed by the release's own loadPackage before the steps; what it complains of is `installed`.

import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { compileOnce } from "../../src/pyodide_abi/runtime/main_module.mjs";
import { SILENT, describe, work } from "./interpreting.mjs";

const [, , jobsFile, answersFile] = process.argv;
const { release, jobs, makeSnapshot, snapshot } = JSON.parse(readFileSync(jobsFile, "utf8"));
const answer = (value) => appendFileSync(answersFile, JSON.stringify(value) + "\n");
const place = {
  read: readFileSync,
  url: (file) => pathToFileURL(file).href,
  mount: (pyodide, root, site) => pyodide.FS.mount(pyodide.FS.filesystems.NODEFS, { root }, site),
};

// A fatal error of one interpreter is no end of the others, and some surface outside of any call.
process.on("uncaughtException", (error) => answer({ stray: describe(error) }));
process.on("unhandledRejection", (error) => answer({ stray: describe(error) }));
if (globalThis.Bun) compileOnce();
const { loadPyodide } = await import(pathToFileURL(`${release}/pyodide.mjs`).href);
// Deno leads stack traces through source maps, from which Pyodide would look for itself where it was compiled.
const indexURL = `${release}/`;
if (makeSnapshot) {
  const pyodide = await loadPyodide({ ...SILENT, indexURL, _makeSnapshot: true });
  writeFileSync(makeSnapshot, pyodide.makeMemorySnapshot());
}
const options = { indexURL, ...(snapshot ? { _loadSnapshot: new Uint8Array(readFileSync(snapshot)) } : {}) };
for (const job of jobs) answer(await work(loadPyodide, options, job, place));
process.exit(0);

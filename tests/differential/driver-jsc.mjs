// Runs in the shell of JavaScriptCore what driver.mjs runs in Node: `jsc -m driver-jsc.mjs -- JOBS.json ANSWERS.jsonl`.

import { bytes, text } from "../../src/pyodide_abi/runtime/jsc_host.mjs";
import { compileOnce } from "../../src/pyodide_abi/runtime/main_module.mjs";

const [jobsFile, answersFile] = globalThis.arguments;
compileOnce();
const { SILENT, describe, work } = await import("./interpreting.mjs");
const { release, jobs, makeSnapshot, snapshot } = JSON.parse(text(jobsFile));
let answers = "";
const answer = (value) => writeFile(answersFile, (answers += JSON.stringify(value) + "\n"));
const place = { read: bytes, url: (file) => file, mount: () => { throw new Error("the shell mounts nothing"); } };
const { loadPyodide } = await import(`${release}/pyodide.mjs`);
if (makeSnapshot) {
  const pyodide = await loadPyodide({ ...SILENT, indexURL: `${release}/`, _makeSnapshot: true });
  writeFile(makeSnapshot, pyodide.makeMemorySnapshot());
}
const options = { indexURL: `${release}/`, ...(snapshot ? { _loadSnapshot: bytes(snapshot) } : {}) };
for (const job of jobs) answer(await work(loadPyodide, options, job, place));
quit(0);

// The least that a start can cost: a release, from a snapshot of ours, with nothing of ours around it.
//
//   node bare_start.mjs RELEASE_FOLDER MEMORY_FILE

import { readFileSync } from "node:fs";

const [release, memory] = process.argv.slice(2);
const { loadPyodide } = await import(`${release}/pyodide.mjs`);
const DIGEST = 32; // At the end of the file, see snapshot.mjs.
const _loadSnapshot = new Uint8Array(readFileSync(memory).subarray(0, -DIGEST));
const env = { PYTHONINSPECT: "", HOME: "/home/pyodide" };
const pyodide = await loadPyodide({ indexURL: `${release}/`, env, _loadSnapshot });
pyodide.runPython("pass");
process.exit(0);

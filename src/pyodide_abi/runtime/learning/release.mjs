// What a booted runtime release offers to side modules, and what it says of itself, as JSON.
//
//   node release.mjs ASKED_FILE RESULT_FILE
//
// ASKED_FILE says what is wanted (reading.py writes it):
//   folder     of the release
//   main       what was read from pyodide.asm.wasm, because JavaScript cannot ask an engine for it: {"exports":
//              {name: {"kind", "type"}}, "imports": {name: {"kind", "type"}}, "functions": [type of each by index]}.
//              Types are text, as in pyodide_abi.wasm.types.
//   question   Python code whose last value is JSON; it gets `asked`, the JSON of the next two
//   tags       wheel tags to ask the release's own installers about
//   wheels     names and bytes (base 64) of wheels with these installers, unpacked before the question
//   locked     Node was started in a locked room (room.py)
// Every type that is given to a WebAssembly function is proved by linking a module that imports it so.

import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [askedFile, resultFile] = process.argv.slice(2).map((word) => path.resolve(word));
const asked = JSON.parse(fs.readFileSync(askedFile, "utf8"));
const { folder, main } = asked;

// Emscripten's signature letters: the result first, v for none; p is a pointer.
const LETTERS = { i: "i32", p: "i32", j: "i64", f: "f32", d: "f64", e: "externref" };
const CODES = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b, funcref: 0x70, externref: 0x6f };

function typeOfSignature(signature) {
  const words = [...signature].map((letter) => LETTERS[letter] ?? (letter === "v" ? "" : null));
  if (words.includes(null)) throw new Error(`unknown letter in the signature ${signature}`);
  return `(${words.slice(1).join(",")})->(${words[0]})`;
}

// A function is a WebAssembly function exactly if a table takes it.
const slot = new WebAssembly.Table({ initial: 1, element: "anyfunc" });
function isWasmFunction(value) {
  try {
    slot.set(0, value);
    return true;
  } catch {
    return false;
  }
}

// Link a module whose only import is this function with this type: the engine compares exactly.
function links(value, type) {
  const parts = /^\((.*)\)->\((.*)\)$/.exec(type);
  const list = (text) => {
    const codes = text ? text.split(",").map((word) => CODES[word]) : [];
    return codes.includes(undefined) ? null : [codes.length, ...codes];
  };
  const params = list(parts[1]);
  const results = list(parts[2]);
  if (!params || !results) return false;
  const entry = [0x01, 0x60, ...params, ...results];
  const size = entry.length < 0x80 ? [entry.length] : [(entry.length & 0x7f) | 0x80, entry.length >> 7];
  const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
  const imports = [0x02, 0x07, 0x01, 0x01, 0x6d, 0x01, 0x66, 0x00, 0x00]; // one import: "m" "f", function, type 0
  const module = new WebAssembly.Module(new Uint8Array([...header, 0x01, ...size, ...entry, ...imports]));
  try {
    new WebAssembly.Instance(module, { m: { f: value } });
    return true;
  } catch {
    return false;
  }
}

function typeOfWasmFunction(name, value) {
  const candidates = [];
  if (main.exports[name]?.kind === "function") candidates.push(main.exports[name].type);
  // invoke_SIG calls through the table: the function's index comes first.
  if (name.startsWith("invoke_")) candidates.push(typeOfSignature(name[7] + "i" + name.slice(8)));
  if (value.sig) candidates.push(typeOfSignature(value.sig));
  if (main.imports[name]?.kind === "function") candidates.push(main.imports[name].type);
  // The JavaScript name of a WebAssembly function is its index; this finds aliases of other names.
  if (/^\d+$/.test(value.name)) candidates.push(main.functions[Number(value.name)]);
  const type = candidates.find((candidate) => candidate && links(value, candidate));
  if (!type) throw new Error(`no type fits the function ${name}: tried ${candidates.join(" ")}`);
  return type;
}

function isMutable(global) {
  try {
    global.value = global.value;
    return true;
  } catch {
    return false;
  }
}

function describe(name, value) {
  const declared = main.exports[name] ?? main.imports[name];
  if (typeof value === "function") {
    if (isWasmFunction(value)) return ["wasm-function", typeOfWasmFunction(name, value)];
    if (value.stub) return ["stub", null];
    return ["js-function", value.sig ? typeOfSignature(value.sig) : null];
  }
  if (typeof value === "number") return ["data", null];
  if (value instanceof WebAssembly.Global) {
    // The main module does not always declare the ones that JavaScript made; those all hold i32.
    const type = declared?.kind === "global" ? declared.type.replace(" mut", "") : "i32";
    return isMutable(value) ? ["global", `${type} mut`] : ["data", type];
  }
  if (value instanceof WebAssembly.Memory) return ["memory", declared.type];
  if (value instanceof WebAssembly.Table) return ["table", declared.type];
  if (value instanceof WebAssembly.Tag) return ["tag", declared?.type ?? "(i32)->()"];
  return ["other", null];
}

// A release may be anybody's.
const { exit } = process;
if (asked.locked) {
  const room = await import("../room.mjs");
  await import("../room_module.mjs");
  room.furnish("");
  room.lock("");
}
const { loadPyodide } = await import(pathToFileURL(path.join(folder, "pyodide.mjs")));
const silence = () => {};
const pyodide = await loadPyodide({ indexURL: folder + path.sep, stdout: silence, stderr: silence });
const offered = pyodide._module.LDSO.loadedLibsByName.__main__.exports;
const symbols = {};
for (const name of Object.keys(offered).sort()) symbols[name] = describe(name, offered[name]);
const strays = Object.keys(pyodide._module.GOT).filter((name) => !(name in symbols));
if (strays.length) throw new Error(`the GOT has names that nothing offers: ${strays.join(" ")}`);
const unseen = Object.keys(main.exports).filter((name) => !(name in symbols));
for (const [name, content] of asked.wheels) {
  pyodide.FS.writeFile(`/tmp/${name}`, Buffer.from(content, "base64"));
}
pyodide.globals.set("asked", JSON.stringify({ tags: asked.tags, wheels: asked.wheels.map(([name]) => name) }));
const facts = JSON.parse(pyodide.runPython(asked.question));
fs.writeFileSync(resultFile, JSON.stringify({ facts, symbols, unseen, version: pyodide.version }));
exit.call(process, 0); // Node would wait for what the runtime keeps open.

// Asks an engine what probes.py has; probe.py puts the modules and the pieces of script below into a copy of this file.
const decode = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const helper = new WebAssembly.Instance(new WebAssembly.Module(decode("@HELPER@"))).exports;
const wasmTable = new WebAssembly.Table({ initial: 100, element: "anyfunc" });
const env = {
  ...helper,
  table: wasmTable,
  memory: new WebAssembly.Memory({ initial: 480, maximum: 65536 }),
  number: 5,
  script: () => 0,
};
const info = { env };
// Not constants, as Bun would put those into the scripts.
let size = 10000000;
let memoryBase = 1024;
let sym = "absent";
let symbol = sym;
let lib = { exports: {} };
let value = 5n;
let sig, moduleExports, resolved, init;
const describe = (error) => [error.name, error.message];

function ask(hex, script) {
  const binary = decode(hex);
  let module;
  try {
    module = hex && new WebAssembly.Module(binary);
  } catch (error) {
    return describe(error);
  }
  try {
    script(module, binary);
    return null;
  } catch (error) {
    return describe(error);
  }
}

// A module from pieces of bytes and how often they come; an instance of it, where bounds are seen late.
function compile([pieces, late]) {
  const parts = pieces.map(([hex, times]) => [decode(hex), times]);
  const binary = new Uint8Array(parts.reduce((size, [part, times]) => size + part.length * times, 0));
  let end = 0;
  for (const [part, times] of parts) {
    const begin = end;
    end += part.length * times;
    if (times) binary.set(part, begin);
    for (let filled = part.length; begin + filled < end; filled *= 2) {
      binary.copyWithin(begin + filled, begin, begin + Math.min(filled, end - begin - filled));
    }
  }
  try {
    const module = new WebAssembly.Module(binary);
    if (late) new WebAssembly.Instance(module, info);
    return null;
  } catch (error) {
    return describe(error);
  }
}

// A table can be so long.
function fits(length) {
  try {
    new WebAssembly.Table({ initial: 1, element: "anyfunc" }).grow(length - 1);
    return true;
  } catch {
    return false;
  }
}

const answers = [
  /*@PROBES@*/
];
const sizes = @SIZES@.map(compile);
const said = JSON.stringify({ answers, sizes, tables: [fits(@LARGEST@), fits(@LARGEST@ + 1)] });

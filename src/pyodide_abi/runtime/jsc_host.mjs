// What Pyodide asks of its host beyond the language, for the shell of JavaScriptCore, which has nothing else. Pyodide
// takes the shell for one of those that Emscripten knows (`read`, `readbuffer`).

export const bytes = (file) => new Uint8Array(readFile(String(file), "binary"));
export const text = (file) => readFile(String(file));

globalThis.readbuffer = (file) => bytes(file).buffer;
globalThis.read ??= (file, kind) => (kind === "binary" ? bytes(file) : text(file));
globalThis.TextEncoder ??= class {
  encode(string) {
    return Uint8Array.from(unescape(encodeURIComponent(string)), (letter) => letter.charCodeAt(0));
  }
  encodeInto(string, target) {
    const encoded = this.encode(string);
    target.set(encoded);
    return { read: string.length, written: encoded.length };
  }
};
globalThis.TextDecoder ??= class {
  constructor(encoding = "utf-8") {
    this.encoding = encoding;
  }
  decode(source) {
    if (!source) return "";
    const view = ArrayBuffer.isView(source)
      ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
      : new Uint8Array(source);
    let letters = "";
    for (let start = 0; start < view.length; start += 4096) {
      letters += String.fromCharCode(...view.subarray(start, start + 4096));
    }
    try {
      return decodeURIComponent(escape(letters));
    } catch {
      return letters;
    }
  }
};
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
globalThis.atob ??= (encoded) => {
  let bits = 0, held = 0, decoded = "";
  for (const letter of encoded.replace(/[=\s]/g, "")) {
    bits = (bits << 6) | LETTERS.indexOf(letter);
    held += 6;
    if (held >= 8) decoded += String.fromCharCode((bits >> (held -= 8)) & 255);
  }
  return decoded;
};
globalThis.crypto ??= {
  getRandomValues: (target) => {
    const view = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
    for (let place = 0; place < view.length; place++) view[place] = Math.random() * 256;
    return target;
  },
};
// As in the shell of V8, where Emscripten has the system write so many random bytes in base 64.
globalThis.os ??= {
  system: (_program, [, command]) => {
    const count = Number(/head -c(\d+)/.exec(command)[1]);
    const letter = () => LETTERS[Math.floor(Math.random() * 64)];
    const whole = Array.from({ length: Math.floor(count / 3) * 4 }, letter).join("");
    return whole + ["", `${letter()}A==`, `${letter()}${letter()}A=`][count % 3];
  },
};
globalThis.performance ??= { now: () => preciseTime() * 1000, timeOrigin: 0 };
globalThis.console ??= { log: print, warn: print, error: print, info: print, debug: print };
globalThis.setTimeout ??= (call) => Promise.resolve().then(call);
globalThis.clearTimeout ??= () => {};

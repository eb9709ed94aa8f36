// A release's main module, compiled once for all interpreters of a process or page. V8 keeps compiled code by itself;
// the other engines compile ten megabytes anew for each.

let kept = null;

const view = (source) =>
  ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
const same = (one, other) => one.length === other.length && one.every((byte, place) => byte === other[place]);

// Before anything of the release is read. The first module that is instantiated from bytes is the main one.
export function compileOnce() {
  const { compile, instantiate, Module } = WebAssembly;
  WebAssembly.instantiate = async (source, imports) => {
    if (source instanceof Module) return instantiate(source, imports);
    const bytes = view(source);
    if (!kept) kept = { bytes: bytes.slice(), module: await compile(bytes) };
    else if (!same(kept.bytes, bytes)) return instantiate(source, imports);
    return { module: kept.module, instance: await instantiate(kept.module, imports) };
  };
  WebAssembly.instantiateStreaming = async (response, imports) =>
    WebAssembly.instantiate(await (await response).arrayBuffer(), imports);
}

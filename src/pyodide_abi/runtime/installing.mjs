// Installs a wheel as a program or a page does that calls micropip, then imports its modules one after another.
// Used by driver.mjs in Node and by page_install.html in a browser.

// The release and micropip stay as they are and ask for what they always ask for: all of it is sent to the mirror
// at `server` (mirror.py), which has checked the digests, and whose files may stand in for others.
export function redirect(server) {
  const { fetch } = globalThis;
  globalThis.fetch = (resource, { integrity, ...options } = {}) => {
    const url = new URL(resource.url ?? resource, globalThis.location?.href);
    const elsewhere = /^https?:$/.test(url.protocol) && url.origin !== server;
    return fetch(elsewhere ? `${server}/${url.host}${url.pathname}${url.search}` : resource, options);
  };
}

export async function install(pyodide, { requirement, modules, source, probe }, send) {
  const complaints = [];
  await pyodide.loadPackage("micropip", { errorCallback: (text) => complaints.push(text) });
  if (complaints.length) throw new Error(complaints.join("\n"));
  const scope = pyodide.toPy({});
  pyodide.runPython(source, { globals: scope });
  send({ kind: "installed", ...JSON.parse(await scope.get("install")(requirement)) });
  pyodide.runPython(probe, { globals: scope });
  const tell = (text) => send({ kind: "probe", ...JSON.parse(text) });
  for (const { module, path } of modules) {
    // What fails may spoil the loader for the next one, which gets an interpreter of its own.
    if (!scope.get("probe")(module, path, false, tell)) break;
  }
}

// One interpreter of one release, in a worker of its own: unpacks what was given, and tries modules one by one.

onmessage = async ({ data: { home, files, plan }, ports: [port] }) => {
  const told = (error) => (error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  const line = (text) => port.postMessage({ line: text });
  try {
    const { loadPyodide } = await import(`${home}pyodide.mjs`);
    const pyodide = await loadPyodide({ indexURL: home, stdout: line, stderr: line });
    pyodide.FS.mkdir("/given");
    pyodide.FS.mount(pyodide.FS.filesystems.WORKERFS, { blobs: files.map(({ name, file }) => ({ name, data: file })) }, "/given");
    const scope = pyodide.toPy({});
    pyodide.runPython(plan.unpacking, { globals: scope });
    scope.get("unpack")("/given", plan.archive, JSON.stringify(plan.places));
    pyodide.runPython(plan.probe, { globals: scope });
    const tell = (text) => port.postMessage({ kind: "probe", ...JSON.parse(text) });
    port.onmessage = ({ data: { module, path, packages, direct } }) => {
      try {
        if (module) scope.get("probe")(module, path, direct, tell);
        else scope.get("open_library")(path, JSON.stringify(direct ? [] : packages), tell);
        port.postMessage({ tried: path });
      } catch (error) {
        port.postMessage({ kind: "died", text: told(error) });
      }
    };
    port.postMessage({ kind: "booted" });
  } catch (error) {
    port.postMessage({ kind: "died", text: told(error) });
  }
};
for (const event of globalThis.early) onmessage(event);

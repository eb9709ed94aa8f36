// The audit's worker: Python, in a thread of its own. It is asked one thing after another.

const page = new URL(".", import.meta.url).href;
const mounted = new Map();
let inside;

async function start() {
  const { main, releases } = await (await fetch(`${page}page.json`)).json();
  const home = new URL(releases.find((release) => release.version === main).at, page).href;
  const core = fetch(`${page}core.zip`).then((answer) => answer.arrayBuffer());
  const { loadPyodide } = await import(`${home}pyodide.mjs`);
  const pyodide = await loadPyodide({ indexURL: home });
  pyodide.unpackArchive(await core, "zip", { extractDir: "/core" });
  pyodide.runPython("import gc, sys; sys.path.insert(0, '/core'); gc.disable()");
  inside = pyodide.pyimport("pyodide_abi.page.inside");
  pyodide.runPython("gc.freeze(); gc.enable()");
  return pyodide;
}

/** The folder that has the files of a drop: they are read where they are, not copied. */
function folderOf(pyodide, { id, files }) {
  if (!mounted.has(id)) {
    const folder = `/dropped/${id}`;
    pyodide.FS.mkdirTree(folder);
    pyodide.FS.mount(pyodide.FS.filesystems.WORKERFS, { blobs: files.map(({ name, file }) => ({ name, data: file })) }, folder);
    mounted.set(id, folder);
  }
  return mounted.get(id);
}

/** The path of a dropped file, and of those that form a set with it. */
function pathsOf(pyodide, { drop, name, beside }) {
  const folder = folderOf(pyodide, drop);
  return [`${folder}/${name}`, beside.map((each) => `${folder}/${each}`)];
}

const works = {
  check: (pyodide, words, tell) => inside.check(...pathsOf(pyodide, words), tell),
  predict: (pyodide, words) => inside.predict(...pathsOf(pyodide, words), words.engine),
  contents: (pyodide, words) => inside.contents(...pathsOf(pyodide, words), words.path),
  written: (pyodide, words) => inside.written(...pathsOf(pyodide, words), words.form),
  plan: (pyodide, words) => inside.plan(...pathsOf(pyodide, words)),
  judge: (_, { attempt, tops, plain, direct }) => inside.judge(JSON.stringify({ attempt, tops, plain, direct })),
  compare: (pyodide, { before, after }) => inside.compare(pathsOf(pyodide, before)[0], pathsOf(pyodide, after)[0]),
  explain: (_, { text }) => inside.explain(text),
};

const started = start();
started.then(
  () => postMessage({ ready: true }),
  (error) => postMessage({ failed: String(error?.message ?? error) }),
);

let last = started;
onmessage = ({ data: { id, work, words } }) => {
  const tell = (done, total) => postMessage({ id, done, total });
  last = last.catch(() => {}).then(async () => {
    try {
      const pyodide = await started;
      postMessage({ id, answer: works[work](pyodide, words, tell) });
    } catch (error) {
      postMessage({ id, fault: String(error?.message ?? error) });
    }
  });
};
for (const event of globalThis.early) onmessage(event);

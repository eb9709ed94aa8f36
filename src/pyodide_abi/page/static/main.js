// The page: files come in by drop or choice, messages by paste; each gets a card with what is known of it.

import { FileCard } from "./card.js";
import { Comparisons } from "./comparing.js";
import { showExplanation } from "./explain.js";
import { present } from "./frame.js";
import { Python } from "./python.js";
import { readerFor } from "./reader.js";

const find = (id) => document.getElementById(id);
const results = find("results");
const STATES = {
  idle: "",
  starting: "Starting Python…",
  ready: "Python is ready",
  failed: "Python does not start",
};

const python = new Python((state, why) => {
  find("python").textContent = STATES[state];
  find("python").dataset.state = state;
  find("python").title = why ?? "";
});
const comparisons = new Comparisons(python, results);
const settings = fetch("page.json").then((answer) => answer.json());

/** Names as they are in the folder that a drop becomes: no folders of their own, none twice. */
function named(files) {
  const names = new Set();
  return files.map((file) => {
    const last = file.name.split(/[\\/]/).at(-1).replace(/\0/g, "");
    let name = ["", ".", ".."].includes(last) ? "file" : last;
    for (let number = 2; names.has(name); number++) name = `${number}-${last}`;
    names.add(name);
    return { name, file };
  });
}

let drops = 0;

function take(list) {
  const files = named([...list]);
  if (!files.length) return;
  const drop = { id: `${Date.now()}-${drops++}`, files };
  const modules = files.filter(({ name }) => !/\.(whl|json)$/.test(name)).map(({ name }) => name);
  const cards = files.map(({ name, file }) => new FileCard({ name, file, drop, beside: modules, python, settings, comparisons }));
  present(results, ...cards.map((card) => card.node));
  for (const card of cards) card.check();
}

function listenForFiles() {
  const zone = find("drop");
  let depth = 0;
  const over = (inside) => {
    depth = Math.max(depth + inside, 0);
    zone.classList.toggle("over", depth > 0);
  };
  addEventListener("dragenter", (event) => {
    event.preventDefault();
    over(1);
    python.start();
  });
  addEventListener("dragleave", () => over(-1));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    over(-Infinity);
    take(event.dataTransfer.files);
  });
  find("files").addEventListener("change", (event) => {
    take(event.target.files);
    event.target.value = "";
  });
}

function listenForMessages() {
  find("explain").addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = find("message").value;
    if (text.trim()) await showExplanation(text, python, results);
    else find("message").focus();
  });
}

listenForFiles();
listenForMessages();
readerFor(find("reader"));

// The page can be read and used at once; Python comes behind it, unless the visitor saves data.
const calm = globalThis.requestIdleCallback ?? ((work) => setTimeout(work, 200));
addEventListener("load", () => {
  if (!navigator.connection?.saveData) calm(() => python.start());
});

// What has been loaded stays, so that the page works without a network. No service worker: no such promise.
if ("serviceWorker" in navigator) {
  settings.then(({ digest }) => navigator.serviceWorker.register(`sw.js?${digest}`)).catch(() => {});
}

// The frame that modules are loaded in. Their code is run, so it has a policy of its own: modules may evaluate
// JavaScript, as they may on any page, and still reach no other server.

import { workerOf } from "./python.js";

const workers = new Map();

addEventListener("message", ({ origin, data: { start, end, ...words }, ports }) => {
  if (origin !== location.origin) return;
  if (end !== undefined) {
    workers.get(end)?.terminate();
    workers.delete(end);
    return;
  }
  const worker = workerOf(new URL("load-worker.js", document.baseURI).href);
  const fail = (text) => ports[0].postMessage({ kind: "died", text });
  worker.addEventListener("error", (event) => fail(event.message || "the worker ended"));
  worker.addEventListener("message", ({ data }) => data.failed && fail(data.failed));
  workers.set(start, worker);
  worker.postMessage(words, ports);
});

parent.postMessage({ frame: "ready" }, location.origin);

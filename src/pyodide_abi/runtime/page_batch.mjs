// A batch (protocol.py) in a page or in a worker of it: what page_batch.py serves is asked for, and answers are posted.

import { runBatch } from "./batch.mjs";

const bytes = async (address) => new Uint8Array(await (await fetch(address)).arrayBuffer());
const place = (name) => name.split("/").map(encodeURIComponent).join("/");

export async function runHere(batch) {
  // At once and in order: what follows may end the page.
  const post = (text) => {
    const request = new XMLHttpRequest();
    request.open("POST", batch.answer, false);
    request.send(text);
  };
  const files = [];
  for (const name of batch.files) files.push([name, await bytes(`/site/${place(name)}`)]);
  await runBatch(batch, {
    home: `${location.origin}/release/`,
    memory: batch.memory ? await bytes("/memory") : null,
    files,
    send: (message) => post(JSON.stringify(message)),
    touch() {}, // The server does, as an answer comes.
  });
}

if (globalThis.WorkerGlobalScope) {
  await runHere(await (await fetch("/batch.json")).json());
  postMessage("ended");
}

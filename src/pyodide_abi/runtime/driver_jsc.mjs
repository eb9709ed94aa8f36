// Runs a batch (protocol.py) in the shell of JavaScriptCore: `jsc -m driver_jsc.mjs -- BATCH.json`.

import { bytes, text } from "./jsc_host.mjs";
import { runBatch } from "./batch.mjs";

// Of a snapshot's file, the digest at its end, which our caller sees to.
const DIGEST = 32;
const batch = JSON.parse(text(globalThis.arguments[0]));
let answers = "";
// The shell itself tells nobody of what is thrown here.
const fail = (error) => {
  printErr(String(error));
  throw error;
};
await runBatch(batch, {
  home: `${batch.release}/`,
  memory: batch.memory ? bytes(batch.memory).subarray(0, -DIGEST) : null,
  files: batch.files.map((name) => [name, bytes(`${batch.requests[0].site}/${name}`)]),
  send: (message) => writeFile(batch.channel, (answers += JSON.stringify(message) + "\n")),
  touch: () => writeFile(batch.clock, ""),
  save: batch.save && ((memory) => writeFile(batch.save, memory)),
}).catch(fail);
quit(0);

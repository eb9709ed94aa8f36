// Interpreters of releases in this browser, one after another for each release, as many as a file needs.

import { el } from "./dom.js";

let frame = null;
let next = 0;

/** The frame that modules are loaded in, made when it is first needed. */
function frameOf() {
  frame ??= new Promise((resolve) => {
    const made = el("iframe", { src: "load.html", hidden: true, title: "Where wheels are loaded", sandbox: "allow-scripts allow-same-origin" });
    const ready = ({ source, data }) => {
      if (source !== made.contentWindow || data.frame !== "ready") return;
      removeEventListener("message", ready);
      resolve(made.contentWindow);
    };
    addEventListener("message", ready);
    document.body.append(made);
  });
  return frame;
}

/** One interpreter; what it says is kept, as lines of JSON. */
class Interpreter {
  said = "";
  dead = false;
  #wake = () => {};

  static async start(words, online) {
    const made = new Interpreter();
    const { port1, port2 } = new MessageChannel();
    made.id = next++;
    made.port = port1;
    port1.onmessage = ({ data }) => made.#heard(data, online);
    made.frame = await frameOf();
    const booted = new Promise((resolve) => (made.#wake = resolve));
    made.frame.postMessage({ start: made.id, ...words }, location.origin, [port2]);
    await booted;
    return made;
  }

  #heard(data, online) {
    if (data.line !== undefined) return online(data.line);
    if (data.kind) this.said += `${JSON.stringify(data)}\n`;
    if (data.kind === "died") {
      this.dead = true;
      online(`The interpreter has ended: ${data.text}`);
    }
    if (data.kind === "booted" || this.dead || data.tried) this.#wake();
  }

  async attempt(attempt, direct) {
    if (this.dead) return this.said;
    const done = new Promise((resolve) => (this.#wake = resolve));
    this.port.postMessage({ ...attempt, direct });
    await done;
    return this.said;
  }

  end() {
    this.frame.postMessage({ end: this.id }, location.origin);
  }
}

/**
 * Try everything of a file in one release.
 *
 * @param words what an interpreter is started with: `home`, `files`, `plan`.
 * @param judge is asked what became of an attempt.
 * @param onresult is given each attempt and its judgement.
 * @param online is given each line of the console.
 * @param signal ends it.
 */
export async function tryRelease(words, { judge, onresult, online, signal }) {
  let interpreter = null;
  const fresh = async () => {
    interpreter?.end();
    interpreter = await Interpreter.start(words, online);
  };
  // What waits for an interpreter that was ended waits for nothing.
  signal.addEventListener("abort", () => interpreter?.end());
  for (const attempt of words.plan.attempts) {
    if (!interpreter) await fresh();
    const { tops } = words.plan;
    const plain = await interpreter.attempt(attempt, false);
    let found = await judge({ attempt, tops, plain, direct: null });
    if (found.direct) {
      await fresh();
      found = await judge({ attempt, tops, plain, direct: await interpreter.attempt(attempt, true) });
    }
    if (signal.aborted) return;
    onresult(attempt, found);
    // What failed may have spoilt the loader for the next one; what was loaded by its path has empty parents.
    if (found.outcome !== "loaded" || found.package) {
      interpreter.end();
      interpreter = null;
    }
  }
  interpreter?.end();
}

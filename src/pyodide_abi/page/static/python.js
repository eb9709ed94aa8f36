// The audit's worker as its page sees it: questions with answers, progress, and an end to what takes too long.

/** A worker that keeps the page's policy: no script of it reaches another server. */
export function workerOf(address) {
  const words = `import(${JSON.stringify(address)}).catch((error) => postMessage({ failed: String(error) }));`;
  // What is posted before the script has come is kept for it.
  const early = "const early = []; onmessage = (event) => early.push(event); globalThis.early = early;";
  const place = URL.createObjectURL(new Blob([early, words], { type: "text/javascript" }));
  const worker = new Worker(place, { type: "module" });
  worker.addEventListener("message", () => URL.revokeObjectURL(place), { once: true });
  return worker;
}

export class Python {
  #worker = null;
  #asked = new Map();
  #next = 0;
  #told;

  /** @param told is given the state: "idle", "starting", "ready" or "failed", and why. */
  constructor(told) {
    this.#told = told;
    told("idle");
  }

  start() {
    if (this.#worker) return;
    this.#told("starting");
    const worker = (this.#worker = workerOf(new URL("worker.js", document.baseURI).href));
    worker.onmessage = ({ data }) => this.#heard(data);
    worker.onerror = (event) => this.#fail(event.message || "its script did not start");
  }

  /** Ask; the answer is parsed. `onprogress` is given how many bytes of how many have been read. */
  ask(work, words, onprogress) {
    this.start();
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject, onprogress });
      this.#worker.postMessage({ id, work, words });
    });
  }

  /** End everything that is under way: Python cannot be interrupted, so it begins anew. */
  restart() {
    this.#drop(new DOMException("cancelled", "AbortError"));
    this.start();
  }

  #heard({ id, ready, failed, answer, fault, done, total }) {
    if (ready) return this.#told("ready");
    if (failed) return this.#fail(failed);
    const asked = this.#asked.get(id);
    if (total !== undefined) return asked?.onprogress?.(done, total);
    this.#asked.delete(id);
    if (fault === undefined) asked?.resolve(answer);
    else asked?.reject(new Error(fault));
  }

  #fail(why) {
    this.#told("failed", why);
    this.#drop(new Error(`Python does not start in this browser: ${why}`));
  }

  #drop(error) {
    this.#worker?.terminate();
    this.#worker = null;
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
  }
}

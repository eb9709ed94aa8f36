// "Load it here": what happens in this browser, in the releases that somebody picks, beside what was predicted.

import { el, harmless, pathOf } from "./dom.js";
import { engineName } from "./matrix.js";
import { tryRelease } from "./trials.js";

const MARKS = { loaded: "✓", needs: "–", refused: "✕", "no-init": "✕", raised: "✕", killed: "✕" };
const TONES = { loaded: "loads", needs: "calls" };
const WORDS = {
  loaded: "loaded",
  refused: "was refused",
  "no-init": "has no init function",
  raised: "raised an exception as it began",
  killed: "ended the interpreter",
  needs: "needs what is not installed here",
};

/** The engine of this browser, as predictions name it. */
export function thisEngine(agent = navigator.userAgent) {
  if (/Firefox\//.test(agent)) return "firefox";
  return /Chrom(e|ium)\//.test(agent) ? "chromium" : "webkit";
}

/** Whether the loader did as predicted; what a module's own start does is not the loader's. */
function asPredicted(outcome, fate) {
  if (["raised", "killed", "needs"].includes(outcome)) return true;
  return (outcome === "loaded") === (fate.outcome !== "fails");
}

export class Loading {
  constructor({ card, report, matrix, ask }) {
    Object.assign(this, { card, report, matrix, ask, engine: thisEngine() });
    this.picks = el("fieldset", { class: "picks" }, el("legend", { class: "soft" }, "Releases"));
    this.button = el("button", { class: "button", onclick: () => this.#run() }, "Load it here");
    this.status = el("p", { class: "soft", role: "status" });
    this.table = el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `What happened to ${card.name}` });
    this.console = el("pre", { class: "console", tabindex: "0", "aria-label": "Console" });
    this.shown = el("details", { hidden: true }, el("summary", {}, "Console"), this.console);
    this.node = el(
      "section",
      { class: "loading" },
      el("h3", {}, "Load it in this browser"),
      el("p", { class: "soft" }, `Runs the code of the file, in ${engineName(this.engine)}, each release in a worker of its own; what it needs from other packages is not installed.`),
      this.picks,
      el("div", { class: "progress" }, this.button, this.status),
      this.table,
      this.shown,
    );
    this.#offer();
  }

  async #offer() {
    const { releases } = await this.card.settings;
    const own = releases.filter(({ platform }) => platform === this.report.platform);
    const usual = own.findLast(({ prerelease }) => !prerelease) ?? own.at(-1);
    this.picks.append(
      ...own.map((release) =>
        el("label", { class: "pick" }, el("input", { type: "checkbox", value: release.version, checked: release === usual }), release.version),
      ),
    );
    this.own = own;
    if (!own.length) {
      this.picks.remove();
      this.button.remove();
      this.status.textContent = "No release of this platform can be had: the page was made without the network.";
    }
  }

  async #run() {
    if (this.abort) {
      this.abort.abort();
      return this.#rest("Stopped.");
    }
    const picked = [...this.picks.querySelectorAll("input:checked")].map(({ value }) => value);
    if (!picked.length) return void (this.status.textContent = "Pick a release first.");
    this.abort = new AbortController();
    const { signal } = this.abort;
    this.button.textContent = "Stop";
    this.results = new Map();
    this.console.textContent = "";
    try {
      const plan = JSON.parse(await this.ask("plan"));
      if (plan.error) throw new Error(plan.error.message);
      if (!this.matrix.fate(this.engine, plan.attempts[0]?.path, picked[0])) await this.predict(this.engine);
      this.plan = plan;
      for (const version of picked) {
        if (signal.aborted) return;
        this.status.textContent = `Starting ${version}…`;
        await this.#try(version, plan, signal);
      }
      if (!signal.aborted) this.#rest(this.#summary());
    } catch (error) {
      this.#rest(error.message);
    }
  }

  predict(engine) {
    return this.matrix.ask(engine).catch(() => {});
  }

  #rest(text) {
    this.abort = null;
    this.button.textContent = "Load it here";
    this.status.textContent = harmless(text);
  }

  async #try(version, plan, signal) {
    const release = this.own.find((each) => each.version === version);
    const files = this.card.drop.files.filter(({ name }) => (plan.archive ? name === plan.archive : true));
    const words = { home: new URL(release.at, document.baseURI).href, files, plan };
    await tryRelease(words, {
      signal,
      judge: async (told) => JSON.parse(await this.ask("judge", told)),
      online: (text) => this.#line(version, text),
      onresult: (attempt, found) => {
        this.results.set(`${attempt.path}\0${version}`, found);
        this.status.textContent = harmless(`${version}: ${attempt.module || attempt.path} ${WORDS[found.outcome] ?? ""}`);
        this.#draw(version);
      },
    });
  }

  #line(version, text) {
    this.shown.hidden = false;
    this.console.append(harmless(`${version}  ${text}\n`));
  }

  #draw() {
    const versions = [...new Set([...this.results.keys()].map((key) => key.split("\0")[1]))];
    const head = el("tr", {}, el("th", { scope: "col" }, "File"), versions.map((version) => el("th", { scope: "col" }, version)));
    const rows = this.plan.attempts.map(({ path }) =>
      el("tr", {}, el("th", { scope: "row" }, pathOf(path)), versions.map((version) => el("td", {}, this.#cell(path, version)))),
    );
    this.table.replaceChildren(el("table", { class: "happened" }, el("thead", {}, head), el("tbody", {}, rows)));
  }

  #cell(path, version) {
    const found = this.results.get(`${path}\0${version}`);
    if (!found) return "…";
    const fate = this.matrix.fate(this.engine, path, version);
    const agrees = !fate || asPredicted(found.outcome, fate);
    return el(
      "div",
      { class: "seen" },
      el("p", { class: `fate ${TONES[found.outcome] ?? "fails"}` }, `${MARKS[found.outcome]} ${WORDS[found.outcome]}`),
      fate && el("p", { class: agrees ? "soft" : "wrong" }, agrees ? "as predicted" : `predicted: ${fate.text || "it loads"}`),
      found.message && el("pre", { class: "said" }, found.message),
      found.package && el("pre", { class: "said" }, found.package),
    );
  }

  #summary() {
    const found = [...this.results].map(([key, { outcome }]) => {
      const [path, version] = key.split("\0");
      return { outcome, fate: this.matrix.fate(this.engine, path, version) };
    });
    if (!found.length) return "There is nothing to load.";
    const loaded = found.filter(({ outcome }) => outcome === "loaded").length;
    const known = found.filter(({ fate }) => fate);
    const agreed = known.filter(({ outcome, fate }) => asPredicted(outcome, fate)).length;
    return `${loaded} of ${found.length} loaded; ${agreed} of ${known.length} as predicted.`;
  }
}

// The matrix of loads: modules by releases, for one engine or for all; the loader's text behind each cell.

import { el, pathOf } from "./dom.js";

const ENGINES = {
  node20: "Node 20",
  node24: "Node 24",
  node26: "Node 26",
  chromium: "Chromium",
  firefox: "Firefox",
  webkit: "Safari",
  deno: "Deno",
  bun: "Bun",
};
const MARKS = { loads: "✓", calls: "!", some: "◐", fails: "✕", unknown: "·" };
const WORDS = {
  loads: "loads",
  calls: "loads, with calls that end Python",
  some: "fails in some engines",
  fails: "does not load",
  unknown: "not known",
};
const RANK = ["unknown", "loads", "calls", "some", "fails"];
const ALL = "all";
// The other engines that predictions are made for; Node 20 is no longer a current one.
const CURRENT = ["node24", "node26", "chromium", "firefox", "webkit", "deno", "bun"];
const FIRST = 12;

export const engineName = (engine) => ENGINES[engine] ?? engine;

export class Matrix {
  #known = new Map();
  // The module and release that a cell is about.
  #keys = new WeakMap();
  #chosen;
  #all = false;
  #open = null;

  constructor(report) {
    this.releases = report.releases;
    this.modules = report.matrix.modules;
    this.#keep(report.engine, report.matrix);
    this.#chosen = report.engine;
    this.choice = el("div", { class: "engines", role: "group", "aria-label": "Engine" });
    this.table = el("table", {});
    this.detail = el("div", { class: "detail", "aria-live": "polite" });
    this.note = el("p", { class: "soft note" });
    this.node = el(
      "section",
      { class: "matrix" },
      el("div", { class: "matrix-head" }, el("h3", {}, "Loads"), this.choice),
      el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Loads of ${report.name}` }, this.table),
      this.note,
      this.detail,
    );
    this.table.addEventListener("keydown", (event) => this.#move(event));
    this.#draw();
  }

  /** What the loader does with a module in a release, in an engine; undefined where that is not known. */
  fate(engine, path, release) {
    const known = this.#known.get(engine);
    const loads = known?.loads.get(path);
    return loads && known.fates[loads[this.releases.indexOf(release)]];
  }

  #keep(engine, { fates, modules }) {
    this.#known.set(engine, { fates, loads: new Map(modules.map(({ path, loads }) => [path, loads])) });
  }

  /** The predictions for another engine. */
  add(engine, matrix) {
    this.#keep(engine, matrix);
    if (CURRENT.every((each) => this.#known.has(each)) && !this.#open) this.#chosen = ALL;
    if (this.#open) this.detail.replaceChildren(...this.#texts(...this.#open.split("\0")));
    this.#draw();
  }

  /** Offer the other engines: asked for one after another at once, or when somebody chooses one. */
  async offer(ask, { atOnce, until }) {
    this.ask = ask;
    this.#draw();
    if (!atOnce) return;
    for (const engine of CURRENT.filter((each) => !this.#known.has(each))) {
      if (until()) return;
      await ask(engine).catch(() => {});
    }
  }

  #draw() {
    const engines = [...new Set([...this.#known.keys(), ...(this.ask ? CURRENT : [])])];
    engines.sort((one, other) => CURRENT.indexOf(one) - CURRENT.indexOf(other));
    const choices = this.#known.size > 1 ? [ALL, ...engines] : engines;
    const held = this.choice.contains(document.activeElement) ? document.activeElement.dataset.engine : null;
    this.choice.replaceChildren(...choices.map((engine) => this.#choiceOf(engine)));
    if (held) this.choice.querySelector(`[data-engine="${held}"]`)?.focus({ preventScroll: true });
    const waiting = this.ask ? CURRENT.filter((each) => !this.#known.has(each)) : [];
    this.note.textContent = this.#note(waiting);
    this.#drawTable();
  }

  #note(waiting) {
    if (this.#chosen === ALL && waiting.length) return `Still to come: ${waiting.map(engineName).join(", ")}.`;
    const refused = new Map();
    for (const { refused: features } of this.#known.size > 1 ? [] : this.modules) {
      for (const [engine, names] of Object.entries(features)) refused.set(engine, names.join(", "));
    }
    return [...refused].map(([engine, names]) => `${engineName(engine)} refuses it: ${names}.`).join(" ");
  }

  #choiceOf(engine) {
    const known = engine === ALL || this.#known.has(engine);
    const worst = known ? this.#worst(engine) : "unknown";
    const label = engine === ALL ? "All engines" : engineName(engine);
    return el(
      "button",
      {
        class: `engine ${worst}`,
        "data-engine": engine,
        "aria-pressed": String(engine === this.#chosen),
        title: known ? WORDS[worst] : "Predict for it",
        onclick: () => this.#choose(engine, known),
      },
      el("span", { class: "mark", "aria-hidden": "true" }, MARKS[worst]),
      label,
    );
  }

  async #choose(engine, known) {
    this.#chosen = engine;
    if (!known) {
      this.note.textContent = `Predicting for ${engineName(engine)}…`;
      await this.ask(engine).catch((error) => (this.note.textContent = error.message));
    }
    this.#draw();
  }

  #worst(engine) {
    const outcomes = this.modules.flatMap(({ path }) => this.releases.map((release) => this.#outcome(engine, path, release)));
    return outcomes.reduce((worst, each) => (RANK.indexOf(each) > RANK.indexOf(worst) ? each : worst), "unknown");
  }

  #outcome(engine, path, release) {
    if (engine !== ALL) return this.fate(engine, path, release)?.outcome ?? "unknown";
    const outcomes = new Set([...this.#known.keys()].map((each) => this.fate(each, path, release)?.outcome));
    outcomes.delete(undefined);
    if (outcomes.has("fails") && outcomes.size > 1) return "some";
    return RANK.findLast((outcome) => outcomes.has(outcome)) ?? "unknown";
  }

  #drawTable() {
    // Predictions for other engines come while somebody is at a cell.
    const held = this.#keys.get(document.activeElement);
    const rows = this.modules.map((module) => {
      const outcomes = this.releases.map((release) => this.#outcome(this.#chosen, module.path, release));
      return { module, outcomes, rank: Math.max(...outcomes.map((each) => RANK.indexOf(each))) };
    });
    rows.sort((one, other) => other.rank - one.rank);
    const shown = this.unfolded ? rows : rows.slice(0, FIRST);
    const head = el("tr", {}, el("th", { scope: "col" }, "Module"), this.releases.map((release) => el("th", { scope: "col" }, release)));
    this.table.replaceChildren(el("thead", {}, head), el("tbody", {}, shown.map((row) => this.#row(row))));
    if (rows.length > shown.length) this.table.append(el("tfoot", {}, this.#more(rows.length - shown.length)));
    const cells = [...this.table.querySelectorAll("td button")];
    const kept = held && cells.find((cell) => this.#keys.get(cell) === held);
    (kept ?? cells[0])?.setAttribute("tabindex", "0");
    kept?.focus({ preventScroll: true });
  }

  #more(number) {
    const unfold = () => {
      this.unfolded = true;
      this.#drawTable();
    };
    const button = el("button", { class: "link", onclick: unfold }, `Show ${number} more`);
    return el("tr", {}, el("td", { colspan: this.releases.length + 1 }, button));
  }

  #row({ module: { path, extension }, outcomes }) {
    return el(
      "tr",
      {},
      el("th", { scope: "row" }, pathOf(path), !extension && el("span", { class: "soft" }, " library")),
      outcomes.map((outcome, at) => el("td", {}, this.#cell(path, this.releases[at], outcome))),
    );
  }

  #cell(path, release, outcome) {
    const key = `${path}\0${release}`;
    const cell = el(
      "button",
      {
        class: `cell ${outcome}`,
        tabindex: "-1",
        "aria-label": `${path} in ${release}: ${WORDS[outcome]}`,
        "aria-expanded": String(this.#open === key),
        title: `${release}: ${WORDS[outcome]}`,
        onclick: () => this.#show(key, path, release),
      },
      MARKS[outcome],
    );
    this.#keys.set(cell, key);
    return cell;
  }

  #show(key, path, release) {
    const same = this.#open === key;
    this.#open = same ? null : key;
    this.detail.replaceChildren(...(same ? [] : this.#texts(path, release)));
    for (const cell of this.table.querySelectorAll("[aria-expanded=true]")) cell.setAttribute("aria-expanded", "false");
    const cell = [...this.table.querySelectorAll("td button")].find((each) => this.#keys.get(each) === key);
    cell?.setAttribute("aria-expanded", String(!same));
  }

  /** What the loader says in each engine, those of one mind together. */
  #texts(path, release) {
    const said = new Map();
    for (const engine of this.#known.keys()) {
      const fate = this.fate(engine, path, release);
      if (!fate) continue;
      const key = JSON.stringify(fate);
      if (!said.has(key)) said.set(key, { fate, engines: [] });
      said.get(key).engines.push(engineName(engine));
    }
    const blocks = [...said.values()].map(({ fate, engines }) => [
      el("p", { class: `fate ${fate.outcome}` }, el("strong", {}, engines.join(", ")), `: ${words(fate)}`),
      fate.text && el("pre", { class: "said" }, fate.text),
      fate.names.length > 0 && el("pre", { class: "said" }, [...fate.names, ...(fate.more ? [`and ${fate.more} more`] : [])].join("\n")),
    ]);
    return [el("p", { class: "detail-title" }, pathOf(path), ` in ${release}`), ...blocks.flat().filter(Boolean)];
  }

  /** Arrow keys go from cell to cell, so that the table is one stop on the way through the page. */
  #move(event) {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    const cell = event.target.closest("td");
    if (!step || !cell) return;
    const row = this.table.tBodies[0].rows[cell.parentNode.rowIndex - 1 + step[0]];
    const next = row?.cells[cell.cellIndex + step[1]]?.querySelector("button");
    if (!next) return;
    event.preventDefault();
    event.target.setAttribute("tabindex", "-1");
    next.setAttribute("tabindex", "0");
    next.focus();
  }
}

function words({ outcome, installed, names, more }) {
  const said = outcome === "calls" ? `loads, and these ${names.length + more} calls would end Python` : WORDS[outcome];
  return installed ? `${said}, once micropip or loadPackage has installed it` : said;
}

// Two files of one sort, set side by side: what changed from the older to the newer one, and whether that breaks anybody.

import { el } from "./dom.js";
import { answerCard, download } from "./frame.js";

/** What a file can be compared with: another wheel, or another module. */
const sortOf = (name) => (name.endsWith(".whl") ? "wheel" : name.endsWith(".json") ? null : "module");
const STYLES = { red: "bad", green: "good", bold: "heading", dim: "soft" };

/** All files on the page; each card offers those that its file can be compared with. */
export class Comparisons {
  #cards = new Set();
  #python;
  #results;

  constructor(python, results) {
    this.#python = python;
    this.#results = results;
  }

  add(card) {
    this.#cards.add(card);
    this.#offer();
  }

  remove(card) {
    this.#cards.delete(card);
    this.#offer();
  }

  #offer() {
    const cards = [...this.#cards];
    for (const card of cards) {
      const sort = sortOf(card.name);
      const others = sort ? cards.filter((other) => other !== card && sortOf(other.name) === sort) : [];
      card.comparing.replaceChildren(...(others.length ? [this.#choice(card, others)] : []));
    }
  }

  #choice(card, others) {
    const options = others.map((other, at) => el("option", { value: String(at) }, other.name));
    const choice = el("select", {}, el("option", { value: "" }, "an older one…"), options);
    choice.addEventListener("change", () => {
      if (choice.value) this.#show(others[Number(choice.value)], card);
      choice.value = "";
    });
    return el("label", { class: "soft" }, "Compare with ", choice);
  }

  async #show(before, after) {
    const title = `${before.name} → ${after.name}`;
    const look = { name: title, className: "card comparison", waiting: "Comparing…" };
    await answerCard(this.#results, "What changed", look, async () =>
      this.#found(JSON.parse(await this.#python.ask("compare", { before: before.words, after: after.words })), title),
    );
  }

  #found({ error, breaks, lines, written }, title) {
    if (error) return [el("p", { class: "said" }, error.message), error.hint && el("p", { class: "soft" }, error.hint)].filter(Boolean);
    const save = () => download(written, "diff.json", "application/json");
    return [
      el(
        "div",
        { class: `verdict ${breaks ? "bad" : "good"}` },
        el("span", { class: "mark", "aria-hidden": "true" }, breaks ? "✕" : "✓"),
        el("div", {}, el("p", { class: "verdict-title" }, breaks ? "Who used the older one can break" : "Nobody who used the older one breaks"), el("p", { class: "soft" }, title)),
      ),
      el("pre", { class: "difference", tabindex: "0", "aria-label": title }, lines.map(({ text, style }) => [el("span", { class: STYLES[style] ?? "" }, text), "\n"]).flat()),
      el("div", { class: "tools" }, el("span", { class: "soft" }, "Download as"), el("button", { class: "button small", onclick: save }, "JSON")),
    ];
  }
}

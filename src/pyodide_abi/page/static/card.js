// One file's card: what is under way, then what was found.

import { Contents } from "./contents.js";
import { el } from "./dom.js";
import { download, frame } from "./frame.js";
import { Loading } from "./loading.js";
import { reportView } from "./report.js";

const FORMS = [
  ["json", "JSON", "application/json"],
  ["sarif", "SARIF", "application/json"],
  ["html", "HTML", "text/html"],
];
// The audit of a larger file, in bytes, is not repeated for other engines unless somebody asks.
const SMALL = 2_000_000;

const sized = (bytes) =>
  bytes < 1e6 ? `${Math.max(Math.round(bytes / 1e3), 1)} kB` : `${(bytes / 1e6).toLocaleString("en", { maximumFractionDigits: 1 })} MB`;

export class FileCard {
  constructor({ name, file, drop, beside, python, settings, comparisons }) {
    Object.assign(this, { name, file, drop, beside, python, settings, comparisons });
    this.comparing = el("span", { class: "comparing" });
    this.body = el("div", { class: "card-body" });
    const size = el("span", { class: "soft size" }, sized(file.size));
    this.node = frame(name, this.body, { name, beside: size, remove: () => this.remove() });
  }

  /** The file, as the worker is asked about it. */
  get words() {
    return { drop: this.drop, name: this.name, beside: this.beside };
  }

  async check() {
    const bar = el("progress", { "aria-label": `Reading ${this.name}`, max: "1" });
    const said = el("p", { class: "soft", role: "status" }, "Waiting for Python…");
    const cancel = el("button", { class: "button small", onclick: () => this.#cancel() }, "Cancel");
    this.body.replaceChildren(el("div", { class: "progress" }, bar, said, cancel));
    this.cancelled = false;
    const progress = (done, total) => {
      bar.value = done / Math.max(total, 1);
      said.textContent = `Read ${sized(done)} of ${sized(total)}`;
    };
    try {
      const report = JSON.parse(await this.python.ask("check", this.words, progress));
      if (report.error) this.#refuse(report.error);
      else this.#show(report);
    } catch (error) {
      if (error.name !== "AbortError") this.#refuse({ message: error.message, details: [], hint: "" });
      else if (this.cancelled) this.#offerAgain();
      // Another file was cancelled, and Python began anew.
      else if (!this.removed) await this.check();
    }
  }

  #cancel() {
    this.cancelled = true;
    this.python.restart();
  }

  remove() {
    this.removed = true;
    this.comparisons.remove(this);
    this.node.remove();
  }

  #offerAgain() {
    const again = el("button", { class: "button small", onclick: () => this.check() }, "Check it again");
    this.body.replaceChildren(el("div", { class: "progress" }, el("p", { class: "soft" }, "Cancelled."), again));
  }

  #refuse({ message, details, hint }) {
    this.body.replaceChildren(
      el(
        "div",
        { class: "verdict bad", role: "alert" },
        el("p", { class: "verdict-title" }, "This cannot be checked"),
        el("p", { class: "said" }, message),
        details.length > 0 && el("pre", {}, details.join("\n")),
        hint && el("p", { class: "soft" }, hint),
      ),
    );
  }

  #show(report) {
    const view = reportView(report);
    const downloads = FORMS.map(([form, label, type]) =>
      el("button", { class: "button small", onclick: () => this.#download(form, type) }, label),
    );
    this.body.replaceChildren(view.node, el("div", { class: "tools" }, el("span", { class: "soft" }, "Download as"), downloads, this.comparing));
    this.comparisons.add(this);
    if (!report.matrix.modules.length) return;
    const ask = (work, more) => this.python.ask(work, { ...this.words, ...more });
    if (report.releases.length) view.node.append(new Loading({ card: this, report, matrix: view.matrix, ask }).node);
    view.node.append(new Contents(report.matrix.modules, ask).node);
    const predict = async (engine) => {
      const matrix = JSON.parse(await ask("predict", { engine }));
      if (!matrix.error) view.matrix.add(engine, matrix);
    };
    if (report.releases.length) view.matrix.offer(predict, { atOnce: this.file.size < SMALL, until: () => this.removed });
  }

  async #download(form, type) {
    const text = await this.python.ask("written", { ...this.words, form });
    download(text, `${this.name}.${form === "sarif" ? "sarif.json" : form}`, type);
  }
}

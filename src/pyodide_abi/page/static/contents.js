// What is inside a module: tables of names, of which only those in view are drawn, so that any number can be searched.

import { counted, el } from "./dom.js";

// In pixels; a list is no taller than browsers can scroll.
const ROW = 28;
const TALLEST = 400_000;

export class Contents {
  constructor(modules, ask) {
    this.ask = ask;
    const choice = el("select", { "aria-label": "Module", onchange: () => this.#load(choice.value) }, modules.map(({ path }) => el("option", { value: path }, path)));
    this.body = el("div", { class: "inside" });
    this.node = el(
      "details",
      { class: "contents", ontoggle: () => this.node.open && !this.asked && this.#load(choice.value) },
      el("summary", {}, "What is inside"),
      modules.length > 1 && choice,
      this.body,
    );
  }

  async #load(path) {
    this.asked = path;
    this.body.replaceChildren(el("p", { class: "soft", role: "status" }, "Reading…"));
    let found;
    try {
      found = JSON.parse(await this.ask("contents", { path }));
    } catch (error) {
      found = { fault: error.message };
    }
    if (this.asked !== path) return;
    if (!found.tables) return this.body.replaceChildren(el("p", {}, found.fault ?? found.error.message));
    this.#show(found.tables);
  }

  #show(tables) {
    const list = new NameList();
    const names = Object.keys(tables);
    const tabs = names.map((name) =>
      el("button", { class: "engine", "aria-pressed": "false", onclick: () => choose(name) }, `${name} `, el("span", { class: "soft" }, tables[name].rows.length.toLocaleString("en"))),
    );
    const choose = (name) => {
      tabs.forEach((tab, at) => tab.setAttribute("aria-pressed", String(names[at] === name)));
      list.show(name, tables[name]);
    };
    this.body.replaceChildren(el("div", { class: "engines", role: "group", "aria-label": "Part" }, tabs), list.node);
    choose(names[0]);
  }
}

class NameList {
  constructor() {
    this.search = el("input", { type: "search", placeholder: "Search", "aria-label": "Search names", oninput: () => this.#filter() });
    this.count = el("p", { class: "soft", role: "status" });
    this.head = el("div", { class: "row head", "aria-hidden": "true" });
    this.space = el("div", { class: "space" });
    this.view = el("div", { class: "view", tabindex: "0", role: "list", onscroll: () => this.#draw() }, this.space);
    this.node = el("div", { class: "names" }, el("div", { class: "progress" }, this.search, this.count), this.head, this.view);
    new ResizeObserver(() => this.#draw()).observe(this.view);
  }

  show(title, { columns, rows }) {
    this.title = title;
    this.rows = rows;
    this.texts = rows.map((row) => row.join("\0").toLowerCase());
    this.node.dataset.columns = String(columns.length);
    this.head.replaceChildren(...columns.map((column) => el("span", {}, column)));
    this.view.setAttribute("aria-label", title);
    this.#filter();
  }

  #filter() {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    this.found = words.length ? this.rows.filter((_, at) => words.every((word) => this.texts[at].includes(word))) : this.rows;
    const beyond = this.found.length > TALLEST ? `, the first ${TALLEST.toLocaleString("en")} are listed` : "";
    this.count.textContent = counted(this.found.length, words.length ? "match" : "entry").replace("matchs", "matches").replace("entrys", "entries") + beyond;
    this.found = this.found.slice(0, TALLEST);
    this.space.style.height = `${this.found.length * ROW}px`;
    this.view.scrollTop = 0;
    this.#draw();
  }

  #draw() {
    const first = Math.max(Math.floor(this.view.scrollTop / ROW) - 5, 0);
    const last = Math.min(first + Math.ceil(this.view.clientHeight / ROW) + 10, this.found.length);
    this.space.replaceChildren(...this.found.slice(first, last).map((row, at) => this.#row(row, first + at)));
  }

  #row(row, at) {
    const node = el(
      "div",
      { class: "row", role: "listitem", "aria-setsize": this.found.length, "aria-posinset": at + 1 },
      row.map((text) => el("span", { title: text }, text)),
    );
    node.style.top = `${at * ROW}px`;
    return node;
  }
}

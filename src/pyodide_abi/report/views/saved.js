// The report as a file of its own: the same views as on the page, over the data that stand in the file.

import { el } from "./dom.js";
import { readerFor } from "./reader.js";
import { reportView } from "./report.js";

const { reports, unreadable, rules } = JSON.parse(document.getElementById("data").textContent);

function card(name, body) {
  return el("article", { class: "card", "aria-label": name }, el("div", { class: "card-head" }, el("h2", {}, name)), el("div", { class: "card-body" }, body));
}

function refusal(message) {
  return el("div", { class: "verdict bad" }, el("div", {}, el("p", { class: "verdict-title" }, "This could not be audited"), el("p", { class: "said" }, message)));
}

document.getElementById("results").append(
  ...reports.map((report) => card(report.name, reportView(report).node)),
  ...Object.entries(unreadable).map(([name, message]) => card(name, refusal(message))),
);
readerFor(document.getElementById("reader"), async () => rules);

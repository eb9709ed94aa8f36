// What there is to see of one report: the verdict, the matrix of loads, the findings.

import { counted, el } from "./dom.js";
import { findingsView } from "./findings.js";
import { Matrix } from "./matrix.js";

const MARKS = { bad: "✕", warn: "!", good: "✓" };
const FROM = {
  contents: ", the only platform that its contents fit",
  asked: ", as asked",
  usual: ", as set",
};

export function reportView(report) {
  const matrix = new Matrix(report);
  const parts = [verdict(report)];
  if (report.releases.length && report.matrix.modules.length) parts.push(matrix.node);
  if (report.rules.length) parts.push(findingsView(report));
  return { node: el("div", { class: "report" }, parts), matrix };
}

function verdict(report) {
  const { error, warning, note } = report.counts;
  const tone = report.failed ? "bad" : warning ? "warn" : "good";
  const counts = [
    [error, "error"],
    [warning, "warning"],
    [note, "note"],
  ];
  const said = counts.filter(([number]) => number).map(([number, word]) => counted(number, word));
  const platform = report.platform ? `Platform ${report.platform}${FROM[report.platformFrom] ?? ""}` : "No known platform";
  return el(
    "div",
    { class: `verdict ${tone}` },
    el("span", { class: "mark", "aria-hidden": "true" }, MARKS[tone]),
    el(
      "div",
      {},
      el("p", { class: "verdict-title" }, sentence(report)),
      el("p", { class: "soft" }, [platform, said.length ? said.join(", ") : "nothing to say against it"].join(" · ")),
    ),
  );
}

/** The verdict in one sentence, the worst first. */
function sentence({ pure, releases, matrix: { fates, modules }, failed }) {
  if (pure) return failed ? "It has no compiled modules, and its files are not in order" : "Pure Python: nothing to load, it works everywhere";
  if (!releases.length) return "Its platform is not known, so nothing can be said of its loads";
  const worst = releases.map((_, at) => {
    const outcomes = modules.map(({ loads }) => fates[loads[at]]?.outcome);
    return outcomes.includes("fails") ? "fails" : outcomes.includes("calls") ? "calls" : "loads";
  });
  const failing = worst.filter((outcome) => outcome === "fails").length;
  const calling = worst.filter((outcome) => outcome === "calls").length;
  const every = releases.length === 1 ? `in ${releases[0]}` : `in all ${releases.length} releases`;
  const some = (number) => (number === releases.length ? every : `in ${number} of ${releases.length} releases`);
  const what = modules.length === 1 ? "It" : "Something in it";
  if (failing) return `${what} does not load ${some(failing)}`;
  if (calling) return `It loads, with calls that end Python ${some(calling)}`;
  return failed ? `It loads ${every}, and has errors` : `It loads ${every}`;
}

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
  if (!modules.length) return failed ? "It names what cannot be installed" : "It names nothing that cannot be installed";
  if (!releases.length) return "Its platform is not known, so nothing can be said of its loads";
  const among = (outcome) => {
    const found = modules.filter(({ loads }) => loads.some((number) => fates[number].outcome === outcome));
    const where = releases.filter((_, at) => found.some(({ loads }) => fates[loads[at]].outcome === outcome));
    return { what: modules.length === 1 ? "It" : `${found.length} of ${modules.length} modules`, many: found.length, where: where.length };
  };
  const all = releases.length;
  const every = all === 1 ? `in ${releases[0]}` : `in all ${all} releases`;
  const failing = among("fails");
  if (failing.where === all) return `${failing.what} ${failing.many > 1 ? "load" : "loads"} in no release`;
  if (failing.where) return `${failing.what} ${failing.many > 1 ? "do" : "does"} not load in ${failing.where} of ${all} releases`;
  const calling = among("calls");
  if (calling.where) return `It loads, with calls that end Python ${calling.where === all ? every : `in ${calling.where} of ${all} releases`}`;
  return failed ? `It loads ${every}, and has errors` : `It loads ${every}`;
}

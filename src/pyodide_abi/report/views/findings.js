// Findings, a block for each rule: what is wrong, where, and the cure beside it.

import { coded, counted, el, pathOf, spans } from "./dom.js";

const FIRST = 5;

export function findingsView(report) {
  const title = el("h3", {}, "Findings");
  return el("section", { class: "findings" }, title, report.rules.map((rule) => ruleView(rule, report)));
}

function ruleView(rule, report) {
  const items = grouped(rule.findings).map((group) => itemView(group, report));
  const list = el("ul", { class: "items" }, items.slice(0, FIRST));
  const rest = items.slice(FIRST);
  const more = rest.length > 0 && el("button", { class: "link", onclick: ({ target }) => (list.append(...rest), target.remove()) }, `Show ${rest.length} more`);
  const beyond = rule.more > 0 && el("p", { class: "soft" }, `and ${counted(rule.more, "more finding")}, which the JSON report lists`);
  return el(
    "section",
    { class: `rule ${rule.severity}` },
    el(
      "h4",
      {},
      el("span", { class: `badge ${rule.severity}` }, rule.severity),
      el("a", { href: `#${rule.code}`, title: `What ${rule.code} is about` }, `${rule.code} ${rule.name}`),
    ),
    el("div", { class: "pair" }, el("div", {}, list, more, beyond), cureView(rule.fixes)),
  );
}

function cureView(fixes) {
  const shown = fixes.slice(0, FIRST);
  return el("div", { class: "cure" }, el("p", { class: "cure-title" }, "What to do"), shown.map((fix) => el("p", {}, coded(fix))));
}

/** Findings that say the same, with their files together. */
function grouped(findings) {
  const groups = new Map();
  for (const finding of findings) {
    const key = JSON.stringify([finding.message, finding.evidence, finding.releases]);
    if (!groups.has(key)) groups.set(key, { ...finding, paths: [] });
    groups.get(key).paths.push(finding.path);
  }
  return [...groups.values()];
}

function itemView({ message, evidence, releases, paths }, report) {
  const some = releases.length > 0 && releases.length < report.releases.length;
  const files = paths.filter(Boolean);
  const shown = files.slice(0, 3).map((path) => pathOf(path));
  return el(
    "li",
    {},
    shown.length > 0 && el("p", { class: "where" }, shown, files.length > 3 && ` and ${files.length - 3} more`),
    el("p", {}, coded(message), some && el("span", { class: "soft" }, ` — in ${spans(releases, report.releases)}`)),
    evidence && el("pre", { class: "said" }, evidence),
  );
}

// Rules to read, in a dialog that an address leads to: #ABI201 shows that rule, #rules lists all.

import { el } from "./dom.js";
import { inline, rendered } from "./markdown.js";

export function readerFor(dialog, load = () => fetch("rules.json").then((answer) => answer.json())) {
  let rules = null;
  const show = async () => {
    const wanted = location.hash.slice(1);
    if (wanted !== "rules" && !/^ABI\d{3}$/.test(wanted)) {
      if (dialog.open) dialog.close();
      return;
    }
    rules ??= await load();
    const rule = rules.find(({ code }) => code === wanted);
    dialog.replaceChildren(closer(dialog), ...(rule ? ruleText(rule) : ruleList(rules)));
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
  };
  dialog.addEventListener("close", () => {
    if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  addEventListener("hashchange", show);
  show();
}

function closer(dialog) {
  return el("button", { class: "quiet close", "aria-label": "Close", onclick: () => dialog.close() }, "✕");
}

function ruleText({ code, name, severity, since, summary, sections }) {
  return [
    el("h2", { id: "reader-title" }, `${code} ${name}`),
    el("p", { class: "lead" }, inline(summary), "."),
    el("p", { class: "soft" }, el("span", { class: `badge ${severity}` }, severity), ` since version ${since}`),
    ...Object.entries(sections).flatMap(([heading, text]) => [el("h3", {}, heading), ...rendered(text)]),
    el("p", {}, el("a", { href: "#rules" }, "All rules")),
  ];
}

function ruleList(rules) {
  const items = rules.map(({ code, name, summary }) => el("li", {}, el("a", { href: `#${code}` }, `${code} ${name}`), el("span", {}, inline(summary))));
  return [el("h2", { id: "reader-title" }, "Rules"), el("ul", { class: "rules" }, items)];
}

// What a pasted console means: causes first, then what follows from them.

import { el } from "./dom.js";
import { answerCard } from "./frame.js";

export async function showExplanation(text, python, results) {
  const last = text.trim().split("\n").at(-1);
  const heading = last.length > 90 ? `${last.slice(0, 90)}…` : last;
  await answerCard(results, heading, { name: "Explanation", removal: "Remove", waiting: "Reading…" }, async () => {
    const found = JSON.parse(await python.ask("explain", { text }));
    return found.error ? [el("p", { class: "said" }, found.error.message)] : meanings(found);
  });
}

function meanings({ kind, causes, consequences, file, platforms }) {
  if (!causes.length && !consequences.length) return unknown(kind);
  const told = [file && `in ${file}`, platforms.length > 0 && `as platforms ${platforms.join(", ")} word it`].filter(Boolean);
  const parts = causes.map((hit) => meaning(hit));
  if (causes.length && consequences.length) {
    parts.push(el("h3", {}, "What follows from it, and goes away with it"));
    parts.push(el("ul", {}, consequences.map((hit) => el("li", {}, hit.summary))));
  } else parts.push(...consequences.map((hit) => meaning(hit)));
  return [told.length > 0 && el("p", { class: "soft" }, told.join(" · ")), ...parts].filter(Boolean);
}

function meaning({ summary, text, details, cause, consequence_of, fix, rules }) {
  const facts = ["symbol", "library", "module"].filter((name) => details[name]);
  return el(
    "section",
    { class: "meaning" },
    el("h3", {}, `${summary[0].toUpperCase()}${summary.slice(1)}`),
    el("pre", { class: "said" }, text),
    el(
      "div",
      { class: "pair" },
      el(
        "div",
        {},
        el("p", {}, `${cause[0].toUpperCase()}${cause.slice(1)}.`.replace(/\.\.$/, ".")),
        facts.map((name) => el("p", { class: "soft" }, `${name}: `, el("code", {}, details[name]))),
        consequence_of && el("p", { class: "soft" }, `It may be a mere consequence of ${consequence_of}.`),
      ),
      el("div", { class: "cure" }, el("p", { class: "cure-title" }, "What to do"), el("p", {}, fix)),
    ),
    rules.length > 0 && el("p", { class: "soft" }, "Found before by ", rules.map((code) => [el("a", { href: `#${code}` }, code), " "]).flat()),
  );
}

function unknown(kind) {
  return [
    el("p", { class: "verdict-title" }, "Nothing in this text is known"),
    kind
      ? el("p", {}, `It looks like ${kind.when ? `${kind.name}, ${kind.when}` : kind.name}.`)
      : el("p", {}, "Paste all of it, with the lines that begin with ImportError, LinkError, CompileError or RuntimeError. Or drop the wheel: the audit says what it finds in it."),
    kind?.line && el("p", {}, el("code", {}, kind.line)),
    kind?.means && el("p", {}, `That line means: ${kind.means}. What to do: ${kind.next}.`),
    kind && el("p", { class: "soft" }, `If that does not help, give ${kind.instead}.`),
  ];
}

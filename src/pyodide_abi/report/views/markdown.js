// The Markdown of the rules' pages as elements: headings, paragraphs, lists, code; no HTML of its own.

import { el } from "./dom.js";

const FENCE = /^```/;
const ITEM = /^(?:[-*]|\d+\.) /;

export function rendered(text) {
  const blocks = [];
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; at++) {
    if (FENCE.test(lines[at])) {
      const end = lines.findIndex((line, place) => place > at && FENCE.test(line));
      const stop = end < 0 ? lines.length : end;
      blocks.push(el("pre", {}, lines.slice(at + 1, stop).join("\n")));
      at = stop;
    } else if (/^ {4}/.test(lines[at])) {
      const code = [];
      while (at < lines.length && (/^ {4}/.test(lines[at]) || (!lines[at].trim() && /^ {4}/.test(lines[at + 1] ?? "")))) code.push(lines[at++].slice(4));
      at--;
      blocks.push(el("pre", {}, code.join("\n")));
    } else if (lines[at].trim()) {
      const part = [lines[at]];
      while (lines[at + 1]?.trim() && !FENCE.test(lines[at + 1])) part.push(lines[++at]);
      blocks.push(ITEM.test(part[0]) ? listOf(part) : el("p", {}, inline(part.join(" "))));
    }
  }
  return blocks;
}

function listOf(lines) {
  const items = [];
  for (const line of lines) {
    if (ITEM.test(line)) items.push(line.replace(ITEM, ""));
    else items[items.length - 1] += ` ${line.trim()}`;
  }
  return el("ul", {}, items.map((item) => el("li", {}, inline(item))));
}

/** Code, addresses and stress within a line. */
export function inline(text) {
  const parts = text.split(/(`+[^`]+`+|<https:\/\/[^>\s]+>|\[[^\]]+\]\(https:\/\/[^)\s]+\)|\*\*[^*]+\*\*|\*[^*\s][^*]*\*)/);
  return parts.filter(Boolean).map((part) => {
    if (part.startsWith("`")) return el("code", {}, part.replace(/^`+ ?| ?`+$/g, ""));
    if (part.startsWith("<https:")) return link(part.slice(1, -1), part.slice(1, -1));
    const named = /^\[([^\]]+)\]\((https:[^)]+)\)$/.exec(part);
    if (named) return link(named[2], named[1]);
    if (/^\*\*.+\*\*$/.test(part)) return el("strong", {}, part.slice(2, -2));
    if (/^\*[^*].*\*$/.test(part)) return el("em", {}, part.slice(1, -1));
    return part;
  });
}

function link(address, text) {
  return el("a", { href: address, rel: "noopener noreferrer", target: "_blank" }, text);
}

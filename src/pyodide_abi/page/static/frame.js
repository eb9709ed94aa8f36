// What all cards on the page share: their frame, how a new one comes into view, and downloads.

import { el } from "./dom.js";

/** A card: a heading, what stands beside it, a way to remove the card, and a body. */
export function frame(heading, body, { name, removal = `Remove ${name}`, className = "card", beside = null, remove }) {
  const close = el("button", { class: "quiet", "aria-label": removal, onclick: remove }, "✕");
  return el(
    "article",
    { class: className, tabindex: "-1", "aria-label": name },
    el("div", { class: "card-head" }, el("h2", {}, heading), beside, close),
    body,
  );
}

/** Put cards on top of the others, and show the first. */
export function present(results, ...nodes) {
  results.prepend(...nodes);
  nodes[0].focus({ preventScroll: true });
  nodes[0].scrollIntoView({ block: "start", behavior: "smooth" });
}

/** A card for an answer that is awaited; it takes the nodes that `answered` gives, or says why there are none. */
export async function answerCard(results, heading, { waiting, ...look }, answered) {
  const body = el("div", { class: "card-body", role: "status" }, el("p", { class: "soft" }, waiting));
  const node = frame(heading, body, { ...look, remove: () => node.remove() });
  present(results, node);
  try {
    body.replaceChildren(...(await answered()));
  } catch (error) {
    body.replaceChildren(el("p", { class: "said" }, error.message));
  }
}

/** Give the visitor a text as a file. */
export function download(text, name, type) {
  const place = URL.createObjectURL(new Blob([text], { type }));
  el("a", { href: place, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(place), 60_000);
}

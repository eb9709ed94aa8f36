// Making elements. What a page shows of a wheel is always set as text: its names come from strangers.

// Characters that are obeyed or hidden instead of shown: control characters, directional overrides, and the like.
const OBEYED = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

/** A text in which every character shows itself; line breaks and tabs stay. */
export function harmless(text) {
  return text.replace(OBEYED, (letter) => ("\n\t".includes(letter) ? letter : `\\u{${letter.codePointAt(0).toString(16)}}`));
}

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : harmless(String(value)));
  }
  const shown = children.flat().filter((child) => child !== false && child !== null && child !== undefined);
  node.append(...shown.map((child) => (typeof child === "string" ? harmless(child) : child)));
  return node;
}

/** "1 error", "2 errors". */
export function counted(number, word) {
  return `${number.toLocaleString("en")} ${word}${number === 1 ? "" : "s"}`;
}

/** Versions as a person says them: "all 8 releases", "314.0.0 to 314.0.3 and 314.0.7". */
export function spans(some, all) {
  if (some.length === all.length) return all.length === 1 ? all[0] : `all ${all.length} releases`;
  const runs = [];
  for (const version of all.filter((each) => some.includes(each))) {
    const run = runs.at(-1);
    if (run && all.indexOf(version) === all.indexOf(run.at(-1)) + 1) run.push(version);
    else runs.push([version]);
  }
  const said = runs.map((run) => (run.length > 2 ? `${run[0]} to ${run.at(-1)}` : run.join(" and ")));
  return said.length > 1 ? `${said.slice(0, -1).join(", ")} and ${said.at(-1)}` : said.join("");
}

/** A path with its folder in the background. */
export function pathOf(path) {
  const at = path.lastIndexOf("/") + 1;
  return el("span", { class: "path", title: path }, el("span", { class: "folder" }, path.slice(0, at)), path.slice(at));
}

/** A sentence whose names in backticks are code; nothing else in it is obeyed. */
export function coded(text) {
  return text.split(/(`[^`\n]+`)/).map((part) => (/^`.+`$/.test(part) ? el("code", {}, part.slice(1, -1)) : part)).filter(Boolean);
}

// The texts of the functions that load libraries, in a release's own JavaScript: by them a loader is recognised.
//
//   node texts.mjs ASKED_FILE RESULT_FILE
//
// ASKED_FILE has {"script": the file with the JavaScript library functions, "loader": [names of functions],
// "installer": [names of functions]}; the result has {"loader": {name: text or null}, "installer": {…}}.

import fs from "node:fs";
import vm from "node:vm";

const [askedFile, resultFile] = process.argv.slice(2);
const asked = JSON.parse(fs.readFileSync(askedFile, "utf8"));
const script = fs.readFileSync(asked.script, "utf8");

// The text of a function, from its beginning to the brace with which it is whole: the engine itself says which that is.
const LONGEST = 20000;
function wholeText(start, wrap) {
  for (let end = start; (end = script.indexOf("}", end + 1)) >= 0 && end - start < LONGEST; ) {
    const text = script.slice(start, end + 1);
    try {
      new vm.Script(wrap(text));
      return text;
    } catch (error) {
      if (error.name !== "SyntaxError") throw error;
    }
  }
  return null;
}

function functionText(name) {
  const own = name.replaceAll("$", "\\$");
  const form = `(?<![\\w$.])(?:async )?(?:function ${own}\\(|${own}=(?=\\(|async[ (]|[\\w$]+=>))`;
  const found = new RegExp(form).exec(script);
  return found && wholeText(found.index, (text) => `(${text})`);
}

// A function of the installer is a method, or a function that the minifier renamed and that is told its name. Local
// names are the minifier's: each becomes a number, in the order in which they come.
const KEPT = new Set(["if", "in", "of", "do", "for", "let", "new", "try", "var"]);
function installerText(name) {
  const method = new RegExp(`(?<![\\w$.])(?:async )?${name}\\([\\w$,]*\\)\\{`).exec(script);
  const told = new RegExp(`[\\w$]+\\(([\\w$]+),"${name}"\\)`).exec(script);
  const fields = (text) => [...new Set(text.match(/#\w+/g))].map((field) => `${field};`).join("");
  const text = method
    ? wholeText(method.index, (part) => `(class { ${fields(part)} ${part} })`)
    : told && functionText(told[1]);
  if (!text) return null;
  const numbers = new Map();
  return text.replace(/(?<![\w$.])#?[A-Za-z_$][\w$]{0,2}(?![\w$])/g, (word) => {
    if (KEPT.has(word)) return word;
    if (!numbers.has(word)) numbers.set(word, `$${numbers.size}`);
    return numbers.get(word);
  });
}

const loader = Object.fromEntries(asked.loader.map((name) => [name, functionText(name)]));
const installer = Object.fromEntries(asked.installer.map((name) => [name, installerText(name)]));
fs.writeFileSync(resultFile, JSON.stringify({ loader, installer }));

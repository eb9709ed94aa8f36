// Does in a real browser what a visitor of the page does, and prints what there is to see, as JSON.
//
//   node browse.mjs PLAN.json
//
// The plan: `browser` (chromium or firefox), `executable`, `address`, `steps`. Each step is one of `steps` below with
// its words; what it sees is one entry of the output.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import puppeteer from "puppeteer-core";

const require = createRequire(import.meta.url);
const plan = JSON.parse(await readFile(process.argv[2], "utf-8"));
const chromium = plan.browser === "chromium";
const browser = await puppeteer.launch({
  browser: chromium ? "chrome" : "firefox",
  executablePath: plan.executable,
  headless: true,
  args: chromium ? ["--no-sandbox", "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"] : [],
  protocolTimeout: plan.timeout,
});
const page = await browser.newPage();
page.setDefaultTimeout(plan.timeout);
const complaints = [];
page.on("pageerror", (error) => complaints.push(String(error.message ?? error)));
page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));

/** All cards: what stands in them, and whether something is under way. */
const cards = () =>
  page.evaluate(() =>
    [...document.querySelectorAll(".card")].map((card) => ({
      name: card.getAttribute("aria-label"),
      text: card.innerText,
      verdict: card.querySelector(".verdict-title")?.textContent ?? null,
      rules: [...card.querySelectorAll(".rule h4 a")].map((link) => link.textContent),
      cells: [...card.querySelectorAll(".matrix td button")].map((cell) => cell.getAttribute("aria-label")),
      engines: [...card.querySelectorAll(".engine")].map((engine) => engine.textContent),
    })),
  );

const steps = {
  open: async ({ path = "" }) => {
    await page.goto(plan.address + path);
    return page.title();
  },
  size: async ({ width, height }) => page.setViewport({ width, height }),
  dark: async ({ dark }) => page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }]),
  // As a visitor drops files: the page makes them of what lies in `files` and lets go of them over the window.
  drop: async ({ files }) => {
    const data = await Promise.all(files.map(async ({ name, path }) => ({ name, text: (await readFile(path)).toString("base64") })));
    await page.evaluate(async (dropped) => {
      const transfer = new DataTransfer();
      for (const { name, text } of dropped) {
        const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
        transfer.items.add(new File([bytes], name));
      }
      const target = document.getElementById("drop");
      for (const kind of ["dragenter", "dragover", "drop"]) {
        target.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: transfer }));
      }
    }, data);
  },
  // As with the file dialog; the files stay where they are, however large.
  choose: async ({ files }) => (await page.$("#files")).uploadFile(...files),
  wait: async ({ selector, gone = false, count = 1 }) =>
    page.waitForFunction(
      (wanted, absent, number) => (absent ? !document.querySelector(wanted) : document.querySelectorAll(wanted).length >= number),
      {},
      selector,
      gone,
      count,
    ).then(() => null),
  click: async ({ selector, text }) =>
    page.evaluate(
      (wanted, said) => {
        const found = [...document.querySelectorAll(wanted)].find((each) => !said || each.textContent.includes(said));
        if (!found) throw new Error(`nothing to click: ${wanted} ${said ?? ""}`);
        found.click();
      },
      selector,
      text,
    ),
  press: async ({ keys }) => {
    for (const key of keys) await page.keyboard.press(key);
    return page.evaluate(() => ({ id: document.activeElement.id, text: document.activeElement.textContent.slice(0, 80), label: document.activeElement.getAttribute("aria-label") }));
  },
  paste: async ({ selector, text }) => page.evaluate((wanted, said) => (document.querySelector(wanted).value = said), selector, text).then(() => null),
  cards,
  look: async ({ code }) => page.evaluate(code),
  // What is wrong with the page for people who use it with a keyboard or a screen reader.
  axe: async () => {
    const source = await readFile(require.resolve("axe-core/axe.min.js"), "utf-8");
    await page.evaluate(source);
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    return violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary}`) }));
  },
  picture: async ({ path }) => page.screenshot({ path, fullPage: true }).then(() => null),
  pause: async ({ seconds }) => new Promise((resolve) => setTimeout(resolve, seconds * 1000)),
  time: async () => Date.now(),
};

const seen = [];
let fault = null;
try {
  for (const { step, ...words } of plan.steps) seen.push((await steps[step](words)) ?? null);
} catch (error) {
  fault = `step ${seen.length} (${plan.steps[seen.length].step}): ${error.message}`;
}
const last = fault ? await page.evaluate(() => document.body.innerText).catch(() => "") : "";
process.stdout.write(JSON.stringify({ seen, fault, complaints, last }));
await browser.close();

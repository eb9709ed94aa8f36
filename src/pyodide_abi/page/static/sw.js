// Keeps what the page has loaded, so that it works without a network. Another content is another cache.

const KEPT = `pyodide-abi-${location.search.slice(1)}`;
const RELEASES = /^https:\/\/cdn\.jsdelivr\.net\/pyodide\/v[\w.]+\/full\//;

async function keepAll() {
  const settings = await (await fetch("page.json", { cache: "no-cache" })).json();
  const cache = await caches.open(KEPT);
  await cache.addAll(["./", ...settings.files, "page.json"]);
  const { at } = settings.releases.find((release) => release.version === settings.main);
  const files = ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json"];
  await cache.addAll(files.map((file) => at + file));
}

async function dropOlder() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("pyodide-abi-") && name !== KEPT).map((name) => caches.delete(name)));
  await clients.claim();
}

async function answer(request) {
  const cache = await caches.open(KEPT);
  const kept = await cache.match(request, { ignoreSearch: true });
  if (kept) return kept;
  const fresh = await fetch(request);
  if (fresh.ok && fresh.type !== "opaque") await cache.put(request, fresh.clone());
  return fresh;
}

addEventListener("install", (event) => event.waitUntil(keepAll().then(() => skipWaiting())));
addEventListener("activate", (event) => event.waitUntil(dropOlder()));
addEventListener("fetch", (event) => {
  const { url, method } = event.request;
  const own = url.startsWith(registration.scope);
  if (method === "GET" && (own || RELEASES.test(url))) event.respondWith(answer(event.request));
});

// Keeps what the page has loaded, so that it works without a network. Another content is another cache.

const KEPT = `pyodide-abi-${location.search.slice(1)}`;
const SETTINGS = "page.json";
const RELEASES = /^https:\/\/cdn\.jsdelivr\.net\/pyodide\/v[\w.]+\/full\//;

async function keepAll() {
  const settings = await (await fetch(SETTINGS, { cache: "no-cache" })).json();
  const cache = await caches.open(KEPT);
  await cache.addAll(["./", ...settings.files, SETTINGS]);
}

async function dropOlder() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("pyodide-abi-") && name !== KEPT).map((name) => caches.delete(name)));
  await clients.claim();
}

async function answer(request) {
  const cache = await caches.open(KEPT);
  const kept = await cache.match(request, { ignoreSearch: true });
  // The settings tell of a new page, if there is a network to ask for them.
  if (kept && request.url.endsWith(`/${SETTINGS}`)) return fetch(request, { cache: "no-cache" }).catch(() => kept);
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

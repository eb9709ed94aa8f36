// The switch between versions. The root of the site has a list of its folders, which a page that is older than they
// are cannot know; read as files, or with one version alone, pages have no switch.
const root = new URL(document.documentElement.dataset.content_root, document.baseURI);

async function offer() {
  const answer = await fetch(new URL("../versions.json", root));
  if (!answer.ok) return;
  const { versions } = await answer.json();
  const here = root.pathname.split("/").at(-2);
  const page = document.baseURI.slice(root.href.length);
  if (versions.length < 2 || !versions.includes(here)) return;
  const select = document.getElementById("versions");
  select.replaceChildren(...versions.map((name) => new Option(name, name, name === here, name === here)));
  select.addEventListener("change", async () => {
    const same = new URL(`../${select.value}/${page}`, root);
    const there = await fetch(same, { method: "HEAD" }).catch(() => null);
    location.assign(there?.ok ? same : new URL(`../${select.value}/index.html`, root));
  });
  select.parentElement.hidden = false;
}

if (location.protocol.startsWith("http")) addEventListener("DOMContentLoaded", () => void offer().catch(() => {}));

"""Write what stands beside the folders of the site's versions: a list, a way to the newest, and its links.

``python tools/write_site_root.py SITE``, where ``SITE`` has a folder a version, such as ``0.1.0``. It writes
``versions.json`` for the switch between them, ``index.html``, which leads to the newest, and ``latest``,
whose pages lead to those of the newest: addresses there stay good when a version comes.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from urllib.parse import quote

from packaging.version import InvalidVersion, Version

#: A page that leads elsewhere, with the place within it that was asked for; without scripts to its top.
_LEADING = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>pyodide-abi</title>
<link rel="canonical" href="{there}">
<script>location.replace("{there}" + location.hash)</script>
<noscript><meta http-equiv="refresh" content="0; url={there}"></noscript>
<p><a href="{there}">The documentation of the newest version</a></p>
</html>
"""
_LATEST = "latest"


def versions(site: Path) -> list[str]:
    """The folders with a version of the documentation: releases, the newest first, and then what is none."""
    names = [path.parent.name for path in site.glob("*/index.html") if path.parent.name != _LATEST]
    return sorted(names, key=_order, reverse=True)


def _order(name: str) -> tuple[bool, bool, Version, str]:
    try:
        version = Version(name)
    except InvalidVersion:
        return False, False, Version("0"), name
    return True, not version.is_prerelease, version, name


def write_root(site: Path) -> None:
    """Write all of it.

    Args:
        site: The folder with a folder a version.

    Raises:
        SystemExit: it has none.
    """
    names = versions(site)
    if not names:
        raise SystemExit(f"{site} has no folder with a version of the documentation")
    newest = names[0]
    (site / "versions.json").write_text(json.dumps({"versions": names}) + "\n", "utf-8")
    (site / "index.html").write_text(_LEADING.format(there=f"{quote(newest)}/index.html"), "utf-8")
    shutil.rmtree(site / _LATEST, ignore_errors=True)
    for page in sorted((site / newest).rglob("*.html")):
        inside = page.relative_to(site / newest)
        leading = site / _LATEST / inside
        leading.parent.mkdir(parents=True, exist_ok=True)
        there = f"{'../' * len(inside.parts)}{quote(newest)}/{quote(inside.as_posix())}"
        leading.write_text(_LEADING.format(there=there), "utf-8")


def main() -> None:
    """Read the command line and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("site", type=Path, metavar="SITE")
    write_root(parser.parse_args().site)


if __name__ == "__main__":
    main()

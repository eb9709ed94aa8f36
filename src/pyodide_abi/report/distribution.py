"""A distribution for people: on the terminal, and as a page that stands by itself; and for programs."""

from __future__ import annotations

import html
from collections import Counter
from typing import TYPE_CHECKING, Any

from pyodide_abi.report.envelope import to_envelope
from pyodide_abi.report.printable import printable
from pyodide_abi.values import asdict
from pyodide_abi.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import Console

    from pyodide_abi.distribution.distributing import Distribution
    from pyodide_abi.distribution.work import Made

#: Findings of a package that the page lists; the audit of its wheel has all.
_MOST = 20
_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; vertical-align: top }
th, td { padding: .3rem .6rem; border-bottom: 1px solid #8884 } td.number { text-align: right }
.failed, .error { color: #b00020 } .held { color: #8a5a00 } pre { white-space: pre-wrap; margin: .3rem 0 }
@media (prefers-color-scheme: dark) {
  body { background: #111; color: #ddd } .failed, .error { color: #ff8a80 }
}
"""
_PAGE = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Distribution for {platform}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width"><style>{style}</style></head><body>
<h1>Distribution for {platform}</h1>
<p>{summary}</p>
{together}
<h2>Packages</h2>
<table><thead><tr><th>Package</th><th>What became of it</th><th>Wheel</th><th>Bytes</th><th>Loaded</th>
<th>Seconds</th></tr></thead><tbody>
{rows}
</tbody></table></body></html>
"""


def write_distribution(done: Distribution, console: Console) -> None:
    """What became of it, what is wrong first."""
    for made in done.packages:
        if made.status.good and not done.loaded.get(made.name):
            continue
        console.print(printable(f"{made.name} {made.version}: {made.status}: {made.reason}"), style="bold")
        for line in (*made.details, *done.loaded.get(made.name, ())):
            console.print(printable(f"  {line}"))
    for severity, code, message in done.together:
        console.print(printable(f"{severity} {code}{' ' * bool(code)}(the set) {message}"))
    console.print(printable(_summary(done)))
    console.print(printable(f"wheels, lock file and report: {done.outdir}"))


def distribution_to_json(done: Distribution) -> str:
    """The result as every command writes it."""
    results = [
        {
            **asdict(made),
            "status": made.status.value,
            "errors_when_loaded": list(done.loaded.get(made.name, ())),
        }
        for made in done.packages
    ]
    summary: dict[str, Any] = {
        "ok": done.ok,
        "platform": done.platform,
        "release": done.release,
        "lock": str(done.lock),
        "together": [list(finding) for finding in done.together],
    }
    return to_envelope("distribute", results, summary=summary)


def distribution_to_html(done: Distribution) -> str:
    """The page; nothing in it is fetched, and no script runs."""
    together = "".join(
        f"<li class={_quoted(severity)}>{_text(f'{severity} {code}: {message}')}</li>"
        for severity, code, message in done.together
    )
    return _PAGE.format(
        platform=_text(done.platform),
        style=_STYLE,
        summary=_text(_summary(done)),
        together=f"<h2>As one set</h2><ul>{together}</ul>" if together else "",
        rows="\n".join(_row(made, done.loaded.get(made.name)) for made in done.packages),
    )


def _row(made: Made, loaded: tuple[str, ...] | None) -> str:
    notes = "".join(f"<pre>{_text(line)}</pre>" for line in _notes(made, loaded or ()))
    tried = "" if made.loads is None else f"{made.loads[0]} of {made.loads[1]} files; "
    from_lock = (
        "not tried" if loaded is None else "not from the lock file" if loaded else "from the lock file"
    )
    what = _text(f"{made.status}: {made.reason}")
    cells = [
        f"<td>{_text(made.name)} {_text(made.version)}</td>",
        f"<td class={_quoted(made.status.partition(' ')[0])}>{what}{notes}</td>",
        f"<td>{_text(made.file)}</td>",
        f'<td class="number">{made.size:,}</td>',
        f"<td>{_text(tried + from_lock)}</td>",
        f'<td class="number">{made.seconds}</td>',
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _notes(made: Made, loaded: Iterable[str]) -> Iterator[str]:
    yield from made.details
    if made.emscripten:
        yield f"built with Emscripten {made.emscripten}"
    if made.libraries:
        yield f"with the libraries {listed(made.libraries)}"
    yield from (f"repaired: {repair}" for repair in made.repairs)
    yield from (f"{severity} {code}: {message}" for severity, code, message in made.findings[:_MOST])
    if len(made.findings) > _MOST:
        yield f"and {len(made.findings) - _MOST} findings more"
    yield from (f"when it was loaded: {line}" for line in loaded)


def _summary(done: Distribution) -> str:
    counts = Counter(str(made.status) for made in done.packages)
    parts = [f"{number} {status}" for status, number in counts.items()]
    if done.loaded:
        good = sum(not said for said in done.loaded.values())
        parts.append(f"{good} of {len(done.loaded)} loaded from the lock file in {done.release}")
    return f"{len(done.packages)} packages for {done.platform}: {', '.join(parts)}"


def _text(text: str) -> str:
    return html.escape(printable(text))


def _quoted(text: str) -> str:
    return f'"{html.escape(text)}"'

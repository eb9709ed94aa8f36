"""Audits as one HTML file that needs nothing else: the page's views, their data, and no request to anybody.

Names in the data come from strangers. They stand in a script element that is no script, where nothing in them
can end it, and the views set them as text. The file's own policy lets no other script and no other style act.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi import __version__
from pyodide_abi.audit.rules import RULES
from pyodide_abi.report.explain import rule_data
from pyodide_abi.report.printable import printable
from pyodide_abi.report.view import view_of
from pyodide_abi.wording import listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyodide_abi.audit import Report

#: What draws a report in a browser; the page has the same files.
VIEWS = Path(__file__).with_name("views")
#: The scripts, each behind those that it imports from.
_SCRIPTS = ("dom", "markdown", "matrix", "findings", "report", "reader", "saved")
_IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./(\w+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:const|class|function|async function) (\w+))", re.MULTILINE)
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
#: So many files are named in the title.
_NAMED = 3


def audits_to_html(reports: Sequence[Report], unreadable: Mapping[str, str]) -> str:
    """The text of one file about several.

    Args:
        reports: Of the files that were audited.
        unreadable: Why the others were not, by their names.
    """
    codes = {finding.code for report in reports for finding in report.findings}
    data = {
        "reports": list(map(view_of, reports)),
        "unreadable": {printable(name): printable(why) for name, why in unreadable.items()},
        "rules": [
            rule_data(rule) for rule in sorted(RULES, key=lambda rule: rule.code) if rule.code in codes
        ],
    }
    script, style = bundled(), (VIEWS / "style.css").read_text("utf-8")
    names = [printable(name) for name in (*(report.name for report in reports), *unreadable)]
    parts = {
        "SCRIPT-DIGEST": _digest(script),
        "STYLE-DIGEST": _digest(style),
        "NAMES": html.escape(listed(names, _NAMED)).encode("ascii", "xmlcharrefreplace").decode(),
        "VERSION": html.escape(__version__),
        "STYLE": style,
        "DATA": _embedded(data),
        "SCRIPT": script,
    }
    page = (VIEWS / "saved.html").read_text("utf-8")
    # All at once: what is put in is not looked through.
    return re.sub("|".join(parts), lambda match: parts[match.group()], page)


def bundled() -> str:
    """The scripts as one, each in a scope of its own; what a module exports is an object."""
    pieces = []
    for name in _SCRIPTS:
        text = (VIEWS / f"{name}.js").read_text("utf-8")
        exported = ", ".join(_EXPORT.findall(text))
        text = _IMPORT.sub(r"const \1 = \2_js;", _EXPORT.sub("", text))
        pieces.append(f"const {name}_js = (() => {{\n{text}\nreturn {{ {exported} }};\n}})();\n")
    # No stream on the way to a file may write a letter in another way: the digest would be another.
    return _NOT_ASCII.sub(lambda match: json.dumps(match.group())[1:-1], "".join(pieces))


def _embedded(data: object) -> str:
    """Data for a script element: no character in it that HTML would act on."""
    text = json.dumps(data, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"

"""The site: Sphinx with MyST over the Markdown of this folder; ``./check site`` builds it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from docutils import nodes
from docutils.parsers.rst import Directive

import pyodide_abi
from pyodide_abi.cli.commands import COMMANDS, command_parser
from pyodide_abi.cli.main import overview

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "pyodide-abi"
author = "pyodide-abi maintainers"
release = version = pyodide_abi.__version__
language = "en"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
#: How deep headings have anchors, as they do on GitHub, where the same files are read.
myst_heading_anchors = 4
myst_enable_extensions = ["attrs_inline"]
autodoc_typehints = "description"
napoleon_use_ivar = True
copybutton_prompt_text = "$ "
html_theme = "furo"
html_title = f"pyodide-abi {release}"
html_copy_source = False
html_static_path = ["_static"]
html_css_files = ["versions.css"]
html_js_files = [("versions.js", {"type": "module"})]
templates_path = ["_templates"]
#: Furo's own, with the switch between versions below the name.
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "versions.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
html_show_copyright = False

#: Anchors as GitHub takes them, the menu of the rules, and links to files that are no pages of the site.
_ANCHOR = re.compile(r'<a id="([^"]+)"></a>')
_RULES = "\n```{toctree}\n:hidden:\n:glob:\n\nABI*\n```\n"
#: Where ``./check site`` puts the page that audits wheels, and the two pages that lead there.
_LINK = '\n```{{raw}} html\n<p><a href="{}page/index.html">Check a wheel in this browser</a></p>\n```\n'
_LEADING = {"index": "", "how-to/page": "../"}
_OUTSIDE = re.compile(r"\[([^\]]+)\]\(\.\./\.\./[^)]*\)")


def as_myst(_app: Sphinx, page: str, source: list[str]) -> None:
    """Write what GitHub reads as MyST does: anchors as targets, files of the repository as their names."""
    source[0] = _OUTSIDE.sub(r"\1", _ANCHOR.sub(r"[]{#\1}", source[0]))
    if page == "reference/rules/index":
        source[0] += _RULES
    if page in _LEADING:
        source[0] += _LINK.format(_LEADING[page])


class Commands(Directive):
    """``{commands}``: the help of the program, and of each command under a heading of its own."""

    def run(self) -> list[nodes.Node]:
        """The overview and one section a command."""
        os.environ["COLUMNS"] = "100"
        return [_verbatim(overview().format_help()), *map(self._section, COMMANDS)]

    def _section(self, entry: pyodide_abi.cli.commands.Entry) -> nodes.Node:
        section = nodes.section(ids=[entry.name], names=[entry.name])
        section += nodes.title(text=entry.name)
        section += _verbatim(command_parser(entry, entry.load()).format_help())
        return section


def _verbatim(text: str) -> nodes.Node:
    return nodes.literal_block(text, text, language="text")


def setup(app: Sphinx) -> None:
    """Register what is above."""
    app.connect("source-read", as_myst)
    app.add_directive("commands", Commands)

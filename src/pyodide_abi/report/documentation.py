"""Where the documentation is on the web, for reports that link to it.

The site has a folder for each release, so a page that a report links to says what that version of the program
meant: ``ADDRESS/0.1.0/reference/rules/…``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi import __version__

if TYPE_CHECKING:
    from pyodide_abi.audit import Rule

#: The site of the project, without a slash at its end. Empty for as long as nobody serves it: reports then
#: link to what the rules refer to. ``[project.urls]`` names the same address.
ADDRESS = ""


def front_page(address: str) -> str:
    """The address of the documentation of this version.

    Args:
        address: The site that has a folder for each release.
    """
    return f"{address.rstrip('/')}/{__version__}/index.html"


def rule_page(rule: Rule, address: str) -> str:
    """The address of what there is to read about a rule, as this version has it.

    Args:
        rule: The rule.
        address: The site that has a folder for each release.
    """
    return f"{address.rstrip('/')}/{__version__}/reference/rules/{rule.code}-{rule.name}.html"

"""What loaders, engines, installers and compilers say, and what it means.

``texts/*.toml`` is the table; ``table`` reads it, by ``keys`` only what a text may have of it; ``pasted``
makes one line of whatever somebody pasted, ``recognition`` finds the table's texts in it, and ``text_kinds``
tells what kind of text the rest is.
"""

from __future__ import annotations

from pyodide_abi.messages.recognition import Explanation, Recognised, recognise
from pyodide_abi.messages.table import Message, Seen, When, Wording, filled, load_messages
from pyodide_abi.messages.text_kinds import TextKind, kind_of

__all__ = [
    "Explanation",
    "Message",
    "Recognised",
    "Seen",
    "TextKind",
    "When",
    "Wording",
    "filled",
    "kind_of",
    "load_messages",
    "recognise",
]

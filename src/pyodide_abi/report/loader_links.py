"""References to the description of the loader, ``loader.md, section N`` in any text, as links."""

from __future__ import annotations

import re

#: The description, from the repository's root.
PAGE = "docs/reference/loader.md"
_REFERENCE = re.compile(r"\bloader\.md, section (\d+)\b")


def linked(text: str, page: str) -> str:
    """A text in Markdown with its references as links; ``page`` is where they lead to."""
    return _REFERENCE.sub(rf"[\g<0>]({page}#section-\1)", text)


def spelled_out(text: str) -> str:
    """A text with each reference as a place in the repository."""
    return _REFERENCE.sub(rf"{PAGE}#section-\1", text)


def places(*texts: str) -> tuple[str, ...]:
    """The places in the repository that some texts refer to, each once."""
    numbers = dict.fromkeys(number for text in texts for number in _REFERENCE.findall(text))
    return tuple(f"{PAGE}#section-{number}" for number in sorted(numbers, key=int))

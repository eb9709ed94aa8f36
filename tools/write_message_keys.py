"""Write ``messages/texts/keys.json`` from the table of known texts.

``python tools/write_message_keys.py``; a test proves it in step with the table.
"""

from __future__ import annotations

from pathlib import Path

from pyodide_abi.messages import table

FILE = Path(table.__file__).with_name("texts") / table.KEYS


def main() -> None:
    """Write it."""
    FILE.write_text(table.keys_as_json(), "utf-8")
    print(FILE)


if __name__ == "__main__":
    main()

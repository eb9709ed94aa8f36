"""Write ``platforms/data/documents.json`` from the TOML files beside it.

``python tools/write_documents.py``; a test proves it in step with them.
"""

from __future__ import annotations

from pyodide_abi.platforms.documents import DOCUMENTS, write_documents

if __name__ == "__main__":
    write_documents()
    print(DOCUMENTS)

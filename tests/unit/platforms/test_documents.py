"""The data files as JSON hold what they hold as TOML."""

from __future__ import annotations

from pyodide_abi.platforms.documents import documents, documents_from_toml


def test_that_both_forms_of_the_data_files_hold_the_same() -> None:
    assert documents() == documents_from_toml(), "run tools/write_documents.py (or ./check bless)"

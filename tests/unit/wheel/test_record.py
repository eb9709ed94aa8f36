from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyodide_abi.errors import WheelError
from pyodide_abi.wheel.record import (
    Fault,
    RecordEntry,
    digest_of,
    entry_for,
    parse_record,
    verify_record,
    write_record,
)

RECORD = RecordEntry(path="spam-1.dist-info/RECORD")


def test_digest_is_url_safe_and_unpadded() -> None:
    assert digest_of(b"") == "sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"


def test_round_trip_with_a_comma_in_a_name() -> None:
    entries = (entry_for("a,b.py", b"x"), RecordEntry(path='quo"te', digest="sha256=x", size=0), RECORD)
    text = write_record(entries)
    assert text.splitlines()[0].startswith('"a,b.py",sha256=')
    assert parse_record(text, where="w") == entries


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a.py,sha256=x\n", "line 1 is not a path"),
        (",sha256=x,1\n", "line 1 is not a path"),
        ("a,,\n\nb,,many\n", "line 3: the size of 'b' is 'many'"),
        ("a\x1b[2J,,many\n", r"the size of 'a\\x1b\[2J' is 'many'"),
        ("a,,-1\n", "the size of 'a'"),
        ("a,,\N{ARABIC-INDIC DIGIT THREE}\n", "line 1"),
        ('"a,,1', "line 1|unexpected end"),
    ],
)
def test_malformed(text: str, reason: str) -> None:
    with pytest.raises(WheelError, match=reason):
        parse_record(text, where="spam.whl: RECORD")


@given(st.text(alphabet='ab/,"\r\n\0 =1é\x85\u2028', max_size=40))
def test_usual_lines_are_read_as_the_library_reads_them(text: str) -> None:
    try:
        rows = [row for row in csv.reader(io.StringIO(text)) if row]
    except csv.Error:
        rows = [[]]
    good = all(
        len(row) == 3 and row[0] and (not row[2] or (row[2].isascii() and row[2].isdecimal())) for row in rows
    )
    # No size has more digits.
    good = good and all(len(row[2]) <= 20 for row in rows)
    if not good:
        with pytest.raises(WheelError):
            parse_record(text, where="w")
        return
    assert [(entry.path, entry.digest) for entry in parse_record(text, where="w")] == [
        (path, digest) for path, digest, _ in rows
    ]


def test_a_field_is_as_long_as_the_library_allows() -> None:
    longest = csv.field_size_limit()
    assert parse_record("a" * longest + ",,\n", where="w")[0].path == "a" * longest
    with pytest.raises(WheelError, match="field larger than field limit"):
        parse_record("a" * (longest + 1) + ",,\n", where="w")


FILES = {"spam.py": b"spam", "spam-1.dist-info/RECORD": b"", "spam-1.dist-info/RECORD.jws": b"{}"}


class TestVerify:
    def faults(self, *entries: RecordEntry) -> list[tuple[Fault, str]]:
        found = verify_record(entries, FILES, FILES.__getitem__)
        return [(fault.fault, fault.path) for fault in found]

    def test_right(self) -> None:
        assert self.faults(entry_for("spam.py", b"spam"), RECORD) == []

    def test_other_strong_digests_and_padding(self) -> None:
        entry = RecordEntry(path="spam.py", digest=digest_of(b"spam", "sha512") + "==", size=4)
        assert self.faults(entry, RECORD) == []

    def test_every_fault(self) -> None:
        assert self.faults(RECORD) == [(Fault.UNLISTED, "spam.py")]
        good = entry_for("spam.py", b"spam")
        assert self.faults(good, good) == [(Fault.REPEATED, "spam.py")]
        assert self.faults(good, RecordEntry(path="gone.py")) == [(Fault.ABSENT, "gone.py")]
        assert self.faults(RecordEntry(path="spam.py", size=4)) == [(Fault.NO_DIGEST, "spam.py")]
        weak = RecordEntry(path="spam.py", digest=digest_of(b"spam", "md5"), size=4)
        assert self.faults(weak) == [(Fault.WEAK_DIGEST, "spam.py")]
        unknown = RecordEntry(path="spam.py", digest="crc32=abc", size=4)
        assert self.faults(unknown) == [(Fault.WEAK_DIGEST, "spam.py")]
        assert self.faults(entry_for("spam.py", b"eggs")) == [(Fault.WRONG_DIGEST, "spam.py")]
        assert self.faults(entry_for("spam.py", b"more")) == [(Fault.WRONG_DIGEST, "spam.py")]
        assert self.faults(entry_for("spam.py", b"longer")) == [(Fault.WRONG_SIZE, "spam.py")]

"""What is written is read back, and no damage to an archive ends in anything but WheelError."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyodide_abi.errors import WheelError
from pyodide_abi.wheel import NewMember, WheelMetadata, open_wheel, write_wheel
from pyodide_abi.wheel.metadata import parse_metadata, write_metadata
from pyodide_abi.wheel.record import RecordEntry, parse_record, write_record

if TYPE_CHECKING:
    from pathlib import Path

NAME = "spam-1.0-cp314-cp314-pyodide_314_0_wasm32.whl"
WHEEL = b"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp314-cp314-pyodide_314_0_wasm32\n"
WORDS = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=8)
PATHS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)

IN_ONE_FOLDER = settings(
    max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


@given(
    st.lists(
        st.builds(
            RecordEntry, path=PATHS, digest=st.just("") | WORDS, size=st.none() | st.integers(0, 2**63)
        ),
        max_size=5,
    ).map(tuple)
)
def test_record(entries: tuple[RecordEntry, ...]) -> None:
    assert parse_record(write_record(entries), where="w") == entries


@given(
    st.builds(
        WheelMetadata,
        version=st.just("1.9"),
        generator=WORDS,
        root_is_purelib=st.booleans(),
        tags=st.lists(WORDS, max_size=3).map(tuple),
        build=st.just("") | WORDS,
    )
)
def test_metadata(metadata: WheelMetadata) -> None:
    assert parse_metadata(write_metadata(metadata), where="w") == metadata


@IN_ONE_FOLDER
@given(st.dictionaries(WORDS.map("spam/{}".format), st.binary(max_size=300), max_size=5))
def test_wheels(tmp_path: Path, files: dict[str, bytes]) -> None:
    lower = {name.lower(): content for name, content in files.items()}
    members = [NewMember(name=name, content=content) for name, content in lower.items()]
    write_wheel([*members, NewMember(name="spam-1.0.dist-info/WHEEL", content=WHEEL)], tmp_path / NAME)
    with open_wheel(tmp_path / NAME) as wheel:
        assert wheel.verify_record() == ()
        assert {name: wheel.read(name) for name in lower} == lower


@IN_ONE_FOLDER
@given(st.data())
def test_damaged_archives(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / NAME
    files = {"spam/a.py": b"x = 1\n" * 20, "spam/b.so": bytes(100), "spam-1.0.dist-info/WHEEL": WHEEL}
    write_wheel([NewMember(name=name, content=content) for name, content in files.items()], path)
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(raw) - 1))
        raw[place : place + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    path.write_bytes(raw)
    with suppress(WheelError), open_wheel(path) as wheel:
        for member in wheel.members:
            with suppress(WheelError):
                wheel.read(member.name)
        with suppress(WheelError):
            _ = (wheel.metadata, wheel.record, wheel.verify_record())
        wheel.extension_modules([".so"])

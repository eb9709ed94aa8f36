"""TOML of anybody: what no project needs is refused in one line, before it takes memory or time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyodide_abi.cli.main import main
from pyodide_abi.toml import LARGEST, parse_toml, read_toml

if TYPE_CHECKING:
    from pathlib import Path

PARTS = "a." * 20_000
HOSTILE = {
    "digits": f"a = {'9' * 5000}",
    "negative digits": f"a = -{'9' * 5000}",
    "digits in an array": f"a = [1, [{'9' * 5000}]]",
    "hexadecimal": f"a = 0x{'f' * 5000}",
    "octal": f"a = 0o{'7' * 5000}",
    "binary": f"a = {{ b = 0b{'1' * 5000} }}",
    "65 bits": "a = 9223372036854775808",
    "brackets": f"a = {'[' * 600}{']' * 600}",
    "open brackets": f"a = {'[' * 100_000}",
    "braces": f"a = {'{a = ' * 600}1{'}' * 600}",
    "key": f"{PARTS}a = 1",
    "quoted key": f"{PARTS.replace('a', chr(34) + 'a' + chr(34))}a = 1",
    "literal key": f"{PARTS.replace('a', chr(39) + 'a' + chr(39))}a = 1",
    "spaced key": f"{PARTS.replace('.', ' . ')}a = 1",
    "table": f"[{PARTS}a]",
    "array of tables": f"[[{PARTS}a]]",
    "key in an inline table": f"x = {{ b = 1, {PARTS}a = 1 }}",
    "large": f"a = 1\n#{'x' * LARGEST}",
    "no TOML": "a = ",
    "line break in a key": 'a."\n" = 1',
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_toml(text)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("table", ["", "[tool.pyodide-abi]\n", "[project]\nname = 'x'\n"])
def test_settings_end_in_one_error(
    text: str, table: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pyproject.toml").write_text(table + text, "utf-8")
    assert main(["platforms"], {}, tmp_path) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: {tmp_path}/pyproject.toml is not valid TOML: ")


def test_a_wrong_value_is_shown_in_part(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for value in (f"'{'x' * 100_000}'", f"[{'1, ' * 50_000}]"):
        (tmp_path / "pyproject.toml").write_text(f"[tool.pyodide-abi]\nformat = {value}\n", "utf-8")
        assert main(["platforms"], {}, tmp_path) == 2
        assert len(capsys.readouterr().err) < 1000


@pytest.mark.parametrize(
    "text",
    [
        "a = 9223372036854775807\nb = -9223372036854775808",
        f"a.{'b.' * 20}c = 1",
        f"a = '{PARTS}'",
        f"a = ['{PARTS}', '{PARTS}']",
        f"a = {'[' * 50}{']' * 50}",
        f"a = 0x{'0' * 5000}",
        f"a = {'9' * 5000}.0",
    ],
    ids=range(7),
)
def test_what_is_taken(text: str) -> None:
    assert parse_toml(text)


def test_a_file(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_bytes(b"a = 1")
    assert read_toml(file) == {"a": 1}
    file.write_bytes(b"a = '\xff'")
    with pytest.raises(ValueError, match="utf-8"):
        read_toml(file)
    file.write_bytes(b"#" * (LARGEST + 1))
    with pytest.raises(ValueError, match="more than 512 kB"):
        read_toml(file)

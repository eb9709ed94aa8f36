"""A project's sources by name, with a runner that plays uv."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from toolchain_fakes import make_host, write_program

from pyodide_abi.build.index import fetch_sdist, is_named
from pyodide_abi.errors import MissingError, OfflineError, UsageError
from pyodide_abi.toolchain.model import HostPython

if TYPE_CHECKING:
    from pathlib import Path

LOCK = """\
lock-version = "1.0"
[[packages]]
name = "spam"
version = "1.0"
{sdist}
wheels = [{{ url = "https://files.example/spam-1.0-py3-none-any.whl" }}]
"""


def python(folder: Path) -> HostPython:
    return HostPython(executable=folder / "python3", version="3.14.2", include=folder, source="PATH")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("spam", True),
        ("spam==1.0", True),
        ("ruamel.yaml==0.18.6+local", True),
        (".", False),
        ("./spam", False),
        ("dir/spam", False),
        ("spam-1.0.tar.gz", False),
        ("spam-1.0-py3-none-any.whl", False),
        ("spam>=1.0", False),
        ("spam==", False),
    ],
)
def test_a_name_is_told_from_a_path(text: str, expected: bool) -> None:
    assert is_named(text) is expected


def test_the_sdist_comes_from_the_cache_once_it_is_there(tmp_path: Path) -> None:
    data = b"an archive"
    digest = hashlib.sha256(data).hexdigest()
    address = "https://files.example/a/b/spam-1.0.tar.gz#fragment"
    lock = LOCK.format(sdist=f'sdist = {{ url = "{address}", hashes = {{ sha256 = "{digest}" }} }}')
    write_program(tmp_path / "bin" / "uv")
    host, runner, _ = make_host(tmp_path, lambda _words: (0, lock))
    (host.store.downloads() / digest).write_bytes(data)
    found = fetch_sdist("spam==1.0", python(tmp_path), host)
    assert found.name == "spam-1.0.tar.gz"
    assert found.read_bytes() == data
    assert fetch_sdist("spam==1.0", python(tmp_path), host) == found
    (argv, *_) = runner.commands
    assert {"--no-deps", "pylock.toml"} <= set(argv)


def test_what_cannot_be_had_is_said(tmp_path: Path) -> None:
    write_program(tmp_path / "bin" / "uv")
    host, _, _ = make_host(tmp_path, lambda _words: (0, LOCK.format(sdist="")))
    with pytest.raises(UsageError, match=r"no sdist of spam 1\.0, only wheels"):
        fetch_sdist("spam", python(tmp_path), host)
    host, _, _ = make_host(tmp_path, lambda _words: (1, ""))
    with pytest.raises(UsageError, match="is no folder and no sdist here"):
        fetch_sdist("spam", python(tmp_path), host)
    host, _, _ = make_host(tmp_path, lambda _words: (1, ""), offline=True)
    with pytest.raises(OfflineError):
        fetch_sdist("spam", python(tmp_path), host)


def test_no_digest_no_build(tmp_path: Path) -> None:
    write_program(tmp_path / "bin" / "uv")
    lock = LOCK.format(sdist='sdist = { url = "https://files.example/spam-1.0.tar.gz" }')
    host, _, _ = make_host(tmp_path, lambda _words: (0, lock))
    with pytest.raises(MissingError, match="no SHA-256"):
        fetch_sdist("spam", python(tmp_path), host)

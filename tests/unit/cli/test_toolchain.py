"""``pyodide-abi toolchain`` over a made-up machine: what it prints, and its exit status."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from toolchain_fakes import write_program
from toolchain_machine import EXACT, put_compiler, run

from pyodide_abi.cli import toolchain
from pyodide_abi.errors import MissingError, OfflineError, UsageError
from pyodide_abi.toolchain import Source, interpreters

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def no_uv_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreters, "_uv_managed", lambda _minor, _host: [])


def test_list(tmp_path: Path) -> None:
    place = put_compiler(tmp_path / "cache", Source.DEBIAN, "6.0.5")
    (tmp_path / "cache/pythons/debian-3.14.8").mkdir(parents=True)
    status, out, _ = run(toolchain, ["list"], tmp_path)
    assert status == 0
    assert out.splitlines() == [
        f"compiler     debian    6.0.5       {place}",
        f"interpreter  debian    3.14.8      {tmp_path}/cache/pythons/debian-3.14.8",
    ]
    _, out, _ = run(toolchain, ["list", "--format", "json"], tmp_path)
    assert [one["version"] for one in json.loads(out)["results"]] == ["6.0.5", "3.14.8"]


def test_an_empty_list_says_what_to_do(tmp_path: Path) -> None:
    status, out, diary = run(toolchain, ["list"], tmp_path)
    assert (status, out) == (0, "")
    assert "toolchain install" in diary.said[0]


@pytest.mark.usefixtures("no_uv_python")
def test_where(tmp_path: Path) -> None:
    place = put_compiler(tmp_path / "cache", Source.OFFICIAL, EXACT)
    python = write_program(tmp_path / "bin/python3.14")
    _, out, _ = run(toolchain, ["where", "--format", "json"], tmp_path)
    (facts,) = json.loads(out)["results"]
    assert facts["platform"] == "314_0"
    assert facts["toolchain"]["exact"] is True
    assert facts["toolchain"]["programs"]["emcc"] == str(place / "bin/emcc")
    assert facts["python"]["executable"] == str(python)
    _, out, _ = run(toolchain, ["where"], tmp_path)
    assert f"emcc          {place}/bin/emcc\n" in out


@pytest.mark.usefixtures("no_uv_python")
def test_where_uses_no_network(tmp_path: Path) -> None:
    with pytest.raises(OfflineError):
        run(toolchain, ["where", "--toolchain-mismatch", "allow"], tmp_path)
    put_compiler(tmp_path / "cache", Source.DEBIAN, "6.0.5")
    with pytest.raises(MissingError, match=f"Emscripten {EXACT}"):
        run(toolchain, ["where"], tmp_path)
    with pytest.raises(MissingError, match=r"CPython 3\.14") as caught:
        run(toolchain, ["where", "--toolchain-mismatch", "allow"], tmp_path)
    assert caught.value.hint == "pyodide-abi toolchain install --platform 314_0"


def test_remove(tmp_path: Path) -> None:
    place = put_compiler(tmp_path / "cache", Source.DEBIAN, "6.0.5")
    with pytest.raises(UsageError, match="'x' is not in the cache") as caught:
        run(toolchain, ["remove", "x"], tmp_path)
    assert "toolchains/debian-6.0.5" in caught.value.hint
    assert run(toolchain, ["remove", "debian-6.0.5"], tmp_path)[0] == 0
    assert not place.exists()


@pytest.mark.parametrize("argv", [["remove"], ["list", "x"], ["install", "x"]])
def test_a_name_where_it_belongs(argv: list[str], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="NAME"):
        run(toolchain, argv, tmp_path)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["list", "rust"], "takes no NAME$"),
        (["where", "cake"], "takes no NAME but rust"),
        (["install", "cake"], "takes no NAME but rust"),
        (["remove"], "needs a NAME"),
        (["where", "rust", "--source", "emsdk"], "Rust does not come from 'emsdk'"),
    ],
)
def test_names_that_mean_nothing(tmp_path: Path, argv: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        run(toolchain, argv, tmp_path)


def test_where_rust(tmp_path: Path) -> None:
    for name in ("rustc", "cargo"):
        write_program(tmp_path / "bin" / name)
    with pytest.raises(MissingError, match="no Rust with a standard library for 314_0") as caught:
        run(toolchain, ["where", "rust"], tmp_path)
    assert caught.value.hint == "pyodide-abi toolchain install rust --platform 314_0"
    library = tmp_path / "lib/rustlib/wasm32-unknown-emscripten/lib/libstd-1.rlib"
    library.parent.mkdir(parents=True)
    library.touch()
    _, out, _ = run(toolchain, ["where", "rust", "--format", "json"], tmp_path)
    assert json.loads(out)["results"][0]["rust"] == {
        "source": "path",
        "version": "1.97.1",
        "programs": {"rustc": f"{tmp_path}/bin/rustc", "cargo": f"{tmp_path}/bin/cargo"},
        "library": str(tmp_path),
        "flags": [],
    }
    _, out, _ = run(toolchain, ["where", "rust"], tmp_path)
    assert f"library       {tmp_path}\n" in out
    _, out, _ = run(toolchain, ["list"], tmp_path)
    assert out == f"rust         path      1.97.1      {tmp_path}\n"


def test_a_standard_library_is_listed_and_removed(tmp_path: Path) -> None:
    place = tmp_path / "cache/rust-libraries/1.97.1-0123456789ab"
    place.mkdir(parents=True)
    _, out, _ = run(toolchain, ["list"], tmp_path)
    assert out == f"rust-std     built     1.97.1      {place}\n"
    run(toolchain, ["remove", "1.97.1-0123456789ab"], tmp_path)
    assert not place.exists()

"""Which compiler is taken: exact before allowed, at hand before fetched, and what is said of it."""

from __future__ import annotations

import json
import platform as machine
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from toolchain_fakes import make_host, write_program

from pyodide_abi.errors import DigestError, FailedError, MissingError, OfflineError, UsageError
from pyodide_abi.platforms import load_platform
from pyodide_abi.toolchain import Source, debian_emscripten, emscripten, entry, find, official
from pyodide_abi.values import asdict

if TYPE_CHECKING:
    from toolchain_fakes import Answer

    from pyodide_abi.host import Host
    from pyodide_abi.toolchain import Toolchain

PLATFORM = load_platform("314_0")
EXACT = PLATFORM.emscripten


def put_entry(cache: Path, source: Source, version: str, *, place: Path | None = None) -> Path:
    """A complete entry of the cache, of empty programs."""
    folder = cache / entry.key(source, version)
    for name in ("emcc", "em++", "emar", "emranlib", "em-config", "emcc.py"):
        write_program(folder / "tree/emscripten" / name)
    for name in ("clang", "clang++", "wasm-ld", "llvm-ar", "llvm-nm", "wasm-opt", "python3"):
        write_program(folder / "tree/bin" / name)
    node = write_program(cache.parent / "node/node")
    facts = entry.Facts(
        source=source,
        emscripten=version,
        llvm="21.1.8",
        place=str(place or folder),
        emscripten_root="tree/emscripten",
        llvm_bin="tree/bin",
        binaryen_bin="tree/bin",
        cache="cache",
        node=str(node),
        python="tree/bin/python3",
    )
    entry.settle(folder, facts)
    return folder


def put_emcc(folder: Path, version: str) -> Path:
    """An installed Emscripten with its `em-config`."""
    (folder / "emscripten-version.txt").parent.mkdir(parents=True, exist_ok=True)
    (folder / "emscripten-version.txt").write_text(f'"{version}"\n')
    for name in ("emcc", "em++", "emar", "emranlib", "em-config", "emcc.py", "node"):
        write_program(folder / name)
    for name in ("clang-21", "clang++-21", "wasm-ld-21", "llvm-ar-21", "llvm-nm-21"):
        write_program(folder / "llvm" / name)
    write_program(folder / "binaryen/bin/wasm-opt")
    return folder / "emcc"


def answer(words: tuple[str, ...]) -> Answer | None:
    """An `em-config` of a distribution, and clang."""
    program = Path(words[0])
    if program.name == "em-config":
        values = {
            "LLVM_ROOT": str(program.parent / "llvm"),
            "BINARYEN_ROOT": str(program.parent / "binaryen"),
            "NODE_JS": f"['{program.parent / 'node'}', '--flag']",
            "LLVM_ADD_VERSION": "21",
            "CLANG_ADD_VERSION": "21",
        }
        return 0, values[words[1]] + "\n"
    if program.name.startswith("clang"):
        return 0, "Debian clang version 21.1.8 (13)\n"
    return None


@pytest.fixture(autouse=True)
def _nothing_to_fetch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither source can be reached, unless a test says otherwise."""

    def unreachable(version: str, host: Host) -> Toolchain:  # noqa: ARG001 - the names of what it replaces
        raise MissingError("no route")

    def other(host: Host, *, only: str | None = None) -> Toolchain:  # noqa: ARG001 - likewise
        raise MissingError("it has 6.0.5" if only else "no apt")

    monkeypatch.setattr(official, "install", unreachable)
    monkeypatch.setattr(debian_emscripten, "install", other)


def test_an_exact_one_on_the_path(tmp_path: Path) -> None:
    put_emcc(tmp_path / "bin", EXACT)
    put_entry(tmp_path / "cache", Source.DEBIAN, EXACT)
    host, _, diary = make_host(tmp_path, answer)
    found = find.find_toolchain(PLATFORM, host, mismatch_allowed=False)
    assert found.source is Source.PATH
    assert found.emscripten == EXACT
    assert found.llvm == "21.1.8"
    assert found.clang == tmp_path / "bin/llvm/clang-21"
    assert found.llvm_nm == tmp_path / "bin/llvm/llvm-nm-21"
    assert found.binaryen == tmp_path / "bin/binaryen/bin"
    assert found.node == tmp_path / "bin/node"
    assert found.emscripten_root == tmp_path / "bin"
    assert diary.said == [f"compiler: Emscripten {EXACT} on the PATH ({tmp_path / 'bin'})"]


def test_emsdk(tmp_path: Path) -> None:
    put_emcc(tmp_path / "emsdk/upstream/emscripten", EXACT)
    (tmp_path / "emsdk/.emscripten").write_text("")
    host, _, _ = make_host(tmp_path, answer, environ={"EMSDK": str(tmp_path / "emsdk")})
    found = find.find_toolchain(PLATFORM, host, mismatch_allowed=False)
    assert found.source is Source.EMSDK
    assert found.environ == {"EM_CONFIG": str(tmp_path / "emsdk/.emscripten")}


def test_exact_in_the_cache_before_a_mismatch_on_the_path(tmp_path: Path) -> None:
    put_emcc(tmp_path / "bin", "3.1.69")
    put_entry(tmp_path / "cache", Source.OFFICIAL, EXACT)
    host, runner, _ = make_host(tmp_path, answer)
    found = find.find_toolchain(PLATFORM, host, mismatch_allowed=True)
    assert found.source is Source.OFFICIAL
    assert not runner.commands, "an entry of the cache is found without starting anything"


def test_a_mismatch_is_refused_with_the_ways_out(tmp_path: Path) -> None:
    place = put_entry(tmp_path / "cache", Source.DEBIAN, "6.0.5")
    host, _, _ = make_host(tmp_path, answer)
    with pytest.raises(MissingError) as caught:
        find.find_toolchain(PLATFORM, host, mismatch_allowed=False)
    assert str(caught.value) == (
        f"there is no Emscripten {EXACT}, the version of platform 314_0; at hand: 6.0.5 (debian: {place})"
    )
    assert "--toolchain-mismatch allow" in caught.value.hint
    assert "PYODIDE_ABI_TOOLCHAIN_MISMATCH=allow" in caught.value.hint
    assert "Emscripten's releases: no route" in caught.value.hint
    assert "Debian's archive: it has 6.0.5" in caught.value.hint


def test_an_allowed_mismatch_is_said(tmp_path: Path) -> None:
    put_entry(tmp_path / "cache", Source.DEBIAN, "6.0.4")
    put_entry(tmp_path / "cache", Source.DEBIAN, "6.0.10")
    host, _, diary = make_host(tmp_path, answer)
    found = find.find_toolchain(PLATFORM, host, mismatch_allowed=True)
    assert found.emscripten == "6.0.10", "the newest, by numbers"
    assert diary.said[0] == f"no official build of Emscripten {EXACT}: no route"
    assert diary.said[-1].endswith(f"platform 314_0 names {EXACT}, another version was allowed")
    find.find_toolchain(PLATFORM, host, mismatch_allowed=True, allowed_by="the variable SPAM")
    assert diary.said[-1].endswith(f"names {EXACT}, another version was allowed by the variable SPAM")


def test_a_named_source_is_the_only_one(tmp_path: Path) -> None:
    put_emcc(tmp_path / "bin", EXACT)
    host, _, _ = make_host(tmp_path, answer)
    with pytest.raises(MissingError):
        find.find_toolchain(PLATFORM, host, mismatch_allowed=True, source=Source.DEBIAN)
    found = find.find_toolchain(PLATFORM, host, mismatch_allowed=False, source=Source.PATH)
    assert found.source is Source.PATH


def test_offline_fetches_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    host, runner, _ = make_host(tmp_path, answer, offline=True)
    with pytest.raises(OfflineError) as caught:
        find.find_toolchain(PLATFORM, host, mismatch_allowed=True)
    assert "pyodide-abi toolchain install --platform 314_0" in caught.value.hint
    assert not runner.commands


def test_other_content_is_never_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def tampered(version: str, host: Host) -> Toolchain:  # noqa: ARG001 - the names of what it replaces
        raise DigestError("another digest")

    monkeypatch.setattr(official, "install", tampered)
    put_entry(tmp_path / "cache", Source.DEBIAN, "6.0.5")
    host, _, _ = make_host(tmp_path, answer)
    with pytest.raises(DigestError):
        find.find_toolchain(PLATFORM, host, mismatch_allowed=True)


def test_an_unreachable_server_is_asked_once_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def unreachable(version: str, host: Host) -> Toolchain:
        asked.append(version)
        build = official.find_build(version, host)
        (host.store.downloads() / f"emscripten-{version}.unreachable").write_text(build.url)
        raise MissingError("no route")

    monkeypatch.setattr(official, "install", unreachable)
    put_entry(tmp_path / "cache", Source.DEBIAN, "6.0.5")
    host, _, _ = make_host(tmp_path, answer)
    for _ in range(3):
        find.find_toolchain(PLATFORM, host, mismatch_allowed=True)
    assert asked == [EXACT]
    mirrored, _, _ = make_host(tmp_path, answer, environ={official.MIRROR_VARIABLE: "https://other.example/"})
    find.find_toolchain(PLATFORM, mirrored, mismatch_allowed=True)
    assert asked == [EXACT, EXACT], "another server is another matter"


def test_installing_from_the_path_makes_no_sense(tmp_path: Path) -> None:
    host, _, _ = make_host(tmp_path, answer)
    with pytest.raises(UsageError):
        find.install_toolchain(PLATFORM, host, source=Source.PATH)


def test_a_damaged_entry_is_passed_over_and_said(tmp_path: Path) -> None:
    folder = put_entry(tmp_path / "cache", Source.DEBIAN, EXACT)
    (folder / "toolchain.json").write_text("[]")
    host, _, diary = make_host(tmp_path, answer)
    assert find.find_present(host) == []
    assert "is damaged" in diary.said[0]


def test_an_incomplete_entry_says_what_is_missing(tmp_path: Path) -> None:
    folder = put_entry(tmp_path / "cache", Source.DEBIAN, EXACT)
    (folder / "tree/bin/wasm-ld").unlink()
    host, _, _ = make_host(tmp_path, answer)
    with pytest.raises((MissingError, FailedError), match="wasm-ld"):
        find.find_toolchain(PLATFORM, host, mismatch_allowed=False)


def test_a_moved_entry_names_its_new_place(tmp_path: Path) -> None:
    folder = put_entry(tmp_path / "cache", Source.OFFICIAL, EXACT)
    note = folder / "cache/sanity.txt"
    note.parent.mkdir()
    note.write_text(f"{EXACT}|{folder}/tree/bin\n")
    (tmp_path / "cache").rename(tmp_path / "moved")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "moved").rename(tmp_path / "elsewhere/cache")
    host, _, diary = make_host(tmp_path / "elsewhere", answer)
    found = find.find_toolchain(PLATFORM, host, mismatch_allowed=False)
    place = tmp_path / "elsewhere/cache" / entry.key(Source.OFFICIAL, EXACT)
    assert found.root == place
    assert str(place / "tree/emscripten/emcc") in found.emcc.read_text()
    assert f"LLVM_ROOT = '{place}/tree/bin'" in (place / "emscripten.config").read_text()
    assert (place / "cache/sanity.txt").read_text() == f"{EXACT}|{place}/tree/bin\n", (
        "or emcc empties its cache"
    )
    assert any("rewriting" in line for line in diary.said)
    assert json.loads((place / "toolchain.json").read_text()) == asdict(entry.read_facts(place))


def test_a_node_that_is_gone_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_entry(tmp_path / "cache", Source.OFFICIAL, EXACT)
    (tmp_path / "node/node").unlink()
    other = write_program(tmp_path / "other/node")
    monkeypatch.setattr(entry, "find_engine", lambda _host: other)
    host, _, _ = make_host(tmp_path, answer)
    assert find.find_toolchain(PLATFORM, host, mismatch_allowed=False).node == other


def test_builds_are_pinned_for_every_platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "system", lambda: "Linux")
    monkeypatch.setattr(machine, "machine", lambda: "x86_64")
    host, _, _ = make_host(tmp_path)
    for name in ("2024_0", "2025_0", "314_0", "2026_5"):
        build = official.find_build(load_platform(name).emscripten, host)
        assert len(bytes.fromhex(build.sha256)) == 32
        assert build.url.startswith("https://")
        assert build.url.endswith("/wasm-binaries.tar.xz")
    with pytest.raises(MissingError, match=r"1\.2\.3"):
        official.find_build("1.2.3", host)
    monkeypatch.setattr(machine, "machine", lambda: "riscv64")
    with pytest.raises(MissingError, match="linux-riscv64"):
        official.find_build(EXACT, host)


def test_the_cache_of_a_configuration_of_ours_is_read_from_it(tmp_path: Path) -> None:
    """Emscripten itself is asked of any other, as it may compute the folder."""
    settings = emscripten.Settings(
        emscripten_root=tmp_path, llvm=tmp_path, binaryen=tmp_path / "bin", node=tmp_path / "node"
    )
    config = tmp_path / "config"
    for cache in (tmp_path / "cache", tmp_path / 'a "b" \N{DIGIT ONE}'):
        emscripten.write_config(config, settings=settings, cache=cache)
        assert emscripten.cache_in(config) == cache
    emscripten.write_config(config, settings=settings, cache=None)
    assert emscripten.cache_in(config) is None
    for others in ("import os\nCACHE = '/x'\n", "CACHE = os.path.join('/x', 'y')\n", "CACHE = '/x\\ty'\n"):
        config.write_text(others, "utf-8")
        assert emscripten.cache_in(config) is None
    config.write_bytes(b"CACHE = '\xff'\n")
    assert emscripten.cache_in(config) is None
    assert emscripten.cache_in(tmp_path / "absent") is None
    assert emscripten.cache_in(tmp_path) is None

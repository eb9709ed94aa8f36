"""What we make of apt's words; the real apt is in the integration tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from toolchain_fakes import make_host, write_program

from pyodide_abi.errors import MissingError, OfflineError
from pyodide_abi.toolchain import apt
from pyodide_abi.toolchain.debian_emscripten import upstream_version

if TYPE_CHECKING:
    from pathlib import Path

    from toolchain_fakes import Answer

POLICY = """\
emscripten:
  Installed: (none)
  Candidate: 6.0.5+dfsg+~1.41.5-2
  Version table:
     6.0.5+dfsg+~1.41.5-2 500
"""
URIS = """\
'http://m.example/pool/z/zlib1g_1.3.deb' zlib1g_1%3a1.3.dfsg-3_amd64.deb 90912 MD5Sum:00
'http://m.example/pool/c/ccache.deb' ccache_4.14-1_amd64.deb 898500 SHA256:11
'http://m.example/pool/e/emscripten.deb' emscripten_6.0.5+dfsg-2_all.deb 6186072
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A Debian machine."""
    root = tmp_path / "root"
    (root / "etc/apt/sources.list.d").mkdir(parents=True)
    (root / "etc/os-release").write_text('ID=debian\nVERSION_CODENAME="bookworm"\n')
    (root / "etc/apt/sources.list").write_text(
        "deb [signed-by=/k.gpg] http://m.example/debian bookworm main\n"
    )
    for name in ("apt-get", "apt-cache", "dpkg", "dpkg-deb"):
        write_program(tmp_path / "bin" / name)
    return root


def answer(words: tuple[str, ...]) -> Answer | None:
    if words[0] == "dpkg":
        return 0, "amd64\n" if "--print-architecture" in words else ""
    if words[0] == "apt-cache":
        return 0, POLICY if words[-1] == "emscripten" else f"{words[-1]}:\n  Candidate: (none)\n"
    if words[0] == "apt-get":
        return (
            0,
            URIS if "--print-uris" in words else "Get:1 http://m.example testing amd64 zlib1g amd64 1.3\n",
        )
    return None


def test_the_private_state_names_the_mirror_and_the_key(root: Path, tmp_path: Path) -> None:
    host, _, _ = make_host(tmp_path, answer)
    with apt.open_archive(host, root) as archive:
        sources = (archive.folder / "debian.sources").read_text()
        configuration = archive.configuration.read_text()
    assert sources == (
        "Types: deb\nURIs: http://m.example/debian\nSuites: testing\nComponents: main\nSigned-By: /k.gpg\n"
    )
    for setting in ("Dir::State ", "Dir::Cache ", "Dir::State::status ", "Dir::Etc::sourcelist "):
        (line,) = [line for line in configuration.splitlines() if line.startswith(setting)]
        assert str(host.store.root) in line
    assert 'Dir::Etc::sourceparts "-"' in configuration
    assert "AllowUnauthenticated" not in configuration
    assert "#clear APT::Update;" in configuration, "hooks of the host are not run"


def test_candidates(root: Path, tmp_path: Path) -> None:
    host, _, _ = make_host(tmp_path, answer)
    with apt.open_archive(host, root) as archive:
        assert archive.candidate("emscripten") == "6.0.5+dfsg+~1.41.5-2"
        assert archive.candidate("python9.9") is None


def test_the_closure_and_what_is_left_out(root: Path, tmp_path: Path) -> None:
    host, _, _ = make_host(tmp_path, answer)
    with apt.open_archive(host, root) as archive:
        packages = archive.closure(["emscripten"], without=("ccache", "emscr"))
        every = archive.closure(["emscripten"])
    assert [(one.name, one.version, one.size) for one in packages] == [
        ("zlib1g", "1:1.3.dfsg-3", 90912),
        ("emscripten", "6.0.5+dfsg-2", 6186072),
    ]
    assert len(every) == 3


def test_the_exact_versions_are_fetched(root: Path, tmp_path: Path) -> None:
    host, runner, _ = make_host(tmp_path, answer)
    with apt.open_archive(host, root) as archive:
        files = archive.fetch(archive.closure(["emscripten"]))
    assert files[0] == archive.folder / "cache/archives/zlib1g_1%3a1.3.dfsg-3_amd64.deb"
    assert runner.commands[-1][3:] == (
        "download",
        "zlib1g=1:1.3.dfsg-3",
        "ccache=4.14-1",
        "emscripten=6.0.5+dfsg-2",
    )


def test_apt_is_quoted_when_it_fails(root: Path, tmp_path: Path) -> None:
    def fails(words: tuple[str, ...]) -> Answer | None:
        if "update" in words:
            return (
                100,
                "Hit:1 x\nW: GPG error: http://m.example testing InRelease\nE: The repository is not signed.",
            )
        return answer(words)

    host, _, _ = make_host(tmp_path, fails)
    with (
        apt.open_archive(host, root) as archive,
        pytest.raises(MissingError, match="could not read") as caught,
    ):
        archive.refresh()
    assert (
        caught.value.hint
        == "W: GPG error: http://m.example testing InRelease\nE: The repository is not signed."
    )


def test_offline_asks_nobody(root: Path, tmp_path: Path) -> None:
    host, runner, _ = make_host(tmp_path, answer, offline=True)
    with apt.open_archive(host, root) as archive, pytest.raises(OfflineError):
        archive.refresh()
    assert not [command for command in runner.commands if "update" in command]


def test_a_machine_without_apt(root: Path, tmp_path: Path) -> None:
    (tmp_path / "bin/apt-get").unlink()
    host, _, _ = make_host(tmp_path, answer)
    assert apt.available(host, root) == "there is no 'apt-get'"
    with pytest.raises(MissingError, match="there is no 'apt-get'"), apt.open_archive(host, root):
        pass


def test_another_distribution(root: Path, tmp_path: Path) -> None:
    (root / "etc/apt/sources.list").write_text("deb http://m.example/ubuntu noble main universe\n")
    (root / "etc/os-release").write_text("ID=ubuntu\nVERSION_CODENAME=noble\n")
    host, _, _ = make_host(tmp_path, answer)
    assert "no source of Debian's archive" in apt.available(host, root)


@pytest.mark.parametrize(
    ("debian", "upstream"),
    [("6.0.5+dfsg+~1.41.5-2", "6.0.5"), ("1:3.1.69~dfsg-1", "3.1.69"), ("3.14.8-1", "3.14.8")],
)
def test_upstream_versions(debian: str, upstream: str) -> None:
    assert upstream_version(debian) == upstream

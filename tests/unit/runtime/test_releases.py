from __future__ import annotations

import base64
import hashlib
import io
import tarfile
import time
from typing import TYPE_CHECKING

import pytest
from fake_host import FakeRunner, completed, make_host

from pyodide_abi.errors import DigestError, MissingError, OfflineError
from pyodide_abi.platforms import load_platform
from pyodide_abi.runtime import npm_archive
from pyodide_abi.runtime.releases import install_release, installed_folder, newest
from pyodide_abi.values import replace

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.host import Host
    from pyodide_abi.platforms.model import Release
    from pyodide_abi.process import Completed

GOOD = {"package/pyodide.mjs": b"export {}", "package/sub/python_stdlib.zip": b"PK"}


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    monkeypatch.setattr(npm_archive, "find_npm", lambda _host: ("npm",))
    return slept


def archive(files: dict[str, bytes], *, link: str = "") -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        if link:
            info = tarfile.TarInfo(link)
            info.type = tarfile.SYMTYPE
            info.linkname = "/etc/passwd"
            tar.addfile(info)
    return stream.getvalue()


def release_of(data: bytes) -> Release:
    digest = base64.b64encode(hashlib.sha512(data).digest()).decode()
    return replace(load_platform("314_0").releases[0], version="9.9.9", integrity=f"sha512-{digest}")


def host_serving(
    tmp_path: Path, data: bytes, *failures: str, offline: bool = False
) -> tuple[Host, FakeRunner]:
    """A host whose npm fails with these words first, and then delivers."""
    left = list(failures)

    def npm(words: tuple[str, ...], cwd: Path | None) -> Completed:
        if left:
            return completed(words, status=1, stderr=left.pop(0))
        assert cwd is not None
        (cwd / "pyodide-9.9.9.tgz").write_bytes(data)
        return completed(words)

    runner = FakeRunner(npm)
    return make_host(tmp_path, runner, offline=offline), runner


def test_a_release_is_installed_once(tmp_path: Path) -> None:
    data = archive(GOOD)
    host, runner = host_serving(tmp_path, data)
    release = release_of(data)
    assert installed_folder(release, host) is None
    folder = install_release(release, host)
    assert install_release(release, host) == folder == installed_folder(release, host)
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()) == [
        "pyodide.mjs",
        "sub/python_stdlib.zip",
    ]
    assert [words[:3] for words in runner.asked] == [("npm", "pack", "pyodide@9.9.9")]


def test_no_script_of_the_package_runs(tmp_path: Path) -> None:
    data = archive(GOOD)
    host, runner = host_serving(tmp_path, data)
    install_release(release_of(data), host)
    assert "--ignore-scripts" in runner.asked[0]


def test_a_wrong_digest_leaves_nothing(tmp_path: Path) -> None:
    host, _ = host_serving(tmp_path, archive({**GOOD, "package/extra": b""}))
    release = release_of(archive(GOOD))
    with pytest.raises(DigestError, match=r"9\.9\.9 from npm is not the published release"):
        install_release(release, host)
    assert installed_folder(release, host) is None


def test_offline_says_what_is_lacking(tmp_path: Path) -> None:
    data = archive(GOOD)
    host, runner = host_serving(tmp_path, data, offline=True)
    with pytest.raises(OfflineError, match=r"release 9\.9\.9 is not in the cache") as caught:
        install_release(release_of(data), host)
    assert "without --offline" in caught.value.hint
    assert not runner.asked


def test_offline_with_a_warm_cache(tmp_path: Path) -> None:
    data = archive(GOOD)
    online, _ = host_serving(tmp_path, data)
    folder = install_release(release_of(data), online)
    assert install_release(release_of(data), replace(online, offline=True)) == folder


def test_a_failing_network_is_tried_again(tmp_path: Path, pauses: list[float]) -> None:
    data = archive(GOOD)
    host, runner = host_serving(tmp_path, data, "npm error code ECONNRESET", "npm error code ETIMEDOUT")
    install_release(release_of(data), host)
    assert len(runner.asked) == 3
    assert pauses == [1.0, 5.0]


def test_in_the_end_npm_s_words_are_shown(tmp_path: Path) -> None:
    data = archive(GOOD)
    host, runner = host_serving(tmp_path, data, *["npm error code ECONNREFUSED"] * 9)
    with pytest.raises(MissingError, match="ECONNREFUSED"):
        install_release(release_of(data), host)
    assert len(runner.asked) == 3


def test_what_is_not_there_is_asked_for_once(tmp_path: Path) -> None:
    data = archive(GOOD)
    host, runner = host_serving(tmp_path, data, "npm error code E404\nnpm error 404 No match")
    with pytest.raises(MissingError, match="E404"):
        install_release(release_of(data), host)
    assert len(runner.asked) == 1


@pytest.mark.parametrize(
    "data",
    [
        archive({**GOOD, "package/../../escaped": b""}),
        archive({**GOOD, "/package/absolute": b""}),
        archive(GOOD, link="package/link"),
        archive({**GOOD, "top": b""}),
    ],
    ids=["parent", "absolute", "link", "no folder"],
)
def test_an_unsafe_member_is_refused(tmp_path: Path, data: bytes) -> None:
    host, _ = host_serving(tmp_path, data)
    with pytest.raises(MissingError, match="unsafe member"):
        install_release(release_of(data), host)
    assert not (tmp_path / "escaped").exists()
    assert installed_folder(release_of(data), host) is None


def test_a_package_without_its_entry_point(tmp_path: Path) -> None:
    data = archive({"package/readme": b""})
    host, _ = host_serving(tmp_path, data)
    with pytest.raises(MissingError, match=r"holds no pyodide\.mjs"):
        install_release(release_of(data), host)


def test_the_newest_release_is_a_stable_one_if_there_is_one() -> None:
    runtimes = load_platform("314_0").runtimes
    alpha = replace(
        runtimes[-1], release=replace(runtimes[-1].release, version="400.0.0-alpha.1", prerelease=True)
    )
    assert newest([*runtimes, alpha]) == runtimes[-1]
    assert newest([alpha]) == alpha

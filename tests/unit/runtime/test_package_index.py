from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from fake_host import FakeRunner, completed, make_host
from made_wheels import make_wheel

from pyodide_abi.errors import MissingError, OfflineError
from pyodide_abi.http import NotThereError
from pyodide_abi.runtime import package_index
from pyodide_abi.runtime.package_index import Sources, published

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.host import Host

LOCK = {
    "six": {
        "name": "six",
        "version": "1.17.0",
        "file_name": "six-1.17.0-py2.py3-none-any.whl",
        "sha256": "5" * 64,
    },
    "NumPy": {"name": "numpy", "version": "2", "file_name": "numpy-2-cp314-cp314-x.whl", "sha256": "6" * 64},
    "lib": {"name": "lib", "version": "2", "file_name": "lib-2.zip", "sha256": "7" * 64},
}
SIX = "six-1.17.0-py2.py3-none-any.whl"


class Web:
    """Answers by address; what it has not is not there; what is an exception is raised."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.content: dict[str, bytes | Exception] = {}
        self.asked: list[str] = []
        monkeypatch.setattr(package_index, "get_json", self.get_json)
        monkeypatch.setattr(package_index, "download", self.download)

    def get_json(self, address: str, host: Host, *, accept: str) -> Any:
        """As ``http.get_json``."""
        assert not host.offline
        assert accept == "application/vnd.pypi.simple.v1+json"
        return json.loads(self._get(address))

    def download(self, address: str, sha256: str, host: Host) -> Path:
        """As ``http.download``, which compares digests itself."""
        del sha256
        if host.offline:
            raise OfflineError(f"{address} is not in the cache, and the network is off limits")
        file = host.store.downloads() / "file"
        file.write_bytes(self._get(address))
        return file

    def _get(self, address: str) -> bytes:
        self.asked.append(address)
        found = self.content.get(address, NotThereError(f"{address}: the server answers 404"))
        if isinstance(found, Exception):
            raise found
        return found

    def offer(self, name: str, **files: bytes) -> None:
        """An index page at PyPI with these files, and the files."""
        entries = []
        for key, data in files.items():
            file = key.replace("__", "-").replace("_whl", ".whl").replace("_p_", ".")
            entries.append({"filename": file, "url": f"/files/{file}", "hashes": {"sha256": sha256(data)}})
            self.content[f"https://pypi.org/files/{file}"] = data
        self.content[f"https://pypi.org/simple/{name}/"] = json.dumps({"files": entries}).encode()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Web:
    return Web(monkeypatch)


def sources(tmp_path: Path, *, offline: bool = False, **more: Any) -> Sources:
    wheel = make_wheel(tmp_path / "dist", "own-1-py3-none-any.whl", {"own.py": ""})
    (tmp_path / "links").mkdir(exist_ok=True)
    release = tmp_path / "release"
    release.mkdir(exist_ok=True)
    (release / "pyodide-lock.json").write_text(json.dumps({"packages": LOCK}), "utf-8")
    environ = more.pop("environ", {})
    runner = FakeRunner(lambda words, _cwd: completed(words))
    return Sources(
        wheel=wheel,
        folders=(tmp_path / "links",),
        releases={"1.0": release},
        index=more.pop("index", None),
        host=make_host(tmp_path, runner, environ=environ, offline=offline),
    )


def test_of_its_own_project_only_the_wheel_in_question_is_offered(tmp_path: Path, web: Web) -> None:
    make_wheel(tmp_path / "links", "own-2-py3-none-any.whl", {"own.py": ""})
    assert [listed.name for listed in sources(tmp_path).project("Own")] == ["own-1-py3-none-any.whl"]
    assert web.asked == []


def test_folders_come_before_the_index(tmp_path: Path, web: Web) -> None:
    path = make_wheel(tmp_path / "links", "dep-1-py3-none-any.whl", {"dep.py": ""})
    web.offer("dep", dep__1__py3__none__any_whl=b"other", dep__2__py3__none__any_whl=b"two")
    there = sources(tmp_path)
    first, second = there.project("dep")
    assert first.place == path
    assert there.file(second).read_bytes() == b"two"


def test_what_comes_is_kept(tmp_path: Path, web: Web) -> None:
    web.offer("dep", dep__2__py3__none__any_whl=b"two")
    there = sources(tmp_path)
    (listed,) = there.project("dep")
    there.file(listed)
    there.file(listed)
    assert web.asked.count("https://pypi.org/files/dep-2-py3-none-any.whl") == 1


def test_names_that_are_paths_are_not_taken_from_an_index(tmp_path: Path, web: Web) -> None:
    files = [
        {"filename": name, "url": "x", "hashes": {"sha256": "5" * 64}}
        for name in ("../dep-1-py3-none-any.whl", "/dep-1-py3-none-any.whl", "dep-1-py3-none-any.whl")
    ]
    web.content["https://pypi.org/simple/dep/"] = json.dumps({"files": files}).encode()
    (listed,) = sources(tmp_path).project("dep")
    assert listed.place == "https://pypi.org/simple/dep/x"


@pytest.mark.parametrize(
    ("given", "environ", "address"),
    [
        (None, {}, "https://pypi.org/simple/dep/"),
        (None, {"UV_INDEX_URL": "https://uv/x", "PIP_INDEX_URL": "https://pip/x/"}, "https://pip/x/dep/"),
        ("https://named", {"PIP_INDEX_URL": "https://pip/x/"}, "https://named/dep/"),
    ],
)
def test_the_index_is_the_one_that_pip_would_ask(
    tmp_path: Path, web: Web, given: str | None, environ: dict[str, str], address: str
) -> None:
    sources(tmp_path, index=given, environ=environ).project("dep")
    assert web.asked == [address]


def test_an_index_that_cannot_be_reached_is_remembered(tmp_path: Path, web: Web) -> None:
    web.content["https://pypi.org/simple/dep/"] = MissingError("no route")
    there = sources(tmp_path)
    with pytest.raises(MissingError):
        there.project("dep")
    assert there.lacking == {"dep": "no route"}


@pytest.mark.parametrize(
    "page", [[], {}, {"files": 1}, {"files": [1]}, {"files": [{"filename": 1, "hashes": {}}]}, None]
)
def test_an_index_that_is_none(tmp_path: Path, web: Web, page: object) -> None:
    web.content["https://pypi.org/simple/dep/"] = json.dumps(page).encode()
    with pytest.raises(MissingError, match="does not answer as a simple index"):
        sources(tmp_path).project("dep")


def test_offline_there_are_folders_and_nothing_else(tmp_path: Path, web: Web) -> None:
    there = sources(tmp_path, offline=True)
    assert there.project("dep") == []
    assert "no folder has a wheel of it" in there.lacking["dep"]
    with pytest.raises(MissingError, match="the network is off limits"):
        there.locked_file("1.0", SIX)
    assert web.asked == []


def test_a_pure_package_of_the_lockfile_may_come_from_the_index(tmp_path: Path, web: Web) -> None:
    web.offer("six", six__1_p_17_p_0__py2_p_py3__none__any_whl=b"six")
    there = sources(tmp_path)
    assert there.locked_file("1.0", SIX).read_bytes() == b"six"
    assert there.stand_ins == {SIX}
    assert there.lacking == {}
    (listed,) = there.locked_project("1.0", "Six")
    assert (listed.name, listed.sha256) == (SIX, sha256(b"six"))


def test_a_file_of_the_lockfile_s_name_is_taken_from_the_folders(tmp_path: Path, web: Web) -> None:
    path = make_wheel(tmp_path / "links", SIX, {"six.py": ""})
    assert sources(tmp_path, offline=True).locked_file("1.0", SIX) == path
    assert web.asked == []


def test_a_binary_package_that_cannot_be_had(tmp_path: Path, web: Web) -> None:
    there = sources(tmp_path)
    (listed,) = there.locked_project("1.0", "numpy")
    assert there.lacking == {}, "it is listed; nobody has asked for it"
    with pytest.raises(MissingError):
        there.file(listed)
    assert list(there.lacking) == ["numpy-2-cp314-cp314-x.whl"]
    assert web.asked[0] == "https://cdn.jsdelivr.net/pyodide/v1.0/full/numpy-2-cp314-cp314-x.whl"


def test_an_alpha_has_another_name_on_its_own_server() -> None:
    assert published("315.0.0-alpha.2") == "315.0.0a2"
    assert published("0.29.5") == "0.29.5"


def test_what_pip_cannot_install_is_not_listed(tmp_path: Path, web: Web) -> None:
    del web
    there = sources(tmp_path)
    assert there.locked_project("1.0", "lib") == []
    assert there.locked_project("1.0", "unknown") == []
    with pytest.raises(MissingError, match=r"the release 1\.0 has no other"):
        there.locked_file("1.0", "other")

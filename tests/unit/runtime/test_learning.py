"""Where releases to learn come from, how loaders are recognised, and what strangers' archives may do."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest
from fake_host import FakeRunner, completed, make_host

from pyodide_abi.errors import MissingError, OfflineError, UnreadableInputError, UsageError
from pyodide_abi.runtime.learning import npm, recognising, sources
from pyodide_abi.runtime.learning.npm import announced, is_version, newer_on_npm
from pyodide_abi.runtime.learning.recognising import recognise_texts
from pyodide_abi.runtime.learning.sources import from_archive, from_folder, npm_form

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pyodide_abi.host import Host

FILES = {
    "package.json": b'{"version": "314.0.8"}',
    "pyodide.mjs": b"export {}",
    "pyodide.asm.mjs": b"let f;",
    "pyodide.asm.wasm": b"\0asm",
    "pyodide-lock.json": b"{}",
    "python_stdlib.zip": b"PK",
}
DIGESTS = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(FILES.items())}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    made = tmp_path / "scratch" / "release"
    made.mkdir(parents=True)
    return made


def tar(file: Path, members: Iterable[tuple[str, bytes]], mode: str = "w:bz2") -> Path:
    with tarfile.open(file, mode) as archive:  # type: ignore[call-overload]
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file


class TestFolders:
    @pytest.mark.parametrize("below", ["", "dist", "pyodide"])
    def test_the_runtimes_files_are_copied(self, tmp_path: Path, place: Path, below: str) -> None:
        folder = tmp_path / "build" / below
        folder.mkdir(parents=True)
        more = {"numpy-2.0-cp314-cp314-x.whl": b"x", "micropip-0.11.1-py3-none-any.whl": b"m", "evil": b"e"}
        for name, content in {**FILES, **more}.items():
            (folder / name).write_bytes(content)
        found = from_folder(tmp_path / "build", place)
        assert found.version == "314.0.8"
        assert found.folder == place
        installer = {"micropip-0.11.1-py3-none-any.whl": hashlib.sha256(b"m").hexdigest()}
        assert found.files == dict(sorted({**DIGESTS, **installer}.items()))
        assert {path.name for path in place.iterdir()} == set(found.files)

    @pytest.mark.parametrize(
        "missing", ["pyodide.asm.mjs", "pyodide.asm.wasm", "pyodide-lock.json", "pyodide.mjs"]
    )
    def test_what_is_missing_is_named(self, tmp_path: Path, place: Path, missing: str) -> None:
        for name, content in FILES.items():
            if name != missing:
                (tmp_path / name).write_bytes(content)
        with pytest.raises(UnreadableInputError, match="holds no runtime") as caught:
            from_folder(tmp_path, place)
        assert missing in caught.value.message

    def test_the_version_may_stand_in_the_script(self, tmp_path: Path, place: Path) -> None:
        for name, content in {**FILES, "pyodide.mjs": b'var x="0.30.0.dev0";'}.items():
            if name != "package.json":
                (tmp_path / name).write_bytes(content)
        assert from_folder(tmp_path, place).version == "0.30.0-dev.0"

    def test_without_a_version(self, tmp_path: Path, place: Path) -> None:
        for name, content in {**FILES, "package.json": b'{"version": "../../x"}'}.items():
            (tmp_path / name).write_bytes(content)
        with pytest.raises(UsageError, match="does not say its version"):
            from_folder(tmp_path, place)


class TestArchives:
    @pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
    def test_tar(self, tmp_path: Path, place: Path, mode: str) -> None:
        members = [(f"pyodide/{name}", content) for name, content in FILES.items()]
        file = tar(tmp_path / "x.tar", [("pyodide/other.whl", b"no"), *members], mode)
        found = from_archive(file, "x.tar", place)
        assert (found.version, found.files, found.origin) == ("314.0.8", DIGESTS, "x.tar")

    def test_zip(self, tmp_path: Path, place: Path) -> None:
        with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
            for name, content in FILES.items():
                archive.writestr(f"dist/{name}", content)
        assert from_archive(tmp_path / "x.zip", "x.zip", place).files == DIGESTS

    @pytest.mark.parametrize("above", ["../../", "/absolute/", "a/../../../", "C:\\", ""])
    def test_no_name_becomes_a_path(self, tmp_path: Path, place: Path, above: str) -> None:
        members = [(f"{above}{name}", content) for name, content in FILES.items()]
        before = sorted(path for path in tmp_path.rglob("*") if path.is_file())
        file = tar(tmp_path / "x.tar", members)
        try:
            found = from_archive(file, "x.tar", place)
        except UnreadableInputError:
            assert "\\" in above  # a member of another name than those of a runtime
        else:
            assert found.files == DIGESTS
        there = {path for path in tmp_path.rglob("*") if path.is_file()} - {file, *before}
        assert all(path.parent == place for path in there)

    def test_links_are_passed_over(self, tmp_path: Path, place: Path) -> None:
        with tarfile.open(tmp_path / "x.tar", "w") as archive:
            for name, content in FILES.items():
                info = tarfile.TarInfo(name)
                if name == "pyodide.mjs":
                    info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
                    archive.addfile(info)
                    continue
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        with pytest.raises(UnreadableInputError, match=r"pyodide\.mjs is missing"):
            from_archive(tmp_path / "x.tar", "x.tar", place)
        assert not (place / "pyodide.mjs").exists()

    def test_two_runtimes_in_one(self, tmp_path: Path, place: Path) -> None:
        members = [(f"{top}/{name}", content) for top in "ab" for name, content in FILES.items()]
        with pytest.raises(UnreadableInputError, match=r"holds package\.json twice"):
            from_archive(tar(tmp_path / "x.tar", members), "x.tar", place)

    def test_a_file_without_end(self, tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sources, "_LARGEST", 1 << 16)
        big = {**FILES, "pyodide.asm.wasm": bytes(1 << 17)}
        with pytest.raises(UnreadableInputError, match=r"pyodide\.asm\.wasm has more than"):
            from_archive(tar(tmp_path / "x.tar", big.items()), "x.tar", place)

    def test_a_bomb(self, tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sources, "_LARGEST_WHOLE", 1 << 20)
        file = tar(tmp_path / "x.tar", [("filler", bytes(1 << 22)), *FILES.items()])
        with pytest.raises(UnreadableInputError, match="unpacks to more than"):
            from_archive(file, "x.tar", place)

    def test_a_long_head(self, tmp_path: Path, place: Path) -> None:
        with tarfile.open(tmp_path / "x.tar", "w", format=tarfile.PAX_FORMAT) as archive:
            info = tarfile.TarInfo("x")
            info.pax_headers = {"comment": "x" * (2 << 20)}
            archive.addfile(info)
        with pytest.raises(UnreadableInputError, match="a header of"):
            from_archive(tmp_path / "x.tar", "x.tar", place)

    def test_many_members(self, tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sources, "_MOST_MEMBERS", 20)
        file = tar(tmp_path / "x.tar", [(f"m{number}", b"") for number in range(30)])
        with pytest.raises(UnreadableInputError, match="more than 20 members"):
            from_archive(file, "x.tar", place)

    @pytest.mark.parametrize(
        "content", [b"", b"nothing", b"BZh9", b"\x1f\x8b\x08", b"PK\x05\x06" + bytes(18)]
    )
    def test_what_is_no_archive(self, tmp_path: Path, place: Path, content: bytes) -> None:
        (tmp_path / "x").write_bytes(content)
        with pytest.raises(UnreadableInputError):
            from_archive(tmp_path / "x", "x", place)

    @pytest.mark.parametrize("kept", [0.3, 0.6, 0.95])
    def test_cut_archives(self, tmp_path: Path, place: Path, kept: float) -> None:
        whole = tar(tmp_path / "x.tar", FILES.items(), "w:gz").read_bytes()
        (tmp_path / "x.tar").write_bytes(whole[: int(len(whole) * kept)])
        with pytest.raises(UnreadableInputError):
            from_archive(tmp_path / "x.tar", "x.tar", place)


class TestNpm:
    @pytest.fixture(autouse=True)
    def client(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(npm, "find_npm", lambda _host: ("npm",))

    def host(self, folder: Path, said: object, *, offline: bool = False) -> Host:
        text = said if isinstance(said, str) else json.dumps(said)
        return make_host(
            folder, FakeRunner(lambda words, _cwd: completed(words, stdout=text)), offline=offline
        )

    def test_the_newest_of_a_line(self, tmp_path: Path) -> None:
        said = [
            {"version": version, "dist.integrity": f"sha512-{version}"}
            for version in ("0.29.9", "0.29.10", "0.29.2")
        ]
        assert announced("0.29", self.host(tmp_path, said)) == ("0.29.10", "sha512-0.29.10")
        assert announced("0.29.2", self.host(tmp_path, said[2])) == ("0.29.2", "sha512-0.29.2")

    @pytest.mark.parametrize("said", ["", {"error": {"code": "E404"}}, [], [1], {"version": "1"}])
    def test_what_npm_does_not_know(self, tmp_path: Path, said: object) -> None:
        with pytest.raises(MissingError, match="npm knows no release 'pyodide@9'"):
            announced("9", self.host(tmp_path, said))

    def test_an_answer_that_is_none(self, tmp_path: Path) -> None:
        with pytest.raises(MissingError, match="does not say which releases"):
            announced("9", self.host(tmp_path, "<html>"))

    def test_offline(self, tmp_path: Path) -> None:
        with pytest.raises(OfflineError):
            announced("9", self.host(tmp_path, [], offline=True))

    def test_what_is_newer(self, tmp_path: Path) -> None:
        known = ["0.27.8", "0.29.5", "314.0.7", "315.0.0-alpha.2"]
        there = ["0.25.1", "0.27.7", "0.27.9", "0.28.0", "0.29.5", "0.29.6", "314.0.0-alpha.1", "314.0.8"]
        there += ["315.0.0-alpha.1", "315.0.0-alpha.3", "315.0.0", "316.0.0-dev.0", "x", "1"]
        newer = newer_on_npm(known, self.host(tmp_path, there))
        assert newer == [
            "0.27.9",
            "0.28.0",
            "0.29.6",
            "314.0.8",
            "315.0.0-alpha.3",
            "315.0.0",
            "316.0.0-dev.0",
        ]


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("314.0.8", "314.0.8"),
        ("315.0.0a2", "315.0.0-alpha.2"),
        ("0.30.0.dev0", "0.30.0-dev.0"),
        ("315.0.0-alpha.2", "315.0.0-alpha.2"),
        ("315.0.0rc1", "315.0.0-rc.1"),
        ("1.2", ""),
        ("../1.2.3", ""),
        ("", ""),
    ],
)
def test_versions_in_the_form_of_npm(said: str, version: str) -> None:
    assert npm_form(said) == version


@pytest.mark.parametrize("source", ["314.0.8", "0.29", "314", "latest", "next", "315.0.0-alpha.3"])
def test_names_of_npms_releases(source: str) -> None:
    assert is_version(source)


@pytest.mark.parametrize("source", ["dist", "./314.0.8", "x.tar", "https://example.org/314.0.8", ""])
def test_what_is_no_name_of_a_release(source: str) -> None:
    assert not is_version(source)


class TestRecognising:
    @pytest.fixture(autouse=True)
    def texts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Two generations with functions whose texts are a letter each."""

        def digest(text: str) -> str:
            return hashlib.sha256(text.encode()).hexdigest()[:16]

        rows = ((1, "0.1", "abc"), (2, "0.2", "abx"))
        known = recognising._Known(
            loader=("one", "two", "three"),
            installer=("load",),
            loaders=tuple(
                recognising._Loader(generation=number, seen=seen, digests=tuple(map(digest, letters)))
                for number, seen, letters in rows
            ),
            installers={(digest("i"),): ("0.1.0", "0.1.2")},
        )
        monkeypatch.setattr(recognising, "_known", lambda: known)

    def test_a_known_one(self) -> None:
        found = recognise_texts({"one": "a", "two": "b", "three": "c"}, {"load": "i"})
        assert (found.generation, found.changed, found.installers) == (1, (), ("0.1.0", "0.1.2"))

    def test_a_changed_one(self) -> None:
        found = recognise_texts({"one": "a", "two": None, "three": "x"}, {"load": "j"})
        assert (found.generation, found.nearest, found.seen) == (None, 2, "0.2")
        assert found.changed == ("two",)
        assert found.installers == ()

"""Lock files of releases have nothing against them, and hostile ones end in one clear error."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pyodide_abi.audit import audit_file
from pyodide_abi.audit.lock_file import read_lock_file
from pyodide_abi.cli.main import main
from pyodide_abi.errors import UnreadableInputError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

INFO = {"abi_version": "2026_0", "arch": "wasm32", "platform": "emscripten_5_0_3", "python": "3.14.2"}
PACKAGE = {"name": "spam", "version": "1", "file_name": "spam-1-py3-none-any.whl", "depends": []}


def write(folder: Path, document: object) -> Path:
    file = folder / "pyodide-lock.json"
    file.write_text(document if isinstance(document, str) else json.dumps(document), "utf-8")
    return file


def changed(**changes: Any) -> dict[str, Any]:
    return {"info": INFO, "packages": {"spam": {**PACKAGE, **changes}}}


def test_what_is_read(tmp_path: Path) -> None:
    lock = read_lock_file(write(tmp_path, changed(depends=["eggs"], sha256="00")))
    assert (lock.abi_version, lock.compiler, lock.python) == ("2026_0", "emscripten_5_0_3", "3.14.2")
    (package,) = lock.packages
    assert (package.key, package.depends, package.sha256) == ("spam", ("eggs",), "00")
    assert package.package_type == "package"


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("[]", "the whole has to be an object"),
        ("{}", "is no lock file"),
        ({"info": INFO, "packages": []}, "packages has to be an object"),
        ({"info": 1, "packages": {}}, "info has to be an object"),
        ({"info": {**INFO, "python": 3}, "packages": {}}, "info.python has to be text"),
        ({"info": {"python": "3.14.2"}, "packages": {}}, "info.platform is missing"),
        (changed(file_name=None), "packages.spam.file_name is missing"),
        (changed(name=["spam"]), "packages.spam.name has to be text"),
        (changed(depends="eggs"), "packages.spam.depends has to be an array"),
        (changed(depends=[1]), r"packages.spam.depends\[0\] has to be text"),
        (changed(depends=["x"] * 10_001), "packages.spam.depends has to be an array"),
        (changed(file_name="x" * 5_000), "packages.spam.file_name has more than 4,000 characters"),
        ({"info": INFO, "packages": {"x" * 5_000: PACKAGE}}, "is too long"),
        ({"info": INFO, "packages": {str(n): PACKAGE for n in range(100_001)}}, "more than 100,000 entries"),
    ],
)
def test_what_is_no_lock_file(document: object, words: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableInputError, match=words):
        read_lock_file(write(tmp_path, document))


@pytest.mark.parametrize(
    ("info", "platform"),
    [
        (INFO, "314_0"),
        ({**INFO, "abi_version": "314_0"}, "314_0"),
        ({"platform": "emscripten_3_1_58", "python": "3.12.1"}, "2024_0"),
        ({"abi_version": "2025_0", "platform": "emscripten_4_0_9", "python": "3.13.2"}, "2025_0"),
    ],
)
def test_the_platform_is_the_one_that_it_says(info: dict[str, str], platform: str, tmp_path: Path) -> None:
    report = audit_file(write(tmp_path, {"info": info, "packages": {}}))
    assert (report.platform, report.pure, report.findings) == (platform, False, ())


def test_a_platform_that_nobody_knows(tmp_path: Path) -> None:
    file = write(tmp_path, {"info": {**INFO, "abi_version": "2031_0"}, "packages": {}})
    with pytest.raises(UsageError, match="is for platform '2031_0', which is not known"):
        audit_file(file)
    assert [finding.code for finding in audit_file(file, platform="2025_0").findings] == ["ABI701"]


def test_a_folder_with_a_lock_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, changed(file_name="../spam-1-py3-none-any.whl", depends=["eggs"]))
    assert main(["audit", ".", "--format", "json"], {}, tmp_path) == 1
    (result,) = json.loads(capsys.readouterr().out)["results"]
    assert result["wheel"] == "pyodide-lock.json"
    assert sorted(finding["code"] for finding in result["findings"]) == ["ABI702", "ABI703", "ABI704"]
    assert main(["audit", "pyodide-lock.json", "--ignore", "ABI7"], {}, tmp_path) == 0
    assert "nothing to say against it" in capsys.readouterr().out


def test_links_beside_it_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "spam-1-py3-none-any.whl").symlink_to(tmp_path / "secret")
    report = audit_file(write(tmp_path, changed(sha256="0" * 64)))
    assert report.findings == ()

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fake_host import FakeRunner, completed, make_host

from pyodide_abi.errors import MissingError
from pyodide_abi.runtime import node as node_module
from pyodide_abi.runtime.node import Node, find_node, find_npm
from pyodide_abi.values import replace

if TYPE_CHECKING:
    from pyodide_abi.host import Host
    from pyodide_abi.process import Completed


@pytest.fixture
def no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_module, "_package_folder", lambda: None)


def install(folder: Path, version: str, name: str = "node") -> Path:
    """An executable that only says where it is: the fake runner reads its version from the file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(version, "utf-8")
    file.chmod(0o755)
    return file


def host_with(tmp_path: Path, *folders: Path, **environ: str) -> Host:
    def answer(words: tuple[str, ...], _cwd: Path | None) -> Completed:
        with open(words[0], encoding="utf-8") as file:  # noqa: PTH123 - words are text
            return completed(words, stdout=file.read() + "\n")

    path = ":".join(map(str, folders)) or "/nowhere"
    return make_host(tmp_path, FakeRunner(answer), environ={"PATH": path, **environ})


def test_the_package_is_the_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packaged = install(tmp_path / "package" / "bin", "v24.1.0")
    install(tmp_path / "path", "v26.0.0")
    monkeypatch.setattr(node_module, "_package_folder", lambda: tmp_path / "package")
    node = find_node(host_with(tmp_path, tmp_path / "path"))
    assert (node.path, node.version, node.major) == (packaged, "24.1.0", 24)


@pytest.mark.usefixtures("no_package")
def test_the_first_new_enough_one_on_the_path(tmp_path: Path) -> None:
    install(tmp_path / "old", "v18.20.0")
    install(tmp_path / "broken", "segmentation fault")
    good = install(tmp_path / "good", "v20.0.0")
    host = host_with(tmp_path, tmp_path / "old", tmp_path / "broken", tmp_path / "good")
    assert find_node(host).path == good


@pytest.mark.usefixtures("no_package")
def test_none_new_enough_says_what_is_there_and_how_to_get_one(tmp_path: Path) -> None:
    old = install(tmp_path / "old", "v18.20.0")
    with pytest.raises(MissingError, match=r"no Node 20 or newer; found: 18\.20\.0") as caught:
        find_node(host_with(tmp_path, tmp_path / "old"))
    assert str(old) in str(caught.value)
    assert "pip install" in caught.value.hint


@pytest.mark.usefixtures("no_package")
@pytest.mark.parametrize("named", ["22", "v22", "node22", "22.3", "22.3.1"])
def test_a_version_may_be_named(tmp_path: Path, named: str) -> None:
    install(tmp_path / "a", "v24.1.0")
    wanted = install(tmp_path / "b", "v22.3.1")
    assert find_node(host_with(tmp_path, tmp_path / "a", tmp_path / "b"), named).path == wanted


@pytest.mark.usefixtures("no_package")
def test_a_version_is_matched_by_whole_numbers(tmp_path: Path) -> None:
    install(tmp_path / "a", "v22.30.1")
    with pytest.raises(MissingError, match=r"no Node 22\.3; found: 22\.30\.1"):
        find_node(host_with(tmp_path, tmp_path / "a"), "22.3")


@pytest.mark.usefixtures("no_package")
def test_versions_of_nvm_are_found(tmp_path: Path) -> None:
    wanted = install(tmp_path / "nvm" / "versions" / "node" / "v20.1.0" / "bin", "v20.1.0")
    assert find_node(host_with(tmp_path, NVM_DIR=str(tmp_path / "nvm")), "20").path == wanted


def test_an_executable_may_be_named(tmp_path: Path) -> None:
    other = install(tmp_path, "v21.0.0", name="other-node")
    assert find_node(host_with(tmp_path), str(other)).path == other


def test_a_named_one_that_is_too_old_is_refused(tmp_path: Path) -> None:
    old = install(tmp_path, "v18.0.0")
    with pytest.raises(MissingError, match=r"is Node 18\.0\.0"):
        find_node(host_with(tmp_path), str(old))


def test_a_named_one_that_is_something_else_is_refused(tmp_path: Path) -> None:
    other = install(tmp_path, "Python 3.11", name="python3")
    with pytest.raises(MissingError, match="did not answer as Node does: 'Python 3"):
        find_node(host_with(tmp_path), str(other))


@pytest.mark.usefixtures("no_package")
def test_npm_of_the_path(tmp_path: Path) -> None:
    npm = install(tmp_path / "bin", "", name="npm")
    assert find_npm(host_with(tmp_path, tmp_path / "bin")) == (str(npm),)
    with pytest.raises(MissingError) as caught:
        find_npm(host_with(tmp_path))
    assert "pip install" in caught.value.hint


@pytest.mark.parametrize(
    ("version", "more"), [("20.1.0", True), ("22.1.0", True), ("24.1.0", True), ("25.0.0", False)]
)
def test_brief_work_is_compiled_once_where_the_line_knows_how(version: str, more: bool) -> None:
    node = Node(path=Path("node"), version=version)
    added = replace(node, brief=True).words[len(node.words) :]
    assert added == (("--no-wasm-tier-up", "--no-wasm-dynamic-tiering") if more else ())

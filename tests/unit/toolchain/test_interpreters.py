"""Which host interpreter is taken, and what does not serve."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from toolchain_fakes import make_host, write_program

from pyodide_abi.errors import MissingError, OfflineError
from pyodide_abi.toolchain import interpreters

if TYPE_CHECKING:
    from toolchain_fakes import Answer


@pytest.fixture(autouse=True)
def _no_uv_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment that runs the tests has a uv; these machines have what a test gives them."""
    monkeypatch.setattr(interpreters, "find_program", lambda _name, _host: None)


class Machine:
    """Interpreters by path, and what each says of itself."""

    def __init__(self) -> None:
        self.says: dict[str, dict[str, object] | str] = {}

    def put(self, path: Path, version: str, **more: object) -> Path:
        write_program(path)
        self.says[str(path)] = {
            "implementation": "cpython",
            "version": version,
            "threaded": False,
            "include": [f"{path.parent.parent}/include/python"],
            **more,
        }
        return path

    def put_broken(self, path: Path) -> Path:
        """As pyenv's shims: there, but not for this version."""
        write_program(path)
        self.says[str(path)] = "pyenv: python3.14: command not found"
        return path

    def answer(self, words: tuple[str, ...]) -> Answer | None:
        said = self.says.get(words[0])
        if said is None:
            return None
        return (127, said) if isinstance(said, str) else (0, json.dumps(said))


def test_the_path_first_and_shims_passed_over(tmp_path: Path) -> None:
    machine = Machine()
    machine.put_broken(tmp_path / "shims/python3.14")
    good = machine.put(tmp_path / "bin/python3.14", "3.14.2")
    machine.put(tmp_path / "home/.pyenv/versions/3.14.9/bin/python3.14", "3.14.9")
    environ = {"PATH": f"{tmp_path}/shims:{tmp_path}/bin", "HOME": f"{tmp_path}/home"}
    host, _, diary = make_host(tmp_path, machine.answer, environ=environ)
    found = interpreters.find_python("3.14", host)
    assert found.executable == good
    assert (found.version, found.source) == ("3.14.2", "PATH")
    assert found.include == tmp_path / "include/python"
    assert diary.said == [f"host interpreter: CPython 3.14.2 from PATH ({good})"]


def test_pyenvs_newest(tmp_path: Path) -> None:
    machine = Machine()
    for version in ("3.14.2", "3.14.10", "3.14.9"):
        machine.put(tmp_path / f"pyenv/versions/{version}/bin/python3.14", version)
    host, _, _ = make_host(tmp_path, machine.answer, environ={"PYENV_ROOT": f"{tmp_path}/pyenv"})
    found = interpreters.find_present_python("3.14", host)
    assert found is not None
    assert (found.version, found.source) == ("3.14.10", "pyenv")


@pytest.mark.parametrize(
    "unfit",
    [
        {"implementation": "pypy"},
        {"threaded": True},
        {"include": []},
        {"version": "3.13.1"},
        {"version": "3.1.4"},
    ],
)
def test_what_does_not_serve(unfit: dict[str, object], tmp_path: Path) -> None:
    machine = Machine()
    more = {"version": "3.14.2", **unfit}
    machine.put(tmp_path / "bin/python3.14", str(more.pop("version")), **more)
    host, _, _ = make_host(tmp_path, machine.answer)
    assert interpreters.find_present_python("3.14", host) is None


def test_uvs_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine()
    for version in ("3.14.2", "3.14.10", "3.14.9+freethreaded"):
        place = tmp_path / f"uv/cpython-{version}-linux-x86_64-gnu/bin/python3.14"
        machine.put(place, version.partition("+")[0], threaded="+" in version)
    machine.put(tmp_path / "uv/cpython-3.13.7-linux-x86_64-gnu/bin/python3.13", "3.13.7")
    uv = write_program(tmp_path / "tools/uv")
    monkeypatch.setattr(interpreters, "find_program", lambda _name, _host: uv)

    def answer(words: tuple[str, ...]) -> Answer | None:
        if words[0] == str(uv):
            assert words[1:] == ("--offline", "python", "dir")
            return 0, f"{tmp_path / 'uv'}\n"
        return machine.answer(words)

    host, _, _ = make_host(tmp_path, answer)
    found = interpreters.find_present_python("3.14", host)
    assert found is not None
    assert (found.version, found.source) == ("3.14.10", "uv")


@pytest.mark.parametrize("said", [(2, "error: unexpected argument"), (0, ""), (0, "/nowhere\n"), (0, "{}")])
def test_an_old_uv_is_no_obstacle(
    said: tuple[int, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uv = write_program(tmp_path / "tools/uv")
    monkeypatch.setattr(interpreters, "find_program", lambda _name, _host: uv)
    host, _, _ = make_host(tmp_path, lambda words: said if words[0] == str(uv) else None)
    assert interpreters.find_present_python("3.14", host) is None


def test_offline_says_how_to_get_one(tmp_path: Path) -> None:
    host, runner, _ = make_host(tmp_path, offline=True)
    with pytest.raises(OfflineError, match=r"CPython 3\.14 with its headers") as caught:
        interpreters.find_python("3.14", host)
    assert "uv python install 3.14" in caught.value.hint
    assert not runner.commands


def test_nobody_has_one(tmp_path: Path) -> None:
    host, _, _ = make_host(tmp_path)
    with pytest.raises(MissingError, match="none could be fetched") as caught:
        interpreters.find_python("3.14", host)
    assert caught.value.hint.splitlines() == [
        "uv python install 3.14",
        "or on Debian and Ubuntu: apt-get install python3.14-dev",
        "there is no uv to fetch an interpreter with",
        "Debian's archive cannot be used here: there is no 'apt-get'",
    ]


def test_uv_puts_it_into_the_cache_and_nothing_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine()
    uv = write_program(tmp_path / "tools/uv")
    monkeypatch.setattr(interpreters, "find_program", lambda _name, _host: uv)

    def answer(words: tuple[str, ...]) -> Answer | None:
        if words[0] == str(uv) and "install" in words:
            folder = words[words.index("--install-dir") + 1]
            write_program(Path(folder) / "cpython-3.14.2-linux/bin/python3.14")
            # What is in the entry once it is at its place.
            place = tmp_path / "cache/pythons/uv-3.14/cpython-3.14.2-linux/bin/python3.14"
            machine.says[str(place)] = facts
            return 0, ""
        return (0, "[]") if words[0] == str(uv) else machine.answer(words)

    facts = machine.says.pop(str(machine.put(tmp_path / "x/bin/python3.14", "3.14.2")))
    host, runner, _ = make_host(tmp_path, answer)
    found = interpreters.find_python("3.14", host)
    assert found.source == "uv"
    assert found.executable.is_relative_to(tmp_path / "cache/pythons/uv-3.14")
    (install,) = [command for command in runner.commands if "install" in command]
    assert "--no-bin" in install

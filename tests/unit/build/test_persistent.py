"""An environment that stays from one command to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from made_builds import made_build, made_target
from toolchain_fakes import make_host, write_program

from pyodide_abi.build import persistent
from pyodide_abi.build.environment import CrossEnvironment

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.build import Target
    from pyodide_abi.host import Host


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Where environments were made; each has variables of its own and one more folder on the PATH."""
    folders: list[Path] = []

    def make(target: Target, folder: Path, host: Host, **_: Any) -> CrossEnvironment:
        folders.append(folder)
        (folder / "remarks").touch()
        (folder / "drivers" / ".data" / "commands").mkdir(parents=True)
        own = {"CC": f"{folder}/drivers/cc", "PATH": f"{folder}/bin:{host.environ['PATH']}"}
        return CrossEnvironment(
            build=made_build(folder, target),
            environ={**host.environ, **own, "SOURCE_DATE_EPOCH": "1"},
            host_environ=dict(host.environ),
            variables={},
        )

    monkeypatch.setattr(persistent, "make_environment", make)
    monkeypatch.setattr(persistent, "install_requirements", lambda *_args, **_: None)
    return folders


def get(folder: Path, environ: dict[str, str], *requirements: str, **changes: Any) -> dict[str, str]:
    host, _, _ = make_host(folder, environ=environ)
    found = persistent.persistent_environment(
        made_target(folder, **changes), host, requirements=requirements, on_line=lambda _line: None
    )
    return found.environ(host, jobs=3)


def test_it_is_made_once_and_laid_over_whatever_the_caller_has(tmp_path: Path, made: list[Path]) -> None:
    first = get(tmp_path, {"LANG": "C", "CFLAGS": "-g"})
    second = get(tmp_path, {"LANG": "de", "PATH": "/another"})
    assert len(made) == 1
    assert first["CC"] == second["CC"] == f"{made[0]}/drivers/cc"
    assert (first["LANG"], second["LANG"]) == ("C", "de")
    assert "CFLAGS" not in first
    assert second["PATH"] == f"{made[0]}/bin:/another"
    assert second["MAKEFLAGS"] == "-j3"


def test_programs_that_come_to_the_path_later_are_refused_too(tmp_path: Path, made: list[Path]) -> None:
    folder = tmp_path / "bin"
    for name in ("spam-config", "eggs_config"):
        write_program(folder / name)
        get(tmp_path, {"PATH": str(folder)})
        assert (made[0] / "cross" / "refusing" / name).stat().st_mode & 0o111
    assert len(made) == 1


def test_the_caller_s_date_counts(tmp_path: Path, made: list[Path]) -> None:
    assert get(tmp_path, {"SOURCE_DATE_EPOCH": "7"})["SOURCE_DATE_EPOCH"] == "7"
    assert get(tmp_path, {})["SOURCE_DATE_EPOCH"] == "315532800"
    assert len(made) == 1


def test_what_it_is_made_from_decides_its_place(tmp_path: Path, made: list[Path]) -> None:
    get(tmp_path, {})
    get(tmp_path, {}, "cmake")
    get(tmp_path, {}, prefixes=(tmp_path / "out",))
    assert len(set(made)) == 3


def test_one_that_was_interrupted_is_made_anew(
    tmp_path: Path, made: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_args: Any, **_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(persistent, "install_requirements", interrupted)
        with pytest.raises(KeyboardInterrupt):
            get(tmp_path, {})
    (made[0] / "half").touch()
    get(tmp_path, {})
    assert made[0] == made[1]
    assert not (made[0] / "half").exists()

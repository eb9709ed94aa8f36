"""What a build lacks is made, once, and it is built again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fake_host import FakeRunner, completed, make_host
from made_builds import made_target

from pyodide_abi.build import BuildRequest
from pyodide_abi.build.logs import advice
from pyodide_abi.errors import BuildFailedError
from pyodide_abi.libraries import Catalogue, building
from pyodide_abi.values import replace

if TYPE_CHECKING:
    from pathlib import Path


class Builds:
    """Builds that lack what they are told, one after another, and libraries that are folders."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, *causes: str) -> None:
        self.folder = folder
        self.causes = list(causes)
        self.prefixes: list[tuple[str, ...]] = []
        monkeypatch.setattr(building, "build_wheel", self.build)
        monkeypatch.setattr(building, "make_libraries", self.make_libraries)

    def build(self, request: BuildRequest, _host: object) -> str:
        self.prefixes.append(tuple(prefix.name for prefix in request.target.prefixes))
        if self.causes:
            raise BuildFailedError("it failed", hint="the log", cause=self.causes.pop(0))
        return "built"

    def make_libraries(self, names: list[str], *_more: object, **_words: object) -> list[Any]:
        return [type("Made", (), {"prefix": self.folder / name, "needs": ()}) for name in names]

    def run(self, *given: str, made: bool = True) -> object:
        host = make_host(self.folder, FakeRunner(lambda words, _cwd: completed(words)))
        request = BuildRequest(source=self.folder, target=made_target(self.folder), outdir=self.folder)
        libraries = building.Libraries(catalogue=Catalogue.read, host=host)
        return building.build_with_libraries(request, libraries, given=given, made=made)


def test_what_a_build_lacks_is_made_and_it_is_built_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    builds = Builds(
        tmp_path, monkeypatch, "a.c:1: fatal error: 'ffi.h' file not found", "Dependency yaml-0.1 not found"
    )
    assert builds.run() == ("built", ("libffi", "libyaml"))
    assert builds.prefixes == [(), ("libffi",), ("libffi", "libyaml")]


def test_of_two_libraries_that_are_named_together_both_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "Error: Please make sure the libyaml and libffi development packages are installed."
    builds = Builds(tmp_path, monkeypatch, said, said)
    assert builds.run() == ("built", ("libyaml", "libffi"))
    assert builds.prefixes == [(), ("libyaml",), ("libyaml", "libffi")]


@pytest.mark.parametrize(
    ("causes", "given", "times"),
    [
        # It was made, and is still not found.
        (["fatal error: 'ffi.h' file not found"] * 3, (), 2),
        # It was named, and is not found.
        (["fatal error: 'ffi.h' file not found"], ("libffi",), 1),
        (["fatal error: 'xyzzy.h' file not found"], (), 1),
        (["error: expected ';'"], (), 1),
    ],
)
def test_there_is_an_end(
    causes: list[str], given: tuple[str, ...], times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    builds = Builds(tmp_path, monkeypatch, *causes)
    with pytest.raises(BuildFailedError, match="it failed"):
        builds.run(*given)
    assert len(builds.prefixes) == times


def test_switched_off_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    builds = Builds(tmp_path, monkeypatch, "fatal error: 'ffi.h' file not found")
    with pytest.raises(BuildFailedError) as caught:
        builds.run(made=False)
    assert caught.value.hint == "'--library libffi' makes and uses libffi\nthe log"
    assert builds.prefixes == [()]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("spam/a.h", "spam/a.h is there, in {place}/include/spam-2, which the project has to name"),
        ("spam/b.h", ""),
        ("plain.h", ""),
        ("/spam/b.h", ""),
    ],
)
def test_a_header_in_a_folder_that_the_project_does_not_search(
    header: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "prefix"
    (place / "include" / "spam-2" / "spam").mkdir(parents=True)
    (place / "include" / "spam-2" / "spam" / "a.h").touch()
    (place / "include" / "plain.h").touch()
    cause = f"x.c:1: fatal error: '{header}' file not found"
    host = make_host(tmp_path, FakeRunner(lambda words, _cwd: completed(words)))
    target = replace(made_target(tmp_path), prefixes=(place,))
    request = BuildRequest(source=tmp_path, target=target, outdir=tmp_path)
    libraries = building.Libraries(catalogue=Catalogue.read, host=host)
    hint = f"{advice(cause)}\nthe log"

    def fail(_request: BuildRequest, _host: object) -> None:
        raise BuildFailedError("it failed", hint=hint, cause=cause)

    monkeypatch.setattr(building, "build_wheel", fail)
    with pytest.raises(BuildFailedError) as caught:
        building.build_with_libraries(request, libraries)
    assert caught.value.hint is not None
    if not said:
        assert caught.value.hint == hint
        return
    assert caught.value.hint.startswith(said.format(place=place))
    assert "or as /usr/include/spam-2," in caught.value.hint
    assert advice(cause) not in caught.value.hint
    assert caught.value.hint.endswith("\nthe log")

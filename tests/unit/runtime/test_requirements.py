from __future__ import annotations

import json
from typing import TYPE_CHECKING, NoReturn

import pytest
from fake_host import FakeRunner, completed, make_host
from made_wheels import make_wheel

from pyodide_abi.errors import MissingError, UsageError
from pyodide_abi.platforms import load_platform
from pyodide_abi.runtime import package_index
from pyodide_abi.runtime.package_index import Sources
from pyodide_abi.runtime.release_packages import fetch_packages
from pyodide_abi.runtime.requirements import choose_wheels

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.runtime.package_index import Listed
    from pyodide_abi.runtime.requirements import Chosen

PLATFORM = load_platform("2025_0")
RUNTIME = PLATFORM.runtimes[-1]
TAG = "cp313-cp313-pyodide_2025_0_wasm32"


def names(chosen: Chosen) -> list[str]:
    return [path.name.split("-py")[0].split("-cp")[0] for path in chosen.wheels]


def test_what_a_wheel_needs_is_found(tmp_path: Path) -> None:
    main = make_wheel(tmp_path, f"main-1-{TAG}.whl", {}, requires=["First >= 2", "third; extra == 'tests'"])
    make_wheel(tmp_path / "links", "first-1.0-py3-none-any.whl", {})
    make_wheel(tmp_path / "links", "first-2.0-py3-none-any.whl", {}, requires=["second"])
    make_wheel(tmp_path / "links", f"second-1-{TAG}.whl", {}, requires=["main"])
    assert names(choose_wheels([main], [tmp_path / "links"], runtime=RUNTIME)) == [
        "main-1",
        "first-2.0",
        "second-1",
    ]


def test_nothing_is_followed_without_dependencies(tmp_path: Path) -> None:
    main = make_wheel(tmp_path, f"main-1-{TAG}.whl", {}, requires=["absent"])
    assert choose_wheels([main], [], runtime=RUNTIME, dependencies=False).wheels == (main,)


@pytest.mark.parametrize(
    ("marker", "followed"),
    [
        ("sys_platform == 'emscripten'", True),
        ("sys_platform == 'linux'", False),
        ("platform_machine == 'wasm32'", True),
        ("platform_system == 'Emscripten'", True),
        ("python_version >= '3.14'", False),
        ("python_full_version >= '3.13'", True),
        ("os_name == 'posix'", True),
        ("extra == 'tests'", False),
    ],
)
def test_markers_are_the_runtime_s(tmp_path: Path, marker: str, followed: bool) -> None:
    main = make_wheel(tmp_path, f"main-1-{TAG}.whl", {}, requires=[f"other; {marker}"])
    make_wheel(tmp_path, "other-1-py3-none-any.whl", {})
    chosen = names(choose_wheels([main], [tmp_path], runtime=RUNTIME))
    assert chosen == (["main-1", "other-1"] if followed else ["main-1"])


def test_extras_are_followed(tmp_path: Path) -> None:
    make_wheel(tmp_path, "main-1-py3-none-any.whl", {}, requires=["other; extra == 'tests'"])
    make_wheel(tmp_path, "other-1-py3-none-any.whl", {})
    assert names(choose_wheels(["main[tests]"], [tmp_path], runtime=RUNTIME)) == ["main-1", "other-1"]


def test_the_best_tag_of_the_newest_version_wins(tmp_path: Path) -> None:
    make_wheel(tmp_path, "main-2-py3-none-any.whl", {})
    best = make_wheel(tmp_path, f"main-2-{TAG}.whl", {})
    make_wheel(tmp_path, "main-2-cp312-abi3-pyemscripten_2025_0_wasm32.whl", {})
    make_wheel(tmp_path, "main-1-py3-none-any.whl", {})
    make_wheel(tmp_path, "main-3-cp313-cp313-manylinux_2_17_x86_64.whl", {})
    assert choose_wheels(["main"], [tmp_path], runtime=RUNTIME).wheels == (best,)


def test_a_prerelease_only_when_asked_for(tmp_path: Path) -> None:
    make_wheel(tmp_path, "main-1-py3-none-any.whl", {})
    make_wheel(tmp_path, "main-2rc1-py3-none-any.whl", {})
    assert names(choose_wheels(["main"], [tmp_path], runtime=RUNTIME)) == ["main-1"]
    assert names(choose_wheels(["main>=2rc1"], [tmp_path], runtime=RUNTIME)) == ["main-2rc1"]


def test_what_is_missing_says_who_needs_it_and_what_there_is(tmp_path: Path) -> None:
    main = make_wheel(tmp_path, f"main-1-{TAG}.whl", {}, requires=["other>=2"])
    make_wheel(tmp_path, "other-1-py3-none-any.whl", {})
    with pytest.raises(MissingError, match=r"main-1-.*needs 'other>=2'.*other-1-py3") as caught:
        choose_wheels([main], [tmp_path], runtime=RUNTIME)
    assert "--find-links" in caught.value.hint


def test_a_contradiction_is_said(tmp_path: Path) -> None:
    make_wheel(tmp_path, "a-1-py3-none-any.whl", {}, requires=["c"])
    make_wheel(tmp_path, "b-1-py3-none-any.whl", {}, requires=["c<2"])
    make_wheel(tmp_path, "c-1-py3-none-any.whl", {})
    make_wheel(tmp_path, "c-2-py3-none-any.whl", {})
    with pytest.raises(UsageError, match=r"b-1-.*needs 'c<2', but c-2-.* was chosen"):
        choose_wheels(["a", "b"], [tmp_path], runtime=RUNTIME)
    assert names(choose_wheels(["c<2", "a", "b"], [tmp_path], runtime=RUNTIME)) == ["c-1", "a-1", "b-1"]


def test_a_named_wheel_of_another_platform_is_refused(tmp_path: Path) -> None:
    main = make_wheel(tmp_path, "main-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl", {})
    with pytest.raises(UsageError, match=r"is not for the runtime 0\.29"):
        choose_wheels([main], [], runtime=RUNTIME)


def test_nonsense_is_refused() -> None:
    with pytest.raises(UsageError, match="neither a wheel nor a requirement"):
        choose_wheels(["not a requirement!"], [], runtime=RUNTIME)


LOCK = {
    "NumPy": {
        "name": "NumPy",
        "version": "2.2.5",
        "file_name": "numpy.whl",
        "sha256": "1" * 64,
        "depends": [],
    },
    "scipy": {
        "name": "scipy",
        "version": "1.14.1",
        "file_name": "scipy.whl",
        "sha256": "2" * 64,
        "depends": ["numpy", "openblas"],
    },
    "openblas": {
        "name": "openblas",
        "version": "0.3.26",
        "file_name": "openblas.zip",
        "sha256": "3" * 64,
        "depends": [],
    },
}


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, object]]:
    """What the index says of the wheels of a project."""
    files: dict[str, dict[str, object]] = {}

    def page(address: str, _host: object, *, accept: str) -> object:
        assert "json" in accept
        name = address.rstrip("/").rpartition("/")[2]
        found = [
            {"filename": file, "url": file, "hashes": {"sha256": "0" * 64}, **more}
            for file, more in files.items()
            if file.startswith(f"{name}-")
        ]
        return {"files": found}

    def fetched(self: Sources, listed: Listed) -> Path:
        return make_wheel(self.host.store.root, listed.name, {})

    monkeypatch.setattr(package_index, "get_json", page)
    monkeypatch.setattr(Sources, "file", fetched)
    return files


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    (tmp_path / "release").mkdir()
    (tmp_path / "release" / "pyodide-lock.json").write_text(json.dumps({"packages": LOCK}), "utf-8")
    host = make_host(tmp_path, FakeRunner(lambda words, _cwd: completed(words)))
    return Sources(
        wheel=None, folders=(), releases={RUNTIME.version: tmp_path / "release"}, index=None, host=host
    )


class TestPackagesOfTheRelease:
    def test_they_come_with_all_that_they_need(self, sources: Sources) -> None:
        chosen = choose_wheels(["SciPy"], [], runtime=RUNTIME, sources=sources)
        assert (chosen.wheels, chosen.packages) == ((), ("scipy", "NumPy", "openblas"))

    def test_a_wheel_s_need_is_met_by_them(self, tmp_path: Path, sources: Sources) -> None:
        main = make_wheel(tmp_path, f"main-1-{TAG}.whl", {}, requires=["numpy>=2"])
        chosen = choose_wheels([main], [], runtime=RUNTIME, sources=sources)
        assert (chosen.wheels, chosen.packages) == ((main,), ("NumPy",))

    def test_folders_come_first(self, tmp_path: Path, sources: Sources) -> None:
        own = make_wheel(tmp_path, f"numpy-2.3-{TAG}.whl", {})
        chosen = choose_wheels(["numpy"], [tmp_path], runtime=RUNTIME, sources=sources)
        assert (chosen.wheels, chosen.packages) == ((own,), ())

    def test_a_wheel_in_place_of_what_a_package_loads(self, tmp_path: Path, sources: Sources) -> None:
        make_wheel(tmp_path, f"numpy-2.3-{TAG}.whl", {})
        with pytest.raises(UsageError, match=r"scipy 1\.14\.1 of the release loads NumPy 2\.2\.5"):
            choose_wheels(["numpy", "scipy"], [tmp_path], runtime=RUNTIME, sources=sources)

    def test_another_version_is_the_index_s(
        self, sources: Sources, index: dict[str, dict[str, object]]
    ) -> None:
        with pytest.raises(MissingError, match=r"there is NumPy 2\.2\.5 of the release; the index has none"):
            choose_wheels(["numpy>=3"], [], runtime=RUNTIME, sources=sources)
        index[f"numpy-3.1-{TAG}.whl"] = {}
        chosen = choose_wheels(["numpy>=3"], [], runtime=RUNTIME, sources=sources)
        assert (names(chosen), chosen.packages) == (["numpy-3.1"], ())

    def test_of_the_index_only_what_fits(self, sources: Sources, index: dict[str, dict[str, object]]) -> None:
        index |= {
            "attrs-25-py3-none-any.whl": {},
            "attrs-26-py3-none-any.whl": {"requires-python": ">=3.99"},
            "attrs-27-py3-none-any.whl": {"yanked": "broken"},
            "attrs-28-cp313-cp313-manylinux_2_17_x86_64.whl": {},
            "attrs-nonsense.whl": {},
        }
        assert names(choose_wheels(["attrs"], [], runtime=RUNTIME, sources=sources)) == ["attrs-25"]

    def test_what_cannot_be_fetched_is_named(self, sources: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_args: object) -> NoReturn:
            raise MissingError("nobody answers")

        monkeypatch.setattr(Sources, "locked_file", fail)
        with pytest.raises(
            MissingError, match=r"NumPy 2\.2\.5, a package of the release .* cannot be"
        ) as caught:
            fetch_packages(["NumPy"], RUNTIME, sources)
        assert caught.value.details == ("nobody answers",)
        assert "numpy.whl" in caught.value.hint

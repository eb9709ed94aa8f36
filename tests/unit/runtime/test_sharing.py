"""Which modules share an interpreter, and what is believed of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fake_node import BOOTED, DONE, entered, imported, left, make_node_host, prepared
from made_wheels import make_wheel

from pyodide_abi.platforms import load_platform
from pyodide_abi.runtime.account import Outcome
from pyodide_abi.runtime.attempts import Attempt
from pyodide_abi.runtime.sharing import divided, families
from pyodide_abi.runtime.verify import verify_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.runtime.verify import Loaded

RUNTIME = load_platform("314_0").runtimes[0]
SUFFIX = ".cpython-314-wasm32-emscripten.so"


def attempts(*modules: str) -> list[Attempt]:
    return [Attempt(module=name, path=f"{name.replace('.', '/')}{SUFFIX}") for name in modules]


def names(groups: list[list[Attempt]]) -> list[list[str]]:
    return [[attempt.module or attempt.path for attempt in group] for group in groups]


def test_modules_of_one_package_are_together_and_libraries_alone() -> None:
    library = [Attempt(module="", path="a/lib.so"), Attempt(module="", path="a/lib2.so")]
    found = families([*attempts("a.x", "a.b.x", "a.y", "top", "other"), *library])
    assert names(found) == [["a.x", "a.y"], ["a.b.x"], ["top", "other"], ["a/lib.so"], ["a/lib2.so"]]


def test_families_are_spread_and_not_torn() -> None:
    found = divided(attempts("a.x", "b.x", "a.y", "c.x", "a.z"), 2)
    assert sorted(names(found)) == [["a.x", "a.y", "a.z"], ["b.x", "c.x"]]
    assert divided([], 3) == [[]]


class Runtime:
    """Modules of one package; some fail where others have been before, or are said to have done so."""

    def __init__(self, tmp_path: Path, *, behind: dict[str, list[Any]]) -> None:
        self.behind = behind
        self.seen: list[list[str]] = []
        files = {f"pkg/{name}{SUFFIX}": b"\0asm" for name in ("a", "b", "c")}
        wheel = make_wheel(tmp_path, "pkg-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl", dict(files))
        host = make_node_host(tmp_path, self.driver, [RUNTIME.version])
        self.results = {
            result.module.removeprefix("pkg."): result
            for result in verify_wheel(wheel, [RUNTIME], host).results
        }

    def driver(self, request: dict[str, Any]) -> list[Any]:
        name = request["probe"]["module"].removeprefix("pkg.")
        first = request["probe"] == request["probes"][0]
        if first:
            self.seen.append([])
        self.seen[-1].append(name)
        place = f"/site/{request['probe']['path']}"
        steps = [entered(place), left(place)] * 2
        if not first and name in self.behind:
            return [prepared(place), *self.behind[name]]
        return [*([BOOTED] if first else []), prepared(place), *steps, imported(place), DONE]


def check(result: Loaded) -> None:
    assert (result.outcome, result.message, result.package) == (Outcome.LOADED, "", "")


def test_what_goes_well_is_believed(tmp_path: Path) -> None:
    runtime = Runtime(tmp_path, behind={})
    assert runtime.seen == [["a", "b", "c"]]
    for result in runtime.results.values():
        check(result)


def test_what_does_not_is_asked_again_where_it_is_the_first(tmp_path: Path) -> None:
    place = f"/site/pkg/b{SUFFIX}"
    fails = [entered(place), left(place, "ImportError", "spoilt", own=True), imported(place, "spoilt"), DONE]
    other = f"/site/pkg/a{SUFFIX}"
    steps = [entered(place), entered(other), left(other), left(place), entered(place), left(place)]
    found = [*steps, imported(place), DONE]
    dies = [entered(place), {"kind": "died", "text": "trap"}, 134]
    silent: list[Any] = [imported(place), DONE]
    cases: list[list[Any]] = [fails, found, dies, silent]
    for number, told in enumerate(cases):
        (tmp_path / str(number)).mkdir()
        runtime = Runtime(tmp_path / str(number), behind={"b": told})
        assert runtime.seen[0][:2] == ["a", "b"]
        assert runtime.seen[1] == ["b", "c"]
        for result in runtime.results.values():
            check(result)


def test_a_package_that_fails_does_so_for_all_of_its_modules(tmp_path: Path) -> None:
    asked = []

    def driver(request: dict[str, Any]) -> list[Any]:
        probe = request["probe"]
        asked.append((probe["module"], probe["direct"]))
        place = f"/site/{probe['path']}"
        if not probe["direct"]:
            return [BOOTED, imported(place, "ModuleNotFoundError: No module named 'numpy'", "numpy"), DONE]
        return [prepared(place), *[entered(place), left(place)] * 2, imported(place), DONE]

    files = {f"pkg/{name}{SUFFIX}": b"\0asm" for name in ("one", "two")}
    wheel = make_wheel(tmp_path, "pkg-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl", dict(files))
    results = verify_wheel(wheel, [RUNTIME], make_node_host(tmp_path, driver, [RUNTIME.version])).results
    assert {(result.outcome, result.package) for result in results} == {
        (Outcome.LOADED, "ModuleNotFoundError: No module named 'numpy'")
    }
    assert [direct for _, direct in asked].count(True) == 2

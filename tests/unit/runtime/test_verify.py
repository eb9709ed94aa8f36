"""What is concluded from what the driver tells; the driver itself is proved in the integration tests."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from fake_node import BOOTED, DONE, entered, imported, left, make_node_host, prepared
from made_wheels import make_wheel
from rich.console import Console

from pyodide_abi.errors import FailedError
from pyodide_abi.platforms import load_platform
from pyodide_abi.platforms.model import Learned
from pyodide_abi.report.verify import verification_to_data, write_verification
from pyodide_abi.runtime.account import Outcome
from pyodide_abi.runtime.browser import Browser
from pyodide_abi.runtime.find_engine import Engines
from pyodide_abi.runtime.node import find_node
from pyodide_abi.runtime.verify import runtimes_for, verify_wheel
from pyodide_abi.values import replace

if TYPE_CHECKING:
    from pathlib import Path

    from fake_node import Driver

    from pyodide_abi.runtime.verify import Loaded

RUNTIME = load_platform("314_0").runtimes[0]
SUFFIX = ".cpython-314-wasm32-emscripten.so"
SITE = "/lib/python3.14/site-packages"
ONE = f"{SITE}/pkg/one{SUFFIX}"
TWO = f"{SITE}/pkg/two{SUFFIX}"
FINE = [prepared(ONE), entered(ONE), left(ONE), entered(ONE), left(ONE), imported(ONE), DONE]
LOADER = "could not load dynamic lib: x\nLinkError: no"


def verify(tmp_path: Path, driver: Driver, *modules: str) -> tuple[Loaded, ...]:
    files = {f"pkg/{name}{SUFFIX}": b"\0asm" for name in modules or ("one",)}
    wheel = make_wheel(tmp_path, "pkg-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl", dict(files))
    host = make_node_host(tmp_path, driver, [RUNTIME.version])
    return verify_wheel(wheel, [RUNTIME], host, jobs=2).results


def told(plain: list[Any], direct: list[Any] | None = None) -> Driver:
    """The same for every module; a second interpreter where none is expected is a failure."""

    def driver(request: dict[str, Any]) -> list[Any]:
        if not request["probe"]["direct"]:
            return [BOOTED, *plain]
        assert direct is not None, "the first interpreter had told enough"
        return [BOOTED, *direct]

    return driver


def test_loaded(tmp_path: Path) -> None:
    (result,) = verify(tmp_path, told(FINE))
    assert (result.module, result.path) == ("pkg.one", f"pkg/one{SUFFIX}")
    assert (result.outcome, result.message, result.package) == (Outcome.LOADED, "", "")


NO_INIT = "dynamic module does not define module export function (PyInit_one)"


@pytest.mark.parametrize(
    ("how", "outcome", "message"),
    [
        (left(ONE, "ImportError", LOADER, own=True), Outcome.REFUSED, LOADER),
        (left(ONE, "ImportError", NO_INIT, own=True), Outcome.NO_INIT, NO_INIT),
        (left(ONE, "ImportError", "need numpy"), Outcome.RAISED, "ImportError: need numpy"),
        (left(ONE, "SystemError", "not a module"), Outcome.RAISED, "SystemError: not a module"),
        (left(ONE, "SystemExit", "3"), Outcome.RAISED, "SystemExit: 3"),
    ],
)
def test_failures_of_the_module_itself(
    tmp_path: Path, how: dict[str, Any], outcome: Outcome, message: str
) -> None:
    plain = [entered(ONE), how, imported(ONE, "as told"), DONE]
    (result,) = verify(tmp_path, told(plain))
    assert (result.outcome, result.message, result.package) == (outcome, message, "")


def test_the_first_failure_counts_where_a_package_tries_again(tmp_path: Path) -> None:
    plain = [entered(ONE), left(ONE, "ImportError", LOADER, own=True)]
    plain += [entered(ONE), left(ONE, "ImportError", NO_INIT, own=True), imported(ONE, NO_INIT), DONE]
    (result,) = verify(tmp_path, told(plain))
    assert (result.outcome, result.message) == (Outcome.REFUSED, LOADER)


def test_killed(tmp_path: Path) -> None:
    (result,) = verify(
        tmp_path, told([entered(ONE), {"kind": "died", "text": "RuntimeError: unreachable"}, 134])
    )
    assert (result.outcome, result.message) == (Outcome.KILLED, "RuntimeError: unreachable")


def test_killed_without_a_word(tmp_path: Path) -> None:
    (result,) = verify(tmp_path, told([entered(ONE), -9]))
    assert (result.outcome, result.message) == (Outcome.KILLED, "node 24.1.0 ended by signal 9")


def test_one_that_exits_is_not_one_that_loads(tmp_path: Path) -> None:
    (result,) = verify(tmp_path, told([entered(ONE), 0]))
    assert (result.outcome, result.message) == (Outcome.KILLED, "node 24.1.0 ended with status 0")


def test_a_package_that_fails_first(tmp_path: Path) -> None:
    missing = "ModuleNotFoundError: No module named 'numpy'"
    (result,) = verify(tmp_path, told([imported(ONE, missing, "numpy"), DONE], FINE))
    assert (result.outcome, result.message, result.package) == (Outcome.LOADED, "", missing)


def test_a_package_that_fails_afterwards(tmp_path: Path) -> None:
    (result,) = verify(tmp_path, told([*FINE[:5], imported(ONE, "ValueError: late"), DONE]))
    assert (result.outcome, result.message, result.package) == (Outcome.RAISED, "ValueError: late", "")


def test_a_package_that_wants_a_name_that_the_module_has_not(tmp_path: Path) -> None:
    error = "ImportError: cannot import name 'f' from 'pkg.one'"
    (result,) = verify(tmp_path, told([*FINE[:5], imported(ONE, error), DONE]))
    assert (result.outcome, result.message) == (Outcome.RAISED, error)


def test_a_module_whose_start_needs_a_distribution(tmp_path: Path) -> None:
    error = "ModuleNotFoundError: No module named 'mypy_extensions'"
    plain = [entered(ONE), left(ONE), entered(ONE), left(ONE, "ModuleNotFoundError", "No module named 'm'")]
    (result,) = verify(tmp_path, told([*plain, imported(ONE, error, "mypy_extensions"), DONE]))
    assert result.outcome is Outcome.NEEDS
    assert result.message == "needs mypy_extensions, which verify installs only with --as-installed"
    (result,) = verify(tmp_path, told([*plain, imported(ONE, error, "_multiprocessing"), DONE]))
    assert result.outcome is Outcome.RAISED, "the platform has no such module, and nobody installs it"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("numpy._core.multiarray failed to import", Outcome.NEEDS),
        ("numpy.core.umath failed to import", Outcome.NEEDS),
        ("numpy.core.multiarray failed to import (auto-generated because you didn't call …)", Outcome.NEEDS),
        ("numpy.core.umath failed to import (auto-generated by @cython.ufunc).", Outcome.NEEDS),
        ('PyCapsule_Import could not import module "spam"', Outcome.NEEDS),
        # Of the wheel itself, of CPython's library, and another error.
        ("pkg.two failed to import", Outcome.RAISED),
        ('PyCapsule_Import could not import module "datetime"', Outcome.RAISED),
        ("numpy._core.multiarray failed to import because of an old ABI", Outcome.RAISED),
    ],
)
def test_a_distribution_that_code_in_c_asks_for(text: str, outcome: Outcome, tmp_path: Path) -> None:
    plain = [entered(ONE), left(ONE), entered(ONE), left(ONE, "ImportError", text)]
    (result,) = verify(tmp_path, told([*plain, imported(ONE, f"ImportError: {text}"), DONE]))
    assert result.outcome is outcome


def test_a_package_that_kills(tmp_path: Path) -> None:
    (result,) = verify(tmp_path, told([{"kind": "died", "text": "trap"}, 134], FINE))
    assert (result.outcome, result.message) == (Outcome.KILLED, "trap")


LIBRARY = f"{SITE}/pkg/libone.so"


def opened(tmp_path: Path, plain: list[Any], direct: list[Any] | None = None) -> Loaded:
    asked = []

    def driver(request: dict[str, Any]) -> list[Any]:
        asked.append((request["probe"]["module"], request["probe"]["packages"]))
        if not request["probe"]["direct"]:
            return [BOOTED, *plain]
        assert direct is not None, "the first interpreter had told enough"
        return [BOOTED, *direct]

    files = {"pkg/__init__.py": b"", "pkg/libone.so": b"\0asm"}
    wheel = make_wheel(tmp_path, "pkg-1-py3-none-pyemscripten_2026_0_wasm32.whl", dict(files))
    (result,) = verify_wheel(wheel, [RUNTIME], make_node_host(tmp_path, driver, [RUNTIME.version])).results
    once = list(dict.fromkeys(map(str, asked)))
    assert once == ["('', ['pkg'])", "('', [])"][: len(once)], "the package goes first, then the file alone"
    assert (result.module, result.path) == ("", "pkg/libone.so")
    return result


def test_a_library_is_opened(tmp_path: Path) -> None:
    result = opened(tmp_path, [entered(LIBRARY), left(LIBRARY), imported(LIBRARY), DONE])
    assert (result.outcome, result.message, result.package) == (Outcome.LOADED, "", "")


def test_a_library_that_does_not_open(tmp_path: Path) -> None:
    plain = [entered(LIBRARY), left(LIBRARY, "OSError", LOADER, own=True), imported(LIBRARY), DONE]
    result = opened(tmp_path, plain)
    assert (result.outcome, result.message) == (Outcome.REFUSED, f"OSError: {LOADER}")


def test_a_library_whose_package_fails(tmp_path: Path) -> None:
    fine = [entered(LIBRARY), left(LIBRARY)]
    result = opened(tmp_path, [*fine, imported(LIBRARY, "ValueError: no"), DONE])
    assert (result.outcome, result.message) == (Outcome.RAISED, "ValueError: no")
    result = opened(tmp_path, [*fine, imported(LIBRARY, "ModuleNotFoundError: n", "numpy"), DONE])
    assert (result.outcome, result.package) == (Outcome.LOADED, "ModuleNotFoundError: n")
    died = [{"kind": "died", "text": "trap"}, 134]
    result = opened(tmp_path, died, [*fine, imported(LIBRARY), DONE])
    assert (result.outcome, result.message) == (Outcome.KILLED, "trap")


def test_a_library_that_a_module_needs_is_loaded_by_it(tmp_path: Path) -> None:
    files = {f"pkg/one{SUFFIX}": b"\0asm libtwo.so", "pkg.libs/libtwo.so": b"\0asm"}
    wheel = make_wheel(tmp_path, "pkg-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl", dict(files))
    host = make_node_host(tmp_path, told(FINE), [RUNTIME.version])
    done = verify_wheel(wheel, [RUNTIME], host)
    assert [result.path for result in done.results] == [f"pkg/one{SUFFIX}"]
    assert done.untried == ("pkg.libs/libtwo.so",)


def test_a_file_that_the_interpreter_does_not_look_for(tmp_path: Path) -> None:
    plain = [imported(ONE, "ModuleNotFoundError: No module named 'pkg.one'", "pkg.one"), DONE]
    refused = [entered(ONE), left(ONE, "ImportError", LOADER, own=True), imported(ONE, "x"), DONE]
    (result,) = verify(tmp_path, told(plain, refused))
    assert (result.outcome, result.message) == (Outcome.REFUSED, LOADER)
    (result,) = verify(tmp_path, told(plain, FINE))
    assert (result.outcome, result.message) == (
        Outcome.REFUSED,
        "ModuleNotFoundError: No module named 'pkg.one'",
    )


def test_another_module_that_fails_first_is_not_held_against_this_one(tmp_path: Path) -> None:
    spoilt = [entered(TWO), left(TWO, "ImportError", "two", own=True)]
    plain = [*spoilt, entered(ONE), left(ONE, "ImportError", "two again", own=True), imported(ONE, "e"), DONE]
    (result,) = verify(tmp_path, told(plain, FINE))
    assert (result.outcome, result.package) == (Outcome.LOADED, "e")


def test_another_module_that_kills_is_not_held_against_this_one(tmp_path: Path) -> None:
    (result,) = verify(tmp_path, told([entered(TWO), {"kind": "died", "text": "trap"}, 134], FINE))
    assert (result.outcome, result.package) == (Outcome.LOADED, "trap")


def test_a_module_that_imports_a_bad_one_has_raised(tmp_path: Path) -> None:
    plain = [entered(ONE), entered(TWO), left(TWO, "ImportError", LOADER, own=True)]
    plain += [left(ONE, "ImportError", LOADER), imported(ONE, "x"), DONE]
    (result,) = verify(tmp_path, told(plain))
    assert (result.outcome, result.message) == (Outcome.RAISED, f"ImportError: {LOADER}")


def test_a_release_that_does_not_start_is_no_fault_of_a_module(tmp_path: Path) -> None:
    def driver(_request: dict[str, Any]) -> list[Any]:
        return [{"kind": "died", "text": "SyntaxError"}, 134]

    with pytest.raises(FailedError, match=r"the release 314\.0\.0 does not start in .*node: SyntaxError"):
        verify(tmp_path, driver)


def test_a_crash_hides_no_other_module(tmp_path: Path) -> None:
    def driver(request: dict[str, Any]) -> list[Any]:
        name = request["probe"]["module"].rpartition(".")[2]
        place = f"{SITE}/pkg/{name}{SUFFIX}"
        if name == "two":
            return [BOOTED, prepared(place), entered(place), 134]
        steps = [entered(place), left(place)]
        return [BOOTED, prepared(place), *steps, *steps, imported(place), DONE]

    results = verify(tmp_path, driver, "one", "two", "three")
    assert {result.module: result.outcome for result in results} == {
        "pkg.one": Outcome.LOADED,
        "pkg.two": Outcome.KILLED,
        "pkg.three": Outcome.LOADED,
    }


def test_a_pure_wheel_starts_nothing(tmp_path: Path) -> None:
    def driver(_request: dict[str, Any]) -> list[Any]:
        pytest.fail("there is nothing to load")

    wheel = make_wheel(tmp_path, "pkg-1-py3-none-any.whl", {"pkg.py": ""})
    done = verify_wheel(wheel, [RUNTIME], make_node_host(tmp_path, driver, []))
    assert (done.results, done.ok) == ((), True)


def test_releases_of_a_wheel(tmp_path: Path) -> None:
    mine = make_wheel(
        tmp_path, "a-1-cp313-cp313-pyodide_2025_0_wasm32.pyemscripten_2025_0_wasm32.whl", {"a.py": ""}
    )
    assert runtimes_for(mine) == load_platform("2025_0").runtimes
    assert runtimes_for(make_wheel(tmp_path, "a-1-py3-none-any.whl", {"a.py": ""})) == ()


def test_loads_that_take_too_long_together_end_in_one_error(tmp_path: Path) -> None:
    wheel = make_wheel(
        tmp_path, "pkg-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl", {f"pkg/one{SUFFIX}": b""}
    )
    host = make_node_host(tmp_path, told(FINE), [RUNTIME.version])
    with pytest.raises(FailedError, match="not all was done within -1 seconds") as caught:
        verify_wheel(wheel, [RUNTIME], host, limit=-1)
    assert "--limit" in caught.value.hint


def test_what_is_not_known_of_a_learned_release_is_told(tmp_path: Path) -> None:
    learned = Learned(
        origin="npm",
        digest="sha512-x",
        files=(),
        loader=None,
        installer=None,
        caveats=("its loader is none that is known",),
    )
    runtime = replace(RUNTIME, release=replace(RUNTIME.release, learned=learned))
    files: dict[str, str | bytes] = {f"pkg/one{SUFFIX}": b"\0asm"}
    wheel = make_wheel(tmp_path, "pkg-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl", files)
    host = make_node_host(tmp_path, told(FINE), [RUNTIME.version])
    done = verify_wheel(wheel, [runtime, RUNTIME], host)
    assert done.caveats == {RUNTIME.version: ("its loader is none that is known",)}
    assert verification_to_data(done)["caveats"] == {RUNTIME.version: ["its loader is none that is known"]}
    said = Console(file=StringIO(), width=200)
    write_verification(done, said)
    assert isinstance(said.file, StringIO)
    assert f"caveat, {RUNTIME.version}: its loader is none that is known" in said.file.getvalue()
    assert not verify_wheel(wheel, [RUNTIME], host).caveats


def test_an_engine_in_which_a_release_does_not_start_is_a_gap(tmp_path: Path) -> None:
    """Another engine's results are kept: the wheel is not at fault, and not good either."""
    files: dict[str, str | bytes] = {f"pkg/one{SUFFIX}": b"\0asm"}
    wheel = make_wheel(tmp_path, "pkg-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl", files)
    host = make_node_host(tmp_path, told(FINE), [RUNTIME.version])
    silent = Browser(engine="firefox", path=tmp_path / "bin" / "node", version="Mozilla Firefox 153.8.0esr")
    engines = Engines(programs=(find_node(host), silent))
    done = verify_wheel(wheel, [RUNTIME], host, engines=engines)
    assert [(result.engine, result.outcome) for result in done.results] == [("node24", Outcome.LOADED)]
    (gap,) = done.gaps
    assert gap.engine == "firefox"
    assert "does not start in" in gap.reason
    assert (done.failed, done.ok) == (False, False)
    said = Console(file=StringIO(), width=200)
    write_verification(done, said)
    assert isinstance(said.file, StringIO)
    text = said.file.getvalue()
    assert "not loaded in firefox: the release 314.0.0 does not start in" in text
    assert "1 of 1 loaded (node 24.1.0, firefox 153.8.0esr); not all in firefox" in text

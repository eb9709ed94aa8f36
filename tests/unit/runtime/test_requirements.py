from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from made_wheels import make_wheel

from pyodide_abi.errors import MissingError, UsageError
from pyodide_abi.platforms import load_platform
from pyodide_abi.runtime import choose_wheels

if TYPE_CHECKING:
    from pathlib import Path

PLATFORM = load_platform("2025_0")
RUNTIME = PLATFORM.runtimes[-1]
TAG = "cp313-cp313-pyodide_2025_0_wasm32"


def names(chosen: tuple[Path, ...]) -> list[str]:
    return [path.name.split("-py")[0].split("-cp")[0] for path in chosen]


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
    assert choose_wheels([main], [], runtime=RUNTIME, dependencies=False) == (main,)


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
    assert choose_wheels(["main"], [tmp_path], runtime=RUNTIME) == (best,)


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

"""Requirements to packages: what uv is told, and what its lock file comes to on a platform."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fake_host import FakeRunner, completed, make_host
from made_builds import made_target

from pyodide_abi.distribution import resolution as resolving
from pyodide_abi.distribution.resolution import Asked, packages_of, read_project, resolve
from pyodide_abi.errors import FailedError, MissingError, OfflineError, UsageError
from pyodide_abi.platforms import load_platform
from pyodide_abi.runtime.releases import newest
from pyodide_abi.runtime.requirements import markers_of
from pyodide_abi.toml import parse_toml, read_toml
from pyodide_abi.values import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyodide_abi.process import Completed

RUNTIME = newest(load_platform("314_0").runtimes)
#: As uv 0.13 writes it, less times and sizes.
LOCK = """
version = 1
revision = 5
requires-python = "==3.14.*"

[[package]]
name = "eggs"
version = "2.0"
source = { registry = "https://index.example/simple" }
dependencies = [
    { name = "fonts", marker = "sys_platform == 'win32'" },
    { name = "spam" },
]
sdist = { url = "https://files.example/eggs-2.0.tar.gz", hash = "sha256:aa" }
wheels = [
    { url = "https://files.example/eggs-2.0-cp314-cp314-win_amd64.whl", hash = "sha256:bb" },
    { url = "https://files.example/eggs%2Blocal-2.0-py3-none-any.whl", hash = "sha256:cc" },
]

[package.optional-dependencies]
fast = [
    { name = "native", version = "1.0", marker = "platform_machine == 'wasm32'" },
]
never = [
    { name = "fonts" },
]

[[package]]
name = "fonts"
version = "1.0"
source = { registry = "https://index.example/simple" }

[[package]]
name = "native"
version = "1.0"
source = { registry = "../fl" }
sdist = { path = "native-1.0.tar.gz" }

[[package]]
name = "native"
version = "0.9"
source = { registry = "../fl" }
sdist = { path = "native-0.9.tar.gz" }

[[package]]
name = "pyodide-abi-distribution-0"
version = "0"
source = { virtual = "." }
dependencies = [
    { name = "eggs", extra = ["fast"] },
]

[[package]]
name = "spam"
version = "1.0"
source = { directory = "../spam" }
dependencies = [
    { name = "eggs" },
]
"""


def packages(text: str = LOCK) -> dict[str, resolving.ResolvedPackage]:
    found = packages_of(parse_toml(text), markers_of(RUNTIME), Path("/srv/list"))
    return {package.name: package for package in found}


def test_markers_and_extras_decide_what_is_part_of_it() -> None:
    found = packages()
    assert list(found) == ["eggs", "native", "spam"]
    assert found["eggs"].needs == ("native", "spam")
    assert found["spam"].needs == ("eggs",)
    assert [name for name, package in found.items() if package.asked] == ["eggs"]


def test_of_two_versions_the_one_that_is_named_counts() -> None:
    assert packages()["native"].version == "1.0"


def test_files_are_addresses_or_places_of_this_machine() -> None:
    found = packages()
    sdist = found["eggs"].sdist
    assert sdist is not None
    assert (sdist.name, sdist.sha256) == ("eggs-2.0.tar.gz", "aa")
    assert [wheel.name for wheel in found["eggs"].wheels] == [
        "eggs-2.0-cp314-cp314-win_amd64.whl",
        "eggs+local-2.0-py3-none-any.whl",
    ]
    native, spam = found["native"].sdist, found["spam"].sdist
    assert native is not None
    assert native.place == "/srv/fl/native-1.0.tar.gz"
    assert spam is not None
    assert (spam.name, spam.place) == ("spam", "/srv/spam")


def test_another_form_of_lock_file_is_refused() -> None:
    with pytest.raises(FailedError, match="version 2"):
        packages_of({"version": 2}, {}, Path())


class Uv:
    """A uv that writes a lock file, or refuses."""

    def __init__(self, folder: Path, *, said: str = "", offline: bool = False) -> None:
        self.said = said
        self.runner = FakeRunner(self.answer)
        self.host = replace(make_host(folder, self.runner), offline=offline)
        self.python = made_target(folder).python
        self.projects: list[dict[str, Any]] = []

    def answer(self, argv: tuple[str, ...], cwd: Path | None) -> Completed:
        assert cwd is not None
        if self.said:
            return completed(argv, status=1, stderr=self.said)
        self.projects.append(dict(read_toml(cwd / "pyproject.toml")))
        (cwd / "uv.lock").write_text(LOCK)
        return completed(argv)

    def resolve(self, asked: Asked) -> tuple[resolving.ResolvedPackage, ...]:
        return resolve(asked, RUNTIME, self.python, self.host)


@pytest.fixture
def uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Uv]:
    monkeypatch.setattr(resolving, "find_installer", lambda _host: tmp_path / "uv")

    def make(**facts: Any) -> Uv:
        return Uv(tmp_path, **facts)

    return make


def test_nothing_is_no_distribution(uv: Callable[..., Uv], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolving, "packages_of", lambda *_words: ())
    with pytest.raises(UsageError, match="nothing that was asked for is for 314_0"):
        uv().resolve(Asked())


def test_advice_about_our_own_setting_is_not_passed_on(uv: Callable[..., Uv]) -> None:
    said = "error: no\nhint: consider limiting the environments with `tool.uv.environments`.\nhint: other"
    with pytest.raises(FailedError) as caught:
        uv(said=said).resolve(Asked(requirements=("eggs",)))
    assert caught.value.details == ("error: no", "hint: other")


def test_uv_locks_for_the_target_alone(uv: Callable[..., Uv], tmp_path: Path) -> None:
    made = uv()
    found = made.resolve(Asked(requirements=("eggs[fast]",), folders=(tmp_path,), index=False))
    assert [package.name for package in found] == ["eggs", "native", "spam"]
    (project,) = made.projects
    assert project["project"]["dependencies"] == ["eggs[fast]"]
    assert project["project"]["requires-python"] == "==3.14.*"
    (environment,) = project["tool"]["uv"]["environments"]
    assert "sys_platform == 'emscripten'" in environment
    assert "platform_machine == 'wasm32'" in environment
    (argv,) = made.runner.asked
    assert {"lock", "--find-links", str(tmp_path), "--no-index"} < set(argv)


def test_files_are_read_by_uv(uv: Callable[..., Uv], tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("eggs\n")
    made = uv()
    made.resolve(Asked(files=(tmp_path / "list.txt",)))
    assert [argv[1] for argv in made.runner.asked] == ["add", "lock"]
    assert str(tmp_path / "list.txt") in made.runner.asked[0]


def test_a_wheel_is_no_list_of_requirements(uv: Callable[..., Uv], tmp_path: Path) -> None:
    (tmp_path / "spam-1-py3-none-any.whl").write_bytes(b"PK\3\4\xf8")
    with pytest.raises(UsageError, match="is no text, and so no list of requirements"):
        uv().resolve(Asked(files=(tmp_path / "spam-1-py3-none-any.whl",)))


@pytest.mark.parametrize("line", ["-c bounds.txt", "  --constraint=bounds.txt"])
def test_constraints_in_a_file_are_refused_as_uv_would_pass_them_over(
    line: str, uv: Callable[..., Uv], tmp_path: Path
) -> None:
    (tmp_path / "list.txt").write_text(f"eggs\n{line}\n")
    with pytest.raises(UsageError, match="names constraints"):
        uv().resolve(Asked(files=(tmp_path / "list.txt",)))


@pytest.mark.parametrize(
    ("said", "offline", "kind", "text"),
    [
        ("error: no version of eggs in pyodide-abi-distribution-0", False, FailedError, "cannot be met"),
        ("error: Failed to fetch: `https://…`", False, MissingError, "cannot be asked"),
        ("error: eggs was not found in the cache", True, OfflineError, "--offline"),
    ],
)
def test_what_uv_refuses_is_told(
    said: str, offline: bool, kind: type[Exception], text: str, uv: Callable[..., Uv]
) -> None:
    with pytest.raises(kind, match=text) as caught:
        uv(said=said, offline=offline).resolve(Asked(requirements=("eggs",)))
    assert "pyodide-abi-distribution-0" not in str(caught.value)


def test_dependencies_of_a_project(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text('[project]\nname = "x"\ndependencies = ["eggs>=1"]\n')
    assert read_project(file) == ("eggs>=1",)
    for wrong in (
        '[project]\ndynamic = ["dependencies"]\n',
        "[tool.x]\n",
        "[project",
        "[project]\ndependencies = 3\n",
    ):
        file.write_text(wrong)
        with pytest.raises(UsageError, match=r"pyproject\.toml"):
            read_project(file)

"""PEP 517, with a runner that plays the backend."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from made_builds import made_build

from pyodide_abi.build.environment import CrossEnvironment
from pyodide_abi.build.frontend import BuildSystem, HookFailedError, read_build_system, run_backend
from pyodide_abi.errors import BuildFailedError, OfflineError, UnreadableInputError
from pyodide_abi.host import Host, Silence
from pyodide_abi.process import Completed
from pyodide_abi.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass
class Backend:
    """A runner: uv installs what it is asked to, and hooks answer what the test says."""

    answers: dict[str, Any] = field(default_factory=dict)
    installed: list[str] = field(default_factory=list)
    calls: list[tuple[str, Mapping[str, str], dict[str, Any]]] = field(default_factory=list)
    uv_says: str = ""
    fails: str = ""

    def run(
        self,
        argv: Sequence[str | Path],
        *,
        environ: Mapping[str, str],
        cwd: Path | None = None,
        stdin: bytes = b"",
        timeout: float | None = None,
        clock: Path | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Completed:
        del cwd, stdin, timeout, clock
        words = tuple(map(str, argv))
        if "pip" in words:
            if self.uv_says:
                return Completed(argv=words, returncode=1, stdout=self.uv_says)
            self.installed += words[words.index("--") + 1 :]
            self.calls.append(("install", environ, {}))
            return Completed(argv=words, returncode=0)
        hook, folder = words[-2], Path(words[-1])
        asked = json.loads((folder / "input.json").read_text("utf-8"))["kwargs"]
        self.calls.append((hook, environ, asked))
        if hook == self.fails:
            assert on_line
            on_line("backend: error: no")
            return Completed(argv=words, returncode=1)
        (folder / "output.json").write_text(json.dumps({"return_val": self.answers.get(hook)}))
        return Completed(argv=words, returncode=0)

    def within(self, left: Callable[[], float]) -> Backend:  # noqa: ARG002 - nothing here takes time
        """See ``Runner.within``."""
        return self

    def attach(self, argv: Sequence[str | Path], **_: Any) -> Completed:
        raise AssertionError(argv)


def build(
    backend: Backend,
    tmp_path: Path,
    *,
    offline: bool = False,
    jobs: int | None = None,
    **settings: str | list[str],
) -> Path:
    environment = CrossEnvironment(
        build=made_build(tmp_path),
        environ={"WHERE": "target"},
        host_environ={"WHERE": "host"},
        variables={},
    )
    host = Host(
        environ={}, runner=backend, store=Store(tmp_path / "cache"), progress=Silence(), offline=offline
    )
    return run_backend(
        tmp_path,
        environment,
        host,
        outdir=tmp_path,
        config_settings=settings,
        on_line=lambda _line: None,
        jobs=jobs,
    )


def test_meson_python_is_told_about_the_target(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[build-system]\nrequires = ["a"]\nbuild-backend = "mesonpy"\n')
    backend = Backend(answers={"get_requires_for_build_wheel": ["ninja"], "build_wheel": "x.whl"})
    settings: dict[str, Any] = {"setup-args": "-Dblas=none"}
    build(backend, tmp_path, jobs=3, **settings)
    assert backend.calls[-1][2]["config_settings"] == {
        "setup-args": [
            f"--cross-file={tmp_path}/cross/meson.cross",
            f"--native-file={tmp_path}/cross/meson.native",
            "-Doptimization=plain",
            "-Dblas=none",
        ],
        "compile-args": ["-j3"],
    }
    assert backend.installed == ["a", "ninja"]


@pytest.mark.parametrize(
    ("project", "user"),
    [
        ("", "-Doptimization=3"),
        ("", ["-Dbuildtype=debug"]),
        ("", "--buildtype=debug"),
        ('["-Doptimization=2"]', ""),
        ('["-D", "buildtype=debug"]', ""),
    ],
)
def test_who_names_a_level_for_meson_gets_it(tmp_path: Path, project: str, user: str | list[str]) -> None:
    args = f"[tool.meson-python.args]\nsetup = {project}\n" if project else ""
    (tmp_path / "pyproject.toml").write_text(
        f'[build-system]\nrequires = []\nbuild-backend = "mesonpy"\n{args}'
    )
    backend = Backend(answers={"get_requires_for_build_wheel": [], "build_wheel": "x.whl"})
    settings: dict[str, Any] = {"setup-args": user} if user else {}
    build(backend, tmp_path, **settings)
    assert "-Doptimization=plain" not in backend.calls[-1][2]["config_settings"]["setup-args"]


def test_hooks_are_asked_in_order_and_requirements_are_the_hosts(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[build-system]\nrequires = ["a"]\nbuild-backend = "a.b"\n')
    backend = Backend(answers={"get_requires_for_build_wheel": ["c>1", "a"], "build_wheel": "x.whl"})
    assert build(backend, tmp_path, key=["1", "2"]) == tmp_path / "x.whl"
    assert [call[0] for call in backend.calls] == [
        "install",
        "get_requires_for_build_wheel",
        "install",
        "build_wheel",
    ]
    assert backend.installed == ["a", "c>1"]
    assert [call[1]["WHERE"] for call in backend.calls] == ["host", "target", "host", "target"]
    assert backend.calls[-1][2]["config_settings"] == {"key": ["1", "2"]}


def test_a_project_without_a_build_system_gets_setuptools(tmp_path: Path) -> None:
    assert read_build_system(tmp_path) == BuildSystem()
    (tmp_path / "pyproject.toml").write_text("[tool.x]\n")
    assert read_build_system(tmp_path).backend == "setuptools.build_meta:__legacy__"


def test_a_backend_in_the_tree(tmp_path: Path) -> None:
    text = '[build-system]\nrequires = []\nbuild-backend = "own"\nbackend-path = ["tools"]\n'
    (tmp_path / "pyproject.toml").write_text(text)
    (tmp_path / "tools").mkdir()
    assert read_build_system(tmp_path) == BuildSystem(requires=(), backend="own", backend_path=("tools",))
    backend = Backend(answers={"get_requires_for_build_wheel": [], "build_wheel": "x.whl"})
    build(backend, tmp_path)
    assert backend.installed == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[build-system", "not valid TOML"),
        ("build-system = 1", "has to be a table"),
        ("[build-system]\nbuild-backend = 'a'", "requires is missing"),
        ("[build-system]\nrequires = 'a'", "has to be a list"),
        ("[build-system]\nrequires = [1]", "has to be a list"),
        ("[build-system]\nrequires = []\nbuild-backend = 1", "has to be text"),
    ],
)
def test_a_bad_build_system_is_explained(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(UnreadableInputError, match=message):
        read_build_system(tmp_path)


def test_a_missing_requirement_is_named(tmp_path: Path) -> None:
    backend = Backend(uv_says="Using Python\nerror: nope was not found")
    with pytest.raises(BuildFailedError, match=r"setuptools>=40\.8\.0") as caught:
        build(backend, tmp_path)
    assert caught.value.hint == "error: nope was not found"
    with pytest.raises(OfflineError, match="--offline forbids") as offline:
        build(backend, tmp_path, offline=True)
    assert "build once without --offline" in offline.value.hint


def test_a_hook_that_fails(tmp_path: Path) -> None:
    backend = Backend(answers={"get_requires_for_build_wheel": []}, fails="build_wheel")
    with pytest.raises(HookFailedError):
        build(backend, tmp_path)

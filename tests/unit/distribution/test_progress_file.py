"""What is done already is not done again, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from made_builds import made_target
from made_wheels import make_wheel

from pyodide_abi.distribution import progress_file
from pyodide_abi.distribution.progress_file import FOLDER, ProgressFiles, carry_out, key_of_set
from pyodide_abi.distribution.resolution import File, ResolvedPackage
from pyodide_abi.distribution.work import Job, Made, WorkSettings, WorkStatus
from pyodide_abi.distribution.work_plan import Action, Step
from pyodide_abi.files import sha256_of
from pyodide_abi.host import HostWishes
from pyodide_abi.values import replace

if TYPE_CHECKING:
    from pathlib import Path


class Packages:
    """One package, worked on by a function that counts."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.times = 0
        self.status = WorkStatus.BUILT
        self.name = "spam-1.0-py3-none-any.whl"
        self.outdir = folder / "out"
        self.outdir.mkdir()
        wishes = HostWishes(environ={}, cache=folder, offline=True, data=None)
        target = made_target(folder)
        settings = WorkSettings(platform=target.platform, target=target, outdir=self.outdir, wishes=wishes)
        sdist = File(name="spam-1.0.tar.gz", place="https://files.example/spam-1.0.tar.gz", sha256="aa")
        package = ResolvedPackage(name="spam", version="1.0", needs=(), sdist=sdist, wheels=())
        step = Step(package=package, action=Action.BUILD, file=sdist, reason="")
        self.job = Job(step=step, settings=settings)
        monkeypatch.setattr(progress_file, "make", self.make)

    def make(self, job: Job, _progress: object) -> Made:
        self.times += 1
        wheel = make_wheel(self.outdir, self.name, {"spam.py": str(self.times)})
        return Made(
            name="spam",
            version=job.step.package.version,
            status=self.status,
            reason="because",
            file=wheel.name,
            sha256=sha256_of(wheel),
            findings=(("note", "ABI1", "said"),),
            loads=(1, 2),
            libraries=("libyaml",),
        )

    def change(self, *, step: dict[str, Any] | None = None, settings: dict[str, Any] | None = None) -> None:
        if settings is None:
            settings = {}
        if step is None:
            step = {}
        self.job = Job(step=replace(self.job.step, **step), settings=replace(self.job.settings, **settings))


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Packages:
    return Packages(tmp_path, monkeypatch)


def test_what_is_done_is_told_again_as_it_was(packages: Packages) -> None:
    first = carry_out(packages.job)
    assert carry_out(packages.job) == first
    assert packages.times == 1


def test_what_failed_is_tried_again(packages: Packages) -> None:
    packages.status = WorkStatus.FAILED
    carry_out(packages.job)
    packages.status = WorkStatus.BUILT
    assert carry_out(packages.job).status is WorkStatus.BUILT
    assert packages.times == 2


@pytest.mark.parametrize(
    "change",
    [
        {"settings": {"verify": False}},
        {"settings": {"ignore": ("ABI402",)}},
        {"step": {"file": File(name="spam-1.0.tar.gz", place="https://x.example", sha256="bb")}},
        {"step": {"action": Action.TAKE}},
    ],
)
def test_what_is_made_in_another_way_is_made_again(change: dict[str, Any], packages: Packages) -> None:
    carry_out(packages.job)
    packages.change(**change)
    carry_out(packages.job)
    assert packages.times == 2


def test_what_is_taken_is_done_with_whatever_compiler_there_is(packages: Packages) -> None:
    packages.change(step={"action": Action.TAKE})
    first = carry_out(packages.job)
    packages.change(settings={"target": None})
    assert carry_out(packages.job) == first
    assert packages.times == 1


def test_a_wheel_that_changed_is_made_again(packages: Packages) -> None:
    made = carry_out(packages.job)
    (packages.outdir / made.file).write_bytes(b"cut off")
    carry_out(packages.job)
    (packages.outdir / made.file).unlink()
    carry_out(packages.job)
    assert packages.times == 3


@pytest.mark.parametrize("text", ["", "{", "[]", '{"key": "x", "made": {"name": 3}}'])
def test_a_file_that_cannot_be_read_counts_as_none(text: str, packages: Packages) -> None:
    carry_out(packages.job)
    (packages.outdir / FOLDER / "spam.json").write_text(text)
    carry_out(packages.job)
    assert packages.times == 2


def test_what_cannot_be_told_apart_is_made_again(packages: Packages, tmp_path: Path) -> None:
    packages.change(step={"file": File(name="spam", place=str(tmp_path))})
    carry_out(packages.job)
    carry_out(packages.job)
    assert packages.times == 2


def test_the_wheel_of_another_version_goes(packages: Packages) -> None:
    carry_out(packages.job)
    packages.name = "spam-2.0-py3-none-any.whl"
    packages.change(step={"package": replace(packages.job.step.package, version="2.0")})
    carry_out(packages.job)
    assert [file.name for file in packages.outdir.glob("*.whl")] == ["spam-2.0-py3-none-any.whl"]


def test_what_is_no_part_of_it_any_more_goes(packages: Packages) -> None:
    carry_out(packages.job)
    files = ProgressFiles(outdir=packages.outdir)
    files.forget_others([packages.job.step])
    assert list(packages.outdir.glob("*.whl"))
    files.forget_others([])
    assert not list(packages.outdir.glob("*.whl"))


def test_what_was_said_of_a_set_is_told_again_of_that_set_alone(packages: Packages) -> None:
    files = ProgressFiles(outdir=packages.outdir)
    assert files.together("one") is None
    (packages.outdir / FOLDER).mkdir()
    found = (("warning", "", "two install a.py"), ("error", "ABI416", "no x"))
    files.write_together("one", found)
    assert files.together("one") == found
    assert files.together("two") is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"key": "one"}', '{"key": "one", "found": [[1]]}', '{"found": []}']
)
def test_what_was_said_of_a_set_counts_as_nothing_where_it_cannot_be_read(
    text: str, packages: Packages
) -> None:
    (packages.outdir / FOLDER).mkdir()
    (packages.outdir / FOLDER / "together").write_text(text)
    assert ProgressFiles(outdir=packages.outdir).together("one") is None


def test_all_that_decides_how_a_set_is_judged_is_part_of_its_key(
    packages: Packages, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, settings = carry_out(packages.job), packages.job.settings
    newest = settings.platform.releases[-1]
    fewer = replace(settings.platform, releases=settings.platform.releases[:-1])
    other = replace(settings.platform, releases=(*fewer.releases, replace(newest, integrity="sha512-other")))
    keys = [
        key_of_set([made], "{}", settings),
        key_of_set([], "{}", settings),
        key_of_set([made, made], "{}", settings),
        key_of_set([made], "{ }", settings),
        key_of_set([replace(made, sha256="aa")], "{}", settings),
        key_of_set([replace(made, file="eggs.whl")], "{}", settings),
        key_of_set([replace(made, findings=())], "{}", settings),
        key_of_set([made], "{}", replace(settings, ignore=("ABI402",))),
        key_of_set([made], "{}", replace(settings, platform=fewer)),
        key_of_set([made], "{}", replace(settings, platform=other)),
        key_of_set([made], "{}", replace(settings, platform=replace(settings.platform, name="other"))),
    ]
    monkeypatch.setattr(progress_file, "__version__", "another")
    keys.append(key_of_set([made], "{}", settings))
    assert len(set(keys)) == len(keys)
    monkeypatch.undo()
    assert key_of_set([made], "{}", settings) == keys[0]

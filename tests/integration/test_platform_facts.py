"""What the data says of a release is what the release says of itself.

The oldest and the newest release of each platform are booted with the micropip and the packaging of their own
lock file, and asked once for everything.
"""

from __future__ import annotations

import json
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from patience import HANGS

from pyodide_abi.host import this_machine
from pyodide_abi.platforms import load_platforms, platform_of_tag
from pyodide_abi.runtime.program import Program, run_python

if TYPE_CHECKING:
    from pyodide_abi.host import Host
    from pyodide_abi.platforms.model import Platform, Release

pytestmark = pytest.mark.integration

TOOL = Path(__file__).parents[2] / "tools" / "regenerate_platforms.py"
TAGS = [tag.tag for platform in load_platforms() for tag in platform.tags]

ASK = """
    import _imp, json, os, platform, sys, sysconfig, zlib
    from packaging.tags import sys_tags
    from packaging.utils import parse_wheel_filename
    from micropip._utils import check_compatible

    def micropip_takes(file):
        try:
            check_compatible(file)
        except ValueError:
            return False
        return True

    def version_of(module, attribute):
        try:
            return getattr(__import__(module), attribute)
        except ModuleNotFoundError:
            return None

    python = f"cp3{sys.version_info.minor}"
    files = {tag: f"x-1-{python}-{python}-{tag}.whl" for tag in json.loads(sys.argv[1])}
    listed = set(sys_tags())
    print(json.dumps({
        "python": platform.python_version(),
        "suffixes": _imp.extension_suffixes(),
        "soabi": sysconfig.get_config_var("SOABI"),
        "platform": sysconfig.get_platform(),
        "library_path": os.environ["LD_LIBRARY_PATH"],
        "abi_version": sysconfig.get_config_var("PYODIDE_ABI_VERSION"),
        "pyemscripten_platform_version": sysconfig.get_config_var("PYEMSCRIPTEN_PLATFORM_VERSION"),
        "pyemscripten_abi_version": sysconfig.get_config_var("PYEMSCRIPTEN_ABI_VERSION"),
        "zlib": zlib.ZLIB_RUNTIME_VERSION,
        "sqlite3": version_of("sqlite3", "sqlite_version"),
        "lzma": version_of("_lzma", "__name__"),
        "micropip": sorted(tag for tag, file in files.items() if micropip_takes(file)),
        "packaging": sorted(tag for tag, file in files.items() if listed & parse_wheel_filename(file)[3]),
        "pure": micropip_takes("x-1-py3-none-any.whl"),
    }))
"""

#: Each with a group, so that one process boots a release and keeps its answer.
ENDS = [
    pytest.param(platform, release, id=release.version, marks=pytest.mark.xdist_group(release.version))
    for platform in load_platforms()
    for release in dict.fromkeys((platform.releases[0], platform.releases[-1]))
]
Answers = dict[str, dict[str, Any]]


@pytest.fixture(scope="session")
def host() -> Host:
    return this_machine()


@pytest.fixture(scope="session")
def answers() -> Answers:
    """What has been asked already, by release."""
    return {}


def pure_wheel(name: str, version: str, host: Host) -> Path:
    """A wheel that a lock file names, from the index."""

    def fill(partial: Path, _place: Path) -> None:
        # micropip says that it needs a newer Python than the one that tests may run in.
        words = ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        words += ["--python-version", "3.15", "--dest", str(partial), f"{name}=={version}"]
        done = host.runner.run([sys.executable, *words], environ=host.environ, timeout=HANGS)
        assert done.returncode == 0, done.stderr

    (wheel,) = host.store.obtain(f"test-wheels/{name}-{version}", fill).iterdir()
    return wheel


def ask(release: Release, host: Host, answers: Answers, folder: Path) -> dict[str, Any]:
    if release.version not in answers:
        assert release.micropip
        assert release.packaging
        program = Program(
            args=("-c", textwrap.dedent(ASK), json.dumps(TAGS)),
            cwd=folder,
            wheels=(
                pure_wheel("micropip", release.micropip, host),
                pure_wheel("packaging", release.packaging, host),
            ),
        )
        finished = run_python(program, release, host, timeout=HANGS)
        assert finished.status == 0, finished.stderr + finished.died
        answers[release.version] = json.loads(finished.stdout)
    return answers[release.version]


@pytest.mark.parametrize(("platform", "release"), ENDS)
def test_a_release_is_what_the_data_says(
    platform: Platform, release: Release, host: Host, answers: Answers, tmp_path: Path
) -> None:
    said = ask(release, host, answers, tmp_path)
    assert said["python"] == release.python
    assert tuple(said["suffixes"]) == release.suffixes
    assert said["soabi"] == f"cpython-{platform.python.tag.removeprefix('cp')}-wasm32-emscripten"
    assert said["platform"] == f"emscripten-{platform.emscripten}-wasm32"
    assert tuple(said["library_path"].split(":")) == platform.search.library_path
    assert said["abi_version"] == release.abi_version
    assert said["pyemscripten_platform_version"] == release.pyemscripten_platform_version
    assert said["pyemscripten_abi_version"] == release.pyemscripten_abi_version


@pytest.mark.parametrize(("platform", "release"), ENDS)
def test_its_static_libraries_are_those_of_the_data(
    platform: Platform, release: Release, host: Host, answers: Answers, tmp_path: Path
) -> None:
    said = ask(release, host, answers, tmp_path)
    versions = {library.name: library.version for library in platform.libraries}
    assert said["zlib"] == versions["zlib"]
    assert said["sqlite3"] == versions.get("sqlite3")
    assert (said["lzma"] is not None) is ("lzma" in versions)


@pytest.mark.parametrize(("platform", "release"), ENDS)
def test_its_micropip_takes_exactly_the_tags_that_the_matrix_says(
    platform: Platform, release: Release, host: Host, answers: Answers, tmp_path: Path
) -> None:
    said = ask(release, host, answers, tmp_path)
    assert said["micropip"] == sorted(tag.tag for tag in platform.tags if release.version in tag.releases)
    assert said["pure"] is True


@pytest.mark.parametrize(("platform", "release"), ENDS)
def test_its_packaging_lists_exactly_the_tags_that_the_matrix_says(
    platform: Platform, release: Release, host: Host, answers: Answers, tmp_path: Path
) -> None:
    said = ask(release, host, answers, tmp_path)
    assert said["packaging"] == sorted(tag.tag for tag in platform.tags if release.version in tag.packaging)


@pytest.mark.parametrize("platform", load_platforms(), ids=lambda platform: platform.name)
def test_the_newest_release_offers_the_symbols_of_the_data(platform: Platform, host: Host) -> None:
    words = [str(TOOL), "--check", "--platform", platform.name, "--newest", "--engine", "node24"]
    done = host.runner.run([sys.executable, *words], environ=host.environ, timeout=HANGS)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout[:2000] + done.stderr


@pytest.mark.parametrize("name", ["2025_0", "314_0"])
def test_the_index_holds_wheels_with_the_tag_that_the_matrix_says_it_accepts(
    name: str, host: Host, tmp_path: Path
) -> None:
    (platform,) = [each for each in load_platforms() if each.name == name]
    (accepted,) = [tag for tag in platform.tags if "pypi" in tag.indexes]
    words = [
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--dest",
        str(tmp_path),
    ]
    words += ["--platform", accepted.tag, "--python-version", platform.python.version, "simplejson"]
    done = host.runner.run([sys.executable, *words], environ=host.environ, timeout=HANGS)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.iterdir()
    found = platform_of_tag(wheel.stem.split("-")[-1])
    assert found is not None, f"{wheel.name} is not for a platform: the index has no such wheel"
    assert found.name == name

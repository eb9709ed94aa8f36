"""Build real projects from the package index, unmodified; audit and load them; run their tests.

    .check/bin/python benchmarks/projects.py                       all that have no result yet
    .check/bin/python benchmarks/projects.py --again --only wrapt  one of them anew
    .check/bin/python benchmarks/projects.py --tests --folder W    only the tests, of the wheels that W has
    .check/bin/python benchmarks/projects.py --page                write the page from the results

The list is projects.toml; results are kept in projects.json as they come, and projects_page.py writes
docs/explanation/projects.md from them. Needs the network, a compiler, and minutes for each project.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from project_list import read_projects
from projects_page import CHANGES, write_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from project_list import Project

HERE = Path(__file__).parent
RESULTS = HERE / "projects.json"
US = [sys.executable, "-m", "pyodide_abi"]
_SECONDS = 3600
#: Tags of the platforms' wheels on the index, and their Pythons.
_TAGS = {
    "2024_0": ("312", ("pyodide_2024_0_wasm32",)),
    "2025_0": ("313", ("pyemscripten_2025_0_wasm32", "pyodide_2025_0_wasm32")),
    "314_0": ("314", ("pyemscripten_2026_0_wasm32",)),
    "2026_5": ("315", ("pyemscripten_2026_5_wasm32",)),
}
#: Where the projects' own tests run.
_TESTED = ("2025_0", "314_0")


def read_results() -> dict[str, Any]:
    """What is known so far, by ``name platform``."""
    return json.loads(RESULTS.read_text("utf-8")) if RESULTS.is_file() else {}


def run(words: list[str | Path], *, cwd: Path, seconds: float = _SECONDS) -> subprocess.CompletedProcess[str]:
    """A command with its output; one that takes too long has failed."""
    try:
        return subprocess.run(words, capture_output=True, text=True, timeout=seconds, check=False, cwd=cwd)
    except subprocess.TimeoutExpired as error:
        return subprocess.CompletedProcess(words, 124, "", f"took more than {error.timeout:.0f} seconds")


def measure(project: Project, platform: str, folder: Path) -> dict[str, Any]:
    """Build, audit and load a project, compare it, and run its tests."""
    source = f"{project.name}=={project.version}" if project.version else project.name
    settings: list[str | Path] = [f"--config-setting={setting}" for setting in project.settings]
    if project.library:
        settings += ["--prefix", folder / "prefix" / project.library / platform]
    settings += [f"--library={name}" for name in project.libraries]
    settings += ["--exports", project.exports] if project.exports else []
    words: list[str | Path] = [*US, "build", source, "--platform", platform, "--verify"]
    words += ["--outdir", folder / platform]
    began = time.monotonic()
    done = run(
        [*words, "--toolchain-mismatch", "allow", "--format", "json", "--quiet", *settings], cwd=folder
    )
    seconds = round(time.monotonic() - began)
    built = json.loads(done.stdout)["results"] if done.stdout.startswith("{") else []
    if not built:
        # The log stays on this machine.
        said = re.sub(r"\n *the full log, .*", "", done.stderr.strip())
        return {"built": False, "error": said[:2000], "seconds": seconds}
    one = built[0]
    wheel = Path(one["wheel"])
    verification = one["verifications"][0] if one["verifications"] else {"modules": [], "releases": []}
    result: dict[str, Any] = {
        "built": True,
        "seconds": seconds,
        "wheel": wheel.name,
        "size": wheel.stat().st_size,
        "emscripten": one["emscripten"],
        "audit_failed": any(finding["severity"] == "error" for finding in one["audit"]["findings"]),
        "findings": sorted({finding["code"] for finding in one["audit"]["findings"]}),
        "modules": len(verification["modules"]),
        "releases": len(verification["releases"]),
        "needs": _needs(verification),
        "not_loaded": _not_loaded(verification),
    }
    if project.official:
        result["official"] = compare(project, platform, wheel, folder)
    if project.tests and platform in _TESTED:
        result["tests"] = run_tests(project, platform, wheel, folder)
    return result


def test_again(project: Project, platform: str, folder: Path) -> dict[str, Any]:
    """The result of a project, with its wheel compared and its tests run anew."""
    result: dict[str, Any] = read_results()[f"{project.name} {platform}"]
    wheel = folder / platform / result["wheel"]
    if project.official:
        result["official"] = compare(project, platform, wheel, folder)
    return result | {"tests": run_tests(project, platform, wheel, folder)}


def _not_loaded(verification: dict[str, Any]) -> list[str]:
    return [
        f"{module['module']} in {release}: {said['outcome']} {said['message'] or ''}".strip()
        for module in verification["modules"]
        for release, said in module["loads"].items()
        if said["outcome"] not in {"loaded", "needs"}
    ]


def _needs(verification: dict[str, Any]) -> list[str]:
    """Other projects' modules that were imported in vain by modules that have been loaded."""
    loads = [said for module in verification["modules"] for said in module["loads"].values()]
    words = [said["message"] for said in loads if said["outcome"] == "needs"]
    return sorted({found[1] for one in words if (found := re.match(r"needs ([^\s,]+)", one))})


def compare(project: Project, platform: str, wheel: Path, folder: Path) -> dict[str, Any]:
    """Ours beside the official wheel of the same version, if there is one."""
    place = folder / "official" / platform / project.name
    version = wheel.name.split("-")[1]
    done = fetch_wheels([f"{project.name}=={version}", "--no-deps"], platform, place)
    # The index may have only a wheel without modules, which suits any platform.
    found = sorted(place.glob("*_wasm32.whl"))
    if done.returncode or not found:
        return {"found": False}
    diff = run([*US, "diff", found[0], wheel, "--format", "json"], cwd=folder, seconds=300)
    size = found[0].stat().st_size
    return {
        "found": True,
        "wheel": found[0].name,
        "size": size,
        "ratio": round(wheel.stat().st_size / size, 3),
        "diff": shorten(json.loads(diff.stdout)["results"][0])
        if diff.stdout.startswith("{")
        else diff.stderr.strip()[:500],
    }


def fetch_wheels(wanted: list[str], platform: str, place: Path) -> subprocess.CompletedProcess[str]:
    """Wheels for a platform, from the index or from those of ours that ``wanted`` names a folder of."""
    python, tags = _TAGS[platform]
    words: list[str | Path] = [sys.executable, "-m", "pip", "download", "--quiet", "-d", place]
    words += ["--only-binary", ":all:", "--implementation", "cp", "--python-version", python]
    return run([*words, *(f"--platform={tag}" for tag in tags), *wanted], cwd=HERE, seconds=600)


def shorten(diff: dict[str, Any]) -> dict[str, Any]:
    """Of what ``pyodide-abi diff`` says, the names: all that the page tells."""
    changes = {
        f"{sort} {change}": sorted(one["name"] for module in diff["changed"] for one in module[sort][change])
        for sort, change in CHANGES
    }
    return {"came": diff["came"], "went": diff["went"], **changes}


def run_tests(project: Project, platform: str, wheel: Path, folder: Path) -> dict[str, Any]:
    """The project's own tests, from its sdist, in the newest release of the platform."""
    sources = folder / "sources" / project.name
    _unpack_sources(project, wheel, sources)
    wheels = folder / "wheels" / platform
    needs = ["pytest", *project.tests.get("wheels", [])]
    done = fetch_wheels([*needs, f"--find-links={wheel.parent}"], platform, wheels)
    if done.returncode:
        return {"ran": False, "passed": False, "summary": done.stderr.strip()[:300], "skipped": {}}
    program: list[str | Path] = [*US, "run", "--timeout", str(_SECONDS), "--platform", platform]
    program += ["-w", wheel, "--find-links", wheels]
    program += [word for need in needs for word in ("-w", need.partition("==")[0])]
    # Apart from the sources, whose package without its modules would be found first.
    place = folder / "tests" / platform / project.name
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    # Some projects install their tests: they have a package instead of a folder.
    tests = [project.tests["folder"]] if "folder" in project.tests else []
    for path in (*tests, *project.tests.get("data", [])):
        copy = shutil.copytree if (sources / path).is_dir() else shutil.copy2
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        copy(sources / path, place / path)
    if "conftest" in project.tests:
        (place / "conftest.py").write_text(project.tests["conftest"], "utf-8")
    arguments = ["-p", "no:cacheprovider", "-q", "-rsfE", "--tb=short", "--rootdir=."]
    for one in project.tests.get("excluded", []):
        for test in one["tests"] if platform in one.get("platforms", _TESTED) else ():
            option = "--deselect" if "::" in test else "--ignore-glob" if "*" in test else "--ignore"
            arguments += [option, test]
    arguments += [*project.tests.get("arguments", []), *tests]
    done = run([*program, "--", "-m", "pytest", *arguments], cwd=place)
    log = place.with_suffix(".log")
    log.write_text(done.stdout + done.stderr, "utf-8")
    return {"ran": True, "passed": done.returncode == 0, **_counted(done.stdout, log)}


def _counted(said: str, log: Path) -> dict[str, Any]:
    """What pytest counts in its last line, and why tests left themselves out."""
    lines = [line.strip("= ") for line in said.splitlines()]
    ends = [line for line in lines if re.match(r"\d+ (passed|failed|skipped|error)|no tests ran", line)]
    skipped: Counter[str] = Counter()
    for line in lines:
        if found := re.match(r"SKIPPED \[(\d+)\] \S+: (.*)", line):
            skipped[found[2]] += int(found[1])
    summary = re.sub(r" in [\d.]+s.*", "", ends[-1]) if ends else f"ended early; {log.name} has more"
    return {"summary": summary, "skipped": dict(skipped)}


def _unpack_sources(project: Project, wheel: Path, sources: Path) -> None:
    if sources.is_dir():
        return
    version = wheel.name.split("-")[1]
    script = (
        "import sys; from pathlib import Path; from pyodide_abi.build.index import fetch_sdist;"
        "from pyodide_abi.host import this_machine; from pyodide_abi.toolchain import find_python;"
        "host = this_machine(); print(fetch_sdist(sys.argv[1], find_python('3.13', host), host))"
    )
    words: list[str | Path] = [sys.executable, "-c", script, f"{project.name}=={version}"]
    archive = Path(run(words, cwd=HERE).stdout.strip())
    with tempfile.TemporaryDirectory(dir=sources.parent.parent) as name, tarfile.open(archive) as tar:
        tar.extractall(name, filter="data")
        (top,) = Path(name).iterdir()
        sources.parent.mkdir(exist_ok=True)
        top.rename(sources)


def main() -> None:
    """Run what has no result yet, and write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--platform", action="append", default=[], metavar="P")
    parser.add_argument("--again", action="store_true", help="also those that have a result")
    parser.add_argument("--tests", action="store_true", help="only the tests, of wheels that are in --folder")
    parser.add_argument("--page", action="store_true", help="write the page and leave")
    parser.add_argument("--folder", type=Path, help="where wheels go and stay (default: a temporary one)")
    args = parser.parse_args()
    projects = read_projects()
    if not args.page:
        with tempfile.TemporaryDirectory() as name:
            folder = (args.folder or Path(name)).resolve()
            folder.mkdir(parents=True, exist_ok=True)
            for project, platform in _wanted(projects, args):
                result = (test_again if args.tests else measure)(project, platform, folder)
                _keep(f"{project.name} {platform}", result)
    write_page(projects, read_results())


def _wanted(projects: list[Project], args: argparse.Namespace) -> Iterator[tuple[Project, str]]:
    pairs = [(project, platform) for project in projects for platform in project.platforms]
    for project, platform in pairs:
        if (args.only and project.name not in args.only) or (args.platform and platform not in args.platform):
            continue
        result = read_results().get(f"{project.name} {platform}", {})
        if args.tests:
            testable = project.tests and platform in _TESTED and result.get("built")
            wanted = testable and (args.again or "tests" not in result)
        else:
            wanted = args.again or not result
        if wanted:
            yield project, platform


def _keep(key: str, result: dict[str, Any]) -> None:
    """Write one result among the others, of which another run may have written some meanwhile."""
    print(
        key, "built" if result["built"] else "failed", result.get("tests", {}).get("summary", ""), flush=True
    )
    text = json.dumps(read_results() | {key: result}, indent=1, sort_keys=True) + "\n"
    RESULTS.write_text(text, "utf-8")


if __name__ == "__main__":
    main()

"""Build real projects from the package index, unmodified; audit and load them; run their tests.

    .check/bin/python benchmarks/projects.py                       all that have no result yet
    .check/bin/python benchmarks/projects.py --again --only wrapt  one of them anew
    .check/bin/python benchmarks/projects.py --page                write the page from the results

The list is projects.toml; results are kept in projects.json as they come, and docs/explanation/projects.md is
written from them. Needs the network, a compiler, and minutes for each project.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "explanation" / "projects.md"
RESULTS = HERE / "projects.json"
US = [sys.executable, "-m", "pyodide_abi"]
_SECONDS = 3600
#: Tags of the platforms' wheels on the index, and their Pythons.
_OFFICIAL = {
    "2025_0": ("313", ("pyemscripten_2025_0_wasm32", "pyodide_2025_0_wasm32")),
    "314_0": ("314", ("pyemscripten_2026_0_wasm32",)),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Project:
    """One line of the list.

    Attributes:
        name: as on the index.
        kind: how it is built, for people.
        version: pinned, or empty for the newest.
        settings: of the build backend.
        platforms: whom it is built for.
        official: its authors publish wheels for the platform.
        tests: how its own tests are run; empty if they are not.
        note: for people.
    """

    name: str
    kind: str
    version: str = ""
    settings: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    official: bool = False
    tests: dict[str, Any] = field(default_factory=dict)
    note: str = ""


def read_projects() -> list[Project]:
    """The list."""
    document = tomllib.loads((HERE / "projects.toml").read_text("utf-8"))
    default = document["defaults"]["platforms"]
    return [
        Project(
            name=one["name"],
            kind=one["kind"],
            version=one.get("version", ""),
            settings=tuple(one.get("settings", ())),
            platforms=tuple(one.get("platforms", default)),
            official=one.get("official", False),
            tests=one.get("tests", {}),
            note=one.get("note", one.get("reason", "")),
        )
        for one in document["project"]
    ]


def run(words: list[str | Path], *, cwd: Path, seconds: float = _SECONDS) -> subprocess.CompletedProcess[str]:
    """A command with its output; one that takes too long has failed."""
    try:
        return subprocess.run(words, capture_output=True, text=True, timeout=seconds, check=False, cwd=cwd)
    except subprocess.TimeoutExpired as error:
        return subprocess.CompletedProcess(words, 124, "", f"took more than {error.timeout:.0f} seconds")


def measure(project: Project, platform: str, folder: Path) -> dict[str, Any]:
    """Build, audit and load a project, compare it, and run its tests."""
    source = f"{project.name}=={project.version}" if project.version else project.name
    settings = [f"--config-setting={setting}" for setting in project.settings]
    words: list[str | Path] = [*US, "build", source, "--platform", platform, "--verify"]
    words += ["--outdir", folder / platform]
    began = time.monotonic()
    done = run(
        [*words, "--toolchain-mismatch", "allow", "--format", "json", "--quiet", *settings], cwd=folder
    )
    seconds = round(time.monotonic() - began)
    built = json.loads(done.stdout) if done.stdout.startswith("[") else []
    if not built:
        return {"built": False, "error": done.stderr.strip()[:2000], "seconds": seconds}
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
        "not_loaded": _not_loaded(verification),
    }
    if project.official:
        result["official"] = compare(project, platform, wheel, folder)
    if project.tests:
        result["tests"] = run_tests(project, platform, wheel, folder)
    return result


def _not_loaded(verification: dict[str, Any]) -> list[str]:
    return [
        f"{module['module']} in {release}: {said['outcome']} {said['message'] or ''}".strip()
        for module in verification["modules"]
        for release, said in module["loads"].items()
        if said["outcome"] != "loaded"
    ]


def compare(project: Project, platform: str, wheel: Path, folder: Path) -> dict[str, Any]:
    """Ours beside the official wheel of the same version, if there is one."""
    python, tags = _OFFICIAL[platform]
    place = folder / "official" / platform
    version = wheel.name.split("-")[1]
    words: list[str | Path] = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "-d", place]
    words += ["--only-binary", ":all:", "--implementation", "cp", "--python-version", python]
    words += [f"--platform={tag}" for tag in tags]
    done = run([*words, f"{project.name}=={version}"], cwd=folder, seconds=300)
    found = sorted(place.glob("*.whl")) if place.is_dir() else []
    if done.returncode or not found:
        return {"found": False}
    diff = run([*US, "diff", found[0], wheel, "--format", "json"], cwd=folder, seconds=300)
    size = found[0].stat().st_size
    return {
        "found": True,
        "wheel": found[0].name,
        "size": size,
        "ratio": round(wheel.stat().st_size / size, 3),
        "diff": shorten(json.loads(diff.stdout))
        if diff.stdout.startswith("{")
        else diff.stderr.strip()[:500],
    }


def shorten(diff: dict[str, Any]) -> dict[str, Any]:
    """Of what ``pyodide-abi diff`` says, the names: all that the page tells."""
    changes = {
        f"{sort} {change}": sorted(one["name"] for module in diff["changed"] for one in module[sort][change])
        for sort, change in _CHANGES
    }
    return {"came": diff["came"], "went": diff["went"], **changes}


def run_tests(project: Project, platform: str, wheel: Path, folder: Path) -> dict[str, Any]:
    """The project's own tests, from its sdist, in the newest release of the platform."""
    sources = folder / "sources" / project.name
    _unpack_sources(project, wheel, sources)
    wheels = folder / "wheels"
    needs = ["pytest", *project.tests.get("wheels", [])]
    words: list[str | Path] = [sys.executable, "-m", "pip", "download", "--quiet", "-d", wheels]
    done = run([*words, "--only-binary", ":all:", "--no-deps", *_TEST_TOOLS, *needs], cwd=folder)
    if done.returncode:
        return {"ran": False, "reason": done.stderr.strip()[:300]}
    program: list[str | Path] = [*US, "run", "--platform", platform, "-w", wheel, "--find-links", wheels]
    program += [word for need in needs for word in ("-w", need)]
    # Apart from the sources, whose package without its modules would be found first.
    place = folder / "tests" / project.name
    tests = project.tests["folder"]
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(sources / tests, place / Path(tests).name)
    arguments = ["-p", "no:cacheprovider", "-q", "-rs", *project.tests.get("arguments", [])]
    done = run([*program, "--", "-m", "pytest", *arguments, Path(tests).name], cwd=place)
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    return {
        "ran": True,
        "passed": done.returncode == 0,
        "summary": lines[-1].strip("= ") if lines else done.stderr.strip()[-300:],
        "skipped": [line for line in lines if line.startswith("SKIPPED")],
    }


#: What pytest needs, all pure Python.
_TEST_TOOLS = ("iniconfig", "packaging", "pluggy", "pygments")


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


def write_page(projects: list[Project], results: dict[str, Any]) -> None:
    """The page of the documentation."""
    lines = [*_HEAD, "| project | built with | " + " | ".join(f"`{name}`" for name in _OFFICIAL) + " |"]
    lines.append("| --- " * (2 + len(_OFFICIAL)) + "|")
    for project in projects:
        found = {name: results.get(f"{project.name} {name}") for name in _OFFICIAL}
        cells = [_cell(found[name], skipped=name not in project.platforms) for name in _OFFICIAL]
        lines.append(f"| {project.name} {project.version} | {project.kind} | {' | '.join(cells)} |")
    notes = [f"- **{one.name}**: {one.note}." for one in projects if one.note]
    tests = [line for one in projects for line in _test_lines(one, results)]
    official = [line for one in projects for line in _official_lines(one, results)]
    lines += ["", "## Settings and remarks", "", *notes]
    if tests:
        lines += ["", "## The projects' own tests, in the newest release of the platform", "", *tests]
    if official:
        lines += ["", "## Beside the official wheels", "", *_BESIDE, "", *official]
    PAGE.write_text("\n".join(lines) + "\n", "utf-8")


_HEAD = """\
# Projects that are built

Projects from the package index, built from their sdists as they are, audited, and loaded in every release of
the platform. `benchmarks/projects.py` makes this page; the list is `benchmarks/projects.toml`. The compiler
was Emscripten 6.0.5 throughout, with `--toolchain-mismatch allow`.

A cell says how many modules the wheel has and in how many releases all of them load.

""".splitlines()


_BESIDE = """\
By `pyodide-abi diff`. The official ones were made with the platform's own compiler. Exports that went are
used by nobody but the module itself: ours are sealed ([how to build](../how-to/build.md), "What modules
export"). Imports that came are functions that another version of the compiler, or of a build requirement,
calls.
""".splitlines()


#: What of a diff is told: exports and imports, what came and what went.
_CHANGES = (("exports", "went"), ("exports", "came"), ("imports", "came"))
_LACKS = "raised ModuleNotFoundError"


def _cell(result: dict[str, Any] | None, *, skipped: bool) -> str:
    if skipped:
        return "not tried"
    if result is None:
        return "no result yet"
    if not result["built"]:
        return "does not build"
    if not result["modules"]:
        return "no extension module"
    # Verifying installs no dependencies; a module that got so far has been loaded.
    missing = {one.rpartition("'")[0].rpartition("'")[2] for one in result["not_loaded"] if _LACKS in one}
    loads = "all" if all(_LACKS in one for one in result["not_loaded"]) else "not all"
    said = f"{result['modules']}, {loads} {result['releases']}"
    said += f" (then imports {', '.join(sorted(missing))}, which is not installed)" if missing else ""
    return f"{said}; the audit finds errors" if result["audit_failed"] else said


def _test_lines(project: Project, results: dict[str, Any]) -> list[str]:
    lines = []
    for platform in project.platforms:
        said = (results.get(f"{project.name} {platform}") or {}).get("tests")
        if said:
            excluded = project.tests.get("excluded", "")
            behind = f"; left out: {excluded}" if excluded else ""
            lines.append(f"- **{project.name}**, `{platform}`: {said.get('summary', said)}{behind}")
    return lines


def _official_lines(project: Project, results: dict[str, Any]) -> list[str]:
    lines = []
    for platform in project.platforms:
        said = (results.get(f"{project.name} {platform}") or {}).get("official")
        if not said or not said["found"]:
            continue
        line = f"- `{said['wheel']}`: ours has {said['ratio']:.3f} times its size"
        diff = said["diff"]
        if isinstance(diff, dict):
            modules = [len(diff["came"]), len(diff["went"])]
            line += "; the same modules" if not any(modules) else f"; modules came and went: {modules}"
            for sort, change in _CHANGES:
                names = diff[f"{sort} {change}"]
                line += f"; {_named(names)} {sort[: -(len(names) == 1) or None]} {change}" if names else ""
        lines.append(line)
    return lines


def _named(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:3])
    return f"{len(names)} ({shown}{', …' if len(names) > 3 else ''})"  # noqa: PLR2004 - as many as fit a line


def main() -> None:
    """Run what has no result yet, and write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--platform", action="append", default=[], metavar="P")
    parser.add_argument("--again", action="store_true", help="also those that have a result")
    parser.add_argument("--page", action="store_true", help="write the page and leave")
    parser.add_argument("--folder", type=Path, help="where wheels go and stay (default: a temporary one)")
    args = parser.parse_args()
    projects = read_projects()
    results: dict[str, Any] = json.loads(RESULTS.read_text("utf-8")) if RESULTS.is_file() else {}
    if not args.page:
        with tempfile.TemporaryDirectory() as name:
            folder = (args.folder or Path(name)).resolve()
            (folder / "wheels").mkdir(parents=True, exist_ok=True)
            for project in projects:
                for platform in project.platforms:
                    key = f"{project.name} {platform}"
                    wanted = not args.only or project.name in args.only
                    wanted = wanted and (not args.platform or platform in args.platform)
                    if not wanted or (key in results and not args.again):
                        continue
                    results[key] = measure(project, platform, folder)
                    print(key, "built" if results[key]["built"] else "failed", flush=True)
                    RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", "utf-8")
    write_page(projects, results)


if __name__ == "__main__":
    main()

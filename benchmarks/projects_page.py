"""docs/explanation/projects.md from the results of projects.py."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from project_list import Project

_PAGE = Path(__file__).parent.parent / "docs" / "explanation" / "projects.md"
_PLATFORMS = ("2024_0", "2025_0", "314_0", "2026_5")

#: What of a diff is told: exports and imports, what came and what went.
CHANGES = (("exports", "went"), ("exports", "came"), ("imports", "came"))
_REASONS = 6
_NAMES = 8

_HEAD = """\
# Projects that are built

Projects from the package index, built from their sdists as they are, audited, and loaded in every release of
the platform. `benchmarks/projects.py` makes this page; the list is `benchmarks/projects.toml`. The compiler
was Emscripten 6.0.5 throughout, with `--toolchain-mismatch allow`.

A cell says how many modules the wheel has and in how many releases all of them load. Wheels are loaded
without what they depend on: a module that needs another project's has been loaded and imports it in vain.
Many projects, and those whose builds take longest, were tried for two platforms only.

""".splitlines()

_TESTS = """\
By pytest, in the newest release of the platform. Tests that are excluded were named by us, with the reason;
tests that are skipped skip themselves, and their words are quoted.
""".splitlines()

_BESIDE = """\
By `pyodide-abi diff`. The official ones were made with the platform's own compiler, ours with Emscripten
6.0.5. Exports that went are used by nobody but the module itself: ours are sealed
([how to build](../how-to/build.md), "What modules export"). Imports that came are functions of libc++ that
the newer compiler's headers leave to the library; every release has them, or the audit would say so.
""".splitlines()


def write_page(projects: list[Project], results: dict[str, Any]) -> None:
    """The page of the documentation."""
    lines = [*_HEAD, "| project | built with | " + " | ".join(f"`{name}`" for name in _PLATFORMS) + " |"]
    lines.append("| --- " * (2 + len(_PLATFORMS)) + "|")
    for project in projects:
        cells = " | ".join(_cell(project, name, results) for name in _PLATFORMS)
        lines.append(f"| {project.name} {project.version} | {project.kind} | {cells} |")
    lines += ["", *_summary(projects, results)]
    sections = {
        "What does not build": [line for one in projects for line in _failures(one, results)],
        "Settings and remarks": [f"- **{one.name}**: {one.note}." for one in projects if one.note],
        "The projects' own tests": [
            *_TESTS,
            "",
            *(line for one in projects for line in _tests(one, results)),
        ],
        "Beside the official wheels": [*_BESIDE, "", *(one for p in projects for one in _beside(p, results))],
    }
    for title, content in sections.items():
        if content:
            lines += ["", f"## {title}", "", *content]
    _PAGE.write_text("\n".join(lines) + "\n", "utf-8")


def _summary(projects: list[Project], results: dict[str, Any]) -> list[str]:
    lines = []
    for platform in _PLATFORMS:
        found = [results[key] for one in projects if (key := f"{one.name} {platform}") in results]
        good = [one for one in found if one["built"] and not one["audit_failed"] and _all_load(one)]
        tested = [one for one in good if one.get("tests", {}).get("passed")]
        said = f"- `{platform}`: {len(good)} of {len(found)} build, pass the audit and load in every release"
        lines.append(f"{said}; the tests of {len(tested)} pass." if tested else f"{said}.")
    return lines


def _all_load(result: dict[str, Any]) -> bool:
    return bool(result["modules"]) and not result["not_loaded"]


def _of(project: Project, results: dict[str, Any]) -> Iterable[tuple[str, dict[str, Any]]]:
    for platform in _PLATFORMS:
        if result := results.get(f"{project.name} {platform}"):
            yield platform, result


def _cell(project: Project, platform: str, results: dict[str, Any]) -> str:
    result = results.get(f"{project.name} {platform}")
    if result is None:
        return "not tried"
    if not result["built"]:
        return "does not build"
    if not result["modules"]:
        return "no extension module"
    needs = result.get("needs", [])
    loads = "all" if _all_load(result) else "not all"
    said = f"{result['modules']}, {loads} {result['releases']}"
    said += f"; needs {', '.join(f'`{name}`' for name in needs)}" if needs else ""
    return f"{said}; the audit finds errors" if result["audit_failed"] else said


def _failures(project: Project, results: dict[str, Any]) -> list[str]:
    """A line for each cause, with the platforms where it is one."""
    platforms: dict[str, list[str]] = {}
    for platform, result in _of(project, results):
        if not result["built"]:
            cause = result["error"].splitlines()[0].partition(f" could not be built for {platform}: ")
            platforms.setdefault(cause[2] or cause[0], []).append(f"`{platform}`")
    needed = f" {project.needed}." if project.needed else ""
    return [
        f"- **{project.name}** {project.version}, {', '.join(names)}: `{cause}`.{needed}"
        for cause, names in platforms.items()
    ]


def _tests(project: Project, results: dict[str, Any]) -> list[str]:
    if not project.tests:
        return [f"- **{project.name}**: not run; {project.untested}."] if project.untested else []
    ran = {platform: result["tests"] for platform, result in _of(project, results) if "tests" in result}
    if not ran:
        return []
    counts = "; ".join(f"`{platform}`: {said['summary']}" for platform, said in ran.items())
    folder = [project.tests["folder"]] if "folder" in project.tests else []
    where = shlex.join([*project.tests.get("arguments", []), *folder])
    because = f", {project.tests['because']}" if "because" in project.tests else ""
    lines = [f"- **{project.name}** (`pytest {where}`{because}): {counts}."]
    lines += [
        f"    - excluded{_where(one)}: {', '.join(_last_names(one['tests']))}: {one['reason']}."
        for one in project.tests.get("excluded", [])
    ]
    skipped = Counter[str]()
    for said in ran.values():
        skipped |= Counter(said["skipped"])
    if skipped:
        most = [f"{count} “{why}”" for why, count in skipped.most_common(_REASONS)]
        more = f", and {len(skipped) - _REASONS} more" if len(skipped) > _REASONS else ""
        lines.append(f"    - skipped: {', '.join(most)}{more}.")
    return lines


def _where(excluded: dict[str, Any]) -> str:
    return "".join(f" for `{platform}`" for platform in excluded.get("platforms", ()))


def _last_names(tests: list[str]) -> list[str]:
    """Tests without their paths and classes, each once; a few of many."""
    names = list(dict.fromkeys(f"`{re.split('/|::', test)[-1]}`" for test in tests))
    return names if len(names) <= _NAMES else [*names[:_NAMES], f"and {len(names) - _NAMES} more"]


def _beside(project: Project, results: dict[str, Any]) -> list[str]:
    lines = []
    for _, result in _of(project, results):
        said = result.get("official")
        if not said or not said["found"]:
            continue
        line = f"- `{said['wheel']}`: ours has {said['ratio']:.3f} times its size"
        diff = said["diff"]
        if isinstance(diff, dict):
            modules = [len(diff["came"]), len(diff["went"])]
            line += "; the same modules" if not any(modules) else f"; modules came and went: {modules}"
            for sort, change in CHANGES:
                names = diff[f"{sort} {change}"]
                line += f"; {_named(names)} {sort[: -(len(names) == 1) or None]} {change}" if names else ""
        lines.append(line)
    return lines


def _named(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:3])
    return f"{len(names)} ({shown}{', …' if len(names) > 3 else ''})"  # noqa: PLR2004 - as many as fit a line

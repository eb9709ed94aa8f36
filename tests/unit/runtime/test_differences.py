from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from pyodide_abi.audit.finding import Finding, Location, Severity
from pyodide_abi.report.as_installed import as_installed_to_data, write_as_installed
from pyodide_abi.runtime.account import Outcome
from pyodide_abi.runtime.as_installed import AsInstalled, Installation, Tried, Way
from pyodide_abi.runtime.differences import differences


def installed(
    way: Way,
    *,
    error: str = "",
    files: tuple[str, ...] = ("a.py",),
    outcome: Outcome = Outcome.LOADED,
    message: str = "",
    **versions: str,
) -> Installation:
    tried = () if error else (Tried(module="a._m", outcome=outcome, message=message),)
    return Installation(
        way=way,
        release="314.0.7",
        error=error,
        distributions=tuple(versions.items()),
        files=frozenset(files),
        modules=tried,
    )


def test_the_same_in_all_ways() -> None:
    assert differences([installed(way, a="1") for way in Way]) == []


def test_versions() -> None:
    found = differences(
        [
            installed(Way.MICROPIP, a="1", dep="1"),
            installed(Way.PIP, a="1", dep="2", more="3"),
            installed(Way.BROWSER, a="1", dep="1"),
        ]
    )
    assert found == [
        "dep: 1 with micropip and browser; 2 with pip",
        "more: not installed with micropip and browser; 3 with pip",
    ]


def test_files_and_what_comes_of_them() -> None:
    micropip = installed(
        Way.MICROPIP, files=("a.py", "a-1.data/purelib/m.so"), outcome=Outcome.RAISED, message="no m"
    )
    pip = installed(Way.PIP, files=("a.py", *(f"{name}.so" for name in "abcdefg")))
    assert differences([micropip, pip]) == [
        "only micropip puts there: a-1.data/purelib/m.so",
        "only pip puts there: a.so, b.so, c.so, d.so, e.so and 2 more",
        "a._m: raised with micropip; loaded with pip",
    ]


def test_one_that_cannot_install() -> None:
    failed = installed(Way.MICROPIP, error="no wheel")
    assert differences([failed, installed(Way.PIP)]) == ["micropip cannot install it, pip can"]
    assert differences([failed, installed(Way.PIP, error="none")]) == []


def result(*installations: Installation, stand_ins: tuple[str, ...] = ()) -> AsInstalled:
    engines = tuple((item.way, "node 24") for item in installations)
    return AsInstalled(
        wheel=Path("a-1.whl"), engines=engines, installations=installations, stand_ins=stand_ins
    )


def text(value: AsInstalled, *latent: Finding) -> str:
    out = io.StringIO()
    write_as_installed(value, Console(file=out, markup=False, highlight=False, width=200), latent)
    return out.getvalue()


def test_for_people() -> None:
    bad = installed(Way.PIP, outcome=Outcome.KILLED, message="Error: \x1b[2Jgone")
    shown = text(
        result(installed(Way.MICROPIP), bad, installed(Way.BROWSER, error="no"), stand_ins=("six.whl",))
    )
    lines = [line.split() for line in shown.splitlines()]
    assert ["314.0.7", "micropip", "pip", "browser"] in lines
    assert ["(installation)", "installed", "installed", "failed"] in lines
    assert ["a._m", "loaded", "killed"] in lines
    assert "a._m: killed with pip" in shown
    assert "browser cannot install it:\n    no" in shown
    assert "a._m: loaded with micropip; killed with pip" in shown
    assert "six.whl" in shown
    assert "not all ways are well" in shown
    assert "\x1b" not in shown, "a module's words cannot command the terminal"


def test_calls_are_not_well_because_imports_are() -> None:
    good = result(installed(Way.MICROPIP), installed(Way.PIP))
    finding = Finding(
        code="ABI201", name="undefined-symbol", severity=Severity.ERROR, location=Location(path="a/b.so"),
        releases=("314.0.7",), statement="`f` is provided by no release", fix="",
    )  # fmt: skip
    assert "all ways are well" in text(good)
    shown = text(good, finding)
    assert "calls can fail: ABI201 undefined-symbol in a/b.so: `f` is provided by no release" in shown
    assert "all ways are well" not in shown
    data = as_installed_to_data(good, [finding])
    assert [(one["code"], one["path"], one["releases"]) for one in data["latent"]] == [
        ("ABI201", "a/b.so", ["314.0.7"])
    ]
    assert data["ok"] is True


def test_for_programs() -> None:
    good = result(installed(Way.MICROPIP, a="1"), installed(Way.PIP, a="1"))
    data = as_installed_to_data(good)
    assert data["ok"] is True
    assert data["releases"]["314.0.7"] == {
        "ways": {
            way: {
                "error": None,
                "distributions": {"a": "1"},
                "modules": {"a._m": {"outcome": "loaded", "message": None}},
            }
            for way in ("micropip", "pip")
        },
        "differences": [],
    }

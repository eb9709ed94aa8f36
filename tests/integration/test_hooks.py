"""The hooks that others call: cibuildwheel's own expansion, pre-commit's own reading, the action's steps."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from made_wheels import make_wheel
from patience import HANGS, WORK_HANGS
from real_wheels import real_wheel

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "how-to" / "ci.md"
#: cibuildwheel's own reading of the options of pyproject.toml, and its own way to run the commands.
CIBUILDWHEEL = """\
import sys
from pathlib import Path
from cibuildwheel.options import CommandLineArguments, compute_options
from cibuildwheel.util.cmd import shell
from cibuildwheel.util.helpers import prepare_command
wheel = Path(sys.argv[1])
arguments = CommandLineArguments.defaults()
arguments.platform = "pyodide"
options = compute_options("pyodide", arguments, env={})
options = options.build_options("cp314-pyodide_wasm32")
repair = prepare_command(
    options.repair_command, wheel=wheel, dest_dir=Path("repaired"), package=options.package_dir, project="."
)
print("repair:", repair, flush=True)
Path("repaired").mkdir(exist_ok=True)
shell(repair)
print("requires:", options.audit_requires)
(wheel,) = Path("repaired").glob("*.whl")
for command in options.audit_command:
    command = prepare_command(command, wheel=wheel)
    print("audit:", command, flush=True)
    shell(command)
"""


def in_environment(package: str, *words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A command in a throw-away environment with one package, and our own commands on its PATH."""
    folder = Path(sys.executable).parent
    return subprocess.run(
        [folder / "uv", "run", "--quiet", "--no-project", "--with", package, *words],
        cwd=cwd,
        env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=WORK_HANGS,
        check=False,
    )


def bad_wheel(folder: Path) -> Path:
    name = "pkg-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
    return make_wheel(
        folder, name, {"pkg.cpython-314-wasm32-emscripten.so": b"\x7fELF\x02\x01\x01" + bytes(57)}
    )


def test_cibuildwheel_runs_our_commands(tmp_path: Path) -> None:
    toml = re.search(r"```toml\n(\[tool\.cibuildwheel\.pyodide\].*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    assert toml
    project = '[project]\nname = "pkg"\nversion = "1"\nrequires-python = ">=3.12"\n'
    (tmp_path / "pyproject.toml").write_text(project + toml[1], "utf-8")
    good = real_wheel("simplejson", "pyemscripten_2026_0_wasm32", "3.14")
    done = in_environment("cibuildwheel>=4,<5", "python", "-c", CIBUILDWHEEL, good, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert f"repair: pyodide-abi repair -w repaired -- {good}" in lines
    assert f"audit: pyodide-abi audit -- repaired/{good.name}" in lines
    assert any(line.startswith("requires:") and "pyodide-abi" in line for line in lines)
    (tmp_path / "repaired" / good.name).unlink()
    bad = bad_wheel(tmp_path)
    done = in_environment("cibuildwheel>=4,<5", "python", "-c", CIBUILDWHEEL, bad, cwd=tmp_path)
    assert done.returncode != 0
    assert "ABI101" in done.stdout


def test_pre_commit_reads_our_hooks(tmp_path: Path) -> None:
    manifest = ROOT / ".pre-commit-hooks.yaml"
    show = (
        "import sys\nfrom pre_commit.clientlib import load_manifest\n"
        "for hook in load_manifest(sys.argv[1]): print(hook['id'], hook['entry'], hook['files'], sep='\\t')"
    )
    done = in_environment("pre-commit", "python", "-c", show, manifest, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    hooks = {words[0]: words[1:] for words in (line.split("\t") for line in done.stdout.splitlines())}
    assert hooks.keys() == {"pyodide-abi-audit", "pyodide-abi-verify"}
    wheel = bad_wheel(tmp_path)
    for entry, files in hooks.values():
        assert re.search(files, str(wheel))
        assert not re.search(files, "pkg-1-py3-none-any.whl")
        assert entry.split()[0] == "pyodide-abi"
    command: list[str | Path] = [
        Path(sys.executable).with_name("pyodide-abi"),
        *hooks["pyodide-abi-audit"][0].split()[1:],
    ]
    audited = subprocess.run([*command, wheel], cwd=tmp_path, capture_output=True, check=False, timeout=HANGS)
    assert audited.returncode == 1
    assert b"ABI101" in audited.stdout


def steps_of_the_action(tmp_path: Path) -> list[dict[str, str]]:
    show = (
        "import json, sys, yaml\naction = yaml.safe_load(open(sys.argv[1]))\n"
        "assert action['runs']['using'] == 'composite'\n"
        "values = {name: item['default'] for name, item in action['inputs'].items()}\n"
        "print(json.dumps([values, action['runs']['steps']]))"
    )
    done = in_environment("pyyaml", "python", "-c", show, ROOT / "action.yml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    import json

    values, steps = json.loads(done.stdout)
    assert set(values) == {"wheels", "args", "verify", "verify-args", "sarif", "version"}
    return [dict(step) for step in steps]


def test_the_action_s_steps(tmp_path: Path) -> None:
    install, audit, verify = steps_of_the_action(tmp_path)
    assert verify["if"] == "${{ inputs.verify == 'true' }}"
    (tmp_path / "dist").mkdir()
    bad_wheel(tmp_path / "dist")
    environ = {
        **os.environ,
        "RUNNER_TEMP": str(tmp_path / "temporary"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "ACTION": str(ROOT),
        "VERSION": "",
        "WHEELS": "dist/*.whl",
        "ARGS": "",
        "SARIF": "findings.sarif",
    }

    def step(script: str, **more: str) -> subprocess.CompletedProcess[str]:
        # As the runner starts `shell: bash`.
        words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        environment = {**environ, **more}
        return subprocess.run(
            words,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=WORK_HANGS,
        )

    done = step(install["run"])
    assert done.returncode == 0, done.stderr
    environ["PROGRAM"] = (tmp_path / "output").read_text("utf-8").strip().removeprefix("program=")
    assert environ["PROGRAM"] == f"{tmp_path}/temporary/pyodide-abi/bin/pyodide-abi"
    done = step(audit["run"])
    assert done.returncode == 1, done.stderr
    assert "::error" in done.stdout
    assert '"ABI101"' in (tmp_path / "findings.sarif").read_text("utf-8")
    done = step(audit["run"], ARGS="--ignore ABI1", SARIF="")
    assert "ABI101" not in done.stdout
    assert step(verify["run"], ARGS="--runtime 314.0.7").returncode == 1
    done = step(audit["run"], WHEELS="dist/none.whl")
    assert done.returncode != 0
    assert re.search("^::error.*there is no file", done.stdout, re.MULTILINE)


def test_the_action_finds_programs_where_windows_has_them(tmp_path: Path) -> None:
    install, *_ = steps_of_the_action(tmp_path)
    (tmp_path / "python3").write_text('#!/bin/sh\nmkdir -p "$3/Scripts"\ncp "$0" "$3/Scripts/python"\n')
    (tmp_path / "python3").chmod(0o755)
    environ = {"PATH": f"{tmp_path}:/usr/bin:/bin", "ACTION": "x", "VERSION": ""}
    environ |= {"RUNNER_TEMP": str(tmp_path), "GITHUB_OUTPUT": str(tmp_path / "output")}
    subprocess.run(["bash", "-e", "-c", install["run"]], cwd=tmp_path, env=environ, check=True, timeout=HANGS)
    assert (tmp_path / "output").read_text("utf-8") == f"program={tmp_path}/pyodide-abi/Scripts/pyodide-abi\n"

"""The scripts of ``pyodide-abi completion``, asked by the shells themselves."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.integration

#: Asks for what completes the last word of "$@".
ASK = {
    "bash": """
        source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
        _shtab_pyodide_abi pyodide-abi "${@: -1}" "${@: -2:1}"; printf '%s\\n' "${COMPREPLY[@]}"
    """,
    "fish": """source $argv[1]; complete -C "$argv[2..]" | string split -f 1 \\t""",
}


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("scripts")
    found = {}
    for shell in ("bash", "zsh", "fish"):
        done = subprocess.run(
            [sys.executable, "-m", "pyodide_abi", "completion", shell], capture_output=True, check=True
        )
        found[shell] = folder / f"_pyodide-abi.{shell}"
        found[shell].write_bytes(done.stdout)
    return found


@pytest.mark.parametrize("shell", ASK)
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["au"], {"audit"}),
        (["audit", "--form"], {"--format"}),
        (["audit", "--format", "js"], {"json", "jsonl"}),
        (["run", "--runtime", "0.28."], {"0.28.0", "0.28.1", "0.28.2", "0.28.3"}),
        (["build", "--platform", "314"], {"314_0"}),
        (["audit", "sp"], {"spam.whl"}),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_what_a_shell_offers(
    shell: str, words: list[str], expected: set[str], scripts: dict[str, Path], tmp_path: Path
) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"no {shell} here")
    (tmp_path / "spam.whl").touch()
    done = subprocess.run(
        [program, "-c", ASK[shell], str(scripts[shell]), "pyodide-abi", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert set(done.stdout.split()) == expected, done.stderr


def test_zsh_takes_its_script(scripts: dict[str, Path], tmp_path: Path) -> None:
    program = shutil.which("zsh")
    if program is None:
        pytest.skip("no zsh here")
    shutil.copyfile(scripts["zsh"], tmp_path / "_pyodide-abi")
    ask = "fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D; print ${_comps[pyodide-abi]}"
    done = subprocess.run(
        [program, "-f", "-c", ask], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.strip() == "_pyodide-abi"
    assert subprocess.run([program, "-n", scripts["zsh"]], check=False).returncode == 0

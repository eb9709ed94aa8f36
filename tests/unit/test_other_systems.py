"""Paths and lines as Windows and macOS have them, held on Linux: separators, cases of names, CRLF."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from assembling import assemble, make_wheel

from pyodide_abi.audit import audit_file
from pyodide_abi.cli.audit_policy import Outcome, read_policy, write_baseline
from pyodide_abi.cli.commands import COMMANDS, command_parser
from pyodide_abi.cli.main import main
from pyodide_abi.report import printable
from pyodide_abi.report.sarif import audits_to_sarif
from pyodide_abi.values import replace

if TYPE_CHECKING:
    from pyodide_abi.cli.audit_policy import Policy

WHEEL = "spam-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
NEWER = "spam-2-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
SUFFIX = ".cpython-314-wasm32-emscripten.so"
BAD = '%dylink (import "env" "absent" (func)) %init'


class TestBackslashes:
    """A name as Windows' shells give it; on Linux no wheel can be called so, but a report can."""

    @pytest.fixture(autouse=True)
    def _separators(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(printable, "os", SimpleNamespace(sep="\\"))

    @staticmethod
    def outcome(folder: Path, name: str) -> Outcome:
        report = audit_file(make_wheel(folder, name, {f"x{SUFFIX}": assemble(BAD)}))
        return Outcome(given=f"dist\\{name}", report=replace(report, name=f"dist\\{name}"))

    @staticmethod
    def policy(folder: Path, *options: str) -> Policy:
        entry = next(entry for entry in COMMANDS if entry.name == "audit")
        args = command_parser(entry, entry.load()).parse_args([WHEEL, *options])
        return read_policy(args, folder)

    @pytest.mark.parametrize("pattern", ["spam-*.whl", "dist/*.whl", "*/spam-1-*"])
    def test_patterns_are_those_of_other_systems(self, pattern: str, tmp_path: Path) -> None:
        outcome = self.outcome(tmp_path, WHEEL)
        ignoring = self.policy(tmp_path, "--per-file-ignores", f"{pattern}:ABI201")
        assert not ignoring.fails(ignoring.judged(outcome))
        other = self.policy(tmp_path, "--per-file-ignores", "other-*.whl:ABI201")
        assert other.fails(other.judged(outcome))

    def test_a_baseline_holds_on_every_system_and_in_every_folder(self, tmp_path: Path) -> None:
        write_baseline(tmp_path / "known.json", [self.outcome(tmp_path, WHEEL)])
        [finding] = json.loads((tmp_path / "known.json").read_text("utf-8"))["findings"]
        assert finding["project"] == "spam"
        knowing = self.policy(tmp_path, "--baseline", "known.json")
        assert not knowing.fails(knowing.judged(self.outcome(tmp_path, NEWER)))

    def test_addresses_in_sarif_have_slashes(self, tmp_path: Path) -> None:
        report = self.outcome(tmp_path, WHEEL).report
        assert report is not None
        (run,) = json.loads(audits_to_sarif([report], {}))["runs"]
        place: dict[str, Any] = run["results"][0]["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == f"dist/{WHEEL}/x{SUFFIX}"


def test_a_library_of_another_case_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the file system takes a name in any case, the runtime's still does not."""
    module = assemble('(@dylink.0 (mem-info (memory 0 0)) (needed "libD.so") (runtime-path "$ORIGIN")) %init')
    (tmp_path / f"x{SUFFIX}").write_bytes(module)
    (tmp_path / "libd.so").write_bytes(assemble("%dylink"))
    is_file = Path.is_file
    monkeypatch.setattr(
        Path, "is_file", lambda path: is_file(path) or is_file(path.with_name(path.name.lower()))
    )
    assert main(["audit", f"x{SUFFIX}", "--platform", "314_0"], {}, tmp_path) == 1
    assert "libD.so" in capsys.readouterr().out
    (tmp_path / "libd.so").rename(tmp_path / "libD.so")
    assert main(["audit", f"x{SUFFIX}", "--platform", "314_0"], {}, tmp_path) == 0


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    return make_wheel(tmp_path, WHEEL, {f"x{SUFFIX}": assemble(BAD)})


class TestCarriageReturns:
    """Files that an editor or git on Windows has written."""

    def test_settings(self, wheel: Path) -> None:
        text = '[tool.pyodide-abi.audit]\r\nignore = [\r\n  "ABI201",\r\n]\r\n'
        (wheel.parent / "pyproject.toml").write_bytes(text.encode())
        assert main(["audit", WHEEL], {}, wheel.parent) == 0

    def test_a_baseline(self, wheel: Path) -> None:
        assert main(["audit", WHEEL, "--write-baseline", "known.json"], {}, wheel.parent) == 0
        known = wheel.parent / "known.json"
        known.write_bytes(known.read_bytes().replace(b"\n", b"\r\n"))
        assert main(["audit", WHEEL, "--baseline", "known.json"], {}, wheel.parent) == 0

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_a_console_s_text_to_explain(
        self, encoding: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """PowerShell's `>` writes UTF-16 with a mark of its order, an editor UTF-8 with one."""
        text = "PS C:\\> python spam.py\r\nError: Dynamic linking error:\r\nundefined symbol 'spam'\r\n"
        (tmp_path / "console.txt").write_bytes(text.encode(encoding))
        assert main(["explain", "console.txt"], {}, tmp_path) == 0
        assert "`spam`" in capsys.readouterr().out

    def test_metadata_of_a_wheel(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        metadata = "Metadata-Version: 2.1\r\nName: spam\r\nVersion: 1\r\nRequires-Python: >=3.14\r\n"
        files = {f"x{SUFFIX}": assemble("%dylink %init"), "spam-1.dist-info/METADATA": metadata.encode()}
        make_wheel(tmp_path, WHEEL, files)
        assert main(["audit", WHEEL], {}, tmp_path) == 0
        assert "nothing to say" in capsys.readouterr().out

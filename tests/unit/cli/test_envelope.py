"""What commands write for programs has one form, and that is the form of the published schemas."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from assembling import assemble, make_wheel
from json_schema import check
from jsonschema import Draft202012Validator

from pyodide_abi.audit import many
from pyodide_abi.cli.commands import COMMANDS, command_parser
from pyodide_abi.cli.main import main
from pyodide_abi.report.envelope import schema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MODULE = "x.cpython-314-wasm32-emscripten.so"
GOOD = "good-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
BAD = "bad-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
BROKEN = "broken-1-py3-none-any.whl"
OTHER = "other.so"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_wheel(tmp_path, GOOD, {MODULE: assemble("%dylink %init")})
    make_wheel(tmp_path, BAD, {MODULE: assemble('%dylink (import "env" "absent" (func)) %init')})
    (tmp_path / BROKEN).write_bytes(b"nothing")
    (tmp_path / MODULE).write_bytes(assemble("%dylink %init"))
    (tmp_path / OTHER).write_bytes(assemble('%dylink (import "env" "absent" (func (param i32)))'))
    (tmp_path / "filled/pythons/debian-3.14.8").mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ["audit", GOOD],
        ["audit", BAD, BROKEN, "."],
        ["audit", MODULE, "--platform", "314_0"],
        ["show", GOOD],
        ["show", BROKEN, MODULE, "--needed"],
        ["repair", BAD, BROKEN, "--plan"],
        ["repair", GOOD, BAD, BROKEN],
        ["diff", "0.29.3", "0.29.4"],
        ["diff", GOOD, BAD],
        ["diff", GOOD, BAD, "--used-by", BAD],
        ["diff", MODULE, OTHER],
        ["diff", "0.28.0", "314_0", "--used-by", BAD],
        ["platforms"],
        ["platforms", "314_0"],
        ["toolchain", "list"],
        ["toolchain", "list", "--cache-dir", "filled"],
        ["library", "list"],
        ["library", "show", "libyaml", "libxslt"],
        ["explain"],
        ["explain", "ABI201"],
        ["explain", "ABI4"],
        ["explain", "undefined-address"],
        ["explain", "Error: bad export type for '_ZTVN4absl6StatusE': undefined"],
        ["explain", "a text of which nothing is known"],
        ["explain", "flock"],
        ["explain", "_ZN3foo3barEv"],
    ],
    ids=" ".join,
)
def test_every_command_writes_what_its_schema_says(
    words: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environ = {"PYODIDE_ABI_CACHE_DIR": str(folder / "cache"), "PATH": ""}
    main([*words, "--format", "json", "--quiet"], environ, folder)
    data = json.loads(capsys.readouterr().out)
    check(data, words[0])
    assert list(data) == ["schema_version", "tool", "results", "summary"]
    assert data["summary"]["results"] == len(data["results"])


def test_every_command_with_such_a_format_has_a_schema() -> None:
    for entry in COMMANDS:
        options = command_parser(entry, entry.load())._option_string_actions
        if "--format" in options and "json" in (options["--format"].choices or ()):
            Draft202012Validator.check_schema(schema(entry.name))
            assert schema(entry.name)["properties"]["tool"]["properties"]["command"] == {"enum": [entry.name]}


def test_files_are_called_as_they_were_given(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = [f"../{folder.name}/{GOOD}", str(folder / BROKEN)]
    assert main(["audit", *given, "--format", "json"], {}, folder) == 2
    assert [one["wheel"] for one in json.loads(capsys.readouterr().out)["results"]] == given


def test_lines_are_the_results_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["audit", GOOD, BAD, "--format", "jsonl"], {}, folder)
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["wheel"] for line in lines] == [GOOD, BAD]


def test_lines_are_written_as_they_come(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    audited = many.audit_files

    def interrupted(files: list[Path], **options: Any) -> Iterator[many.Audited]:
        yield next(audited(files, **options))
        raise KeyboardInterrupt

    monkeypatch.setattr(many, "audit_files", interrupted)
    with suppress(KeyboardInterrupt):
        main(["audit", GOOD, BAD, "--format", "jsonl"], {}, folder)
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["wheel"] == GOOD


class TestLinesIntoAFile:
    """Each is written as it comes, under a name that says that there will be more."""

    def test_until_the_last_has_come_the_file_is_a_part(
        self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        audited = many.audit_files
        (folder / "found.jsonl").write_text("older\n")

        def interrupted(files: list[Path], **options: Any) -> Iterator[many.Audited]:
            yield next(audited(files, **options))
            assert GOOD in (folder / "found.jsonl.part").read_text("utf-8")
            raise KeyboardInterrupt

        monkeypatch.setattr(many, "audit_files", interrupted)
        with suppress(KeyboardInterrupt):
            main(["audit", GOOD, BAD, "--format", "jsonl", "--output", "found.jsonl"], {}, folder)
        (line,) = (folder / "found.jsonl.part").read_text("utf-8").splitlines()
        assert json.loads(line)["wheel"] == GOOD
        assert (folder / "found.jsonl").read_text() == "older\n"
        assert "what was found until then is in" in capsys.readouterr().err

    @pytest.mark.parametrize("command", ["audit", "show"])
    def test_then_it_has_its_name(self, command: str, folder: Path) -> None:
        words = [command, GOOD, BROKEN, BAD, "--format", "jsonl", "--output", "found.jsonl"]
        assert main(words, {}, folder) == 2
        found = [json.loads(line) for line in (folder / "found.jsonl").read_text("utf-8").splitlines()]
        assert ["unreadable" in one for one in found] == [False, True, False]
        assert not (folder / "found.jsonl.part").exists()

    def test_a_command_that_finds_nothing_leaves_nothing(self, folder: Path) -> None:
        words = ["audit", GOOD, "--baseline", "gone.json", "--format", "jsonl", "--output", "found.jsonl"]
        assert main(words, {}, folder) == 2
        assert not list(folder.glob("found.jsonl*"))

    def test_a_link_in_the_part_s_place_is_not_followed(self, folder: Path) -> None:
        (folder / "precious").write_text("mine")
        (folder / "found.jsonl.part").symlink_to(folder / "precious")
        assert main(["audit", GOOD, "--format", "jsonl", "--output", "found.jsonl"], {}, folder) == 2
        assert (folder / "precious").read_text() == "mine"


def test_junit_counts_what_failed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["audit", GOOD, BAD, BROKEN, "--format", "junit"], {}, folder)
    suites = ET.fromstring(capsys.readouterr().out)  # noqa: S314 - our own
    counts = {suite.get("name"): (suite.get("failures"), suite.get("errors")) for suite in suites}
    assert counts == {GOOD: ("0", "0"), BAD: ("1", "0"), BROKEN: ("0", "1")}


def test_sarif_rules_have_addresses(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["audit", f"./{BAD}", "--format", "sarif"], {}, folder)
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    driver: dict[str, Any] = run["tool"]["driver"]
    assert driver["informationUri"].startswith("https://")
    assert all(rule["helpUri"].startswith("https://") for rule in driver["rules"])
    place = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert place == f"./{BAD}/{MODULE}"


def test_one_audit_writes_several_forms(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    also = ["--also", "sarif:said.sarif", "--also", "json:said.json"]
    assert main(["audit", BAD, "--format", "github", *also], {}, folder) == 1
    said = capsys.readouterr().out
    assert said.startswith("::error ")
    for form in ("sarif", "json"):
        main(["audit", BAD, "--format", form], {}, folder)
        assert (folder / f"said.{form}").read_text("utf-8") == capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("text:x", "has to be FORMAT:FILE"),
        ("sarif", "has to be FORMAT:FILE"),
        (f"sarif:{BAD}/x.sarif", "Not a directory"),
        ("sarif:.", "Is a directory"),
        ("sarif:circle", "Too many levels of symbolic links"),
        (f"json:{BAD}", "a file that is read"),
    ],
)
def test_another_form_is_refused_before_the_audit(
    words: str, says: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "circle").symlink_to("circle")
    before = sorted(folder.iterdir())
    assert main(["audit", BAD, "--also", "html:x.html", "--also", words], {}, folder) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert says in err
    assert sorted(folder.iterdir()) == before


def test_two_results_do_not_go_to_one_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        ["--also", "json:x", "--also", "html:./x"],
        ["--also", "json:x", "--output", "x"],
        ["--write-baseline", "x", "--output", "x"],
    ):
        assert main(["audit", BAD, *words], {}, folder) == 2
        assert "two results would go to" in capsys.readouterr().err
        assert not (folder / "x").exists()


def test_output_goes_to_a_file_as_a_whole(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", BAD, "--format", "json", "--output", "said.json"], {}, folder) == 1
    assert capsys.readouterr().out == ""
    assert json.loads((folder / "said.json").read_text("utf-8"))["summary"]["failed"] == 1
    with pytest.raises(SystemExit):
        main(["audit", BAD, "--format", "jsn", "--output", "other.json"], {}, folder)
    assert not (folder / "other.json").exists()


def test_results_take_no_place_of_a_file_that_is_read(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (folder / BAD).read_bytes()
    (folder / "link").symlink_to(folder / BAD)
    for name in (BAD, f"./{BAD}", str(folder / BAD), "link"):
        for words in (["--output", name], ["--also", f"json:{name}"], ["--write-baseline", name]):
            assert main(["audit", BAD, *words], {}, folder) == 2
            assert "a file that is read" in capsys.readouterr().err
    assert (folder / BAD).read_bytes() == before


def test_results_go_through_links_and_leave_the_mode(folder: Path) -> None:
    """Nothing beside the file is touched, whatever it is called."""
    (folder / "kept").write_text("kept", "utf-8")
    (folder / ".said.json.new").symlink_to(folder / "kept")
    (folder / "said.json").write_text("old", "utf-8")
    (folder / "said.json").chmod(0o600)
    (folder / "to").symlink_to(folder / "behind")
    before = sorted(folder.iterdir())
    assert main(["audit", BAD, "--format", "json", "--output", "said.json"], {}, folder) == 1
    assert (folder / "said.json").stat().st_mode & 0o777 == 0o600
    assert sorted(folder.iterdir()) == before
    assert main(["audit", BAD, "--format", "json", "--output", "to"], {}, folder) == 1
    assert (folder / "to").is_symlink()
    assert json.loads((folder / "behind").read_text("utf-8")) == json.loads(
        (folder / "said.json").read_text("utf-8")
    )
    assert (folder / "kept").read_text("utf-8") == "kept"


def test_what_is_no_character_is_an_escape_in_xml(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = "a\ufffe\uffff]]>.so"
    (folder / name).write_bytes(b"\0asm\1\0\0\0")
    main(["audit", name, "--platform", "314_0", "--format", "junit"], {}, folder)
    out = capsys.readouterr().out
    assert ET.fromstring(out).find("testsuite") is not None  # noqa: S314 - our own output
    assert "\\ufffe\\uffff" in out

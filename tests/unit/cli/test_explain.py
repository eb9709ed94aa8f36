"""``pyodide-abi explain``: rules, texts, and what is neither."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from pyodide_abi.audit.rules import RULES
from pyodide_abi.cli import main as cli
from pyodide_abi.platforms.hollow import load_hollow
from pyodide_abi.report.loader_links import spelled_out

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.audit.rule import Rule


@pytest.fixture
def explain(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*argv: str) -> tuple[int, str, str]:
        status = cli.main(["explain", *argv], {}, tmp_path)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
class TestRules:
    def test_by_code_in_any_case(self, explain: Any, rule: Rule) -> None:
        status, out, _ = explain(rule.code.lower())
        assert status == 0
        assert out.startswith(f"# {rule.code} {rule.name}\n")
        for heading, body in rule.sections().items():
            assert f"## {heading}\n\n{spelled_out(body)}" in out

    def test_by_name(self, explain: Any, rule: Rule) -> None:
        assert explain(rule.name) == explain(rule.code)

    def test_json(self, explain: Any, rule: Rule) -> None:
        (data,) = json.loads(explain(rule.code, "--format", "json")[1])["results"]
        assert (data["code"], data["name"], data["severity"]) == (rule.code, rule.name, rule.severity)
        assert set(data["sections"]) == set(rule.sections())


@pytest.mark.parametrize("words", [("ABI201", "202"), ("201,abi202",), ("undefined-symbol", "ABI202", "201")])
def test_several_rules(words: tuple[str, ...], explain: Any) -> None:
    status, out, _ = explain(*words)
    assert status == 0
    heads = [line.split()[1] for line in out.splitlines() if line.startswith("# ")]
    assert heads == ["ABI201", "ABI202"]
    data = json.loads(explain(*words, "--format", "json")[1])["results"]
    assert [one["code"] for one in data] == heads


def test_a_rule_among_other_words_is_no_list_of_rules(explain: Any) -> None:
    assert explain("ABI201", "nothing", "else")[0] == 1


def test_without_arguments_all_rules(explain: Any) -> None:
    status, out, _ = explain()
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()] == sorted(rule.code for rule in RULES)
    assert len(json.loads(explain("--format", "json")[1])["results"]) == len(RULES)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("abi203x", "ABI203"),
        ("undefined-symbl", "undefined-symbol"),
        ("needed-libary", "needed-library"),
    ],
)
def test_a_mistyped_rule_gets_a_suggestion(explain: Any, wrong: str, right: str) -> None:
    status, out, err = explain(wrong)
    assert (status, out) == (2, "")
    assert f"there is no rule '{wrong}'" in err
    assert right in err


def test_a_text(explain: Any) -> None:
    status, out, _ = explain("Error: bad export type for '_ZTVN4absl6StatusE': undefined")
    assert status == 0
    assert out.startswith("undefined-address: ")
    assert "  symbol     _ZTVN4absl6StatusE\n" in out
    assert "Emscripten's loader in a runtime of 2024_0 or 2025_0" in out
    assert "ABI201 undefined-symbol" in out


def test_unquoted_words_are_one_text(explain: Any) -> None:
    assert explain("RuntimeError:", "null", "function", "or", "function", "signature", "mismatch")[0] == 0


def test_json_of_a_text(explain: Any) -> None:
    text = (
        "ImportError: Could not load dynamic lib: /lib/python3.13/site-packages/a.so\n"
        'Error: Failed to find dynamic library "libdep.so"\n'
        "RuntimeError: memory access out of bounds"
    )
    (data,) = json.loads(explain("--format", "json", text)[1])["results"]
    assert data["file"] == "/lib/python3.13/site-packages/a.so"
    assert data["platforms"] == ["2025_0"]
    [cause] = data["causes"]
    assert (cause["name"], cause["details"]["library"]) == ("needed-library", "libdep.so")
    assert cause["rules"][0] == "ABI301"
    assert [hit["name"] for hit in data["consequences"]] == ["out-of-bounds"]


def test_from_stdin(explain: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = b"\xff\xfe pasted \nError: need to see wasm\n magic number\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    status, out, _ = explain("-")
    assert status == 0
    assert out.startswith("not-webassembly: ")


def test_a_meaning_by_its_name(explain: Any) -> None:
    status, out, _ = explain("undefined-address")
    assert status == 0
    assert "bad export type for '_ZTVN4absl6StatusE': undefined" in out
    assert "Dynamic linking error: undefined symbol 'archive_read_new'" in out
    (data,) = json.loads(explain("undefined-address", "--format", "json")[1])["results"]
    assert {tuple(wording["loaders"]) for wording in data["wordings"]} >= {(1, 2), (3, 4)}


@pytest.mark.parametrize("text", ["my cat walked over the keyboard", "", "🙂"])
def test_an_unknown_text(explain: Any, text: str) -> None:
    status, out, err = explain(text)
    assert status == 1
    assert "nothing in this text is known" in out
    assert err == ""


@pytest.mark.parametrize("word", ["408", "abi408", "ABI408", " ABI408 "])
def test_a_code_in_every_spelling(explain: Any, word: str) -> None:
    assert explain(word)[1].startswith("# ABI408 ")


def test_a_symbol_is_also_shown_as_written_in_its_source(explain: Any) -> None:
    out = explain("Error: bad export type for '_ZTVN4absl6StatusE': undefined")[1]
    assert "_ZTVN4absl6StatusE\n" in out
    assert "vtable for absl::Status\n" in out


@pytest.mark.parametrize("form", ["text", "json"])
def test_control_characters_of_a_name_never_reach_the_terminal(explain: Any, form: str) -> None:
    hostile = "Error: bad export type for 'a\x1b]0;title\x07b\u202ec\x9bd': undefined"
    status, out, err = explain(hostile, "--format", form)
    assert status == 0
    assert not set(out + err) & set("\x1b\x07\u202e\x9b")


def test_the_beginning_of_codes_lists_a_family(explain: Any) -> None:
    status, out, _ = explain("abi4")
    assert status == 0
    assert {line[:4] for line in out.splitlines()} == {"ABI4"}
    assert explain("4xx")[1] == explain("4")[1] == out


@pytest.fixture
def console(tmp_path: Path) -> Path:
    file = tmp_path / "console.txt"
    file.write_bytes(b"\xff pasted\n\x1b[31mError: need to see wasm\n magic number\x1b[0m\n")
    return file


def test_from_a_file(explain: Any, console: Path) -> None:
    status, out, _ = explain(console.name)
    assert status == 0
    assert out.startswith("not-webassembly: ")


def test_a_file_of_stdin_needs_no_dash(explain: Any, console: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with console.open() as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        assert explain()[1].startswith("not-webassembly: ")


def test_a_file_with_the_name_of_a_rule_is_not_read(explain: Any, tmp_path: Path) -> None:
    (tmp_path / "ABI201").write_text("Error: need to see wasm magic number")
    assert explain("ABI201")[1].startswith("# ABI201 ")


@pytest.mark.parametrize(("name", "head"), [("a.whl", b"PK\3\4"), ("a.so", b"\0asm\1\0\0\0")])
def test_a_wheel_or_a_module_is_for_the_audit(explain: Any, tmp_path: Path, name: str, head: bytes) -> None:
    (tmp_path / name).write_bytes(head)
    status, _, err = explain(name)
    assert status == 2
    assert f"pyodide-abi audit {name}" in err


@pytest.mark.parametrize("word", ["build.log", "out/console.TXT"])
def test_a_file_that_is_not_there(explain: Any, word: str) -> None:
    status, _, err = explain(word)
    assert status == 2
    assert f"there is no file {word}" in err


def test_a_file_in_which_nothing_is_known(explain: Any, tmp_path: Path) -> None:
    (tmp_path / "log").write_text("spam.c:3:7: warning: unused variable 'x' [-Wunused-variable]\n")
    status, out, err = explain("log")
    assert (status, err) == (1, "")
    assert out.startswith("nothing in this text is known\n")
    assert "  it is      what a compiler says, while a wheel is built: compiling\n" in out
    assert "  line       spam.c:3:7: warning: unused variable" in out
    kind = json.loads(explain("log", "--format", "json")[1])["results"][0]["kind"]
    assert kind["name"] == "what a compiler says"


class TestSymbols:
    def test_a_hollow_function(self, explain: Any) -> None:
        status, out, _ = explain("pthread_create")
        assert status == 0
        assert out.startswith("pthread_create: a symbol\n")
        assert "(i32,i32,i32,i32)->(i32)" in out
        assert "EAGAIN" in out
        assert "ABI506 multithreaded-code" in out
        assert explain("_pthread_create")[1] == explain("pthread_create()")[1] == out

    @pytest.mark.parametrize("name", sorted({name for row in load_hollow() for name in row.names}))
    def test_every_hollow_function(self, explain: Any, name: str) -> None:
        (data,) = json.loads(explain(name, "--format", "json")[1])["results"]
        assert data["type"] == "symbol"
        assert [row["effect"] for row in data["hollow"]] == [
            row.effect for row in load_hollow() if name in row.names
        ]

    def test_what_only_some_releases_offer(self, explain: Any) -> None:
        _, out, _ = explain("sqlite3_open")
        assert "314_0" in out
        assert "2024_0" not in out
        (data,) = json.loads(explain("sqlite3_open", "--format", "json")[1])["results"]
        assert {offer["platform"] for offer in data["offered"]} == {"314_0", "2026_5"}

    def test_what_no_platform_offers(self, explain: Any) -> None:
        status, out, _ = explain("_ZN3foo3barEv")
        assert status == 0
        assert "foo::bar()" in out
        assert "by no platform" in out
        assert "ABI201 undefined-symbol" in out

    @pytest.mark.parametrize("word", ["nosuch", "undefined_symbl"])
    def test_a_word_that_is_no_symbol(self, explain: Any, word: str) -> None:
        status, out, err = explain(word)
        assert (status, out) == (2, "")
        assert f"there is no rule '{word}', and no platform offers a symbol of that name" in err

    def test_a_module_that_the_runtime_lacks(self, explain: Any) -> None:
        assert explain("tkinter")[1] == explain("No module named 'tkinter'")[1]

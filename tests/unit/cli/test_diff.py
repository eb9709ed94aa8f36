"""``pyodide-abi diff``: sorts of input, exit codes, what is printed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from made_modules import side_module

from pyodide_abi.cli import main as cli
from pyodide_abi.wheel import NewMember, write_wheel

if TYPE_CHECKING:
    from pathlib import Path

TWO = '(func (export "kept") (param i32) (result i32) local.get 0) (func (export "gone"))'
ONE = '(func (export "kept") (param i32) (result i32) local.get 0) (func (export "came"))'
SUFFIX = {"cp313": "cpython-313-wasm32-emscripten.so", "cp314": "cpython-314-wasm32-emscripten.so"}


@pytest.fixture
def diff(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*argv: str) -> tuple[int, str, str]:
        status = cli.main(["diff", *argv], {}, tmp_path)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def module(folder: Path, name: str, text: str, **dylink: tuple[str, ...]) -> str:
    (folder / name).write_bytes(side_module(text, **dylink))
    return name


def wheel(
    folder: Path, version: str, modules: dict[str, str], *, python: str = "cp314", platform: str = "314_0"
) -> str:
    tag = f"{python}-{python}-pyodide_{platform}_wasm32"
    name = f"spam-{version}-{tag}.whl"
    info = f"spam-{version}.dist-info"
    metadata = (
        f"Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: false\nTag: {name[5 + len(version) + 1 : -4]}"
    )
    members = [
        NewMember(name=f"{path}.{SUFFIX[python]}", content=side_module(text))
        for path, text in modules.items()
    ]
    members += [
        NewMember(name=f"{info}/WHEEL", content=f"{metadata}\n".encode()),
        NewMember(name=f"{info}/METADATA", content=b"Metadata-Version: 2.1\nName: spam\n"),
        NewMember(name="spam/__init__.py", content=version.encode()),
    ]
    write_wheel(members, folder / name)
    return name


class TestReleases:
    def test_counts_come_first(self, diff: Any) -> None:
        status, out, _ = diff("0.27.7", "0.29.4")
        lines = out.splitlines()
        assert status == 1
        assert lines[0] == "0.27.7 (platform 2024_0): 11,044 symbols"
        assert lines[1] == "0.29.4 (platform 2025_0): 11,077 symbols"
        assert lines[2] == "7,407 the same, 3,651 came, 3,618 went, 19 changed, 4 of them for the worse"

    def test_long_lists_are_cut_with_a_count(self, diff: Any) -> None:
        _, short, _ = diff("0.27.7", "0.29.4")
        _, long, _ = diff("0.27.7", "0.29.4", "--all")
        assert "… and 3,557 more (--all)" in short
        assert "more (--all)" not in long
        assert len(long.splitlines()) > 7_000

    def test_names_by_pattern(self, diff: Any) -> None:
        status, out, _ = diff("0.27.7", "0.29.4", "--match", "_PyThreadState_New", "--all")
        assert status == 1
        assert "_PyThreadState_New" in out
        assert "0 the same, 0 came, 0 went, 1 changed, 1 of them for the worse" in out
        assert diff("0.27.7", "0.29.4", "--match", "PyLong_As*")[0] == 0

    def test_nothing_breaks(self, diff: Any) -> None:
        status, out, _ = diff("0.29.4", "0.29.5")
        assert status == 0
        assert "11,077 the same, 0 came, 0 went, 0 changed" in out

    @pytest.mark.parametrize("name", ["2025_0", "pyodide_2025_0", "pyemscripten_2025_0_wasm32", "cp313"])
    def test_a_platform_in_any_spelling(self, diff: Any, name: str) -> None:
        _, out, _ = diff(name, "314_0", "--match", "_JsObject_Set_js")
        assert out.startswith("2025_0 (10 releases): 1 symbol, 0 of them in every one\n")
        assert "only some releases of 2025_0 have: 1\n  0.29.0 to 0.29.5\n    _JsObject_Set_js" in out

    def test_json(self, diff: Any) -> None:
        status, out, _ = diff("0.27.7", "0.29.4", "--format", "json", "--match", "_PyThreadState_*")
        (data,) = json.loads(out)["results"]
        assert status == 1
        assert (data["sort"], data["breaks"], data["before"]["label"]) == ("releases", True, "0.27.7")
        changed = {change["name"]: change for change in data["changed"]}
        assert changed["_PyThreadState_New"] == {
            "name": "_PyThreadState_New",
            "before": [{"kind": "wasm-function", "type": "(i32)->(i32)", "releases": ["0.27.7"]}],
            "after": [{"kind": "wasm-function", "type": "(i32,i32)->(i32)", "releases": ["0.29.4"]}],
            "imported": "refused",
            "addressed": "dies",
            "breaks": True,
        }

    @pytest.mark.parametrize(("engine", "changed"), [("node24", 1), ("node20", 0)])
    def test_engines_see_different_symbols(self, diff: Any, engine: str, changed: int) -> None:
        """``invoke_*`` are WebAssembly functions where a stack can be suspended (loader.md, section 8)."""
        _, out, _ = diff("0.26.0", "0.27.8", "--match", "invoke_vi", "--engine", engine)
        assert f"{1 - changed} the same, 0 came, 0 went, {changed} changed" in out

    def test_used_by(self, diff: Any, tmp_path: Path) -> None:
        text = """
          (import "env" "_PyThreadState_New" (func (param i32) (result i32)))
          (import "env" "PyLong_FromLong" (func (param i32) (result i32)))
        """
        user = module(tmp_path, "user.so", text)
        status, out, _ = diff("0.27.7", "0.29.4", "--used-by", user)
        assert status == 1
        assert "user.so meets 1 of these differences, 1 of them break it" in out
        assert "imported function does not match the expected type" in out
        assert "PyLong_FromLong" not in out

    def test_used_by_decides_the_exit_status(self, diff: Any, tmp_path: Path) -> None:
        user = module(tmp_path, "user.so", '(import "env" "PyLong_FromLong" (func (param i32) (result i32)))')
        status, out, _ = diff("0.27.7", "0.29.4", "--used-by", user)
        assert status == 0
        assert "meets 0 of these differences, none of them breaks it" in out


class TestModules:
    def test_all_that_changed(self, diff: Any, tmp_path: Path) -> None:
        old = module(tmp_path, "old.so", TWO + '(memory (export "m") 1)', needed=("liba.so",))
        new = module(
            tmp_path,
            "new.so",
            '(import "env" "puts" (func (param i32) (result i32)))' + ONE + '(memory (export "m") 1)',
            needed=("libb.so",),
            run_paths=("$ORIGIN",),
        )
        status, out, _ = diff(old, new)
        assert status == 1
        for line in (
            "  exports that went: 1: whoever imports one is broken\n    gone  function ()->()",
            "  exports that came: 1\n    came  function ()->()",
            "  imports that came: 1\n    env.puts  function (i32)->(i32)",
            "  needed:\n    - liba.so\n    + libb.so",
            "  run paths:\n    + $ORIGIN",
        ):
            assert line in out

    def test_the_same_bytes(self, diff: Any, tmp_path: Path) -> None:
        old = module(tmp_path, "old.so", TWO)
        assert diff(old, old)[:2] == (0, "old.so -> old.so\n  the same bytes\n")

    def test_used_by(self, diff: Any, tmp_path: Path) -> None:
        old, new = module(tmp_path, "old.so", TWO), module(tmp_path, "new.so", ONE)
        caller = module(tmp_path, "caller.so", '(import "env" "gone" (func))')
        status, out, _ = diff(old, new, "--used-by", caller)
        assert status == 1
        assert "caller.so meets 1 of these differences, 1 of them break it" in out
        idle = module(tmp_path, "idle.so", '(import "env" "kept" (func (param i32) (result i32)))')
        assert diff(old, new, "--used-by", idle)[0] == 0

    def test_json(self, diff: Any, tmp_path: Path) -> None:
        old, new = module(tmp_path, "old.so", TWO), module(tmp_path, "new.so", ONE)
        _, out, _ = diff(old, new, "--format", "json")
        (data,) = json.loads(out)["results"]
        assert (data["sort"], data["breaks"], data["identical"]) == ("modules", True, False)
        assert data["exports"]["went"] == [
            {
                "name": "gone",
                "before": {"kind": "function", "type": "()->()"},
                "after": None,
                "breaks": True,
                "users": [],
            }
        ]


class TestWheels:
    def test_modules_by_the_name_that_imports_them(self, diff: Any, tmp_path: Path) -> None:
        init = '(func (export "PyInit__core") (result i32) i32.const 0)'
        old = wheel(tmp_path, "1.0", {"spam/_core": init}, python="cp313", platform="2025_0")
        new = wheel(tmp_path, "1.1", {"spam/_core": init + TWO})
        status, out, _ = diff(old, new)
        assert status == 0
        assert "  version: 1.0 -> 1.1\n" in out
        assert "    - cp313-cp313-pyodide_2025_0_wasm32\n    + cp314-cp314-pyodide_314_0_wasm32" in out
        assert "modules and libraries: 0 the same, 0 came, 0 went, 1 changed" in out
        assert "\nspam._core\n" in out
        assert "    spam/__init__.py" in out

    def test_a_module_that_went_breaks(self, diff: Any, tmp_path: Path) -> None:
        old = wheel(tmp_path, "1.0", {"spam/_core": TWO, "spam/_extra": TWO})
        new = wheel(tmp_path, "1.1", {"spam/_core": TWO})
        status, out, _ = diff(old, new, "--format", "json")
        (data,) = json.loads(out)["results"]
        assert status == 1
        assert [entry["name"] for entry in data["went"]] == ["spam._extra"]
        assert data["same"] == 1

    def test_used_by_another_wheel(self, diff: Any, tmp_path: Path) -> None:
        old, new = wheel(tmp_path, "1.0", {"spam/_core": TWO}), wheel(tmp_path, "1.1", {"spam/_core": ONE})
        user = wheel(tmp_path, "2.0", {"spam/_user": '(import "env" "gone" (func))'})
        status, out, _ = diff(old, new, "--used-by", user)
        assert status == 1
        assert "loads, and dies when it is called, unless something else provides it" in out


class TestBadInput:
    @pytest.mark.parametrize(
        ("argv", "message"),
        [
            (["0.27.7", "new.so"], "is a runtime release or platform and 'new.so' is a module"),
            (["0.27.77", "0.27.7"], "did you mean '0.27.7'"),
            (["2025_1", "2025_0"], "there is no platform '2025_1'"),
            (["new.so", "missing.so"], "missing.so cannot be read"),
            (["new.so", "elf.so"], "is ELF for x86-64"),
            (["new.so", "cut.so"], "cut.so: "),
            (["new.so", "empty.so"], "is empty file"),
            (["./folder", "new.so"], "is a folder"),
            (["nameless.whl", "b.whl"], "not the name of a wheel"),
            (["missing.whl", "b.whl"], "missing.whl cannot be read: No such file or directory"),
            (["0.27.7", "0.29.4", "--used-by", "missing.whl"], "missing.whl cannot be read"),
            (["0.27.7", "0.29.4", "--used-by", "missing.so"], "missing.so cannot be read"),
        ],
    )
    def test_is_one_message(self, diff: Any, tmp_path: Path, argv: list[str], message: str) -> None:
        module(tmp_path, "new.so", ONE)
        (tmp_path / "elf.so").write_bytes(b"\x7fELF\x02\x01\x01" + bytes(11) + b"\x3e" + bytes(45))
        (tmp_path / "cut.so").write_bytes(side_module(ONE)[:-3])
        (tmp_path / "empty.so").write_bytes(b"")
        (tmp_path / "nameless.whl").write_bytes(b"PK")
        (tmp_path / "folder").mkdir()
        status, out, err = diff(*argv)
        assert (status, out) == (2, "")
        assert err.startswith("error: ")
        assert message in err

"""Which compile commands are clang's own, and how emcc's answer about them is read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from fake_host import FakeRunner, completed, make_host

from pyodide_abi.build import fast_path
from pyodide_abi.build.driver import arguments, compile_table
from pyodide_abi.build.driver.arguments import Command
from pyodide_abi.build.drivers import find_launcher, rules_of
from pyodide_abi.build.emcc_cache import expansions_of, read_answer, with_folders_shown
from pyodide_abi.errors import MissingError
from pyodide_abi.platforms import load_platform
from pyodide_abi.toolchain.model import HostPython, Source, Toolchain

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.build.driver.settings import Rules
    from pyodide_abi.process import Completed

EXPANSIONS = {
    "cc c": ["clang", "-C"],
    "cc c visibility": ["clang", "-CV"],
    "cc c++": ["clang", "-CXX"],
    "c++ c++": ["clang++", "-CXX"],
}


def planned(line: str, driver: str = "cc") -> list[str] | None:
    words = line.split()
    return compile_table.plan(Command(words, driver), words, driver, EXPANSIONS)


@pytest.mark.parametrize(
    ("line", "driver", "start"),
    [
        ("-O2 -c a.c -o a.o", "cc", ["clang", "-C"]),
        ("-fvisibility=hidden -c a.c", "cc", ["clang", "-CV"]),
        ("-c a.cpp", "cc", ["clang", "-CXX"]),
        ("-x c++ -c a.c", "cc", ["clang", "-CXX"]),
        ("-c a.c b.c", "cc", ["clang", "-C"]),
        ("-c a.c", "c++", ["clang++", "-CXX"]),
        ("-E a.c", "cc", ["clang", "-C"]),
    ],
)
def test_a_known_compile_step_is_clang_s(line: str, driver: str, start: list[str]) -> None:
    assert planned(line, driver) == [*start, *line.split()]


@pytest.mark.parametrize(
    "line",
    [
        "a.c -o a",
        "-c a.o",
        "-c a.s",
        "-c",
        "-O2 -o x",
        "-c a.c -o",
        "-c a.c -x",
        "-x assembler -c a.c",
        "-c a.c -Wno-deprecated",
        "-c a.c -Wl,-s",
        "-c a.c -sUSE_ZLIB=1",
        "-c a.c -Xclang -v",
        "-c a.c -fsanitize=address",
        "-c a.c -unheard-of",
        "-c -",
        "-c @file",
        "-fno-exceptions -c a.c",
    ],
)
def test_what_is_not_surely_known_is_left_to_emcc(line: str) -> None:
    assert planned(line) is None


def test_an_answer_is_taken_only_if_every_word_came_back() -> None:
    sent = ["-O2", "-I", "inc", "-c", "a.c", "-o", "a.o"]
    start = ["clang", "-target", "wasm32"]
    assert read_answer([*start, "-###", "-O2", "-Iinc", "-c", "a.c", "-oa.o"], sent) == start
    assert read_answer([*start, "-###", "-O2", "-Iinc", "a.c", "-c", "-o", "a.o"], sent) == start
    assert read_answer([*start, "-###", "-O1", "-Iinc", "-c", "a.c", "-oa.o"], sent) is None
    assert read_answer([*start, "-###", "-O2", "-Iinc", "-c", "a.c", "-oa.o", "-more"], sent) is None


def compiler(root: Path) -> Toolchain:
    root.mkdir()
    (root / "emcc").write_text("")
    programs = "emcc emxx emar emranlib clang clangxx wasm_ld llvm_ar llvm_nm emscripten_root binaryen node"
    return Toolchain(
        source=Source.PATH,
        root=root,
        emscripten="9.9.9",
        llvm="99",
        environ={"EM_CONFIG": str(root / "config")},
        **{name: root / name for name in programs.split()},
    )


def rules(root: Path) -> Rules:
    python = HostPython(executable=root / "py", version="3.14.0", include=root / "include", source="PATH")
    return rules_of(load_platform("314_0"), python)


def as_emcc(argv: tuple[str, ...]) -> str:
    """What an emcc prints that adds two words, one of them only if no visibility is given."""
    at = argv.index("-###")
    added = ["-sysroot"] + ["-default"] * (not any(word.startswith("-fvisibility") for word in argv))
    kept = [word for word in argv[1:at] if not word.startswith("-s")]
    return " ".join(f'"{word}"' for word in ["clang", *added, *kept, *argv[at:]])


def test_emcc_is_asked_once_for_each_shape_and_remembered(tmp_path: Path) -> None:
    def answer(argv: tuple[str, ...], _cwd: Path | None) -> Completed:
        # clang's own words follow, and its opinion of the examples.
        return completed(argv, status=1, stdout=as_emcc(argv), stderr='clang version\n "clang" "-cc1" "-###"')

    runner = FakeRunner(answer)
    host = make_host(tmp_path, runner)
    toolchain = compiler(tmp_path / "emscripten")
    found = expansions_of(toolchain, rules(tmp_path), host)
    assert found["cc c"] == ["clang", "-sysroot", "-default", "-fPIC", "-fwasm-exceptions"]
    assert found["c++ c++ visibility"] == ["clang", "-sysroot", "-fPIC", "-fwasm-exceptions"]
    assert len(runner.asked) == len(found) == 3 * 2 ** len(compile_table.SHAPES)
    assert expansions_of(toolchain, rules(tmp_path), host) == found
    assert len(runner.asked) == len(found)
    (tmp_path / "emscripten" / "emcc").write_text("# another one")
    expansions_of(toolchain, rules(tmp_path), host)
    assert len(runner.asked) == 2 * len(found)


@pytest.mark.parametrize("said", ["", "emcc: error: something", 'clang "unclosed -###', "clang -### -c"])
def test_an_emcc_that_answers_otherwise_compiles_everything_itself(tmp_path: Path, said: str) -> None:
    host = make_host(tmp_path, FakeRunner(lambda argv, _cwd: completed(argv, status=1, stderr=said)))
    assert expansions_of(compiler(tmp_path / "emscripten"), rules(tmp_path), host) == {}


def test_no_answer_of_a_busy_machine_is_kept(tmp_path: Path) -> None:
    runner = FakeRunner(lambda argv, _cwd: completed(argv, status=-9))
    host, toolchain = make_host(tmp_path, runner), compiler(tmp_path / "emscripten")
    assert expansions_of(toolchain, rules(tmp_path), host) == {}
    runner.answer = lambda argv, _cwd: completed(argv, stdout=as_emcc(argv))
    assert expansions_of(toolchain, rules(tmp_path), host)


def test_a_compiler_cache_sees_every_folder_in_a_word_that_it_knows() -> None:
    hidden = [
        "clang",
        "-mllvm",
        "-Xclang",
        "-Xclang",
        "-iwithsysroot/a",
        "-Xclang",
        "-iwithsysroot/b",
        "-fPIC",
    ]
    expansions, folders = with_folders_shown({"cc c": hidden, "cc c++": [*hidden, "-Xclang", "-other"]})
    assert folders == ["-iwithsysroot/a", "-iwithsysroot/b"]
    assert expansions["cc c"] == ["clang", "-mllvm", "-Xclang", "-fPIC"]
    assert expansions["cc c++"][-2:] == ["-Xclang", "-other"]


def test_a_script_quotes_whatever_a_recipe_or_a_place_holds(tmp_path: Path) -> None:
    settings = {
        "rules": rules(tmp_path),
        "expansions": {"cc c": ["/a b/clang", "--sysroot=/it's"]},
        "commands": "/a b/commands",
        "remarks": "/a b/remarks",
        "folder": "/a b",
    }
    text = fast_path.script("cc", settings, ["/a b/python", "-c", "x; y"], launcher=("/c d/ccache",))  # type: ignore[arg-type]  # what the script needs of them
    assert "other() { exec '/a b/python' -c 'x; y' \"$@\"; }" in text
    assert """set -- '/a b/clang' '--sysroot=/it'"'"'s' "$@" -Werror""" in text
    assert ">>'/a b/commands'/$$" in text
    assert "exec '/c d/ccache' \"$@\"" in text
    assert json.dumps(text).isascii()


def test_a_compiler_cache_is_asked_for_as_emscripten_has_it(tmp_path: Path) -> None:
    runner = FakeRunner(lambda argv, _cwd: completed(argv))
    cache = tmp_path / "ccache"
    cache.write_text("")
    cache.chmod(0o755)
    assert find_launcher(make_host(tmp_path, runner)) == ()
    for words, found in ((f"{cache} --verbose", (str(cache), "--verbose")), ("ccache", (str(cache),))):
        environ = {"PATH": str(tmp_path), "EM_COMPILER_WRAPPER": words}
        assert find_launcher(make_host(tmp_path, runner, environ=environ)) == found
    with pytest.raises(MissingError, match="sccache"):
        find_launcher(make_host(tmp_path, runner, environ={"PATH": "", "EM_COMPILER_WRAPPER": "sccache"}))


def test_sources_that_are_clang_s_are_sources() -> None:
    assert set(compile_table.C_SOURCES) <= arguments.C_SUFFIXES
    assert set(compile_table.CXX_SOURCES) <= arguments.CXX_SUFFIXES

"""strip, what drivers ran, and export lists of projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyodide_abi.build.compile_commands import RunCommand, compilation_database, read_commands
from pyodide_abi.build.driver.arguments import compiler_words, linker_as_compiler
from pyodide_abi.build.driver.objects.linking import export_list
from pyodide_abi.build.driver.objects.strip import main, strip
from pyodide_abi.build.driver.questions import answer
from pyodide_abi.errors import UsageError
from pyodide_abi.wasm import encode as enc
from pyodide_abi.wasm import read_module

if TYPE_CHECKING:
    from pathlib import Path

MAGIC = b"\0asm\1\0\0\0"


def custom(name: str, contents: bytes = b"") -> bytes:
    return b"\0" + enc.sized(enc.name(name) + contents)


SIDE_MODULE = MAGIC + custom("dylink.0") + custom("target_features", b"\0")
FULL = (
    SIDE_MODULE + custom("name", b"\0") + custom(".debug_info") + custom("sourceMappingURL") + custom("mine")
)


def test_debug_information_goes_and_the_rest_stays() -> None:
    assert strip(FULL) == SIDE_MODULE + custom("mine")
    assert strip(SIDE_MODULE) == SIDE_MODULE


def test_objects_and_archives_stay_as_they_are() -> None:
    for data in (MAGIC + custom("linking", b"\2") + custom(".debug_info"), b"!<arch>\nrest"):
        assert strip(data) == data


def test_a_file_of_the_build_machine_is_refused() -> None:
    with pytest.raises(UsageError):
        strip(b"\x7fELF")


def test_strip_as_a_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.so"
    file.write_bytes(FULL)
    assert main(["-S", "-R", ".comment", "--strip-unneeded", "-o", str(tmp_path / "b.so"), str(file)]) == 0
    assert file.read_bytes() == FULL
    first, *_ = read_module((tmp_path / "b.so").read_bytes()).sections
    assert first.name == "dylink.0"
    assert main([f"--output-file={tmp_path / 'c.so'}", str(file)]) == 0
    assert main([f"-o{tmp_path / 'd.so'}", str(file)]) == 0
    assert main([str(file)]) == 0
    results = {path.read_bytes() for path in tmp_path.iterdir()}
    assert results == {SIDE_MODULE + custom("mine")}
    assert main([str(tmp_path / "gone.so")]) == 1
    assert "strip: " in capsys.readouterr().err
    file.write_bytes(FULL[:-1])
    assert main([str(file)]) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.so", "b.so", "c.so", "d.so"]
    assert main(["--version"]) == 0


def test_commands_are_read_back_and_become_a_compilation_database(tmp_path: Path) -> None:
    folder = tmp_path / ".data" / "commands"
    folder.mkdir(parents=True)
    (folder / "12").write_bytes(b"5\0/w\0clang\0-O2\0-c\0a.c\0-oa.o\0" + b"3\0/w\0clang\0-shared\0a.o\0")
    (folder / "7").write_bytes(b"4\0/w x\0clang++\0-c\0b.cc\0c.cc\0")
    found = read_commands(tmp_path)
    assert found == (
        RunCommand(folder="/w", words=("clang", "-O2", "-c", "a.c", "-oa.o")),
        RunCommand(folder="/w", words=("clang", "-shared", "a.o")),
        RunCommand(folder="/w x", words=("clang++", "-c", "b.cc", "c.cc")),
    )
    assert [(entry["directory"], entry["file"]) for entry in compilation_database(found)] == [
        ("/w", "a.c"),
        ("/w x", "b.cc"),
        ("/w x", "c.cc"),
    ]
    first, second, _ = compilation_database(found)
    assert first["arguments"] == ["clang", "-O2", "-c", "a.c", "-oa.o"]
    assert first["output"] == "a.o"
    assert "output" not in second


@pytest.mark.parametrize("text", ["_f,_g", "['_f', '_g']", '["_f","_g"]', "@lines", "@json"])
def test_a_projects_export_list_in_every_spelling(text: str) -> None:
    files = {"lines": "# ours\n_f\n\n_g\n", "json": '["_f",\n "_g"]\n'}
    assert export_list(text, files.__getitem__) == ["f", "g"]


def test_what_a_link_says_to_the_compiler() -> None:
    line = "-O2 -Iinc -x c a.c -L. -L lib -lm -Wl,-s -Xlinker -s -shared -sUSE_ZLIB=1 b.o -o m.so -g"
    assert compiler_words([*line.split(), "-sSIDE_MODULE=2"]) == [
        "-O2",
        "-Iinc",
        "-x",
        "c",
        "-sUSE_ZLIB=1",
        "-g",
    ]


def test_a_command_for_ld_becomes_one_for_cc() -> None:
    line = "-m elf_x86_64 -shared a.o -L. -lz -z now -rpath $ORIGIN --gc-sections -o m.so"
    passed = [
        word for each in ["-z", "now", "-rpath", "$ORIGIN", "--gc-sections"] for word in ("-Xlinker", each)
    ]
    assert linker_as_compiler(line.split()) == ["-shared", "a.o", "-L.", "-lz", *passed, "-o", "m.so"]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("-print-multi-os-directory", "."),
        ("--print-multi-lib", ".;"),
        ("-print-sysroot", ""),
        ("-dumpmachine", "wasm32-unknown-emscripten"),
        ("-print-prog-name=ld", "{drivers}/ld"),
        ("-print-prog-name=objdump", "objdump"),
        ("-print-prog-name=../ld", "../ld"),
        ("-print-search-dirs", None),
        ("--version", None),
    ],
)
def test_questions_that_emcc_does_not_answer(tmp_path: Path, question: str, expected: str | None) -> None:
    (tmp_path / "ld").touch(0o755)
    found = answer(["-O2", question], str(tmp_path))
    assert found == (expected and expected.format(drivers=tmp_path))

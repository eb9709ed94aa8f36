"""The compiler drivers: objects as emcc makes them, and words that go past it where it changes nothing."""

from __future__ import annotations

import itertools
import re
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from made_drivers import make_kit

from pyodide_abi.build import fast_path
from pyodide_abi.build.compile_commands import read_commands
from pyodide_abi.build.driver import compile_table
from pyodide_abi.build.driver.arguments import SEARCHED, VALUED, Command
from pyodide_abi.build.driver.flags import ForbiddenFlagError, rewrite

if TYPE_CHECKING:
    from made_drivers import Kit

    from pyodide_abi.build.driver.settings import Settings

pytestmark = pytest.mark.integration

C_SOURCE = """\
#include <setjmp.h>
#include "own.h"
jmp_buf place;
_Thread_local int counted;
static int twice(int value) { return 2 * value; }
int (*chosen)(int) = twice;
int jump(int value) {
  if (setjmp(place)) return OWN;
  if (value) longjmp(place, value);
  return chosen(++counted);
}
float sum(const float *values, int n) {
  float all = 0;
  for (int i = 0; i < n; i++) all += values[i];
  return all;
}
"""
CXX_SOURCE = """\
#include "own.h"
struct Held { int *at; ~Held() { ++*at; } };
struct Shape { virtual int sides() const; virtual ~Shape(); };
int Shape::sides() const { return OWN; }
Shape::~Shape() {}
template <class T> T larger(T a, T b) { return a < b ? b : a; }
int guarded(void (*call)(), int *at) { Held held{at}; call(); return larger(*at, 2); }
"""
CATCHING = (
    CXX_SOURCE
    + "int caught(void (*call)()) { try { call(); } catch (int value) { return value; } return 0; }\n"
)


@pytest.fixture(scope="module", params=["2024_0", "314_0"])
def either(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Kit:
    return make_kit(request.param, tmp_path_factory.mktemp(request.param))


#: Command lines for sources a.c, b.c, a.cpp and a.cc. Those marked with * hold a word that only emcc knows.
MATRIX = """\
cc -c a.c -o a.o
cc -O2 -g0 -DNDEBUG -Wall -c a.c -o a.o
cc -O0 -g -c a.c -o a.o
cc -O3 -ffast-math -fno-strict-aliasing -std=gnu11 -Wextra -c a.c -o a.o
cc -Os -ggdb -c a.c -o a.o
cc -Oz -fvisibility=hidden -ffunction-sections -fdata-sections -c a.c -o a.o
cc -O2 -msimd128 -c a.c -o a.o
cc -O2 -flto -c a.c -o a.o
cc -O2 -flto=thin -c a.c -o a.o
cc -O1 -gline-tables-only -fPIC -std=c99 -pedantic -c a.c -oa.o
cc -MD -MF a.d -MT it.o -O2 -c a.c -o a.o
cc -MMD -MP -O2 -c a.c -o a.o
cc --optimize=z -c a.c -o a.o
c++ --optimize=z -O2 -std=c++17 -c a.cpp -o a.o
cc -O2 -c a.c b.c
cc -x c -O2 -include own.h -D OTHER=2 -U NONE -c a.c -o a.o
cc -E -dM a.c -o a.i
cc -S -O2 a.c -o a.s
cc -M a.c -o a.d
cc -O2 -c a.cpp -o a.o
cc -x c++ -c a.c -std=c++17 -o a.o
c++ -O2 -std=c++17 -c a.cpp -o a.o
c++ -O2 -fno-exceptions -fno-rtti -c plain.cpp -o a.o
c++ -O2 -fno-exceptions -fvisibility=hidden -fvisibility-inlines-hidden -c plain.cpp -o a.o
c++ -Og -g3 -fno-threadsafe-statics -c a.cc -o a.o
c++ -O2 -flto -fvisibility=hidden -c a.cpp -o a.o
c++ -I. -DX=1 -fdiagnostics-color=always -Winvalid-pch -O3 -fPIC -MD -MQ a.o -MF a.d -o a.o -c a.cpp
* cc -O2 -g2 -c a.c -o a.o
* cc -O2 -msse2 -msimd128 -c a.c -o a.o
* cc -O2 -nostdinc -c bare.c -o a.o
* cc -O2 -Wno-deprecated -c a.c -o a.o
* cc -c bare.S -o a.o
"""


def write_sources(folder: Path) -> Path:
    folder.mkdir()
    (folder / "own.h").write_text("#define OWN 7\n")
    for name in ("a.c", "b.c"):
        (folder / name).write_text(C_SOURCE)
    for name in ("a.cpp", "a.cc"):
        (folder / name).write_text(CATCHING)
    (folder / "plain.cpp").write_text(CXX_SOURCE)
    (folder / "bare.c").write_text("int bare(void) { return 1; }\n")
    (folder / "bare.S").write_text(
        '.globl thing\n.section .data.thing,"",@\nthing:\n.int32 1\n.size thing, 4\n'
    )
    return folder


def made(folder: Path) -> dict[str, bytes]:
    """What a command left beside the sources."""
    names = {"own.h", "a.c", "b.c", "a.cpp", "a.cc", "plain.cpp", "bare.c", "bare.S"}
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name not in names}


def test_objects_are_emcc_s_byte_for_byte(either: Kit, tmp_path: Path) -> None:
    def differing(numbered: tuple[int, str]) -> str:
        number, line = numbered
        driver, *words = line.removeprefix("* ").split()
        folder = write_sources(tmp_path / str(number))
        done = either.run(driver, *words, cwd=folder)
        if done.returncode:
            return f"{line}: {done.stderr}"
        ours = made(folder)
        for name in ours:
            (folder / name).unlink()
        either.emcc(driver, words, folder)
        theirs = made(folder)
        if not ours or ours != theirs:
            return f"{line}: {sorted(ours)} are not {sorted(theirs)}, or differ"
        return ""

    with ThreadPoolExecutor(2) as pool:
        assert [text for text in pool.map(differing, enumerate(MATRIX.splitlines())) if text] == []
    kept = {tuple(command.words[-4:]): command for command in read_commands(either.folder)}
    assert kept
    programs = {Path(command.words[0]).name for command in kept.values()}
    assert {"clang", "clang++", "emcc"} <= programs


def test_only_what_clang_alone_can_do_goes_past_emcc() -> None:
    for line in MATRIX.splitlines():
        driver, *words = line.removeprefix("* ").split()
        command = Command(words, driver)
        expansions = {compile_table.key(driver, command.language, compile_table.shape_of(words)): ["clang"]}
        plan = compile_table.plan(command, words, driver, expansions)
        assert (plan is None) == line.startswith("* "), line


HOST_FOLDER = re.compile(r"(-I|-isystem|-iquote) ?/(usr|opt|/|\./)")


def odd_lines() -> list[str]:
    """Each word that the tables know, alone and beside others, and much that they do not know."""
    known = [
        *compile_table.EXACT, *compile_table.MODES, *compile_table.NOT_PLAIN,
        *compile_table.BEGINNINGS, *compile_table.NOT_PLAIN_BEGINNINGS,
        *(f"{start}x" for start in (*compile_table.BEGINNINGS, *compile_table.NOT_PLAIN_BEGINNINGS)),
        *(f"{start}=x" for start in compile_table.SHAPES.values()),
        *(f"{option} value" for option in (*VALUED, *SEARCHED)),
    ]  # fmt: skip
    strange = """
        -I/usr/include|-I /usr/include/x|-isystem /usr/local/include|-iquote /opt/py/include|-I//usr//include
        -I/usr/./include|-I /home/u/usr/include|-I.|-I..|-I/|-isystem/usr/include|-isystem inc|-I/usr/includes
        -march=native|-pthread|-march=x -pthread -m64|-D -pthread|-o -m64|-x -m64|-arch arm64|-fopenmp
        -fopenmp-simd|-x c|-x c++|-xc|-xc++
        -x assembler|-x|-o|-D|-c|@file|-|a.o
        a.s|a.S|b.c|b.cc|b.C|b.m|'a b.c'|''|-Wl,-rpath|-Xclang -x|-mllvm -x|-sUSE_ZLIB|-s USE_ZLIB=1|-v
        --version|-fno-PIC|-fexceptions|-fwasm-exceptions|-fno-exceptions|-fno-exceptions -fvisibility=hidden
        '-DNAME="a b"'|'-DX=$HOME `id` ;'|'-DX=*'|-w|-fsanitize=address|-fstack-protector
        -###|-mrelaxed-simd|-matomics|-lm|-L.|-nostdinc|-emit-llvm|-save-temps|--use-port=zlib
    """
    others = [word for line in strange.strip().splitlines() for word in line.strip().split("|")]
    rests = ("-c a.c", "-O2 -c a.cpp -o x.o")
    return [f"{word} {rest}" for word in (*known, *others) for rest in rests] + [
        "",
        "a.c",
        "-c",
        "-O2 -o x.o",
    ]


def test_the_scripts_and_python_think_alike(kit: Kit, tmp_path: Path) -> None:
    (tmp_path / "commands").mkdir()
    says = tmp_path / "clang"
    says.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    says.chmod(0o755)
    expansions = {
        compile_table.key(driver, language, "+".join(shape)): [str(says), driver, language, *shape]
        for driver, language in (("cc", "c"), ("cc", "c++"), ("c++", "c++"))
        for size in range(3)
        for shape in itertools.combinations(compile_table.SHAPES, size)
    }
    settings: Settings = {  # type: ignore[typeddict-item]  # what the script needs of them
        "rules": kit.rules,
        "expansions": expansions,
        "commands": str(tmp_path / "commands"),
        "remarks": "/dev/stderr",
        "folder": str(tmp_path),
    }
    for driver in ("cc", "c++"):
        text = fast_path.script(driver, settings, ["echo", "other"], launcher=())
        (tmp_path / driver).write_text(text)
        (tmp_path / driver).chmod(0o755)

    def differing(case: tuple[str, str]) -> str:
        driver, line = case
        words = shlex.split(line)
        command = Command(words, driver)
        plan, remarks = None, []
        with suppress(ForbiddenFlagError):
            rewritten = rewrite(command, kit.rules)
            plan = compile_table.plan(command, rewritten.words[rewritten.added :], driver, expansions)
            remarks = rewritten.remarks
        script = [str(tmp_path / driver), *words]
        done = subprocess.run(script, capture_output=True, text=True, check=True, cwd=tmp_path)
        if done.stdout.startswith("other"):
            surely = compile_table.plan(command, words, driver, expansions) and not HOST_FOLDER.search(line)
            dropped = any(word in line for word in ("-march=", "-pthread", "-fstack-protector"))
            same = done.stdout == " ".join(["other", *words]) + "\n"
            return f"{driver} {line}: left to Python" if not same or surely or (dropped and plan) else ""
        if plan is None:
            return f"{driver} {line}: {done.stdout!r}, and Python does not know it"
        same = done.stdout.split("\n")[:-1] == plan[1:] and done.stderr.splitlines() == remarks
        return "" if same else f"{driver} {line}: {done.stdout!r} {done.stderr!r} is not {plan}"

    cases = list(itertools.product(("cc", "c++"), odd_lines()))
    with ThreadPoolExecutor(2) as pool:
        assert [text for text in pool.map(differing, cases) if text] == []


def test_the_words_that_go_straight_to_clang_are_none_that_we_would_change(kit: Kit) -> None:
    for line in odd_lines():
        words = shlex.split(line)
        command = Command(words, "cc")
        expansions = {compile_table.key("cc", command.language, compile_table.shape_of(words)): ["clang"]}
        if compile_table.plan(command, words, "cc", expansions) and not HOST_FOLDER.search(line):
            result = rewrite(command, kit.rules)
            behind = kit.rules["after"][command.language]
            assert result.words[result.added :] == [*words, *behind], line

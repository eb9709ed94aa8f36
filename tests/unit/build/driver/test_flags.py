"""A project's compiler commands on every platform."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyodide_abi.build.driver.arguments import Command, grouped, linker_as_compiler
from pyodide_abi.build.driver.flags import ForbiddenFlagError, rewrite
from pyodide_abi.build.drivers import rules_of
from pyodide_abi.platforms import load_platform, load_platforms
from pyodide_abi.platforms.model import Language, Need, Stage
from pyodide_abi.toolchain.model import HostPython

if TYPE_CHECKING:
    from pyodide_abi.build.driver.flags import Rewritten

PLATFORMS = [platform.name for platform in load_platforms()]
PYTHON = HostPython(
    executable=Path("/opt/py/bin/python3"),
    version="3.14.0",
    include=Path("/opt/py/include/python3.14"),
    source="PATH",
)


def rewritten(line: str, platform: str, driver: str = "cc") -> Rewritten:
    rules = rules_of(load_platform(platform), PYTHON, prefix_maps=["-ffile-prefix-map=/work=."])
    return rewrite(Command(shlex.split(line), driver), rules)


def words(line: str, platform: str, driver: str = "cc") -> list[str]:
    return rewritten(line, platform, driver).words


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize(
    ("line", "driver", "language"),
    [
        ("-c a.c -o a.o", "cc", Language.C),
        ("-c a.cpp -o a.o", "cc", Language.CXX),
        ("-c a.c -o a.o", "c++", Language.CXX),
        ("-x c++ -c a.inc -o a.o", "cc", Language.CXX),
        ("-xc++ -c - -o a.o", "cc", Language.CXX),
    ],
)
def test_what_is_required_to_compile_a_language_is_added_once(
    platform: str, line: str, driver: str, language: Language
) -> None:
    result = words(line, platform, driver)
    for flag in load_platform(platform).flags:
        if flag.need is Need.REQUIRED and flag.stages == (Stage.COMPILE,) and language in flag.languages:
            assert result.count(flag.flag) == 1
    assert result[-1] == "-ffile-prefix-map=/work=."
    assert "-sWASM_BIGINT" not in result


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_c_source_is_not_given_what_only_cxx_needs(platform: str) -> None:
    only_cxx = {
        flag.flag
        for flag in load_platform(platform).flags
        if flag.need is Need.REQUIRED and flag.languages == (Language.CXX,) and Stage.COMPILE in flag.stages
    }
    assert not only_cxx & set(words("-c a.c", platform))
    assert only_cxx <= set(words("-c a.cc", platform))


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize(
    "shared",
    ["-shared", "-dynamiclib", "-bundle", "-sSIDE_MODULE", "-s SIDE_MODULE=1", "-sSIDE_MODULE=2", "--shared"],
)
def test_every_word_for_a_shared_library_makes_a_side_module(platform: str, shared: str) -> None:
    result = rewritten(f"{shared} a.o b.o -o m.so", platform)
    assert result.side_module
    assert not any("SIDE_MODULE" in word or word in {"-shared", "-bundle"} for word in result.words)
    for flag in load_platform(platform).flags:
        if flag.need is Need.REQUIRED and Stage.LINK in flag.stages and "SIDE_MODULE" not in flag.flag:
            assert flag.flag in result.words


def test_only_the_platform_with_the_flag_gets_it() -> None:
    assert "-sWASM_BIGINT" in words("-shared a.o", "2024_0")
    assert "-sWASM_BIGINT" not in words("-shared a.o", "2025_0")
    assert "-fexceptions" in words("-shared a.o", "2024_0")
    assert "-fwasm-exceptions" in words("-shared a.o", "314_0")


def test_a_program_is_no_side_module() -> None:
    result = rewritten("conftest.c -o conftest", "314_0")
    assert not result.side_module
    assert "-fPIC" in result.words
    # Its own wish stands behind ours, where it counts.
    own = rewritten("conftest.c -o conftest -sASSERTIONS=2", "314_0").words
    assert own.index("-sASSERTIONS=0") < own.index("-sASSERTIONS=2")
    assert "-sASSERTIONS=0" not in rewritten("-shared a.o -o a.so", "314_0").words
    assert "-sASSERTIONS=0" not in rewritten("-c a.c -o a.o", "314_0").words


@pytest.mark.parametrize("line", ["--version", "-v", "-print-prog-name=ld", "-dumpmachine", ""])
def test_questions_to_the_compiler_are_passed_on_untouched(line: str) -> None:
    assert words(line, "314_0") == shlex.split(line)


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("flag", ["-fopenmp", "-sMEMORY64", "-sSHARED_MEMORY=1", "-fsanitize=address"])
def test_what_cannot_load_is_refused_by_name_with_the_reason(platform: str, flag: str) -> None:
    with pytest.raises(ForbiddenFlagError) as caught:
        rewritten(f"{flag} -c a.c", platform)
    assert flag in str(caught.value)
    assert platform in str(caught.value)
    assert len(str(caught.value).split(": ", 1)[1]) > 20


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("flag", ["-pthread", "-sUSE_PTHREADS=1", "-s PTHREADS=1"])
def test_a_wish_for_threads_is_dropped_and_remembered(platform: str, flag: str) -> None:
    for line in (f"{flag} -c a.c", f"{flag} -shared a.o"):
        result = rewritten(line, platform)
        assert result.threads
        assert not set(flag.split()) & set(result.words)
        assert result.remarks == [f"dropped {flag}: the runtime has one thread"]
    assert not rewritten("-sUSE_PTHREADS=0 -shared a.o", platform).threads


def test_silence_does_not_silence_errors() -> None:
    words_ = words("-w -c a.c -Wall", "314_0")
    assert "-w" not in words_
    assert words_.index("-Wall") < words_.index("-Wno-everything") < words_.index(STRICT)


def test_a_forbidden_setting_that_is_switched_off_is_fine() -> None:
    assert "-sUSE_PTHREADS=0" in words("-sUSE_PTHREADS=0 -shared a.o", "314_0")
    assert "-fopenmp-simd" in words("-fopenmp-simd -c a.c", "314_0")


@pytest.mark.parametrize(
    ("platform", "flag"),
    [
        ("2024_0", "-fwasm-exceptions"),
        ("2025_0", "-fexceptions"),
        ("314_0", "-fexceptions"),
        ("314_0", "-sSUPPORT_LONGJMP=emscripten"),
        ("314_0", "-s SUPPORT_LONGJMP=0"),
        ("314_0", "-fno-PIC"),
        ("2024_0", "-sWASM_BIGINT=0"),
    ],
)
def test_another_model_is_dropped_with_a_word(platform: str, flag: str) -> None:
    result = rewritten(f"{flag} -shared a.cpp", platform, "c++")
    assert flag not in " ".join(result.words)
    assert [remark for remark in result.remarks if remark.startswith(f"dropped {flag}: ")]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_without_exceptions_stays_the_projects_choice(platform: str) -> None:
    result = words("-fno-exceptions -c a.cpp", platform, "c++")
    unwinding = next(word for word in result if word in {"-fexceptions", "-fwasm-exceptions"})
    assert result.index("-fno-exceptions") > result.index(unwinding)


def test_a_value_of_the_linkers_stays_with_its_option() -> None:
    result = rewritten("-shared a.o -Wl,--version-script,a.map -Wl,-soname -Wl,b", "314_0")
    assert "dropped --version-script a.map: wasm-ld has no version scripts; use --exports" in result.remarks
    assert not [word for word in result.words if word.endswith(("a.map", ",b"))]
    assert linker_as_compiler(["--version-script", "a.map", "a.o"]) == [
        *("-Xlinker", "--version-script", "-Xlinker", "a.map"),
        "a.o",
    ]


@pytest.mark.parametrize(
    "option",
    [
        "-I/usr/include",
        "-I /usr/local/include/x",
        "-L/usr/lib/x86_64-linux-gnu",
        "-isystem /opt/py/include",
        "-I/opt/py/include/python3.14",
        "-L /lib64",
        "-I//usr//include/.",
    ],
)
def test_folders_of_the_build_machine_do_not_leak(option: str) -> None:
    result = rewritten(f"{option} -c a.c", "314_0")
    assert option.rsplit(maxsplit=1)[-1] not in " ".join(result.words)
    assert "build machine" in result.remarks[0]


@pytest.mark.parametrize("option", ["-Iinclude", "-I/usr/src/app/include", "-I/home/u/usr/include", "-L."])
def test_folders_of_projects_are_kept(option: str) -> None:
    assert option in words(f"{option} -c a.c", "314_0")


@pytest.mark.parametrize(
    "option",
    [
        "-march=native",
        "-m64",
        "-fstack-protector-strong",
        "-arch arm64",
        "-static-libstdc++",
        "-undefined dynamic_lookup",
    ],
)
def test_flags_of_native_machines_are_dropped_with_a_word(option: str) -> None:
    result = rewritten(f"{option} -c a.c -O3", "314_0")
    assert result.remarks[0].startswith(f"dropped {option}: ")
    assert not set(option.split()) & set(result.words)
    assert "-O3" in result.words


@pytest.mark.parametrize(
    ("option", "kept"),
    [
        ("-Wl,-z,relro,-z,now", []),
        ("-Wl,-z -Wl,relro -Wl,--gc-sections", ["-Wl,--gc-sections"]),
        ("-Xlinker --as-needed", []),
        ("-Wl,--version-script=x.map,-O1", ["-Wl,-O1"]),
        ("-Wl,--version-script,x.map", []),
        ("-Wl,-soname,libx.so.1 -Wl,--start-group", ["-Wl,--start-group"]),
        ("-Wl,-L/usr/lib", []),
        ("-Wl,--push-state,-x,--icf=safe,--pop-state -Wl,--sort-section=name,-Map=m", ["-Wl,-Map=m"]),
    ],
)
def test_words_for_the_linker_are_sorted_one_by_one(option: str, kept: list[str]) -> None:
    result = words(f"-shared a.o {option}", "314_0")
    assert [word for word in result if word.startswith("-Wl,")] == kept


@pytest.mark.parametrize(
    "option", ["-Wl,-rpath,$ORIGIN/x", "-Wl,-rpath=$ORIGIN/x", "-Wl,-rpath -Wl,$ORIGIN/x"]
)
def test_run_paths_are_kept_where_the_loader_reads_them(option: str) -> None:
    line = f"-shared a.o {option.replace('$', chr(92) + '$')}"
    assert "-Wl,-rpath,$ORIGIN/x" in words(line, "2025_0")
    result = rewritten(line, "2024_0")
    assert not any("ORIGIN" in word for word in result.words)
    assert "no run path" in result.remarks[0]


def test_a_run_path_that_is_said_twice_is_one() -> None:
    result = words("-shared a.o -Wl,-rpath,here -Wl,-rpath=here", "314_0")
    assert [word for word in result if "rpath" in word] == ["-Wl,-rpath,here"]


def test_run_paths_of_the_build_machine_are_dropped_everywhere() -> None:
    assert not any("rpath" in word for word in words("-shared a.o -Wl,-rpath,/usr/lib -R/opt", "314_0"))
    assert "-Rpass=inline" in words("-c a.c -Rpass=inline", "314_0")


@pytest.mark.parametrize("value", ["_f,_g", "['_f', '_g']", '["_f","_g"]'])
def test_a_projects_own_export_list_is_taken_over(value: str) -> None:
    result = rewritten(f"-sSIDE_MODULE=2 -shared a.o {shlex.quote('-sEXPORTED_FUNCTIONS=' + value)}", "314_0")
    assert result.export_lists == [value]
    assert not any("EXPORTED_FUNCTIONS" in word for word in result.words)


def test_values_stay_with_their_options() -> None:
    assert grouped(["-o", "x", "-I", "inc", "-s", "A=1", "-s", "a.c", "-D"]) == [
        ("-o", "x"),
        ("-I", "inc"),
        ("-s", "A=1"),
        ("-s",),
        ("a.c",),
        ("-D",),
    ]


def test_the_level_that_we_say_ourselves_is_for_compiling() -> None:
    compiled = words("--optimize=z -c a.c -O2", "314_0")
    assert compiled.index("--optimize=z") < compiled.index("-O2")
    for line in ("--optimize=z -shared a.o", "--optimize=z a.c -o program"):
        result = rewritten(line, "314_0")
        assert "--optimize=z" not in result.words
        assert not result.remarks


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("-I/usr/include/libxml2", ["-I{0}/include/libxml2"]),
        ("-isystem /usr/local/include/libxml2/", ["-isystem", "{0}/include/libxml2"]),
        ("-I /opt/homebrew/include/libxml2", ["-I", "{0}/include/libxml2"]),
        ("-L/usr/lib/spam", ["-L{0}/lib/spam"]),
        ("-Wl,-L/usr/lib/spam", ["-Wl,-L{0}/lib/spam"]),
        # Below no library, below all of them anyway, and out of the folder again.
        ("-I/usr/include/other", []),
        ("-I/usr/include", []),
        ("-I/usr/include/libxml2/../..", []),
    ],
)
def test_a_library_of_the_target_stands_in_for_this_machine_s(
    line: str, expected: list[str], tmp_path: Path
) -> None:
    (tmp_path / "include" / "libxml2").mkdir(parents=True)
    (tmp_path / "lib" / "spam").mkdir(parents=True)
    rules = rules_of(load_platform("314_0"), PYTHON, prefixes=[tmp_path / "none", tmp_path])
    result = rewrite(Command([*shlex.split(line), "-c", "x.c"], "cc"), rules)
    found = result.words[result.added : result.words.index("-c")]
    assert found == [word.format(tmp_path) for word in expected]
    assert len(result.remarks) == 1
    assert ("searched in its place" in result.remarks[0]) == bool(expected)


STRICT = "-Werror=implicit-function-declaration"
HARMLESS = st.sampled_from(
    [
        "-O2",
        "-DX=1",
        "-Wall",
        "a.o",
        "-c",
        "x.c",
        "-o",
        "y",
        "-Iinc",
        "-lm",
        "-g0",
        "-std=c++17",
        "-E",
        "-MMD",
    ]
)


@given(st.lists(HARMLESS), st.sampled_from(PLATFORMS), st.sampled_from(["cc", "c++"]))
def test_what_needs_no_change_survives_in_order(line: list[str], platform: str, driver: str) -> None:
    rules = rules_of(load_platform(platform), PYTHON)
    command = Command(line, driver)
    result = rewrite(command, rules)
    behind = rules["after"][command.language] if command.compiles else []
    assert result.words[result.added :] == line + behind
    assert result.remarks == []
    again = rewrite(Command(result.words, driver), rules)
    assert set(again.words) == set(result.words)

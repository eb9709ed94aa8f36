"""What the drivers link and strip, what they refuse, and what reaches no compiler."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyodide_abi.wasm import Kind, read_module

if TYPE_CHECKING:
    from pathlib import Path

    from made_drivers import Kit

pytestmark = pytest.mark.integration

INIT = "int PyInit_spam(void) { return 0; }\n"


def exports_of(file: Path) -> set[str]:
    module = read_module(file.read_bytes())
    assert module.dylink is not None
    return {
        export.name for export in module.exports if export.kind is Kind.FUNCTION and export.name[0] != "_"
    }


@pytest.mark.parametrize(
    ("words", "functions"),
    [
        ("-shared spam.o more.o -o spam.so", {"PyInit_spam"}),
        ("-shared spam.c more.c -o spam.so", {"PyInit_spam"}),
        ("-shared -O1 spam.o -L. -lmore -o spam.so", {"PyInit_spam"}),
        ("-dynamiclib more.o -o libmore.so -Wl,-soname,libmore.so.1", {"more"}),
        ("-bundle @words -o spam.so", {"PyInit_spam"}),
        ("-shared -flto lto.o more.o -o spam.so", {"PyInit_spam"}),
        ("-shared -flto lto.c more.o -o spam.so", {"PyInit_spam"}),
        ("-sSIDE_MODULE=2 -sEXPORTED_FUNCTIONS=@names spam.o more.o -o spam.so", {"PyInit_spam", "more"}),
    ],
)
def test_links_export_what_they_should(kit: Kit, tmp_path: Path, words: str, functions: set[str]) -> None:
    (tmp_path / "spam.c").write_text("int more(int);\n" + INIT.replace("0", "more(0)"))
    (tmp_path / "lto.c").write_text(INIT + "int beside(void) { return 1; }\n")
    (tmp_path / "more.c").write_text("int (*chosen)(int);\nint more(int x) { chosen = more; return x; }\n")
    (tmp_path / "words").write_text("-O2 'spam.o'\nmore.o")
    (tmp_path / "names").write_text("_PyInit_spam\n_more\n")
    assert kit.run("cc", "-O2", "-c", "spam.c", "more.c", cwd=tmp_path).returncode == 0
    assert kit.run("cc", "-O2", "-flto", "-c", "lto.c", cwd=tmp_path).returncode == 0
    assert kit.run("ar", "rcs", "libmore.a", "more.o", cwd=tmp_path).returncode == 0
    assert kit.run("ranlib", "libmore.a", cwd=tmp_path).returncode == 0
    done = kit.run("cc", *words.split(), cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    (output,) = tmp_path.glob("*.so")
    assert exports_of(output) == functions
    assert not list((kit.folder / ".data").glob("link-*"))


def test_javascript_in_a_library_is_exported_and_not_listed(kit: Kit, tmp_path: Path) -> None:
    (tmp_path / "bell.c").write_text(
        "#include <emscripten.h>\n"
        "EM_JS(int, ring, (void), { return 1; });\n"
        "int bell(void) { return ring(); }\n"
    )
    done = kit.run("cc", "-shared", "-O2", "bell.c", "-o", "libbell.so", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    exports = {export.name for export in read_module((tmp_path / "libbell.so").read_bytes()).exports}
    assert {"bell", "__em_js__ring"} <= exports


def test_an_optimised_link_holds_no_dwarf(kit: Kit, tmp_path: Path) -> None:
    (tmp_path / "spam.c").write_text(INIT)
    done = kit.run("cc", "-g", "-ggdb3", "-shared", "spam.c", "-o", "spam.so", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    module = read_module((tmp_path / "spam.so").read_bytes())
    assert not any(section.name.startswith(".debug") for section in module.sections)
    assert "dropped -g -ggdb3: an optimised module holds no DWARF; -O0 -g keeps it" in kit.remarks


def test_ld_links_too(kit: Kit, tmp_path: Path) -> None:
    (tmp_path / "spam.c").write_text(INIT)
    assert kit.run("cc", "-c", "spam.c", cwd=tmp_path).returncode == 0
    words = "-m elf_x86_64 -shared -z now -rpath $ORIGIN spam.o -o spam.so"
    done = kit.run("ld", *words.split(), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert exports_of(tmp_path / "spam.so") == {"PyInit_spam"}
    dylink = read_module((tmp_path / "spam.so").read_bytes()).dylink
    assert dylink
    assert dylink.runtime_paths == ("$ORIGIN",)
    assert kit.run("ld", "-r", "spam.o", "-o", "one.o", cwd=tmp_path).returncode == 0
    assert read_module((tmp_path / "one.o").read_bytes()).linking is not None


@pytest.mark.parametrize("inputs", ["first.o second.o", "first.c second.c"])
def test_a_function_declared_in_two_ways_is_an_error_that_names_both(
    kit: Kit, tmp_path: Path, inputs: str
) -> None:
    (tmp_path / "first.c").write_text("int shared(int, long long);\n" + INIT.replace("0", "shared(1, 2)"))
    (tmp_path / "second.c").write_text("int shared(int x) { return x; }\n")
    assert kit.run("cc", "-c", "first.c", "second.c", cwd=tmp_path).returncode == 0
    done = kit.run("cc", "-shared", *inputs.split(), "-o", "spam.so", cwd=tmp_path)
    assert done.returncode == 1
    first, second = inputs.split()
    (error,) = [line for line in done.stderr.splitlines() if "error:" in line]
    assert error == (
        "pyodide-abi: error: spam.so: function signature mismatch: shared is"
        f" (i32, i64) -> i32 in {first}, (i32) -> i32 in {second}"
    )
    assert not (tmp_path / "spam.so").exists()
    lenient = kit.run(
        "cc", "-shared", *inputs.split(), "-Wl,--no-fatal-warnings", "-o", "spam.so", cwd=tmp_path
    )
    assert lenient.returncode == 0
    assert "warning: function signature mismatch: shared" in lenient.stderr


@pytest.mark.parametrize("words", ["", "-std=gnu89", "-w -std=gnu89", "-Wno-implicit-function-declaration"])
def test_an_undeclared_function_is_an_error(kit: Kit, tmp_path: Path, words: str) -> None:
    (tmp_path / "spam.c").write_text("int f(void) { return undeclared(1); }\n")
    done = kit.run("cc", *words.split(), "-c", "spam.c", cwd=tmp_path)
    assert done.returncode == 1
    assert "spam.c:1:22: error: " in done.stderr
    assert "undeclared" in done.stderr


def test_threads_that_are_started_are_refused_and_others_are_not(kit: Kit, tmp_path: Path) -> None:
    (tmp_path / "lock.c").write_text(
        "#include <pthread.h>\nstatic pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;\n"
        + INIT.replace("0", "pthread_mutex_lock(&lock)")
    )
    (tmp_path / "start.c").write_text(
        "#include <pthread.h>\nstatic void *run(void *x) { return x; }\n"
        + INIT.replace("return", "pthread_t it; return").replace("0;", "pthread_create(&it, 0, run, 0);")
    )
    for name in ("lock", "start"):
        assert kit.run("cc", "-pthread", "-c", f"{name}.c", cwd=tmp_path).returncode == 0
    assert "dropped -pthread: the runtime has one thread" in kit.remarks
    assert kit.run("cc", "-shared", "-pthread", "lock.o", "-o", "lock.so", cwd=tmp_path).returncode == 0
    done = kit.run("cc", "-shared", "start.o", "-o", "start.so", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("pyodide-abi: error: start.so starts threads (pthread_create)")
    assert not (tmp_path / "start.so").exists()


def test_strip_takes_names_and_leaves_the_module_loadable(kit: Kit, tmp_path: Path) -> None:
    (tmp_path / "spam.c").write_text(INIT)
    assert kit.run("cc", "-O0", "-g", "-shared", "spam.c", "-o", "spam.so", cwd=tmp_path).returncode == 0
    assert kit.run("cc", "-g", "-c", "spam.c", cwd=tmp_path).returncode == 0
    assert kit.run("ar", "rcs", "libspam.a", "spam.o", cwd=tmp_path).returncode == 0
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert read_module(before["spam.so"]).custom("name") is not None
    (tmp_path / "spam.so").chmod(0o750)
    assert kit.run("strip", "-S", "spam.so", "spam.o", "libspam.a", cwd=tmp_path).returncode == 0
    stripped = read_module((tmp_path / "spam.so").read_bytes())
    assert stripped.sections[0].name == "dylink.0"
    assert {section.name for section in stripped.sections if section.custom} <= {
        "dylink.0",
        "target_features",
    }
    assert (tmp_path / "spam.so").stat().st_mode & 0o777 == 0o750
    for name in ("spam.o", "libspam.a"):
        assert (tmp_path / name).read_bytes() == before[name]
    assert kit.run("strip", "--strip-all", "-o", "other.so", "spam.so", cwd=tmp_path).returncode == 0
    assert exports_of(tmp_path / "other.so") == {"PyInit_spam"}
    for name, text in (("spam.c", "no WebAssembly module"), ("gone.so", "No such file")):
        done = kit.run("strip", name, cwd=tmp_path)
        assert done.returncode == 1
        assert text in done.stderr


def test_questions_are_answered_by_the_compiler(kit: Kit, tmp_path: Path) -> None:
    for words, text in (
        ("--version", "emcc"),
        ("-v", "Target: wasm32-unknown-emscripten"),
        ("-dumpmachine", "wasm32-unknown-emscripten"),
        ("-print-search-dirs", "libraries: ="),
        ("-E -dM -x c /dev/null", "__EMSCRIPTEN__"),
    ):
        done = kit.run("cc", *words.split(), cwd=tmp_path)
        assert done.returncode == 0
        assert text in done.stdout + done.stderr


def test_the_build_machine_s_variables_reach_no_compiler(kit: Kit, tmp_path: Path) -> None:
    (tmp_path / "leak").mkdir()
    (tmp_path / "leak" / "leak.h").write_text("#define LEAK 1\n")
    (tmp_path / "a.c").write_text('#if __has_include("leak.h")\n#error it leaks\n#endif\nint a;\n')
    leak = str(tmp_path / "leak")
    for words in (["-c", "a.c"], ["-march=native", "-c", "a.c"]):
        done = kit.run("cc", *words, cwd=tmp_path, CPATH=leak, C_INCLUDE_PATH=leak, EMCC_CFLAGS=f"-I{leak}")
        assert (done.returncode, done.stderr) == (0, "")

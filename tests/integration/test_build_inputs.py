"""Files that a link for the target cannot use, made by real compilers: each is named, with what helps."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from made_drivers import make_kit
from patience import HANGS

from pyodide_abi.wasm import read_module

if TYPE_CHECKING:
    from pathlib import Path

    from made_drivers import Kit

pytestmark = pytest.mark.integration

MODULE = "int other(void);\nint PyInit_spam(void) { return other(); }\n"
PLAIN = "int other(void) { return 1; }\n"
STATE = "static int n;\nint other(void) { return ++n; }\n"
LOCAL = "_Thread_local int counted = 3;\nint other(void) { return ++counted; }\n"
ATOMIC = "static int n;\nint other(void) { return __atomic_fetch_add(&n, 1, 5); }\n"
STARTING = (
    "#include <pthread.h>\nstatic void *run(void *x) { return x; }\n"
    "int other(void) { pthread_t it; return pthread_create(&it, 0, run, 0); }\n"
)


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Kit:
    return make_kit("314_0", tmp_path_factory.mktemp("kit"))


def compiled(kit: Kit, folder: Path, source: str, *words: str, name: str = "other.o") -> None:
    """An object that another build has made, with the same compiler and words of its own."""
    place = folder / name
    place.parent.mkdir(exist_ok=True)
    (folder / "other.c").write_text(source)
    emscripten = not any(word.startswith("--target") for word in words)
    program = kit.toolchain.emcc if emscripten else kit.toolchain.clang
    subprocess.run(
        [program, "-O1", "-c", folder / "other.c", "-o", place, *words],
        env={"PATH": "/usr/bin:/bin", **kit.toolchain.environ},
        timeout=HANGS,
        check=True,
    )


def archived(
    kit: Kit, folder: Path, name: str = "libother.a", *, how: str = "rcs", member: str = "other.o"
) -> None:
    """An archive of it beside a member that nobody needs."""
    compiled(kit, folder, "int unused(void) { return 2; }\n", "-fPIC", name="unused.o")
    argv: list[str | Path] = [kit.toolchain.llvm_ar, how, name, "unused.o", member]
    subprocess.run(argv, cwd=folder, timeout=HANGS, check=True)


def link(kit: Kit, folder: Path, *words: str, status: int = 1) -> str:
    """What the driver says of a link."""
    (folder / "spam.c").write_text(MODULE)
    done = kit.run("cc", "-shared", "spam.c", *words, "-o", "spam.so", cwd=folder)
    assert done.returncode == status, done.stderr
    assert (folder / "spam.so").exists() is (status == 0)
    return done.stderr


#: Ways to name the library that is in the folder.
WAYS = (
    ("libother.a",),
    ("-L.", "-lother"),
    ("-L", "./", "-l:libother.a"),
    ("@words",),
    ("-Wl,--start-group", "-Wl,libother.a", "-Wl,--end-group"),
    ("-Xlinker", "libother.a"),
    ("-Wl,--whole-archive,libother.a,--no-whole-archive",),
)


@pytest.mark.parametrize("words", WAYS, ids=" ".join)
def test_thread_locals_in_a_library_are_refused(kit: Kit, tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "words").write_text("libother.a")
    compiled(kit, tmp_path, LOCAL, "-fPIC", "-pthread")
    archived(kit, tmp_path)
    said = link(kit, tmp_path, *words)
    assert "pyodide-abi: error: libother.a(other.o) was compiled for threads (-pthread)" in said
    assert "its thread-local variables (counted)" in said
    assert "compile it without -pthread" in said


def test_thread_locals_in_an_object_are_refused(kit: Kit, tmp_path: Path) -> None:
    compiled(kit, tmp_path, LOCAL, "-fPIC", "-pthread")
    assert "error: other.o was compiled for threads" in link(kit, tmp_path, "other.o")


def test_thread_locals_that_the_linker_leaves_out_are_no_matter(kit: Kit, tmp_path: Path) -> None:
    compiled(kit, tmp_path, LOCAL.replace("other", "never"), "-fPIC", "-pthread", name="never.o")
    compiled(kit, tmp_path, PLAIN, "-fPIC")
    archived(kit, tmp_path)
    subprocess.run([kit.toolchain.llvm_ar, "qs", "libother.a", "never.o"], cwd=tmp_path, check=True)
    assert link(kit, tmp_path, "libother.a", status=0) == ""


def test_thread_locals_of_a_build_without_threads_are_variables(kit: Kit, tmp_path: Path) -> None:
    compiled(kit, tmp_path, LOCAL, "-fPIC")
    archived(kit, tmp_path)
    assert link(kit, tmp_path, "libother.a", status=0) == ""


def test_atomics_work_and_are_told(kit: Kit, tmp_path: Path) -> None:
    compiled(kit, tmp_path, ATOMIC, "-fPIC", "-pthread")
    archived(kit, tmp_path)
    assert link(kit, tmp_path, "libother.a", status=0) == ""
    told = "spam.so: compiled for threads (-pthread), of which the runtime has one: libother.a(other.o)"
    assert told in kit.remarks


def test_a_library_that_starts_threads_is_refused_by_its_member_s_name(kit: Kit, tmp_path: Path) -> None:
    compiled(kit, tmp_path, STARTING, "-fPIC", "-pthread")
    archived(kit, tmp_path)
    said = link(kit, tmp_path, "libother.a")
    assert "pyodide-abi: error: spam.so starts threads (pthread_create)" in said
    assert "(libother.a(other.o))" in said


@pytest.mark.parametrize("words", [*WAYS, ("other.o",)], ids=" ".join)
def test_code_that_is_not_position_independent(kit: Kit, tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "words").write_text("libother.a")
    compiled(kit, tmp_path, STATE)
    archived(kit, tmp_path)
    said = link(kit, tmp_path, *words)
    named = "other.o" if words == ("other.o",) else "libother.a(other.o)"
    (error,) = [line for line in said.splitlines() if line.startswith("pyodide-abi: error: ")]
    assert error.startswith("pyodide-abi: error: spam.so: code that is not position-independent")
    assert error.endswith(f": {named}")
    assert "-fPIC" in said
    assert "CFLAGS_wasm32_unknown_emscripten" in said


TARGETS = {
    "x86_64-linux-gnu": "ELF for x86-64",
    "aarch64-linux-gnu": "ELF for AArch64",
    "x86_64-apple-darwin": "Mach-O for x86-64",
    "arm64-apple-darwin": "Mach-O for arm64",
    "x86_64-pc-windows-msvc": "COFF object for x86-64",
}


@pytest.mark.parametrize(("target", "identity"), TARGETS.items())
def test_objects_of_other_machines(kit: Kit, tmp_path: Path, target: str, identity: str) -> None:
    compiled(kit, tmp_path, STATE, f"--target={target}")
    archived(kit, tmp_path)
    said = link(kit, tmp_path, "-L.", "-lother")
    expected = f"spam.so needs other, and libother.a(other.o), which has it, is {identity}"
    assert f"pyodide-abi: error: {expected}\n" in said
    assert f"error: other.o is {identity}, not an object of the target" in link(kit, tmp_path, "other.o")
    # Nobody needs it, or the runtime has it: then it is told only.
    compiled(kit, tmp_path, PLAIN, "-fPIC", name="own.o")
    link(kit, tmp_path, "own.o", "libother.a", status=0)
    assert (
        f"spam.so: passed over what is for another machine: libother.a(other.o) ({identity})" in kit.remarks
    )


def test_what_the_runtime_offers_is_not_missed(kit: Kit, tmp_path: Path) -> None:
    compiled(kit, tmp_path, "double cos(double x) { return x; }\n", "--target=x86_64-linux-gnu")
    archived(kit, tmp_path, "libm-host.a")
    compiled(kit, tmp_path, "double cos(double); int other(void) { return cos(3.0); }", "-fPIC", name="own.o")
    link(kit, tmp_path, "own.o", "libm-host.a", status=0)


def test_a_shared_library_of_another_machine(kit: Kit, tmp_path: Path) -> None:
    gcc = shutil.which("gcc")
    if gcc is None:
        pytest.skip("this machine has no compiler of its own")
    (tmp_path / "other.c").write_text(PLAIN)
    argv = [gcc, "-shared", "-fPIC", "other.c", "-o", "libother.so"]
    subprocess.run(argv, cwd=tmp_path, timeout=HANGS, check=True)
    assert "error: libother.so is ELF for " in link(kit, tmp_path, "-L.", "-lother")


def test_addresses_of_64_bits(kit: Kit, tmp_path: Path) -> None:
    compiled(kit, tmp_path, STATE, "--target=wasm64-unknown-emscripten", "-fPIC")
    archived(kit, tmp_path)
    for words in (("libother.a",), ("other.o",)):
        said = link(kit, tmp_path, *words)
        (error,) = [line for line in said.splitlines() if line.startswith("pyodide-abi: error: ")]
        assert "addresses of 64 bits" in error
        assert error.endswith(words[0] if words == ("other.o",) else "libother.a(other.o)")


def test_bitcode_of_another_machine(kit: Kit, tmp_path: Path) -> None:
    compiled(kit, tmp_path, STATE, "--target=x86_64-linux-gnu", "-flto")
    archived(kit, tmp_path)
    said = link(kit, tmp_path, "libother.a")
    assert "error: spam.so: LLVM bitcode for another machine: libother.a(other.o)" in said


def test_a_thin_archive_is_linked_as_a_whole_one(kit: Kit, tmp_path: Path) -> None:
    compiled(kit, tmp_path, STATE, "-fPIC", name="deep/other.o")
    archived(kit, tmp_path, how="rcsT", member="deep/other.o")
    assert (tmp_path / "libother.a").read_bytes().startswith(b"!<thin>\n")
    assert link(kit, tmp_path, "-L.", "-lother", status=0) == ""
    names = {entry.name for entry in read_module((tmp_path / "spam.so").read_bytes()).imports}
    assert "other" not in names
    (tmp_path / "spam.so").unlink()
    (tmp_path / "deep" / "other.o").unlink()
    assert "libother.a is a thin archive, and its member deep/other.o is not there" in link(
        kit, tmp_path, "-L.", "-lother"
    )


def test_a_thin_archive_of_another_machine(kit: Kit, tmp_path: Path) -> None:
    compiled(kit, tmp_path, STATE, "--target=x86_64-linux-gnu")
    archived(kit, tmp_path, how="rcsT")
    said = link(kit, tmp_path, "libother.a")
    assert "needs other, and libother.a(other.o), which has it, is ELF for x86-64" in said

"""What the releases' own installer does with a wheel, and what imports find after that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from assembling import assemble

from pyodide_abi.linker import Installed, Resolver, read_library
from pyodide_abi.linker.installing import loaded_ahead
from pyodide_abi.platforms import find_runtime, load_platforms
from pyodide_abi.platforms.installers import installer_of
from pyodide_abi.platforms.surface import Symbol, SymbolKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyodide_abi.linker import Prediction
    from pyodide_abi.linker.installing import Stop

SYMBOLS = {
    "function": Symbol("function", SymbolKind.WASM_FUNCTION, "(i32)->(i32)"),
    "memory": Symbol("memory", SymbolKind.MEMORY, "min=320 max=65536"),
}
DYLINK = "(@dylink.0 (mem-info (memory 4 2)) (needed {needed}) (runtime-path {paths}))"
ABSENT = '%dylink (import "GOT.mem" "absent" (global (mut i32)))'
ELF = b"\x7fELF" + bytes(60)
NO_INIT = "dynamic module does not define module export function"


def module(name: str, *needed: str, more: str = "", init: bool = True) -> bytes:
    listed = " ".join(f'"{one}"' for one in needed)
    head = DYLINK.format(needed=listed, paths='"$ORIGIN"')
    made = f'(func (export "PyInit_{name}") (result i32) i32.const 0)' if init else ""
    return assemble(f"{head} {more} {made}")


def install(release: str, files: Mapping[str, bytes], *imports: str) -> tuple[Stop | None, list[Prediction]]:
    platform = find_runtime(release).platform
    libraries = {path: read_library(path, data) for path, data in files.items()}
    resolver = Resolver(
        Installed(libraries=libraries, wheel_libs="w.libs"),
        platform=platform,
        symbols=SYMBOLS,
        installer=installer_of(release),
    )
    stop, predictions = resolver.install_and_import(list(files), imports)
    return stop, list(predictions)


@pytest.mark.parametrize(
    ("release", "since"),
    [
        ("0.26.1", "0.26.0"),
        ("0.26.4", "0.26.2"),
        ("0.27.8", "0.27.0"),
        ("0.28.1", "0.28.0"),
        ("0.28.2", "0.28.2"),
        ("0.29.5", "0.28.2"),
        ("314.0.0", "0.28.2"),
    ],
)
def test_installers_by_release(release: str, since: str) -> None:
    assert installer_of(release).since == since


def test_every_release_has_one() -> None:
    for platform in load_platforms():
        for release in platform.releases:
            assert installer_of(release.version).since


@pytest.mark.parametrize(
    ("path", "ahead"),
    [
        ("p/m.so", True),
        ("p/m.cpython-313-wasm32-emscripten.so", True),
        ("p/m.cpython-312-wasm32-emscripten.so", False),
        ("p/m.cpython-311-x86_64-linux-gnu.so", False),
        ("p/m.abi3.so", True),
        ("w.libs/libx.so.1.2", True),
        ("p/some.name.so", True),
        ("p/libx.wasm", False),
        ("p/so", False),
    ],
)
def test_what_is_loaded_ahead(path: str, ahead: bool) -> None:
    suffixes = (".cpython-313-wasm32-emscripten.so", ".abi3.so", ".so")
    assert loaded_ahead(path, suffixes) is ahead


@pytest.mark.parametrize(
    ("release", "words"),
    [
        ("0.28.0", "Failed to load dynamic library /lib/python3.13/site-packages/a.so: 0"),
        (
            "0.29.5",
            (
                "Failed to load dynamic library /lib/python3.13/site-packages/a.so: 'Could not load dynamic "
                "lib: /lib/python3.13/site-packages/a.so\nError: bad export type for 'absent': undefined"
            ),
        ),
        ("0.27.8", "rejected: Error: bad export type for 'absent': undefined"),
    ],
)
def test_what_it_says_of_a_missing_address(release: str, words: str) -> None:
    files = {"a.so": assemble(ABSENT + '(func (export "PyInit_a") (result i32) i32.const 0)')}
    stop, (prediction,) = install(release, files, "a.so")
    assert stop is not None
    assert stop.words == words
    # A library whose load failed counts as loaded, and has no functions; the earlier installers go on.
    if release == "0.27.8":
        assert prediction.error is None
    else:
        assert prediction.error is not None
        assert prediction.error.startswith(NO_INIT)


def test_it_repeats_no_more_than_512_bytes() -> None:
    text = f'%dylink (import "GOT.mem" "{"absent" * 200}" (global (mut i32)))'
    stop, _ = install("314.0.7", {"a.so": assemble(text)}, "a.so")
    assert stop is not None
    assert len(stop.text.partition("a.so: ")[2]) == 512


def test_the_size_of_the_memory_is_not_claimed() -> None:
    """The installer is a program, for which the memory may have grown."""
    files = {"a.so": assemble('%dylink (import "env" "memory" (memory 10000))')}
    stop, _ = install("0.27.8", files, "a.so")
    assert stop is not None
    assert "memory import has 320 pages which is smaller" in stop.text
    assert not stop.problem.exact


@pytest.mark.parametrize("release", ["0.26.0", "0.26.4", "0.27.8"])
def test_the_earlier_ones_find_needed_libraries(release: str) -> None:
    files = {"p/m.so": module("m", "libx.so"), "w.libs/libx.so": module("x", init=False)}
    stop, (prediction,) = install(release, files, "p/m.so")
    assert stop is None
    assert prediction.error is None


@pytest.mark.parametrize(("release", "found"), [("0.26.4", False), ("0.27.8", True), ("0.29.5", False)])
def test_only_one_of_them_seeks_in_all_folders_below(release: str, found: bool) -> None:
    # The library in question is needed by one that comes first, as it is needed itself.
    files = {
        "p/m.so": module("m", "libx.so"),
        "p/one/libx.so": module("x", "liby.so", init=False),
        "p/two/liby.so": module("y", init=False),
    }
    stop, (prediction,) = install(release, files, "p/m.so")
    assert (stop is None) is found
    assert (prediction.error is None) is found


def test_what_others_need_was_for_all_in_the_earliest() -> None:
    """So the engine compared types, and a wrong one was refused."""
    files = {
        "m.so": module("m", "libx.so", more='(import "env" "f" (func (param i64)))'),
        "libx.so": module("x", more='(func (export "f"))', init=False),
    }
    stop, _ = install("0.26.4", files, "m.so")
    assert stop is not None
    assert stop.text == (
        'WebAssembly.instantiate(): Import #0 "env" "f": imported function does not match the expected type'
    )
    assert install("0.27.8", files, "m.so")[0] is None


def test_a_file_of_another_system() -> None:
    files = {"libx.so": ELF, "m.so": module("m")}
    assert install("0.27.8", files, "m.so")[0] is None
    stop, (prediction,) = install("0.29.5", files, "m.so")
    assert stop is not None
    assert stop.text.endswith("libx.so $. We probably just tried to load a linux .so file or something.")
    # What comes behind it is not loaded ahead, and imports all the same.
    assert prediction.error is None


def test_a_library_that_is_loaded_ahead_is_alone() -> None:
    files = {
        "liba.so": module("a", more='(import "env" "b" (func))', init=False),
        "libb.so": module("b", more='(func (export "b"))', init=False),
        "m.so": module("m", "libb.so", "liba.so"),
    }
    stop, (prediction,) = install("314.0.7", files, "m.so")
    assert stop is None
    assert [latent.symbol for latent in prediction.undefined_calls] == ["b"]
    backwards = {path: files[path] for path in ("m.so", "libb.so", "liba.so")}
    assert not install("314.0.7", backwards, "m.so")[1][0].undefined_calls


#: A library that its user needs, for the installer not to load it ahead by itself.
HIDDEN = {
    "m.so": module("m", "libx.so", more='(import "env" "f" (func (param i32)))'),
    "libx.so": module("x", more='(func (export "f"))', init=False),
}


def install_some(release: str, files: Mapping[str, bytes], *ahead: str) -> tuple[Stop | None, Prediction]:
    """Install with some of the files loaded ahead, then import ``m``."""
    platform = find_runtime(release).platform
    resolver = Resolver(
        Installed(libraries={path: read_library(path, data) for path, data in files.items()}),
        platform=platform,
        symbols=SYMBOLS,
        installer=installer_of(release),
    )
    stop, (prediction,) = resolver.install_and_import(ahead, ["m.so"])
    return stop, prediction


@pytest.mark.parametrize("release", ["0.26.0", "0.26.1"])
def test_needed_libraries_that_are_not_loaded_ahead_were_invisible(release: str) -> None:
    stop, prediction = install_some(release, HIDDEN, "m.so")
    assert stop is None
    assert [latent.symbol for latent in prediction.undefined_calls] == ["f"]


@pytest.mark.parametrize("release", ["0.26.2", "0.26.4"])
def test_from_0_26_2_to_0_26_4_they_were_for_all(release: str) -> None:
    stop, _ = install_some(release, HIDDEN, "m.so")
    assert stop is not None
    assert stop.text.endswith("imported function does not match the expected type")
    right = HIDDEN | {"libx.so": module("x", more='(func (export "f") (param i32))', init=False)}
    stop, prediction = install_some(release, right, "m.so")
    assert stop is None
    assert not prediction.undefined_calls


def test_in_0_27_they_are_for_one_load() -> None:
    """The engine compares no types then."""
    stop, prediction = install_some("0.27.8", HIDDEN, "m.so")
    assert stop is None
    assert not prediction.undefined_calls


@pytest.mark.parametrize(("order", "loads"), [(("liba", "libb"), False), (("libb", "liba"), True)])
def test_the_first_definition_that_is_for_all_stays(order: tuple[str, ...], loads: bool) -> None:
    libraries = {
        "liba.so": module("a", more='(func (export "f") (param i64))', init=False),
        "libb.so": module("b", more='(func (export "f"))', init=False),
    }
    files = {f"{name}.so": libraries[f"{name}.so"] for name in order}
    files["m.so"] = module("m", "liba.so", "libb.so", more='(import "env" "f" (func))')
    stop, _ = install("0.26.4", files, "m.so")
    assert (stop is None) is loads


def test_a_definition_for_all_does_not_take_the_runtimes_place() -> None:
    files = {
        "liba.so": module("a", more='(func (export "function"))', init=False),
        "m.so": module("m", "liba.so", more='(import "env" "function" (func (param i32) (result i32)))'),
    }
    assert install("0.26.4", files, "m.so")[0] is None


@pytest.mark.parametrize(("release", "latent"), [("0.26.4", []), ("0.27.8", ["js"])])
def test_javascript_of_a_library_that_is_for_all_is_found_by_others(release: str, latent: list[str]) -> None:
    """``n`` does not need the library: it finds the function only where that is for all."""
    files = {
        "libx.so": module("x", more='(global (export "__em_js__js") i32 (i32.const 0))', init=False),
        "m.so": module("m", "libx.so"),
        "n.so": module("n", more='(import "env" "js" (func))'),
    }
    stop, (prediction,) = install(release, files, "n.so")
    assert stop is None
    assert [one.symbol for one in prediction.undefined_calls] == latent


def test_what_is_rejected_concerns_all_that_need_it() -> None:
    """The earlier installers ask for missing addresses at the end, which fails for its users too."""
    files = {
        "libx.so": assemble(ABSENT),
        "m.so": module("m", "libx.so"),
        "n.so": module("n"),
    }
    platform = find_runtime("0.27.8").platform
    resolver = Resolver(
        Installed(libraries={path: read_library(path, data) for path, data in files.items()}),
        platform=platform,
        symbols=SYMBOLS,
        installer=installer_of("0.27.8"),
    )
    said = {
        path: resolver.resolve_installed(path, list(files), extension=path != "libx.so") for path in files
    }
    text = "Error: bad export type for 'absent': undefined"
    assert {path: prediction.error for path, prediction in said.items()} == {
        "libx.so": text,
        "m.so": text,
        "n.so": None,
    }


def test_a_library_that_stops_the_installer_is_told_in_its_words() -> None:
    libraries = {"libx.so": read_library("libx.so", assemble(ABSENT))}
    resolver = Resolver(
        Installed(libraries=libraries),
        platform=find_runtime("0.29.5").platform,
        symbols=SYMBOLS,
        installer=installer_of("0.29.5"),
    )
    error = resolver.resolve_installed("libx.so", ["libx.so"], extension=False).error
    assert error is not None
    assert error.startswith("Failed to load dynamic library /lib/python3.13/site-packages/libx.so: ")

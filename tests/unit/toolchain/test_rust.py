"""Which Rust follows a platform, which one is taken, and what its standard library is built with."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from toolchain_fakes import make_host, write_program

from pyodide_abi.errors import BuildFailedError, MissingError, OfflineError, UsageError
from pyodide_abi.platforms import load_platform, load_platforms
from pyodide_abi.toolchain import (
    Rust,
    RustSource,
    find_present_rust,
    find_rust,
    install_rust,
    rust_debian,
)
from pyodide_abi.toolchain.rust import Fit, TargetRust, ask, fit, library_folder
from pyodide_abi.toolchain.rust_library import build_library

if TYPE_CHECKING:
    from toolchain_fakes import Answer

    from pyodide_abi.host import Host

PLATFORMS = [platform.name for platform in load_platforms()]
TARGET = "wasm32-unknown-emscripten"
UNWINDS_IN_JAVASCRIPT = ("-Z", "emscripten-wasm-eh=no")


def verbose(version: str = "1.97.1", commit_day: str = "2026-07-14") -> str:
    return (
        f"rustc {version} (8bab26f4f {commit_day})\nbinary: rustc\ncommit-hash: 8bab26f4f\n"
        f"commit-date: {commit_day}\nhost: x86_64-unknown-linux-gnu\nrelease: {version}\nLLVM version: 22.1.8"
    )


def made_up(version: str = "1.97.1", nightly: str = "") -> Rust:
    return Rust(
        source=RustSource.PATH,
        bin=Path("/rust/bin"),
        sysroot=Path("/rust"),
        version=version,
        nightly=dt.date.fromisoformat(nightly) if nightly else None,
        identity=verbose(version),
        machine="x86_64-unknown-linux-gnu",
    )


class TestFit:
    """What the platforms' data say, applied to compilers."""

    @pytest.mark.parametrize("platform", ["2025_0", "314_0", "2026_5"])
    def test_a_stable_one_from_the_named_version_on(self, platform: str) -> None:
        data = load_platform(platform)
        assert fit(made_up("1.93.0"), data) == Fit(flags=(), own_library=False)
        assert fit(made_up("1.92.9"), data) == f"{platform} needs Rust 1.93 or later"

    def test_one_that_has_to_be_told_needs_a_library_of_its_own(self) -> None:
        data = load_platform("2024_0")
        assert fit(made_up("1.97.0"), data) == Fit(flags=UNWINDS_IN_JAVASCRIPT, own_library=True)
        assert fit(made_up("1.96.0"), data) == "2024_0 needs Rust 1.97 or later"

    def test_nightly_ones_by_their_day(self) -> None:
        old = load_platform("2024_0")
        assert fit(made_up("1.92.0", "2025-09-30"), old) == Fit(flags=(), own_library=False)
        assert "from before 2025-10-01" in str(fit(made_up("1.92.0", "2025-10-01"), old))
        data = load_platform("2025_0")
        told = Fit(flags=("-Z", "emscripten-wasm-eh"), own_library=True)
        assert fit(made_up("1.86.0", "2025-02-01"), data) == told
        assert "2025-01-15 or later" in str(fit(made_up("1.86.0", "2025-01-14"), data))
        assert fit(made_up("1.98.0", "2026-08-01"), data) == Fit(flags=(), own_library=False)

    def test_flags_of_a_stable_one_need_permission(self) -> None:
        stable = TargetRust(rust=made_up(), flags=UNWINDS_IN_JAVASCRIPT, library=Path("/l"))
        nightly = TargetRust(rust=made_up("1.98.0", "2026-08-01"), flags=stable.flags, library=None)
        assert (stable.bootstrap, nightly.bootstrap) == (True, False)


class Machine:
    """Made-up Rusts in folders; cargo makes empty libraries."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.fails = ""

    def put(
        self, sysroot: Path, *, version: str = "1.97.1", target: bool = False, sources: bool = False
    ) -> None:
        """Install a Rust; one in ``<folder>`` is on the PATH."""
        for name in ("rustc", "cargo"):
            write_program(sysroot / "bin" / name)
        (sysroot / "version").write_text(version)
        if target:
            place = library_folder(sysroot, TARGET)
            place.mkdir(parents=True)
            (place / "libstd-1.rlib").touch()
        if sources:
            library = sysroot / "lib/rustlib/src/rust/library"
            (library / "sysroot").mkdir(parents=True)
            (library / "sysroot/Cargo.toml").touch()
            (library / "vendor").mkdir()

    def answer(self, words: tuple[str, ...]) -> Answer | None:
        sysroot = Path(words[0]).parent.parent
        if words[1:] == ("--version", "--verbose"):
            return 0, verbose((sysroot / "version").read_text())
        if words[1:] == ("--print", "sysroot"):
            return 0, str(sysroot)
        if words[1] == "build":
            if self.fails:
                return 101, self.fails
            (partial,) = (self.folder / "cache/.partial").iterdir()
            made = partial / "made" / TARGET / "dist/deps"
            made.mkdir(parents=True)
            for name in ("libstd.rlib", "libcore-1.rlib", "libsysroot-1.rlib", "libcore-1.rmeta"):
                (made / name).touch()
            return 0, "Finished"
        return None


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine whose Debian has no Rust, unless a test says otherwise."""

    def nothing(host: Host) -> Rust:  # noqa: ARG001 - the name of what it replaces
        raise MissingError("it has none")

    monkeypatch.setattr(rust_debian, "install", nothing)
    monkeypatch.setattr(
        rust_debian, "relocate", type("Settled", (), {"follow": staticmethod(lambda *_: None)})
    )
    return Machine(tmp_path)


def debians(machine: Machine, version: str, **has: bool) -> Path:
    sysroot = machine.folder / f"cache/rust/debian-{version}/tree/usr"
    machine.put(sysroot, version=version, sources=True, **has)
    return sysroot


class TestFind:
    """The PATH's before the cache's before Debian's; the reasons of those passed over."""

    def test_an_installed_target(self, machine: Machine) -> None:
        machine.put(machine.folder, target=True)
        host, runner, diary = make_host(machine.folder, machine.answer)
        found = find_rust(load_platform("314_0"), host)
        assert (found.library, found.flags, found.rust.source) == (None, (), RustSource.PATH)
        assert diary.said == [f"Rust for 314_0: Rust 1.97.1 on the PATH ({machine.folder})"]
        assert not [words for words in runner.commands if words[1] == "build"]

    def test_sources_at_hand_are_built_once(self, machine: Machine) -> None:
        machine.put(machine.folder, sources=True)
        host, runner, _ = make_host(machine.folder, machine.answer)
        assert find_present_rust(load_platform("314_0"), host) is None
        first = find_rust(load_platform("314_0"), host)
        assert first.library is not None
        assert sorted(path.name for path in library_folder(first.library, TARGET).iterdir()) == [
            "libcore-1.rlib",
            "libstd.rlib",
        ]
        assert find_rust(load_platform("2025_0"), host) == first
        assert find_present_rust(load_platform("2026_5"), host) == first
        assert len([words for words in runner.commands if words[1] == "build"]) == 1

    def test_another_way_of_unwinding_is_another_library(self, machine: Machine) -> None:
        machine.put(machine.folder, sources=True, target=True)
        host, runner, _ = make_host(machine.folder, machine.answer)
        one = find_rust(load_platform("2024_0"), host)
        assert one.library is not None, "the installed one unwinds in WebAssembly"
        assert find_rust(load_platform("2025_0"), host).library is None
        (build,) = [words for words in runner.commands if words[1] == "build"]
        assert build[0] == str(machine.folder / "bin/cargo")

    def test_debians_where_the_paths_does_not_fit(self, machine: Machine) -> None:
        machine.put(machine.folder, version="1.90.0", target=True)
        newest = debians(machine, "1.100.0")
        debians(machine, "1.97.1")
        host, _, _ = make_host(machine.folder, machine.answer)
        assert find_rust(load_platform("314_0"), host).rust.sysroot == newest

    def test_debians_is_fetched_last(self, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
        def install(host: Host) -> Rust:
            place = debians(machine, "1.97.1")
            return ask(place / "bin/rustc", RustSource.DEBIAN, host)

        monkeypatch.setattr(rust_debian, "install", install)
        host, _, _ = make_host(machine.folder, machine.answer)
        assert find_rust(load_platform("314_0"), host).rust.source is RustSource.DEBIAN

    def test_nothing_fits(self, machine: Machine) -> None:
        machine.put(machine.folder, version="1.95.0")
        host, _, _ = make_host(machine.folder, machine.answer)
        with pytest.raises(MissingError, match="there is no Rust for 314_0") as caught:
            find_rust(load_platform("314_0"), host)
        assert caught.value.hint.splitlines() == [
            (
                f"Rust 1.95.0 on the PATH ({machine.folder}): it has neither {TARGET}"
                " nor the sources to build it from"
            ),
            "Debian's archive: it has none",
            f"with rustup: rustup target add {TARGET}, for Rust 1.93 or later",
        ]

    def test_offline(self, machine: Machine) -> None:
        host, _, _ = make_host(machine.folder, machine.answer, offline=True)
        with pytest.raises(OfflineError) as caught:
            find_rust(load_platform("314_0"), host)
        assert "toolchain install rust --platform 314_0" in caught.value.hint

    def test_a_source_alone(self, machine: Machine) -> None:
        machine.put(machine.folder, target=True)
        debians(machine, "1.97.1")
        host, _, _ = make_host(machine.folder, machine.answer)
        found = find_rust(load_platform("314_0"), host, source=RustSource.DEBIAN)
        assert found.rust.source is RustSource.DEBIAN

    def test_installing_asks_debian_anew(self, machine: Machine) -> None:
        debians(machine, "1.97.1")
        host, _, _ = make_host(machine.folder, machine.answer)
        with pytest.raises(MissingError, match="it has none"):
            install_rust(load_platform("314_0"), host, source=RustSource.DEBIAN)
        assert install_rust(load_platform("314_0"), host).rust.version == "1.97.1"

    def test_a_damaged_entry_is_passed_over(self, machine: Machine) -> None:
        (machine.folder / "cache/rust/debian-1.97.1/tree/usr").mkdir(parents=True)
        host, _, diary = make_host(machine.folder, lambda _: (127, "cannot open shared object file"))
        assert rust_debian.present(host) == []
        assert "rust/debian-1.97.1 is passed over: " in diary.said[0]

    def test_a_library_of_the_users(self, machine: Machine) -> None:
        machine.put(machine.folder)
        library = machine.folder / "mine"
        host, _, _ = make_host(machine.folder, machine.answer)
        with pytest.raises(UsageError, match="holds no standard library of Rust"):
            find_rust(load_platform("314_0"), host, library=library)
        library_folder(library, TARGET).mkdir(parents=True)
        (library_folder(library, TARGET) / "libstd-1.rlib").touch()
        assert find_rust(load_platform("314_0"), host, library=library).library == library
        machine.put(machine.folder, version="1.80.0")
        with pytest.raises(MissingError, match=r"needs Rust 1\.93"):
            find_rust(load_platform("314_0"), host, library=library)


class TestLibrary:
    """How the standard library is built."""

    def test_the_command(self, machine: Machine) -> None:
        machine.put(machine.folder, sources=True)
        host, runner, _ = make_host(machine.folder, machine.answer)
        rust = ask(machine.folder / "bin/rustc", RustSource.PATH, host)
        place = build_library(rust, TARGET, (), host)
        vendor = machine.folder / "lib/rustlib/src/rust/library/vendor"
        (words,) = [words for words in runner.commands if words[1] == "build"]
        assert words[words.index("--target") + 1] == TARGET
        assert {"--locked", "--offline"} <= set(words)
        assert f'source.vendored.directory="{vendor}"' in words
        facts = json.loads((place / "library.json").read_text())
        assert facts == {"rustc": verbose(), "target": TARGET, "flags": []}
        assert sorted(path.name for path in place.iterdir()) == ["lib", "library.json"]

    def test_a_failure_leaves_nothing(self, machine: Machine) -> None:
        machine.put(machine.folder, sources=True)
        machine.fails = "error: could not compile `core`"
        host, _, _ = make_host(machine.folder, machine.answer)
        rust = ask(machine.folder / "bin/rustc", RustSource.PATH, host)
        with pytest.raises(BuildFailedError, match=r"the standard library of Rust 1\.97\.1") as caught:
            build_library(rust, TARGET, (), host)
        assert "could not compile `core`" in caught.value.hint
        assert host.store.keys("rust-libraries") == []

    def test_crates_that_are_not_at_hand(self, machine: Machine) -> None:
        machine.put(machine.folder, sources=True)
        machine.fails = "error: no matching package named `libc` found\nyou may remove the `--offline` flag"
        host, _, _ = make_host(machine.folder, machine.answer, offline=True)
        rust = ask(machine.folder / "bin/rustc", RustSource.PATH, host)
        with pytest.raises(OfflineError, match="not in cargo's cache"):
            build_library(rust, TARGET, (), host)


class TestAsk:
    """What a compiler says of itself."""

    def test_rustups_stand_in_leads_to_the_toolchain(self, machine: Machine) -> None:
        toolchain = machine.folder / "toolchains/stable"
        machine.put(toolchain)
        stand_in = write_program(machine.folder / "bin/rustc")

        def respond(words: tuple[str, ...]) -> Answer | None:
            return machine.answer((str(toolchain / "bin/rustc"), *words[1:]))

        host, _, _ = make_host(machine.folder, respond)
        rust = ask(stand_in, RustSource.PATH, host)
        assert rust.cargo == toolchain / "bin/cargo"
        assert (rust.name, rust.machine) == ("1.97.1", "x86_64-unknown-linux-gnu")

    def test_a_nightly(self, tmp_path: Path) -> None:
        machine = Machine(tmp_path)
        machine.put(tmp_path, version="1.98.0-nightly")
        host, _, _ = make_host(tmp_path, machine.answer)
        rust = ask(tmp_path / "bin/rustc", RustSource.PATH, host)
        assert rust.name == "1.98.0-nightly (2026-07-14)"

    @pytest.mark.parametrize(
        ("answer", "message"),
        [
            ((1, "error: rustup could not choose a version of rustc to run"), "could not choose a version"),
            ((0, "something else"), "does not say its version"),
        ],
    )
    def test_no_compiler_after_all(self, tmp_path: Path, answer: Answer, message: str) -> None:
        host, _, _ = make_host(tmp_path, lambda _: answer)
        with pytest.raises(MissingError, match=message):
            ask(tmp_path / "bin/rustc", RustSource.PATH, host)

    def test_a_compiler_without_cargo(self, machine: Machine) -> None:
        machine.put(machine.folder)
        (machine.folder / "bin/cargo").unlink()
        host, _, _ = make_host(machine.folder, machine.answer)
        with pytest.raises(MissingError, match="there is no cargo"):
            ask(machine.folder / "bin/rustc", RustSource.PATH, host)

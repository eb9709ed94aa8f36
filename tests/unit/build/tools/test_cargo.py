"""What cargo is told: flags for the target, nothing for build scripts, and no trace of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fake_host import FakeRunner, completed, make_host
from made_builds import made_build, made_target

from pyodide_abi.build.tools import LEAKS
from pyodide_abi.build.tools.cargo import Cargo, uses_rust
from pyodide_abi.errors import MissingError
from pyodide_abi.platforms import load_platform, load_platforms
from pyodide_abi.toolchain import Rust, RustSource, Sysroot, TargetRust

if TYPE_CHECKING:
    from collections.abc import Mapping

PLATFORMS = [platform.name for platform in load_platforms()]
FLAGS = "CARGO_TARGET_WASM32_UNKNOWN_EMSCRIPTEN_RUSTFLAGS"
LIBRARY = Path("/cache/rust-libraries/1.97.1-0123")


def target_rust(
    version: str = "1.97.1", flags: tuple[str, ...] = (), library: Path | None = LIBRARY
) -> TargetRust:
    rust = Rust(
        source=RustSource.PATH,
        bin=Path("/rust/bin"),
        sysroot=Path("/rust"),
        version=version,
        nightly=None,
        identity="",
        machine="x86_64-unknown-linux-gnu",
    )
    return TargetRust(rust=rust, flags=flags, library=library)


def variables(
    platform: str = "314_0",
    rust: TargetRust | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    folder: str = "/tmp/work",  # noqa: S108 - nothing is written there
    compilers: Mapping[str, str] | None = None,
    offline: bool = False,
) -> Mapping[str, str]:
    sysroot = Sysroot(
        platform=platform,
        release="1",
        root=Path("/s"),
        include=Path("/s/include"),
        sysconfigdata=Path("/s/data"),
    )
    caller = {"PATH": "/usr/bin", "HOME": "/home/me", **(environ or {})}
    runner = FakeRunner(lambda argv, _cwd: completed(argv))
    build = made_build(
        Path(folder),
        made_target(Path(folder), platform, rust=rust or target_rust(), sysroot=sysroot),
        host=make_host(Path(folder), runner, environ=caller, offline=offline),
        compiler_sysroot=Path("/emscripten/sys root"),
        source=Path(folder, "project"),
    )
    own = {"c": "/usr/bin/cc", "cpp": "/usr/bin/c++"} if compilers is None else compilers
    vars(build)["host_programs"] = own  # As if they had been found.
    return Cargo().environ(build)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_platform_has_a_target_a_linker_and_a_tag(platform: str) -> None:
    seen = variables(platform)
    assert seen["CARGO_BUILD_TARGET"] == "wasm32-unknown-emscripten"
    assert seen["CARGO_TARGET_WASM32_UNKNOWN_EMSCRIPTEN_LINKER"] == "/drivers/cc"
    assert seen["PYO3_CROSS_LIB_DIR"] == "/s/data"
    assert seen["PYO3_CROSS_PYTHON_VERSION"] == load_platform(platform).python.version
    assert seen["MATURIN_PYEMSCRIPTEN_PLATFORM_VERSION"] in load_platform(platform).names[0]


def test_flags_name_the_target_and_nobody_else() -> None:
    seen = variables()
    assert {"RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"} <= LEAKS
    assert [name for name in seen if "RUSTFLAGS" in name] == [FLAGS]
    assert f"-C link-self-contained=no --sysroot {LIBRARY}" in seen[FLAGS]
    assert "RUSTC_BOOTSTRAP" not in seen


def test_the_users_own_flags_for_the_target_come_first() -> None:
    seen = variables(environ={FLAGS: "-C opt-level=s"})
    assert seen[FLAGS].startswith("-C opt-level=s -C link-self-contained=no ")


def test_an_installed_library_needs_no_sysroot() -> None:
    seen = variables(rust=target_rust(library=None))[FLAGS]
    assert "--sysroot" not in seen
    assert "-C link-self-contained=no" in seen


@pytest.mark.parametrize(
    ("platform", "version", "told"),
    [
        ("2025_0", "1.93.0", {"link-arg=-sSIDE_MODULE=2"}),
        ("2025_0", "1.95.0", set()),
        ("2024_0", "1.83.0", {"link-arg=-sSIDE_MODULE=2", "link-arg=-sWASM_BIGINT"}),
        ("2024_0", "1.84.0", {"link-arg=-sSIDE_MODULE=2"}),
    ],
)
def test_arguments_of_the_platform_by_version(platform: str, version: str, told: set[str]) -> None:
    words = variables(platform, target_rust(version))[FLAGS].split()
    assert {word for word in words if word.startswith("link-arg=")} == told


def test_flags_that_a_stable_compiler_has_to_be_allowed() -> None:
    rust = target_rust(flags=("-Z", "emscripten-wasm-eh=no"))
    seen = variables("2024_0", rust)
    assert seen["RUSTC_BOOTSTRAP"] == "1"
    assert seen[FLAGS].startswith("-Z emscripten-wasm-eh=no ")
    assert "-Z allow-features=" in seen[FLAGS], "crates are not to think that this is a nightly"


def test_paths_with_spaces_stay_whole() -> None:
    seen = variables(folder="/tmp/my work")  # noqa: S108 - as above
    assert FLAGS not in seen
    assert "--remap-path-prefix=/tmp/my work/project=." in seen["CARGO_ENCODED_RUSTFLAGS"].split("\x1f")


def test_no_path_of_this_machine_stays_in_panics() -> None:
    maps = [word for word in variables()[FLAGS].split() if word.startswith("--remap")]
    assert maps == [
        "--remap-path-prefix=/home/me/.cargo/registry/src=/cargo",
        "--remap-path-prefix=/home/me/.cargo/git/checkouts=/cargo",
        "--remap-path-prefix=/tmp/work=/build",
        # rustc takes the last that fits.
        "--remap-path-prefix=/tmp/work/project=.",
    ]
    elsewhere = variables(environ={"CARGO_HOME": "/crates"})[FLAGS]
    assert "--remap-path-prefix=/crates/registry/src=/cargo" in elsewhere


def test_c_in_crates_is_for_the_target_and_in_build_scripts_for_this_machine() -> None:
    seen = variables()
    assert seen["CC_wasm32_unknown_emscripten"] == "/drivers/cc"
    assert seen["CXX_wasm32_unknown_emscripten"] == "/drivers/c++"
    assert seen["AR_wasm32_unknown_emscripten"] == "/drivers/ar"
    assert (seen["HOST_CC"], seen["HOST_CXX"], seen["HOST_CFLAGS"]) == ("/usr/bin/cc", "/usr/bin/c++", "")
    assert seen["CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER"] == "/usr/bin/cc"
    assert variables(environ={"HOST_CC": "gcc-14"})["HOST_CC"] == "gcc-14"


def test_bindgen_reads_the_targets_headers() -> None:
    seen = variables()["BINDGEN_EXTRA_CLANG_ARGS_wasm32_unknown_emscripten"]
    assert seen == "'--sysroot=/emscripten/sys root' -fvisibility=default"


def test_the_compiler_is_the_toolchains_own_whatever_the_project_pins() -> None:
    seen = variables(environ={"RUSTUP_TOOLCHAIN": "nightly", "CARGO": "/else/cargo"})
    assert (seen["RUSTC"], seen["CARGO"]) == ("/rust/bin/rustc", "/rust/bin/cargo")
    assert {"RUSTUP_TOOLCHAIN", "CARGO"} <= LEAKS


def test_offline() -> None:
    assert variables(offline=True)["CARGO_NET_OFFLINE"] == "true"
    assert "CARGO_NET_OFFLINE" not in variables()


def test_build_scripts_need_a_compiler() -> None:
    with pytest.raises(MissingError, match="C compiler of this machine"):
        variables(compilers={})


def requires(*words: str) -> str:
    return f"[build-system]\nrequires = {list(words)}\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"pyproject.toml": requires("maturin>=1.9,<2")}, True),
        ({"pyproject.toml": requires("setuptools", "setuptools-rust")}, True),
        ({"pyproject.toml": requires("Setuptools_Rust[x]~=1.0")}, True),
        ({"pyproject.toml": requires("setuptools", "maturin-like")}, False),
        ({"Cargo.toml": "[package]\n", "pyproject.toml": ""}, True),
        ({"setup.py": ""}, False),
        ({"pyproject.toml": "[build-system]\nrequires = 3\n"}, False),
        ({"pyproject.toml": "build-system = 'x'\n"}, False),
        ({"pyproject.toml": "not toml"}, False),
        ({"meson.build": "project('a', 'c',\n  'rust', version: '1')\n"}, True),
        ({"meson.build": "project('a', 'c')\nif x\n  add_languages('rust', native: false)\nendif"}, True),
        ({"meson.build": "project('rusty', 'c')\nmessage('rust')\n"}, False),
    ],
)
def test_which_projects_are_in_rust(
    tmp_path: Path,
    files: dict[str, str],
    expected: bool,
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert uses_rust(tmp_path) is expected

#!/bin/sh
# The crate cc compiles C for wasm32-unknown-emscripten without -fPIC, although rustc compiles Rust for the same
# target with it.
#
# The common guess: cc adds -fPIC wherever rustc makes position-independent code, as it does on Linux, so that a
# Rust extension module with C in it can be linked as a side module.
# The behaviour: cc leaves -fPIC out for every target with the architecture wasm32 or wasm64, and gives as its reason
# that rustc does so too. rustc's bare target for WebAssembly is static indeed; its Emscripten target is not, and has
# rustc's default, which is position-independent. A C file with any data of its own ends at wasm-ld's "recompile with
# -fPIC". What helps: .pic(true) in the build script, or CFLAGS_wasm32_unknown_emscripten=-fPIC in the environment.
#
# Seen with cc 1.2.46 and rustc 1.95.0 on 2026-11-29. Needs cargo and rustc; fetches cc from crates.io.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat >"$folder/Cargo.toml" <<'END'
[package]
name = "flags"
version = "0.0.0"
edition = "2021"
[dependencies]
cc = "=1.2.46"
END
cat >"$folder/src/main.rs" <<'END'
fn main() {
    for target in ["x86_64-unknown-linux-gnu", "wasm32-unknown-emscripten"] {
        let mut build = cc::Build::new();
        build.target(target).host("x86_64-unknown-linux-gnu").opt_level(2).out_dir(".");
        let tool = build.compiler("cc").cargo_metadata(false).cargo_warnings(false).get_compiler();
        let pic = tool.args().iter().any(|word| word == "-fPIC");
        println!("cc for {target}: {}", if pic { "-fPIC" } else { "no -fPIC" });
    }
}
END
seen=$(
    cd "$folder"
    cargo run --quiet
    for target in wasm32-unknown-unknown wasm32-unknown-emscripten; do
        # Target descriptions are for nightly compilers unless a stable one is told otherwise.
        model=$(RUSTC_BOOTSTRAP=1 rustc -Z unstable-options --target $target --print target-spec-json |
            grep '"relocation-model"' || echo "its default")
        echo "rustc for $target:" $model
    done
)
echo "$seen"
expected='cc for x86_64-unknown-linux-gnu: -fPIC
cc for wasm32-unknown-emscripten: no -fPIC
rustc for wasm32-unknown-unknown: "relocation-model": "static",
rustc for wasm32-unknown-emscripten: its default'
[ "$seen" = "$expected" ] || { echo "this is not what was seen in November 2026" >&2; exit 1; }

#!/bin/sh
# A call through a pointer of a wrong function type traps in a build without optimisation and works in one with it.
#
# The common guess: WebAssembly checks the type of every indirect call, so that a function with one parameter which is
# called as one with two traps however it was compiled; or, as C leaves such a call undefined, an optimising compiler
# makes a trap of it. A test of the release build would show it either way.
# The behaviour: as soon as clang sees which function is meant (from -O1 on, also through a constant table), it makes a
# direct call by way of a small function that drops the parameter, and the result is the one that native machines give.
# Only where the function is picked at run time does the call stay an indirect one, and trap at every level. So a
# fault can hide in the release build, show in a debug build, and come back when a second entry is put into the table.
#
# Seen with ziglang 0.13.0.post1 (clang 18.1) and wasmtime 35.0.0 from PyPI on 2026-11-30. Needs Python 3 with venv.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet --disable-pip-version-check ziglang==0.13.0.post1 wasmtime==35.0.0
cat >calls.c <<'END'
#define EXPORTED(name) __attribute__((export_name(#name))) int name
typedef int (*taking_two)(int, int);
static int add_one(int number) { return number + 1; }
static int add(int number, int other) { return number + other; }
static const taking_two one[] = {(taking_two)add_one};
static const taking_two both[] = {(taking_two)add_one, add};
EXPORTED(by_variable)(void) { taking_two function = (taking_two)add_one; return function(41, 7); }
EXPORTED(by_table)(void) { return one[0](41, 7); }
EXPORTED(by_index)(int index) { return both[index](41, 7); }
END
cat >call.py <<'END'
import sys
import wasmtime

for level in sys.argv[1:]:
    store = wasmtime.Store()
    module = wasmtime.Module.from_file(store.engine, f"calls{level}.wasm")
    exports = wasmtime.Instance(store, module, []).exports(store)
    for name, arguments in (("by_variable", ()), ("by_table", ()), ("by_index", (0,))):
        try:
            answer = exports[name](store, *arguments)
        except wasmtime.Trap as trap:
            answer = trap.trap_code.name
        print(level, name, answer)
END
for level in -O0 -O1 -O2; do
    environment/bin/python -m ziglang cc --target=wasm32-freestanding -w "$level" -nostdlib -Wl,--no-entry \
        -o "calls$level.wasm" calls.c
done
seen=$(environment/bin/python call.py -O0 -O1 -O2)
echo "$seen"
expected='-O0 by_variable BAD_SIGNATURE
-O0 by_table BAD_SIGNATURE
-O0 by_index BAD_SIGNATURE
-O1 by_variable 42
-O1 by_table 42
-O1 by_index BAD_SIGNATURE
-O2 by_variable 42
-O2 by_table 42
-O2 by_index BAD_SIGNATURE'
[ "$seen" = "$expected" ] || { echo "this is not what was seen in November 2026" >&2; exit 1; }

"""Compiler and linker flags that mean a native machine, and what is done with them.

Data for :mod:`pyodide_abi.build.driver.flags`: an entry is a flag, how it is compared, and the reason that
the user reads. None of these flags can have an effect on the target, so they are dropped and the build goes
on; flags that would change the ABI are in the platforms' data instead.
"""

from __future__ import annotations

#: Whole words.
WORDS = {
    "-m32": "the target has one word size",
    "-m64": "the target has one word size",
    "-fstack-protector": "WebAssembly keeps return addresses out of the program's reach",
    "-fstack-protector-strong": "WebAssembly keeps return addresses out of the program's reach",
    "-fstack-protector-all": "WebAssembly keeps return addresses out of the program's reach",
    "-fstack-clash-protection": "WebAssembly bounds every memory access",
    "-fno-semantic-interposition": "the WebAssembly back end has no such setting",
    "-static-libgcc": "there is no libgcc on the target",
    "-static-libstdc++": "the runtime provides the C++ library",
    "-rdynamic": "a side module exports what its export list says",
    "-export-dynamic": "a side module exports what its export list says",
    "-nostartfiles": "a side module has no start files",
    "-undefined": "undefined symbols are left to the loader anyway",
    "-no-pie": "a side module is position-independent",
    "-pie": "a side module is position-independent",
    "-fno-plt": "there is no procedure linkage table on the target",
    "-headerpad_max_install_names": "it is about Mach-O files",
    "-arch": "there is one target architecture",
    "-isysroot": "target headers come from the compiler's own sysroot",
    "-install_name": "it is about Mach-O files",
    "-compatibility_version": "it is about Mach-O files",
    "-current_version": "it is about Mach-O files",
}

#: Beginnings of words.
BEGINNINGS = {
    "-march=": "it names a native processor",
    "-mtune=": "it names a native processor",
    "-mcpu=native": "it names a native processor",
    "-mmacosx-version-min=": "it is about macOS",
    "-mfpmath=": "it is about x86",
    "-fcf-protection": "it is about x86",
    "-mbranch-protection=": "it is about Arm",
    "-fuse-ld=": "wasm-ld is the only linker of the target",
    "-specs=": "it is about GCC",
    "-fplugin=": "it is about native compilers",
}

#: What may stand behind ``-Wl,`` or ``-Xlinker``: wasm-ld knows none of it.
LINKER_WORDS = {
    "-z": "it is about ELF files",
    "-soname": "side modules carry no soname",
    "-h": "side modules carry no soname",
    "--as-needed": "side modules record a library whenever it is named",
    "--no-as-needed": "side modules record a library whenever it is named",
    "-Bsymbolic-functions": "own functions are bound at link anyway",
    "--version-script": "wasm-ld has no version scripts; use --exports",
    "--exclude-libs": "a side module exports what its export list says",
    "--dynamic-list": "wasm-ld has no dynamic lists; use --exports",
    "--hash-style": "it is about ELF files",
    "--enable-new-dtags": "it is about ELF files",
    "--disable-new-dtags": "it is about ELF files",
    "--sort-common": "it is about ELF files",
    "--no-undefined": "the runtime's symbols are known only at load",
    "--unresolved-symbols": "the runtime's symbols are known only at load",
    "-undefined": "undefined symbols are left to the loader anyway",
    "-dead_strip": "unused code is always dropped",
    "-exported_symbols_list": "it is about Mach-O files; use --exports",
    "-install_name": "it is about Mach-O files",
    "-rpath-link": "libraries are looked up with -L only",
    "--fatal-warnings": "wasm-ld warns at every shared library that its form is not final",
    "--sort-section": "it is about ELF files",
    "--warn-common": "there are no common symbols",
    "--icf": "wasm-ld folds no functions",
    "--discard-all": "a side module has no local symbols",
    "--discard-locals": "a side module has no local symbols",
    "-x": "a side module has no local symbols",
    "-X": "a side module has no local symbols",
    "--no-allow-shlib-undefined": "the runtime's symbols are known only at load",
    "--allow-shlib-undefined": "undefined symbols are left to the loader anyway",
    "--copy-dt-needed-entries": "a side module records the libraries that are named",
    "--no-copy-dt-needed-entries": "a side module records the libraries that are named",
    "--no-add-needed": "a side module records the libraries that are named",
    "--push-state": "wasm-ld has no such states",
    "--pop-state": "wasm-ld has no such states",
    "--compress-debug-sections": "it is about ELF files",
    "--gdb-index": "it is about ELF files",
    "--no-keep-memory": "it is about another linker",
    "--stats": "it is about another linker",
    "-plugin-opt": "it is about another linker",
    "-headerpad_max_install_names": "it is about Mach-O files",
    "-search_paths_first": "it is about Mach-O files",
    "-bind_at_load": "it is about Mach-O files",
    "-dead_strip_dylibs": "it is about Mach-O files",
    "--dependency-file": "wasm-ld has no such option",
}

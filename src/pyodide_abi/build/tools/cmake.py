"""What CMake has to know about the target: a toolchain file and a platform module (cmake-toolchains(7))."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.build.driver.flags import LEVEL
from pyodide_abi.build.tools.tool import Tool

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from pyodide_abi.build.cross import CrossBuild

#: For CMake before 4.2, which does not know the system.
_PLATFORM = """\
set(EMSCRIPTEN 1)
set(UNIX 1)
"""

#: Read after CMake's own facts about system and compiler (CMAKE_USER_MAKE_RULES_OVERRIDE). Those of CMake 4.2
#: and later are about programs in browsers.
_RULES = """\
set_property(GLOBAL PROPERTY TARGET_SUPPORTS_SHARED_LIBS TRUE)
set(CMAKE_SHARED_LIBRARY_PREFIX "lib")
set(CMAKE_SHARED_LIBRARY_SUFFIX ".so")
set(CMAKE_SHARED_MODULE_PREFIX "lib")
set(CMAKE_SHARED_MODULE_SUFFIX ".so")
set(CMAKE_STATIC_LIBRARY_PREFIX "lib")
set(CMAKE_STATIC_LIBRARY_SUFFIX ".a")
set(CMAKE_EXECUTABLE_SUFFIX ".js")
set(CMAKE_FIND_LIBRARY_PREFIXES "lib")
set(CMAKE_FIND_LIBRARY_SUFFIXES ".so" ".a")
set(CMAKE_DL_LIBS "")
# Side modules carry no soname: one file for each library, under its plain name.
set(CMAKE_PLATFORM_NO_VERSIONED_SONAME 1)
foreach(language C CXX)
  unset(CMAKE_SHARED_LIBRARY_SONAME_${language}_FLAG)
  set(CMAKE_SHARED_LIBRARY_${language}_FLAGS "-fPIC")
  set(CMAKE_SHARED_LIBRARY_CREATE_${language}_FLAGS "-shared")
  set(CMAKE_SHARED_MODULE_${language}_FLAGS "-fPIC")
  set(CMAKE_SHARED_MODULE_CREATE_${language}_FLAGS "-shared")
  set(CMAKE_SHARED_LIBRARY_LINK_${language}_FLAGS "")
  set(CMAKE_SHARED_LIBRARY_RUNTIME_${language}_FLAG "-Wl,-rpath,")
  set(CMAKE_SHARED_LIBRARY_RUNTIME_${language}_FLAG_SEP ":")
  set(CMAKE_${language}_COMPILE_OPTIONS_PIC "-fPIC")
  set(CMAKE_${language}_COMPILE_OPTIONS_PIE "-fPIC")
  set(CMAKE_${language}_LINK_LIBRARY_USING_WHOLE_ARCHIVE
    "-Wl,--whole-archive" "<LINK_ITEM>" "-Wl,--no-whole-archive")
  set(CMAKE_${language}_LINK_LIBRARY_USING_WHOLE_ARCHIVE_SUPPORTED TRUE)
endforeach()
# What these build types stand for, unless the project or its user says otherwise.
foreach(language C CXX)
  set(CMAKE_${language}_FLAGS_RELEASE_INIT "@LEVEL@ -DNDEBUG")
  set(CMAKE_${language}_FLAGS_MINSIZEREL_INIT "@LEVEL@ -DNDEBUG")
  set(CMAKE_${language}_FLAGS_RELWITHDEBINFO_INIT "@LEVEL@ -g -DNDEBUG")
endforeach()
get_property(checking GLOBAL PROPERTY IN_TRY_COMPILE)
if(checking)
  set(rest " -o <TARGET> <LINK_LIBRARIES>")
  foreach(language C CXX)
    set(CMAKE_${language}_LINK_EXECUTABLE
      "<CMAKE_${language}_COMPILER> <FLAGS> <CMAKE_${language}_LINK_FLAGS> <LINK_FLAGS> <OBJECTS>${rest}"
      "sh '${CMAKE_CURRENT_LIST_DIR}/show-findings.sh' <TARGET>")
  endforeach()
endif()
""".replace("@LEVEL@", LEVEL)

#: CheckTypeSize and its like read what they found out as text in the program. The program proper is beside
#: the script that starts it, and CMake looks into the latter.
_FINDINGS = """\
program="${1%.js}.wasm"
[ ! -f "$program" ] || grep -a -o 'INFO:[a-z_]*\\[[^]]*\\]' "$program" | sed 's,^,//,' >> "$1" || true
"""

#: CMake's name of a tool, and of the driver that is one.
_TOOLS = {
    "CMAKE_C_COMPILER": "cc",
    "CMAKE_CXX_COMPILER": "c++",
    "CMAKE_AR": "ar",
    "CMAKE_C_COMPILER_AR": "ar",
    "CMAKE_CXX_COMPILER_AR": "ar",
    "CMAKE_RANLIB": "ranlib",
    "CMAKE_C_COMPILER_RANLIB": "ranlib",
    "CMAKE_CXX_COMPILER_RANLIB": "ranlib",
    "CMAKE_NM": "nm",
    "CMAKE_STRIP": "strip",
}


_LEAKS = (
    "CMAKE_PREFIX_PATH CMAKE_TOOLCHAIN_FILE CMAKE_INCLUDE_PATH CMAKE_LIBRARY_PATH CMAKE_PROGRAM_PATH"
    " CMAKE_APPBUNDLE_PATH CMAKE_FRAMEWORK_PATH CMAKE_SYSROOT CMAKE_GENERATOR CMAKE_GENERATOR_PLATFORM"
    " CMAKE_GENERATOR_TOOLSET CMAKE_BUILD_TYPE CMAKE_ARGS SKBUILD_CMAKE_ARGS SKBUILD_CONFIGURE_OPTIONS"
)


class CMake(Tool):
    """CMake and the backends that call it, which all read the toolchain file of the environment."""

    leaks = frozenset(_LEAKS.split())

    def files(self, build: CrossBuild) -> Mapping[str, str]:
        """See :meth:`Tool.files`."""
        return {
            "toolchain.cmake": toolchain_file(build),
            "cmake/Platform/Emscripten.cmake": _PLATFORM,
            "cmake/rules.cmake": _RULES,
            "cmake/show-findings.sh": _FINDINGS,
        }

    def environ(self, build: CrossBuild) -> Mapping[str, str]:
        """See :meth:`Tool.environ`."""
        return {"CMAKE_TOOLCHAIN_FILE": str(build.files / "toolchain.cmake")}

    def parallel(self, jobs: int, folder: Path) -> Mapping[str, str]:  # noqa: ARG002 - no file is needed
        """See :meth:`Tool.parallel`."""
        return {"CMAKE_BUILD_PARALLEL_LEVEL": str(jobs)}


def toolchain_file(build: CrossBuild) -> str:
    """The toolchain file. Every configuration, and every check of one, reads it."""
    sections = (
        _head(build),
        _compilers(build),
        _search(build),
        _python(build),
    )
    return "\n".join("\n".join(lines) + "\n" for lines in sections)


def _head(build: CrossBuild) -> Iterable[str]:
    yield from (
        "set(CMAKE_SYSTEM_NAME Emscripten)",
        _set("CMAKE_SYSTEM_VERSION", build.target.toolchain.emscripten),
        'set(CMAKE_SYSTEM_PROCESSOR "wasm32")',
        _set("EMSCRIPTEN_VERSION", build.target.toolchain.emscripten),
        _set("EMSCRIPTEN_ROOT_PATH", build.target.toolchain.emscripten_root),
        _set("EMSCRIPTEN_SYSROOT", build.compiler_sysroot),
        f"list(PREPEND CMAKE_MODULE_PATH {_quoted(build.files / 'cmake')})",
        _set("CMAKE_USER_MAKE_RULES_OVERRIDE", build.files / "cmake" / "rules.cmake"),
    )


def _compilers(build: CrossBuild) -> Iterable[str]:
    yield from (_set(name, build.drivers[tool]) for name, tool in _TOOLS.items())
    yield _cached("CMAKE_CROSSCOMPILING_EMULATOR", build.emulator)
    include = build.compiler_sysroot / "include"
    for language, standard in (("C", "17"), ("CXX", "17")):
        # What CMake would find out with links that take seconds; what compilers can do, it knows by version.
        facts: Mapping[str, object] = {
            "COMPILER_ID_RUN": "TRUE",
            "COMPILER_ID": "Clang",
            "COMPILER_VERSION": build.target.toolchain.llvm,
            "COMPILER_FRONTEND_VARIANT": "GNU",
            "PLATFORM_ID": "Emscripten",
            "STANDARD_COMPUTED_DEFAULT": standard,
            "EXTENSIONS_COMPUTED_DEFAULT": "ON",
            "COMPILER_WORKS": "TRUE",
            "ABI_COMPILED": "TRUE",
            "SIZEOF_DATA_PTR": "4",
            "BYTE_ORDER": "LITTLE_ENDIAN",
            "LIBRARY_ARCHITECTURE": "wasm32-emscripten",
        }
        yield from (_set(f"CMAKE_{language}_{name}", value) for name, value in facts.items())
        folders = [include / "c++" / "v1", include] if language == "CXX" else [include]
        yield f"set(CMAKE_{language}_IMPLICIT_INCLUDE_DIRECTORIES {' '.join(map(_quoted, folders))})"
    yield from (
        "set(CMAKE_SIZEOF_VOID_P 4)",
        "set(CMAKE_LIBRARY_ARCHITECTURE wasm32-emscripten)",
        "set(CMAKE_POSITION_INDEPENDENT_CODE ON)",
        # CMake can change the run path of an ELF file when it installs it, not that of a side module.
        "set(CMAKE_BUILD_WITH_INSTALL_RPATH ON)",
        # pybind11 turns link-time optimisation on where nobody has a word about it. What is to be exported
        # and hidden is read from objects, not from bitcode, and its check makes Emscripten compile all its
        # libraries once more.
        _cached("CMAKE_INTERPROCEDURAL_OPTIMIZATION", "OFF", kind="BOOL"),
        # The scanner would have to be told what our compiler drivers add.
        "set(CMAKE_CXX_SCAN_FOR_MODULES OFF)",
    )


def _search(build: CrossBuild) -> Iterable[str]:
    """Packages of build requirements and of the project itself are found; the build machine's are not."""
    roots = [*build.prefixes, build.compiler_sysroot, build.site_packages]
    yield from (f"list(APPEND CMAKE_FIND_ROOT_PATH {_quoted(root)})" for root in roots)
    yield "list(APPEND CMAKE_FIND_ROOT_PATH ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})"
    yield "list(APPEND CMAKE_SYSTEM_PREFIX_PATH /)"
    yield "set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)"
    yield from (f"set(CMAKE_FIND_ROOT_PATH_MODE_{kind} ONLY)" for kind in ("LIBRARY", "INCLUDE", "PACKAGE"))
    yield "set_property(GLOBAL PROPERTY FIND_LIBRARY_USE_LIB64_PATHS TRUE)"
    yield "set(CMAKE_FIND_USE_PACKAGE_REGISTRY FALSE)"
    yield "set(CMAKE_FIND_USE_SYSTEM_PACKAGE_REGISTRY FALSE)"


def _python(build: CrossBuild) -> Iterable[str]:
    """FindPython and FindPython3 look at these first; so do FindPythonInterp and FindPythonLibs of old."""
    for module in ("Python", "Python3"):
        yield _cached(f"{module}_EXECUTABLE", build.python)
        yield _cached(f"{module}_INCLUDE_DIR", build.target.sysroot.include)
        yield _cached(f"{module}_LIBRARY", build.libpython)
        yield _cached(f"{module}_SOABI", build.soabi, kind="STRING")
        # Up to CMake 3.30 a cross build asks this program for what it cannot be told (FindPython/Support).
        yield _cached(f"_{module}_CONFIG", build.python_config, kind="INTERNAL")
    yield _cached("PYTHON_EXECUTABLE", build.python)
    yield _cached("PYTHON_INCLUDE_DIR", build.target.sysroot.include)
    yield _cached("PYTHON_LIBRARY", build.libpython)
    yield _cached("PYTHON_MODULE_EXTENSION", f".{build.soabi}.so", kind="STRING")
    for package in ("numpy/_core", "numpy/core"):
        headers = _quoted(build.site_packages / package / "include")
        yield f"if(EXISTS {headers})"
        for module in ("Python", "Python3"):
            yield f'  set({module}_NumPy_INCLUDE_DIR {headers} CACHE PATH "of the build requirement")'
        yield "endif()"


def _set(name: str, value: object) -> str:
    return f"set({name} {_quoted(value)})"


def _cached(name: str, value: object, *, kind: str = "FILEPATH") -> str:
    return f'set({name} {_quoted(value)} CACHE {kind} "of the target")'


def _quoted(value: str | Path | object) -> str:
    text = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace(";", "\\;")
    return f'"{text}"'

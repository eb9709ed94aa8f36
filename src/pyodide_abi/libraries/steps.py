"""The commands that build a library and put it below a folder, by its build system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.libraries.recipe import LibraryBuild

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.libraries.recipe import Recipe

#: Commands of each build system that come from the package index.
REQUIREMENTS = {
    LibraryBuild.CMAKE: ("cmake>=3.28,<5", "ninja"),
    LibraryBuild.MESON: ("meson>=1.4,<2", "ninja"),
}
#: Without DWARF, which a build would strip from its modules anyway.
FLAGS = {"CFLAGS": "-O2", "CXXFLAGS": "-O2"}
#: For Autoconf: archives, and no lists of headers for a second build that never comes.
_CONFIGURE = ("--disable-shared", "--enable-static", "--disable-dependency-tracking")
#: For CMake: archives, with code that a side module can take, and nothing that is only run or read.
_CMAKE = (
    "-DCMAKE_BUILD_TYPE=Release",
    "-DBUILD_SHARED_LIBS=OFF",
    "-DCMAKE_POSITION_INDEPENDENT_CODE=ON",
    # With a type: without one CMake makes it a path from here where a project declares it as a path.
    "-DCMAKE_INSTALL_LIBDIR:STRING=lib",
    "-DBUILD_TESTING=OFF",
    # For projects of CMake 2, which CMake 4 refuses.
    "-DCMAKE_POLICY_VERSION_MINIMUM=3.5",
)
_MESON = ("--default-library=static", "--buildtype=release", "--libdir=lib", "-Db_staticpic=true")


def steps(recipe: Recipe, version: str, *, source: Path, place: Path, staged: Path) -> list[list[str]]:
    """The commands, to be run one after another in a folder that holds the sources.

    Args:
        recipe: The recipe of the library.
        version: The version of the sources.
        source: the sources, which may be written to.
        place: The place where the library will be found; written into its files.
        staged: a folder below which ``place`` is made anew, as ``DESTDIR`` does.
    """
    options = [one.replace("{prefix}", str(place)).replace("{version}", version) for one in recipe.options]
    build = f"{source}/.build"
    destination = f"DESTDIR={staged}"
    if recipe.build is LibraryBuild.HEADERS:
        return [
            ["mkdir", "-p", f"{staged}{place}/include"],
            ["cp", "-R", *options, f"{staged}{place}/include"],
        ]
    if recipe.build is LibraryBuild.CMAKE:
        configure = [
            "cmake",
            "-G",
            "Ninja",
            "-S",
            str(source),
            "-B",
            build,
            f"-DCMAKE_INSTALL_PREFIX={place}",
        ]
        compile_ = [["cmake", "--build", build, "--target", *recipe.targets]] if recipe.targets else []
        return [
            [*configure, *_CMAKE, *options],
            *compile_,
            ["env", destination, "cmake", "--install", build],
        ]
    if recipe.build is LibraryBuild.MESON:
        return [
            ["meson", "setup", build, str(source), f"--prefix={place}", *_MESON, *options],
            ["meson", "compile", "-C", build],
            ["meson", "install", "--no-rebuild", "-C", build, "--destdir", str(staged)],
        ]
    if recipe.build is LibraryBuild.MAKE:
        words = [*options, f"PREFIX={place}"]
        return [["make", *recipe.targets, *words], ["make", *recipe.install, *words, destination]]
    common = _CONFIGURE if recipe.program == "configure" else ()
    make = [["make", *recipe.targets]] if recipe.targets else []
    return [
        [f"{source}/{recipe.program}", f"--prefix={place}", f"--libdir={place}/lib", *common, *options],
        *make,
        ["make", *recipe.install, destination],
    ]

"""Where needed libraries are looked for: one class for each rule of loader.md, section 5."""

from __future__ import annotations

import pytest

from pyodide_abi.linker.search import Arrival, Search, expand
from pyodide_abi.platforms import load_platform
from pyodide_abi.platforms.loaders import loader_of

SITE = "/lib/python3.14/site-packages"
OLD_SITE = "/lib/python3.12/site-packages"


def search(*files: str, platform: str = "314_0", arrival: Arrival = Arrival.IMPORT) -> Search:
    chosen = load_platform(platform)
    return Search(
        platform=chosen,
        loader=loader_of(chosen),
        files=frozenset(files),
        wheel_libs=f"{OLD_SITE}/x.libs",
        arrival=arrival,
    )


class TestRunPaths:
    """Only a leading $ORIGIN is expanded, once; an entry is split at colons after that."""

    @pytest.mark.parametrize(
        ("paths", "folders"),
        [
            (("$ORIGIN",), [f"{SITE}/pkg"]),
            (("$ORIGIN/../x.libs", "/abs"), [f"{SITE}/pkg/../x.libs", "/abs"]),
            (("${ORIGIN}/a",), ["${ORIGIN}/a"]),
            (("a/$ORIGIN",), ["a/$ORIGIN"]),
            (("$ORIGIN/a:$ORIGIN/b",), [f"{SITE}/pkg/a", "$ORIGIN/b"]),
            (("$ORIGIN/$ORIGIN",), [f"{SITE}/pkg/$ORIGIN"]),
        ],
    )
    def test_expansion(self, paths: tuple[str, ...], folders: list[str]) -> None:
        assert list(expand(paths, f"{SITE}/pkg/x.so")) == folders


class TestLaterGenerations:
    """LD_LIBRARY_PATH first, then the run path; never the folder of the requiring file by itself."""

    def test_the_library_path_comes_first(self) -> None:
        found = search(f"{SITE}/libd.so", f"{SITE}/pkg/libd.so").find(
            "libd.so", requirer=f"{SITE}/pkg/x.so", run_paths=("$ORIGIN",)
        )
        assert found == f"{SITE}/libd.so"

    def test_the_run_path_is_normalised(self) -> None:
        found = search(f"{SITE}/x.libs/libd.so").find(
            "libd.so", requirer=f"{SITE}/pkg/x.so", run_paths=("$ORIGIN/../x.libs",)
        )
        assert found == f"{SITE}/x.libs/libd.so"

    def test_beside_the_module_is_not_enough(self) -> None:
        found = search(f"{SITE}/pkg/libd.so").find("libd.so", requirer=f"{SITE}/pkg/x.so", run_paths=())
        assert found is None

    @pytest.mark.parametrize(("length", "found"), [(511, True), (512, False)])
    def test_a_path_that_does_not_fit_the_buffer_is_not_found(self, length: int, found: bool) -> None:
        # The buffer counts bytes: the folder's letters are two bytes each.
        letters, rest = divmod(length - len(f"{SITE}//libd.so"), 2)
        folder = f"{SITE}/{'ä' * letters}{'d' * rest}"
        place = f"{folder}/libd.so"
        assert len(place.encode()) == length
        sought = search(place).find("libd.so", requirer=f"{folder}/x.so", run_paths=("$ORIGIN",))
        assert sought == (place if found else None)

    def test_an_absolute_name_is_taken_as_it_is(self) -> None:
        found = search(f"{SITE}/libd.so").find(f"{SITE}/libd.so", requirer=f"{SITE}/x.so", run_paths=())
        assert found == f"{SITE}/libd.so"

    @pytest.mark.parametrize(("platform", "found"), [("314_0", True), ("2025_0", False)])
    def test_a_leading_dot_is_dropped_from_the_third_generation_on(self, platform: str, found: bool) -> None:
        site = f"/lib/python{load_platform(platform).python.version}/site-packages"
        place = search(f"{site}/libd.so", platform=platform).find(
            "./libd.so", requirer=f"{site}/x.so", run_paths=()
        )
        assert (place is not None) is found


class TestFirstGeneration:
    """A plain import finds nothing; installers look in .libs, in the library path, beside the module."""

    FILES = (f"{OLD_SITE}/x.libs/liba.so", f"{OLD_SITE}/libb.so", f"{OLD_SITE}/pkg/libc.so")

    @pytest.mark.parametrize("name", ["liba.so", "libb.so", "libc.so"])
    def test_only_an_installer_finds_it(self, name: str) -> None:
        requirer = f"{OLD_SITE}/pkg/x.so"
        plain = search(*self.FILES, platform="2024_0")
        assert plain.find(name, requirer=requirer, run_paths=("$ORIGIN",)) is None
        ahead = search(*self.FILES, platform="2024_0", arrival=Arrival.PRELOAD)
        found = ahead.find(name, requirer=requirer, run_paths=())
        assert found in self.FILES
        assert found.endswith(f"/{name}")

    def test_the_run_path_is_not_read(self) -> None:
        ahead = search(f"{OLD_SITE}/lib/libd.so", platform="2024_0", arrival=Arrival.PRELOAD)
        assert ahead.find("libd.so", requirer=f"{OLD_SITE}/pkg/x.so", run_paths=("$ORIGIN/../lib",)) is None

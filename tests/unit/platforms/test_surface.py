from __future__ import annotations

import json
import zlib
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest
from counting import calls
from hypothesis import given
from hypothesis import strategies as st

from pyodide_abi.errors import PlatformDataError, UsageError
from pyodide_abi.platforms import Symbol, SymbolKind, load_platform, load_platforms, load_surface
from pyodide_abi.platforms.surface import MAGIC, REFERENCE_ENGINE, decode_surface
from pyodide_abi.platforms.surface_encoding import encode_surface

if TYPE_CHECKING:
    from pyodide_abi.platforms import Surface

NAMES = [platform.name for platform in load_platforms()]
Table = dict[str, tuple[SymbolKind, str | None]]

RELEASES = ("1.0.0", "1.0.1", "1.1.0")
ENGINES = ("node24", "node20")


def table_of(surface: Surface, release: str, engine: str) -> Table:
    return {name: (symbol.kind, symbol.type) for name, symbol in surface.symbols(release, engine).items()}


forms = st.tuples(st.sampled_from(SymbolKind), st.sampled_from([None, "(i32)->()", "i32", "funcref min=1"]))
tables = st.dictionaries(st.text("abc_€", min_size=1, max_size=3), forms)


class TestRoundTrip:
    @given(st.fixed_dictionaries({(r, e): tables for r in RELEASES for e in ENGINES}))
    def test_what_is_encoded_is_what_is_read(self, given_tables: dict[tuple[str, str], Table]) -> None:
        if not any(given_tables.values()):
            return  # A file without any symbol has no names to describe; no release is like that.
        data = encode_surface(platform="p", releases=RELEASES, engines=ENGINES, tables=given_tables)
        surface = decode_surface(data, file="p.surface")
        assert (surface.platform, surface.releases, surface.engines) == ("p", RELEASES, ENGINES)
        for (release, engine), table in given_tables.items():
            assert table_of(surface, release, engine) == table

    @pytest.mark.parametrize("name", NAMES)
    def test_the_shipped_files_survive_it(self, name: str) -> None:
        surface = load_surface(load_platform(name))
        again = encode_surface(
            platform=name,
            releases=surface.releases,
            engines=surface.engines,
            tables={(r, e): table_of(surface, r, e) for r in surface.releases for e in surface.engines},
        )
        assert decode_surface(again, file="again") == surface


class TestShippedFiles:
    def test_their_releases_are_those_of_the_platform(self) -> None:
        for platform in load_platforms():
            surface = load_surface(platform)
            assert surface.platform == platform.name
            assert surface.releases == tuple(release.version for release in platform.releases)
            assert REFERENCE_ENGINE in surface.engines

    def test_all_together_are_small(self) -> None:
        folder = files("pyodide_abi.platforms").joinpath("data")
        sizes = [len(folder.joinpath(f"{name}.surface").read_bytes()) for name in NAMES]
        assert sum(sizes) < 400_000

    @pytest.mark.parametrize("name", NAMES)
    def test_one_loads_without_a_call_for_each_symbol(self, name: str) -> None:
        data = files("pyodide_abi.platforms").joinpath("data", f"{name}.surface").read_bytes()
        release = load_platform(name).releases[-1].version
        symbols = decode_surface(data, file="own").symbols(release)
        assert calls(lambda: decode_surface(data, file="own").symbols(release)) < len(symbols) / 2

    def test_no_openmp_runtime_anywhere(self) -> None:
        # The reason that common.toml gives for -fopenmp.
        for platform in load_platforms():
            surface = load_surface(platform)
            for release in surface.releases:
                assert not [name for name in surface.symbols(release) if name.startswith("__kmpc")]


class TestSymbolsThatTheLoaderIsKnownToOffer:
    """Counts and types of the generations' newest releases, measured apart from this project's dumper."""

    @pytest.mark.parametrize(
        ("platform", "release", "count", "wasm", "js"),
        [
            ("2024_0", "0.27.7", 11044, 8768, 1157),
            ("2025_0", "0.29.4", 11077, 8581, 1353),
            ("314_0", "314.0.7", 9932, 7419, 1367),
            ("2026_5", "315.0.0-alpha.2", 10141, 7603, 1380),
        ],
    )
    def test_how_many(self, platform: str, release: str, count: int, wasm: int, js: int) -> None:
        symbols = load_surface(load_platform(platform)).symbols(release)
        kinds = [symbol.kind for symbol in symbols.values()]
        without = [s for s in symbols.values() if s.kind is SymbolKind.JS_FUNCTION and s.type is None]
        assert len(symbols) == count
        assert kinds.count(SymbolKind.WASM_FUNCTION) == wasm
        assert kinds.count(SymbolKind.JS_FUNCTION) == js
        assert len(without) == 7

    @pytest.mark.parametrize("name", NAMES)
    def test_the_c_api_and_libc(self, name: str) -> None:
        platform = load_platform(name)
        symbols = load_surface(platform).symbols(platform.releases[-1].version)
        assert symbols["PyLong_FromLong"] == Symbol(
            "PyLong_FromLong", SymbolKind.WASM_FUNCTION, "(i32)->(i32)"
        )
        assert symbols["PyLong_FromLongLong"].type == "(i64)->(i32)"
        assert symbols["malloc"].type == "(i32)->(i32)"
        assert symbols["_Py_NoneStruct"].kind is SymbolKind.DATA
        assert symbols["emscripten_get_now"] == Symbol(
            "emscripten_get_now", SymbolKind.JS_FUNCTION, "()->(f64)"
        )
        assert symbols["stackSave"].type is None
        assert symbols["__stack_pointer"] == Symbol("__stack_pointer", SymbolKind.GLOBAL, "i32 mut")
        assert "PyLong_FromLongish" not in symbols
        assert symbols.get("pthread_nonsense") is None

    def test_data_is_a_number_before_and_a_global_from_generation_3_on(self) -> None:
        for platform in load_platforms():
            symbol = load_surface(platform).symbols(platform.releases[0].version)["__heap_base"]
            assert symbol.type == (None if platform.loader <= 2 else "i32")

    def test_tags_exist_where_exceptions_unwind_in_webassembly(self) -> None:
        for platform in load_platforms():
            symbols = load_surface(platform).symbols(platform.releases[-1].version)
            tags = {name for name, symbol in symbols.items() if symbol.kind is SymbolKind.TAG}
            expected = {"__cpp_exception", "__c_longjmp"} if platform.exception_encoding else set()
            assert tags == expected
            assert all(symbols[name].type == "(i32)->()" for name in tags)

    def test_stubs_are_told_apart_from_functions(self) -> None:
        symbols = load_surface(load_platform("2025_0")).symbols("0.29.4")
        stubs = {name for name, symbol in symbols.items() if symbol.kind is SymbolKind.STUB}
        assert stubs == {"create_sentinel", "is_sentinel"}

    def test_a_symbol_can_come_and_go_between_two_releases_of_a_platform(self) -> None:
        for platform, name, some in (
            ("2025_0", "compat_dict_to_literalmap", [f"0.29.{patch}" for patch in range(6)]),
            ("314_0", "__gcov_dump", [f"314.0.{patch}" for patch in range(3)]),
        ):
            surface = load_surface(load_platform(platform))
            assert [release for release in surface.releases if name in surface.symbols(release)] == some

    @pytest.mark.parametrize(
        ("engine", "kind", "type_"),
        [
            ("node24", SymbolKind.WASM_FUNCTION, "(i32,i32)->()"),
            ("node20", SymbolKind.JS_FUNCTION, None),
        ],
    )
    def test_invoke_functions_are_typed_where_the_host_can_switch_stacks(
        self, engine: str, kind: SymbolKind, type_: str | None
    ) -> None:
        symbols = load_surface(load_platform("2024_0")).symbols("0.27.7", engine)
        assert symbols["invoke_vi"] == Symbol("invoke_vi", kind, type_)

    def test_no_invoke_functions_where_exceptions_unwind_in_webassembly(self) -> None:
        for name in NAMES[1:]:
            surface = load_surface(load_platform(name))
            for release in surface.releases:
                assert not [symbol for symbol in surface.symbols(release) if symbol.startswith("invoke_")]


class TestRefusals:
    def test_a_release_of_another_platform(self) -> None:
        surface = load_surface(load_platform("2025_0"))
        with pytest.raises(UsageError, match=r"platform 2025_0 has no release '0\.27\.7'") as caught:
            surface.symbols("0.27.7")
        assert "0.28.0" in caught.value.hint

    def test_an_engine_that_was_not_measured(self) -> None:
        surface = load_surface(load_platform("2025_0"))
        with pytest.raises(UsageError, match="not known for the engine 'netscape4'") as caught:
            surface.symbols("0.28.0", "netscape4")
        assert "node24" in caught.value.hint

    @pytest.mark.parametrize(
        ("data", "problem"),
        [
            (b"", "does not begin with 'pyodide-abi surface 1'"),
            (b"pyodide-abi surface 2\nxyz", "does not begin with"),
            (MAGIC + b"not zlib", "is damaged"),
            (MAGIC + zlib.compress(b"not json\na"), "is damaged"),
            (MAGIC + zlib.compress(b"{}\na"), "is damaged"),
            (MAGIC + zlib.compress(b"[]\na"), "is damaged"),
        ],
    )
    def test_a_file_that_is_none(self, data: bytes, problem: str) -> None:
        with pytest.raises(PlatformDataError, match=r"^p\.surface: ") as caught:
            decode_surface(data, file="p.surface")
        assert problem in str(caught.value)

    @pytest.mark.parametrize("names", ["a", "a\nb\nc", "a\na"])
    def test_a_file_whose_names_are_not_those_it_describes(self, names: str) -> None:
        header = {
            "platform": "p",
            "releases": ["1"],
            "engines": ["node24"],
            "forms": [["data", None]],
            "groups": [[2, [[0, 1]]]],
        }
        data = MAGIC + zlib.compress(f"{json.dumps(header)}\n{names}".encode())
        with pytest.raises(PlatformDataError, match=r"^p\.surface: is damaged"):
            decode_surface(data, file="p.surface")

    def test_a_cut_file(self) -> None:
        data = files("pyodide_abi.platforms").joinpath("data", "314_0.surface").read_bytes()
        with pytest.raises(PlatformDataError, match="is damaged"):
            decode_surface(data[: len(data) // 2], file="314_0.surface")

"""What a recognised text tells besides its meaning: symbol, file, platform, cause and consequence."""

from __future__ import annotations

import pytest

from pyodide_abi.messages import recognise
from pyodide_abi.report.explain import explanation_text


class TestDetails:
    def test_symbol_file_and_platform(self) -> None:
        explanation = recognise(
            "ImportError: could not load dynamic lib: "
            "/lib/python3.14/site-packages/pkg/_core.cpython-314-wasm32-emscripten.so\n"
            'LinkError: WebAssembly.Instance(): Import #4 "env" "PyLong_FromLong": '
            "imported function does not match the expected type"
        )
        [hit] = explanation.causes
        assert hit.details["symbol"] == "PyLong_FromLong"
        assert explanation.file.endswith("/_core.cpython-314-wasm32-emscripten.so")
        assert (explanation.platforms, explanation.engine) == (("314_0",), "V8")
        assert "`PyLong_FromLong`" in hit.cause

    @pytest.mark.parametrize(
        ("text", "platforms"),
        [
            ("bad export type for 'x': undefined", ("2024_0", "2025_0")),
            ("Dynamic linking error: undefined symbol 'x'", ("314_0", "2026_5")),
            ("Didn't expect to load any more file_packager files!", ("2024_0",)),
            (
                "could not load dynamic lib: /x/a.so\nError: need to see wasm magic number",
                ("314_0", "2026_5"),
            ),
            (
                "Could not load dynamic lib: /x/a.so\nError: need to see wasm magic number",
                ("2024_0", "2025_0"),
            ),
            ("need to see wasm magic number", ()),
            ("/lib/python3.12/site-packages/a.so need to see wasm magic number", ("2024_0",)),
        ],
    )
    def test_who_words_it_so(self, text: str, platforms: tuple[str, ...]) -> None:
        assert recognise(text).platforms == platforms

    def test_the_old_way_of_v8(self) -> None:
        text = (
            'Import #29 module="env" function="f" error: imported function does not match the expected type'
        )
        assert "Node 20" in recognise(text).engine

    def test_typographic_quotes(self) -> None:
        [hit] = recognise("bad export type for ‘foo’: undefined").causes  # noqa: RUF001 - the point
        assert hit.details["symbol"] == "foo"

    def test_the_quoted_text_of_loadpackage(self) -> None:
        explanation = recognise(
            "Failed to load dynamic library /lib/python3.14/site-packages/a.so: "
            "'Could not load dynamic lib: /lib/python3.14/site-packages/a.so\n"
            'Error: Failed to find dynamic library "libdep.so"'
        )
        [hit] = explanation.causes
        assert (hit.message.name, hit.details["library"]) == ("needed-library", "libdep.so")
        assert explanation.platforms == ("314_0",)


class TestConsequences:
    def test_a_second_import_follows_from_the_first(self) -> None:
        explanation = recognise(
            "Error: bad export type for 'x': undefined\n"
            "ImportError: dynamic module does not define module export function (PyInit_a)"
        )
        assert [hit.message.name for hit in explanation.causes] == ["undefined-address"]
        assert [hit.message.name for hit in explanation.consequences] == ["no-init-function"]

    def test_alone_it_may_be_either(self) -> None:
        text = "ImportError: dynamic module does not define module export function (PyInit_a)"
        explanation = recognise(text)
        assert not explanation.causes
        lines = "\n".join(explanation_text(explanation))
        assert "ABI204" in lines
        assert "a consequence of an earlier error" in lines

    def test_out_of_bounds_after_a_missing_library(self) -> None:
        explanation = recognise(
            'Error: Failed to find dynamic library "b.so"\nRuntimeError: memory access out of bounds'
        )
        assert [hit.message.name for hit in explanation.causes] == ["needed-library"]
        assert [hit.message.name for hit in explanation.consequences] == ["out-of-bounds"]

    def test_several_symbols(self) -> None:
        text = "".join(f"Error: bad export type for '{name}': undefined\n" for name in "aba")
        assert [hit.details["symbol"] for hit in recognise(text).causes] == ["a", "b"]

    def test_the_better_of_two_in_one_place(self) -> None:
        assert [hit.message.name for hit in recognise("cannot resolve symbol invoke_vi").causes] == [
            "unresolved-unwinding"
        ]
        text = "CompileError: WebAssembly.Module(): invalid value type 'noexternref' @+42"
        assert [hit.message.name for hit in recognise(text).causes] == ["standard-exceptions"]

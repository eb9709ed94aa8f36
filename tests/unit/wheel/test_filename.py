from __future__ import annotations

import pytest

from pyodide_abi.errors import WheelError
from pyodide_abi.wheel import WheelName, parse_wheel_name


def test_parts() -> None:
    name = parse_wheel_name("spam_eggs-1.0.post1-cp314-cp314-pyodide_314_0_wasm32.whl")
    assert name == WheelName(
        distribution="spam_eggs",
        version="1.0.post1",
        python="cp314",
        abi="cp314",
        platform="pyodide_314_0_wasm32",
    )
    assert name.tags == ("cp314-cp314-pyodide_314_0_wasm32",)
    assert name.stem == "spam_eggs-1.0.post1"


@pytest.mark.parametrize(
    "text",
    [
        "spam-1.0-py2.py3-none-any.whl",
        "spam-1.0-1build-cp312-abi3-pyodide_2024_0_wasm32.pyemscripten_2024_0_wasm32.whl",
        "Spam.Eggs-1.0+local.1-cp314-cp314-pyemscripten_2026_0_wasm32.whl",
    ],
)
def test_names_are_kept_as_they_are_written(text: str) -> None:
    assert str(parse_wheel_name(text)) == text


def test_compressed_sets() -> None:
    name = parse_wheel_name("spam-1.0-7-cp313.cp314-abi3.cp314-a.b.whl")
    assert (name.build, len(name.tags)) == ("7", 8)
    assert name.tags[0] == "cp313-abi3-a"
    assert name.tags[-1] == "cp314-cp314-b"


def test_other_tags() -> None:
    name = parse_wheel_name("spam-1.0-cp314-cp314-linux_x86_64.whl").with_tags(
        platform="pyodide_314_0_wasm32"
    )
    assert str(name) == "spam-1.0-cp314-cp314-pyodide_314_0_wasm32.whl"


@pytest.mark.parametrize(
    "text",
    [
        "spam.whl",
        "spam-1.0-cp314-cp314.whl",
        "spam-1.0-cp314-cp314-any.zip",
        "spam-x-cp314-cp314-any.whl",
        "",
    ],
)
def test_faults(text: str) -> None:
    with pytest.raises(WheelError, match="not the name of a wheel") as caught:
        parse_wheel_name(text)
    assert "NAME-VERSION-PYTHON-ABI-PLATFORM" in caught.value.hint

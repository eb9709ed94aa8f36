"""What ``toolchain install`` has emcc make ahead."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from fake_host import completed, make_host
from made_builds import made_target

from pyodide_abi.errors import FailedError
from pyodide_abi.host import Silence
from pyodide_abi.platforms import load_platform
from pyodide_abi.toolchain.system_libraries import make_system_libraries
from pyodide_abi.values import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from pyodide_abi.process import Completed

SAID = (
    "cache:INFO: generating system library: sysroot/lib/wasm32-emscripten/libc++abi-legacyexcept.a... (once)"
)


class Emcc:
    """Links, or does not, and says what it makes first."""

    def __init__(self, status: int = 0) -> None:
        self.status = status
        self.asked: list[list[str]] = []

    def run(
        self, argv: Sequence[str | Path], *, on_line: Callable[[str], None], cwd: Path, **_more: Any
    ) -> Completed:
        self.asked.append([str(word) for word in argv])
        assert (cwd / self.asked[-1][-3]).read_text("utf-8").startswith("#include")
        on_line(SAID)
        return completed(self.asked[-1], status=self.status, stdout="error: no")


class Telling(Silence):
    def __init__(self) -> None:
        self.said: list[str] = []

    @contextmanager
    def task(self, text: str, total: float | None = None) -> Iterator[Telling]:
        del total
        self.said.append(text)
        yield self

    def describe(self, text: str) -> None:
        self.said.append(text)


def make(folder: Path, emcc: Emcc, platform: str) -> list[str]:
    runner: Any = emcc
    telling = Telling()
    host = replace(make_host(folder, runner), progress=telling)
    make_system_libraries(made_target(folder, platform).toolchain, load_platform(platform), host)
    return telling.said


@pytest.mark.parametrize(("platform", "flag"), [("314_0", "-fwasm-exceptions"), ("2024_0", "-fexceptions")])
def test_programs_of_both_languages_are_linked_as_the_platform_unwinds(
    platform: str, flag: str, tmp_path: Path
) -> None:
    emcc = Emcc()
    said = make(tmp_path, emcc, platform)
    assert [argv[-3] for argv in emcc.asked] == ["check.c", "check.cpp"]
    for argv in emcc.asked:
        assert flag in argv
        assert "-sASSERTIONS=0" in argv
        assert not any(word.startswith("-sSIDE_MODULE") for word in argv)
    assert said[1] == "making Emscripten's own libraries, once: libc++abi-legacyexcept"


def test_a_compiler_that_cannot_link_is_told(tmp_path: Path) -> None:
    with pytest.raises(FailedError, match="cannot link a program") as caught:
        make(tmp_path, Emcc(1), "314_0")
    assert caught.value.details == ("error: no",)
